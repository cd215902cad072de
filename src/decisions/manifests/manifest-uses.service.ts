import { standingPermits } from '../../agreements/acts/standing-permits.service.ts'
import type { Call, CommandResult } from '../../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import { writerFor } from '../../identity/permissions.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { refusal, refused } from '../../platform/kernel/refusal.ts'
import { refuse } from '../../platform/kernel/result.ts'
import type { DecisionEvidenceService } from '../history/decision-evidence.service.ts'
import type { LivePolicy } from '../live-policy.service.ts'
import type { Manifest } from './manifest.ts'
import { judged, type RecordedUse, type ReportedUse } from './manifest-use.ts'
import { manifestUsesRepository } from './manifest-uses.repository.ts'

export interface ManifestUsesOptions {
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

export type ManifestUsesService = ReturnType<typeof manifestUsesService>

/** Reconciles what was shared on manifests into the log: all that is reported is recorded, also what no manifest covered. */
export function manifestUsesService({ commands, records, live, clock, mustBeConfirmed }: ManifestUsesOptions) {
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

  return {
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
        async ({ tx, principal, now, leafId }) => {
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
          if ((await repository.insert(made, principal.org, principal, leafId)) < made.length)
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
