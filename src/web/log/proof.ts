import type { DecisionEvidence } from '../../decisions/history/decision-evidence.service.ts'
import { verifyDecision } from '../../verifier/decision.ts'
import { splitNote } from '../../verifier/note.ts'

/** What the verifier found of one decision, in words. */
export interface CheckedProof {
  /** Whether every check held. */
  readonly isSound: boolean
  /** Entries of the signed tree that it was checked against; 0 where no tree could be read. */
  readonly size: number
  readonly checks: readonly { readonly isGood: boolean; readonly text: string }[]
}

const GOOD: Readonly<Record<string, string>> = {
  'checkpoint signature': 'The tree is signed with the key of the log.',
  inclusion: 'The entry stands in that tree, at its place, as it was recorded.',
  payload: 'What was recorded, as it is shown here, is what the entry was made of.',
}
const WRONG: Readonly<Record<string, string>> = {
  'checkpoint signature': 'The tree is not signed with the key of the log',
  inclusion: 'The entry does not stand in that tree',
  payload: 'What is stored is not what the entry was made of',
}

/** Checks what a reader may download of a decision, as whoever downloads it does; undefined while no signed tree covers its entry. */
export function checkedProof(evidence: DecisionEvidence, vkey: string): CheckedProof | undefined {
  if (evidence.proof === null) return undefined
  const { checks } = verifyDecision(JSON.stringify(evidence), vkey)
  const isSound = checks.every(({ ok }) => ok)
  return {
    isSound,
    size: isSound ? Number(noteIn(evidence.proof).split('\n')[1]) : 0,
    checks: checks.flatMap(({ name, ok, detail }): CheckedProof['checks'] => {
      if (!ok) return [{ isGood: false, text: `${WRONG[name] ?? 'The proof cannot be read'}: ${detail}` }]
      const text = GOOD[name]
      return text === undefined ? [] : [{ isGood: true, text }]
    }),
  }
}

/** The newest tree that witnesses have signed besides the log itself. */
export function witnessedTree(note: string): { readonly size: number; readonly witnesses: readonly string[] } {
  const { text, signatures } = splitNote(note)
  const [origin, size] = text.split('\n')
  return { size: Number(size), witnesses: [...new Set(signatures.map(({ name }) => name))].filter((name) => name !== origin) }
}

function noteIn(proof: string): string {
  return proof.slice(proof.indexOf('\n\n') + 2)
}
