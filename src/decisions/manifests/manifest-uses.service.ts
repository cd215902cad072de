import { standingPermits } from '../../agreements/acts/standing-permits.service.ts'
import type { LogReading } from '../../audit/reading/log-reading.service.ts'
import type { Call, CommandResult } from '../../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import { readerFor, writerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { refusal, refused } from '../../platform/kernel/refusal.ts'
import { refuse } from '../../platform/kernel/result.ts'
import type { DecisionEvidenceService } from '../history/decision-evidence.service.ts'
import type { RecordedReads } from '../history/recorded-reads.service.ts'
import type { LivePolicy } from '../live-policy.service.ts'
import type { Manifest } from './manifest.ts'
import { judged, type ListedUse, type RecordedUse, type ReportedUse, withLine } from './manifest-use.ts'
import { manifestUsesRepository, type UseOfLeaf, type UsesFilter } from './manifest-uses.repository.ts'

export interface ManifestUsesOptions {
  readonly db: Database
  readonly reading: Pick<LogReading, 'entry'>
  readonly reads: RecordedReads
  readonly commands: CommandsService
  readonly records: Pick<DecisionEvidenceService, 'find'>
  readonly live: LivePolicy
  readonly clock: Clock
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
}

export interface ReportedUses {
  readonly manifest: string
  readonly uses: readonly RecordedUse[]
}

export interface UsesPage {
  readonly uses: readonly ListedUse[]
  /** `before` of the next page; null: this is the last. */
  readonly next_before: string | null
}

const PAGE = 50

export type ManifestUsesService = ReturnType<typeof manifestUsesService>

/** Reconciles what was shared on manifests into the log: all that is reported is recorded, also what no manifest covered. */
export function manifestUsesService({ db, commands, records, reading, reads, live, clock, mustBeConfirmed }: ManifestUsesOptions) {
  const kind: SubjectKind<never, WorkDone<ReportedUses>> = {
    type: 'manifest_use',
    unknown: 'There is no such record.',
    readerFor: writerFor,
    lock: async () => undefined,
    admit: (tx, { org }) => mustBeConfirmed(tx, org),
    write: async () => '1',
    publish: async () => undefined,
    record: ({ id, now, done: { detail } }) => ({ payload: { at: now, manifest: id, detail } }),
    known: async () => undefined,
  }

  /** What others reported is read on record, like the acts in which it stands (R39). */
  async function recordRead(principal: Principal, shown: readonly UseOfLeaf[]): Promise<void> {
    const others = new Map(shown.flatMap(({ use, leafId }) => (use.reported_by === principal.org ? [] : [[leafId, use] as const])))
    const found = []
    for (const [leafId, { reported_by: caller, provider, recipient }] of others) {
      const entry = await reading.entry(leafId)
      if (entry) found.push({ log: entry.log.name, index: entry.index, caller, others: [provider, recipient] })
    }
    await reads.record(principal, 'PAYLOAD', found)
  }

  return {
    /** Uses that concern the reader's organisation, newest first; an auditor reads all. */
    async list(
      principal: Principal,
      {
        before = null,
        limit = PAGE,
        ...filter
      }: UsesFilter & { readonly before?: string | null | undefined; readonly limit?: number | undefined },
    ): Promise<UsesPage> {
      const reader = readerFor(principal)
      const org = reader.kind === 'party' ? reader.org : null
      const found = await withTransactionAs(db, reader, (tx) => manifestUsesRepository(tx).list(filter, { org, before, limit: limit + 1 }))
      const shown = found.slice(0, limit)
      await recordRead(principal, shown)
      const isTold = (use: ListedUse) => org === null || use.reported_by === org
      return {
        uses: shown.map(({ use }) => (isTold(use) ? use : { ...use, client: null })),
        next_before: found.length > limit ? (shown.at(-1)?.use.id ?? null) : null,
      }
    },

    /** Records those that are not recorded yet, in one record; one that is, under the same reference and as it was, is answered as it stands. */
    async report(call: Call, id: string, reported: readonly ReportedUse[]): Promise<CommandResult<ReportedUses>> {
      const ahead = reported.findIndex(({ used_at }) => Date.parse(used_at) > clock().getTime())
      if (ahead >= 0) return refuse(wrong('UNPROCESSABLE', ahead, 'used_at', 'lies ahead: a use is reported after it'))
      const named = new Set<string>()
      const again = reported.findIndex(({ reference }) => named.size === named.add(reference).size)
      if (again >= 0) return refuse(wrong('UNPROCESSABLE', again, 'reference', 'names another use of this call'))
      // Before the act, so that it needs no second connection while it holds one.
      const found = await records.find(id, call.principal, { wait: false })
      if (!found.ok && found.refusal.code !== 'NOT_FOUND') return found
      const manifest = found.ok ? manifestIn(found.value.record.payload, call.principal.org) : null
      return commands.create<ReportedUses, WorkDone<ReportedUses>>(
        kind as never,
        { ...call, act: 'report', event: 'manifest.used' },
        async ({ tx, principal, now, newId, leafId }) => {
          const repository = manifestUsesRepository(tx)
          const references = reported.map(({ reference }) => reference)
          const earlier = new Map((await repository.of(principal.org, references)).map((one) => [one.reference, one]))
          const agreements = new Set((manifest?.lines ?? []).flatMap(({ agreement }) => agreement ?? []))
          const standing = await standingPermits.ofAgreements(tx, [...agreements])
          const judging = { manifest, caller: principal, index: live.current(), standing }
          const uses = reported.map((use, place): RecordedUse => {
            const known = earlier.get(use.reference)
            if (!known) {
              const used_at = new Date(use.used_at).toISOString()
              return { ...use, used_at, manifest: id, ...judged(use, judging), recorded_at: now }
            }
            const isSame = known.manifest === id && known.line === use.line && known.count === use.count
            if (isSame && Date.parse(known.used_at) === Date.parse(use.used_at)) return known
            throw refused('CONFLICT', 'A use of this reference is recorded already.', wrongAt(place, 'reference', 'is that of another use'))
          })
          const made = uses.filter(({ reference }) => !earlier.has(reference))
          const outcome = { manifest: id, uses }
          if (made.length === 0) return { detail: {}, outcome, isRepeat: true }
          const stored = made.map((use) => withLine(use, newId(), manifest))
          if ((await repository.insert(stored, principal, leafId)) < made.length)
            throw refused('CONFLICT', 'Some of these were recorded at the same moment: send them again.')
          return { id, detail: { uses: made }, outcome }
        },
      )
    },
  }
}

/** The manifest that a record holds, where it is one of this organisation's. */
function manifestIn(payload: string | null, org: string): Manifest | null {
  const response = payload === null ? null : (JSON.parse(payload) as { readonly response?: Partial<Manifest> }).response
  return response?.manifest !== undefined && response.organisation === org ? (response as Manifest) : null
}

function wrong(code: 'UNPROCESSABLE', place: number, member: string, detail: string) {
  return refusal(code, 'These uses cannot be recorded.', wrongAt(place, member, detail))
}

function wrongAt(place: number, member: string, detail: string) {
  return [{ pointer: `/uses/${place}/${member}`, detail }]
}
