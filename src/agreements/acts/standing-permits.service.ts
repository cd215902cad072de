import type { Identity, Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import type { ActCall, ActingService } from '../acting.service.ts'
import type { Agreement, Flow } from '../agreement.ts'
import { governingVersion } from '../model/standing.ts'
import { flowHash, type StoredStandingPermit, standingFlow } from '../model/standing-permit.ts'
import type { ReadAgreement } from '../reading.service.ts'
import { standingPermitsRepository } from '../store/standing-permits.repository.ts'
import { isAmongThem } from '../visibility.ts'
import type { StatedReason } from './ending.service.ts'

export interface StandingPermitsOptions extends Pick<ActingService, 'perform'> {
  readonly read: ReadAgreement
  readonly clock: Clock
  /** The organisations that ALL_SIGNED_BOROUGHS stands for. */
  readonly boroughs: () => Promise<ReadonlySet<string>>
  readonly restrictedPurposes: ReadonlySet<string>
}

/** What is opted in, for how many hours, and with which statement, word for word. */
export interface StandingPermitBody {
  readonly flow: string
  readonly hours: number
  readonly statement: string
  readonly reason?: string | null
}

/** A standing permit as parties of the agreement read it. FLOW_CHANGED: the text in force has another flow of that name, or none. */
export type StandingPermit = Omit<StoredStandingPermit, 'agreement_id' | 'org'> & {
  readonly agreement: string
  readonly provider: string
  readonly state: 'COUNTS' | 'FLOW_CHANGED' | 'ENDED'
}

/** The same as officers of the parties read it; null: the reader does not learn who it was. */
export interface AttributedPermit extends StandingPermit {
  readonly allowed_by: Identity | null
  readonly ended_by: Identity | null
  /** The flow as it was allowed. */
  readonly allowed: Flow | null
}

/** Shown of an agreement, at most: one for each of its flows and providers, and some that have ended. */
const SHOWN_MAX = 500

/** Standing permits as manifests are made of them and uses judged on them; each joins the caller's transaction. */
export const standingPermits = {
  /** Those that have not been ended, of a provider or of all, as far as the reader may know the agreement. */
  open: (tx: Transaction, provider: string | null, limit: number) => standingPermitsRepository(tx).standing(provider, limit),
  /** Those of agreements, ended ones too. */
  ofAgreements: (tx: Transaction, ids: readonly string[]) => standingPermitsRepository(tx).ofAgreements(ids),
}

export type StandingPermitsService = ReturnType<typeof standingPermitsService>

/** Which flows may stand in a manifest: said by the provider's senior information risk owner, and ended by whoever may suspend there (docs/decisions/0034-manifests.md). */
export function standingPermitsService({ perform, read, clock, boroughs: readBoroughs, restrictedPurposes }: StandingPermitsOptions) {
  return {
    async allow(call: ActCall, { flow: name, hours, statement, reason = null }: StandingPermitBody) {
      // Before the act, so that it needs no second connection while it holds one.
      const boroughs = await readBoroughs()
      return perform<StandingPermit>(call, { act: 'allow_standing', event: 'agreement.standing_permit_allowed' }, async (context) => {
        const { tx, agreement, principal, at, now, newId, tell } = context
        const { org } = principal
        const { version, flow } = orThrow(standingFlow(agreement, { flow: name, org, at, boroughs, restrictedPurposes }))
        const permits = standingPermitsRepository(tx)
        const flow_hash = flowHash(flow)
        const earlier = await permits.open(agreement.id, name, org)
        if (earlier?.flow_hash === flow_hash) {
          const detail = `Flow ${name} stands already: end that first.`
          throw refused('CONFLICT', detail, [{ pointer: '/flow', detail, code: 'STANDS' }])
        }
        if (earlier) await permits.end(earlier.id, principal, now, `Flow ${name} has changed.`)
        const allowed = {
          ...{ id: newId(), agreement_id: agreement.id, version: version.version, flow: name, flow_hash, org, hours },
          ...{ statement, reason, allowed_at: now },
        }
        await permits.insert(allowed, principal)
        await tell('STANDING_ALLOWED', { standing_permit: allowed.id, flow: name, hours, by: org })
        const outcome = shown({ ...allowed, ended_at: null, end_reason: null }, agreement, at)
        const { id, ...detail } = outcome
        return { version: version.version, detail: { standing_permit: id, ...detail }, outcome }
      })
    },

    /** From here on no manifest holds it; those that were issued before may be relied on until they expire. */
    end: (call: ActCall, id: string, { reason }: StatedReason) =>
      perform<StandingPermit>(call, { act: 'end_standing', event: 'agreement.standing_permit_ended' }, async (context) => {
        const { tx, agreement, principal, at, now, tell } = context
        const permits = standingPermitsRepository(tx)
        const found = await permits.find(agreement.id, id)
        if (!found) throw refused('NOT_FOUND', 'This agreement has no standing permit with this identifier.')
        if (found.org !== principal.org) throw refused('FORBIDDEN', `Only ${found.org}, which provides, ends it.`)
        if (found.ended_at !== null) throw refused('ILLEGAL_STATE', 'This standing permit has ended already.')
        await permits.end(id, principal, now, reason)
        await tell('STANDING_ENDED', { standing_permit: id, flow: found.flow, hours: found.hours, by: found.org })
        const outcome = shown({ ...found, ended_at: now, end_reason: reason }, agreement, at)
        return { version: found.version, detail: { standing_permit: id, flow: found.flow, reason }, outcome }
      }),

    list: (principal: Principal, agreementId: string) =>
      read(principal, agreementId, async (tx, agreement) => {
        const at = clock().getTime()
        const permits = await standingPermitsRepository(tx).of(agreement.id, SHOWN_MAX)
        return { standing_permits: permits.map(({ permit }) => shown(permit, agreement, at)) }
      }),

    /** The same with the people whose acts they are and the flows that they were allowed for; and of each flow in force what stands against its being let stand by the reader's organisation. */
    async overview(principal: Principal, agreementId: string) {
      const boroughs = await readBoroughs()
      return read(principal, agreementId, async (tx, agreement) => {
        const at = clock().getTime()
        const { org } = principal
        const found = await standingPermitsRepository(tx).of(agreement.id, SHOWN_MAX)
        const knowsPeople = isAmongThem(principal, agreement)
        const permits = found.map(({ permit, allowed_by, ended_by }): AttributedPermit => {
          const version = agreement.versions.find((one) => one.version === permit.version)
          const allowed = version?.terms.flows.find(({ id }) => id === permit.flow) ?? null
          return {
            ...shown(permit, agreement, at),
            allowed,
            ...(knowsPeople ? { allowed_by, ended_by } : { allowed_by: null, ended_by: null }),
          }
        })
        const isStanding = (flow: Flow) => permits.some((one) => one.state === 'COUNTS' && one.flow === flow.id && one.provider === org)
        const flows = (governingVersion(agreement, at)?.terms.flows ?? []).map((flow) => {
          const asked = standingFlow(agreement, { flow: flow.id, org, at, boroughs, restrictedPurposes })
          return { flow, against: asked.ok ? (isStanding(flow) ? 'STANDS' : null) : (asked.refusal.errors[0]?.code ?? 'STATE') }
        })
        return { agreement: agreement.id, title: agreement.title, permits, flows }
      })
    },
  }
}

function shown({ agreement_id, org, ...permit }: StoredStandingPermit, agreement: Agreement, at: Instant): StandingPermit {
  const flow = governingVersion(agreement, at)?.terms.flows.find(({ id }) => id === permit.flow)
  const counts = flow !== undefined && flowHash(flow) === permit.flow_hash
  const state = permit.ended_at !== null ? 'ENDED' : counts ? 'COUNTS' : 'FLOW_CHANGED'
  return { ...permit, agreement: agreement_id, provider: org, state }
}
