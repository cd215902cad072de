import { instantOf } from '../../platform/kernel/instant.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import type { ActCall, ActingService } from '../acting.service.ts'
import { type StoredSuspension, suspensionsRepository } from '../store/suspensions.repository.ts'
import type { ChainsService } from './chains.service.ts'
import type { StatedReason } from './ending.service.ts'

/** What to stop, why, and until when; without `until`, until somebody lifts it. */
export interface SuspensionBody extends StatedReason {
  readonly scope: 'AGREEMENT' | 'PARTY' | 'FLOW'
  readonly party?: string | null
  readonly flow?: string | null
  readonly until?: string | null
}

export interface SuspendingOptions extends Pick<ActingService, 'act'> {
  readonly chains: Pick<ChainsService, 'follow'>
  /** The organisations that ALL_SIGNED_BOROUGHS stands for. */
  readonly boroughs: () => Promise<ReadonlySet<string>>
}

const NOBODY: ReadonlySet<string> = new Set()

export type SuspendingService = ReturnType<typeof suspendingService>

/** LC-6: sharing stops at once, and goes on when others say so. Each suspension stands on its own. */
export function suspendingService({ act, chains, boroughs: readBoroughs }: SuspendingOptions) {
  return {
    async suspend(call: ActCall, { scope, party = null, flow = null, reason, until = null }: SuspensionBody) {
      // Read before the act, so that it needs no second connection while it holds one; asked about one flow alone (OWN_FLOW).
      const boroughs = scope === 'FLOW' ? await readBoroughs() : NOBODY
      return act(call, 'suspend', async (context) => {
        const { tx, agreement, principal, now, newId, decided, tell } = context
        const ends = until === null ? null : instantOf(until)
        const { to } = decided({ type: 'suspend', scope, party, flow, until: ends, boroughs })
        const suspension: StoredSuspension = {
          ...{ id: newId(), scope, party, flow, from: now, to: until, reason },
          ...{
            suspendedBy: { issuer: principal.issuer, sub: principal.sub },
            suspendedOrg: principal.org,
            agreed: null,
            liftedOrg: null,
            liftedAt: null,
          },
        }
        await suspensionsRepository(tx).insert({ ...suspension, agreementId: agreement.id })
        // One that ends by itself holds nothing: nobody would let the approvals go on when it has.
        if (scope === 'AGREEMENT' && until === null) await chains.follow(context, { type: 'hold', reason })
        const detail = { suspension: suspension.id, scope, party, flow, by: principal.org, until }
        await tell('SUSPENDED', detail)
        return { to, detail: { ...detail, reason }, outcome: { suspension: shown(suspension) } }
      })
    },

    /** Ends a suspension; of a whole agreement the first of the two agrees and the second ends it. */
    async lift(call: ActCall, suspensionId: string, { reason }: StatedReason) {
      const boroughs = await readBoroughs()
      return act(call, 'lift', async (context) => {
        const { tx, agreement, principal, at, now, decided, tell } = context
        const { issuer, sub, org } = principal
        const suspensions = suspensionsRepository(tx)
        const all = await suspensions.of(agreement.id)
        const held = all.find(({ id }) => id === suspensionId)
        if (!held) throw refused('NOT_FOUND', 'This agreement has no suspension with this identifier.')
        const { to, isEnded } = decided({ type: 'lift', suspension: held, boroughs })
        const about = { suspension: held.id, scope: held.scope, party: held.party, flow: held.flow }
        if (!isEnded) {
          await suspensions.agree(held.id, principal, now)
          const detail = { ...about, lift_agreed_by: org }
          await tell('LIFT_AGREED', detail)
          const suspension = shown({ ...held, agreed: { by: { issuer, sub }, org } })
          return { as: { act: 'lift', event: 'agreement.lift_agreed' }, to, detail: { ...detail, reason }, outcome: { suspension } }
        }
        await suspensions.lift(held.id, principal, now)
        const isHeldByAnother = all.some((one) => one !== held && one.scope === 'AGREEMENT' && instantOf(one.to) > at)
        if (!isHeldByAnother) await chains.follow(context, { type: 'release_hold', reason })
        const detail = { ...about, lift_agreed_by: held.agreed?.org ?? null, lifted_by: org, lifted_at: now }
        await tell('SUSPENSION_LIFTED', detail)
        const suspension = shown({ ...held, to: now, liftedOrg: org, liftedAt: now })
        return { to, detail: { ...detail, reason }, outcome: { suspension } }
      })
    },
  }
}

function shown({ id, scope, party, flow, from, to, reason, suspendedOrg, agreed, liftedOrg }: StoredSuspension) {
  return {
    ...{ id, scope, party, flow, from, to, reason, suspended_by_org: suspendedOrg },
    // The first of the two parties that agree to a lifting of the whole.
    ...{ lift_agreed_by_org: agreed?.org ?? null, lifted_by_org: liftedOrg },
  }
}
