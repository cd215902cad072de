import type { LogReading } from '../../audit/reading/log-reading.service.ts'
import type { Incident, OperatorAlert } from '../../audit/tree/incident.ts'
import type { AlteredPayloads } from '../../audit/watch/altered-payloads.service.ts'
import type { MonitorState } from '../../audit/watch/log-monitor.service.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { Web } from '../web.plugin.ts'
import { witnessedTree } from './proof.ts'

export interface LogStatePagesOptions {
  readonly audit: { readonly logs: readonly { readonly name: string }[]; faults(): readonly string[] }
  readonly monitor: { state(): MonitorState }
  readonly witnesses: { incidents(): readonly Incident[] }
  readonly altered: Pick<AlteredPayloads, 'known'>
  readonly reading: Pick<LogReading, 'checkpoint' | 'witnessed'>
  readonly clock: Clock
}

/** What each finding means for whoever relies on the log. */
const MEANINGS: Readonly<Record<OperatorAlert['why'], string>> = {
  FORK: 'Two different trees were signed for the same log: somebody may have been shown another history.',
  ROLLBACK: 'Entries that were signed are missing, as after an old copy of the database was put back.',
  GAP: 'An entry between others is missing.',
  CORRUPT_LEAF: 'An entry is not the one that was signed.',
  CORRUPT_TILE: 'Hashes that proofs are made from are not those that were signed. The entries are not touched by it.',
  NOT_DURABLE: 'The database may have confirmed entries before they were safe.',
  KEY_COMPROMISE: 'Somebody else may have signed with the key of the log.',
  OMISSION: 'An entry that somebody holds a receipt for is missing.',
  ALTERED_PAYLOAD:
    'What was asked and answered in a decision is not what was recorded. Nobody is shown it; its entry and its proof are not touched by it.',
}

/**
 * What the monitor of the log finds, for those who may read the entries: with them and the public parts of the log anybody can find
 * the same.
 */
export function logStatePages({ audit, monitor, witnesses, altered, reading, clock }: LogStatePagesOptions) {
  return ({ page }: Web): void =>
    page('/decisions/log', 'getLogEntries', async () => {
      const { passes, findings, ageMs } = monitor.state()
      const found = [...findings, ...witnesses.incidents(), ...altered.known()]
      const logs = audit.logs.map(async ({ name }) => {
        const [note, witnessed] = [await reading.checkpoint(name), await reading.witnessed(name)]
        return {
          ...{ name, size: note === undefined ? 0 : Number(note.split('\n')[1]) },
          ...(witnessed === undefined ? {} : { witnessed: witnessedTree(witnessed) }),
        }
      })
      return {
        template: 'log/state.njk',
        title: 'State of the log',
        data: {
          ...{ passes, faults: audit.faults(), logs: await Promise.all(logs), lookedAt: new Date(clock().getTime() - ageMs).toISOString() },
          found: found.map(({ log, why, detail, at, seen }) => ({ ...{ log, detail, at, seen }, meaning: MEANINGS[why] })),
        },
      }
    })
}
