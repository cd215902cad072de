/** Cosignature lines, as a witness answers them (C2SP tlog-cosignature). */
import { type NoteVerifier, parseNote, verifyNote } from './signed-note.ts'

/** The line of this witness in an answer, newline included, once it was checked on the checkpoint; undefined when there is none that holds. */
export function cosignatureBy(checkpointNote: string, answer: string, witness: NoteVerifier): string | undefined {
  try {
    const { text } = parseNote(checkpointNote)
    for (const line of answer.split('\n').filter((one) => one !== '')) {
      const note = parseNote(`${text}\n${line}\n`)
      if (note.signatures[0]?.name !== witness.name || note.signatures[0].keyId !== witness.keyId) continue
      return verifyNote(note, [witness]).length === 1 ? `${line}\n` : undefined
    }
  } catch {
    // An answer that cannot be read is none.
  }
  return undefined
}
