import type { SubjectKind, WorkDone } from '../commands/commands.service.ts'
import { readerFor, writerFor } from '../identity/permissions.ts'
import { isService } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import type { EvidenceFile } from './evidence-file.ts'
import { filesRepository } from './files.repository.ts'

/** What a command on a file did. */
export interface FileDone extends WorkDone<EvidenceFile> {
  readonly file: EvidenceFile
}

export const NO_SUCH_FILE = 'There is no such file here.'

/** What the shell of commands has to know of files: for acts on them, and for reading, which changes nothing. */
export function fileKinds(mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>) {
  const kind: SubjectKind<EvidenceFile, FileDone> = {
    type: 'file',
    unknown: NO_SUCH_FILE,
    readerFor: (principal) => (isService(principal) ? { kind: 'system' } : writerFor(principal)),
    async lock(tx, id) {
      const found = await filesRepository(tx).find(id, true)
      return found && { state: found.file, version: found.version, actCount: found.actCount }
    },
    admit: async (tx, principal) => (isService(principal) ? undefined : mustBeConfirmed(tx, principal.org)),
    write: (tx, { id }) => filesRepository(tx).touch(id),
    publish: async () => undefined,
    // The name is a person's own words: it stays out of the log.
    record: ({ now, done: { file, detail } }) => ({
      leaf: { textHash: file.sha256 },
      payload: { at: now, file: file.id, media_type: file.media_type, size: file.size, detail },
    }),
    async known(tx, id) {
      const found = await filesRepository(tx).find(id)
      return found && { leaf: { textHash: found.file.sha256 }, payload: { file: id } }
    },
  }
  /** Reading is an act of whoever may see the record, an auditor too, and changes nothing. */
  const reading: SubjectKind<EvidenceFile, FileDone> = { ...kind, readerFor, admit: async () => undefined, write: async () => '' }
  return { kind, reading }
}
