import type { AuditService, LogRead } from '../../audit/audit.service.ts'
import type { Principal } from '../../identity/principal.ts'
import type { EvaluatedRecord } from './decision-record.ts'

/** An entry that somebody is shown: where it stands, and whose words it holds. */
export interface ShownDecision {
  readonly log: string
  readonly index: number
  /** Organisation that called; null where that is no longer kept. */
  readonly caller: string | null
  /** Who else is named in it. */
  readonly others?: readonly (string | null)[]
}

/** Records what is read of the log, before it is given: what is not recorded as read is not read (R39). */
export interface RecordedReads {
  /**
   * One entry in the log of acts for all that is shown at once (newest first), told by its oldest decision and its length;
   * none when the reader is shown only what its own organisation asked.
   */
  record(reader: Principal, what: LogRead['what'], shown: readonly ShownDecision[]): Promise<void>
}

/** What somebody is shown who is shown a record. */
export function shownRecord({ log, index, payload }: EvaluatedRecord): ShownDecision {
  const { caller, request } = payload
  return { log, index, caller: caller.org, others: [request.provider, request.recipient] }
}

export function recordedReads(audit: Pick<AuditService, 'logs' | 'recordRead'>): RecordedReads {
  return {
    async record({ sub, issuer, org, roles }, what, shown) {
      const oldest = shown.at(-1)
      if (!oldest || shown.every(({ caller }) => caller === org)) return
      await audit.recordRead({
        reader: { sub, issuer, org, roles },
        what,
        origin: originOf(audit, oldest.log),
        first: oldest.index,
        count: new Set(shown.map(({ log, index }) => `${log} ${index}`)).size,
        concerns: concernedBy(shown),
      })
    },
  }
}

/** The organisations whose words are shown, or that are named in what is shown, each once. */
function concernedBy(shown: readonly ShownDecision[]): string[] {
  return [...new Set(shown.flatMap(({ caller, others = [] }) => [caller, ...others]))].filter((org) => org !== null).toSorted()
}

/** The origin of a log by its name; logs of one service differ in their names only. */
export function originOf({ logs }: Pick<AuditService, 'logs'>, name: string): string {
  const [current] = logs
  if (!current) throw new Error('no log is open')
  return `${current.origin.slice(0, -current.name.length)}${name}`
}
