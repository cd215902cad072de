import { instantOf } from '../../platform/kernel/instant.ts'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'
import { othersThan } from '../model/standing.ts'
import type { ActReply } from './act.ts'
import type { ActShell } from './act-shell.service.ts'
import type { ActCall, ActOutcome } from './call.ts'
import { decided } from './decided.ts'
import { noticesRepository } from './notices.repository.ts'
import { type StoredSuspension, suspensionsRepository } from './suspensions.repository.ts'

/** What to stop, why, and until when; without `until`, until somebody lifts it. */
export interface SuspensionBody {
  readonly scope: 'AGREEMENT' | 'PARTY' | 'FLOW'
  readonly party?: string | null
  readonly flow?: string | null
  readonly reason: string
  readonly until?: string | null
}

export interface Suspended extends ActOutcome {
  readonly suspension: {
    readonly id: string
    readonly scope: 'AGREEMENT' | 'PARTY' | 'FLOW'
    readonly party: string | null
    readonly flow: string | null
    readonly from: string
    readonly to: string | null
    readonly reason: string | null
    readonly suspended_by_org: string | null
    /** The first of the two parties that agree to a lifting of the whole. */
    readonly lift_agreed_by_org: string | null
    readonly lifted_by_org: string | null
  }
}

export interface SuspendingOptions {
  readonly acts: ActShell
  /** The organisations that ALL_SIGNED_BOROUGHS stands for. */
  readonly boroughs: () => Promise<ReadonlySet<string>>
}

/** LC-6: sharing stops at once, and goes on when others say so. Each suspension stands on its own. */
export function suspendingService({ acts, boroughs }: SuspendingOptions) {
  return {
    async suspend(call: ActCall, body: SuspensionBody): Promise<ActReply<Suspended>> {
      // Read before the act, so that it needs no second connection while it holds one.
      const known = await boroughs()
      return acts.perform(
        { ...call, act: 'suspend', event: 'agreement.suspended' },
        async ({ tx, agreement, principal, at, now, newId }) => {
          const { scope, party = null, flow = null, until = null } = body
          const ends = until === null ? null : instantOf(until)
          const change = decided({ type: 'suspend', scope, party, flow, until: ends, boroughs: known }, agreement, principal, at)
          const suspension: StoredSuspension = {
            ...{ id: newId(), scope, party, flow, from: now, to: until, reason: body.reason },
            ...{ suspendedBy: principal.sub, suspendedOrg: principal.org, agreed: null, liftedOrg: null, liftedAt: null },
          }
          await suspensionsRepository(tx).insert({ ...suspension, agreementId: agreement.id })
          const others = othersThan(agreement, principal.org, at)
          const detail = { suspension: suspension.id, scope, party, flow, by: principal.org, until }
          await noticesRepository(tx).tell(others, { agreementId: agreement.id, kind: 'SUSPENDED', at: now, detail }, newId)
          return {
            status: 201,
            to: change.to,
            detail: { ...detail, reason: body.reason },
            body: {
              ...{ agreement: agreement.id, act: 'suspend', at: now, from: agreement.status, to: change.to },
              suspension: toReply(suspension),
            },
          }
        },
      )
    },

    /** Ends a suspension; of a whole agreement the first of the two agrees and the second ends it. */
    async lift(call: ActCall, suspensionId: string, { reason }: { readonly reason: string }): Promise<ActReply<Suspended>> {
      const known = await boroughs()
      return acts.perform(
        { ...call, act: 'lift', event: 'agreement.suspension_lifted' },
        async ({ tx, agreement, principal, at, now, newId }) => {
          const suspensions = suspensionsRepository(tx)
          const held = (await suspensions.of(agreement.id)).find(({ id }) => id === suspensionId)
          if (!held) throw new ProblemError(problem('NOT_FOUND', 'This agreement has no suspension with this identifier.'))
          const change = decided({ type: 'lift', suspension: held, boroughs: known }, agreement, principal, at)
          const by = { sub: principal.sub, org: principal.org, at: now }
          if (change.isEnded) await suspensions.lift(held.id, by)
          else await suspensions.agree(held.id, by)
          const after: StoredSuspension = change.isEnded
            ? { ...held, to: now, liftedOrg: principal.org, liftedAt: now }
            : { ...held, agreed: { by: principal.sub, org: principal.org } }
          const about = { suspension: held.id, scope: held.scope, party: held.party, flow: held.flow }
          const detail = change.isEnded
            ? { ...about, lift_agreed_by: held.agreed?.org ?? null, lifted_by: principal.org, lifted_at: now }
            : { ...about, lift_agreed_by: principal.org }
          const others = othersThan(agreement, principal.org, at)
          const kind = change.isEnded ? 'SUSPENSION_LIFTED' : 'LIFT_AGREED'
          await noticesRepository(tx).tell(others, { agreementId: agreement.id, kind, at: now, detail }, newId)
          return {
            status: 200,
            ...(change.isEnded ? {} : { as: { act: 'lift', event: 'agreement.lift_agreed' } as const }),
            to: change.to,
            detail: { ...detail, reason },
            body: {
              ...{ agreement: agreement.id, act: 'lift', at: now, from: agreement.status, to: change.to },
              suspension: toReply(after),
            },
          }
        },
      )
    },
  }
}

function toReply(held: StoredSuspension): Suspended['suspension'] {
  const { id, scope, party, flow, from, to, reason, suspendedOrg, agreed, liftedOrg } = held
  return {
    ...{ id, scope, party, flow, from, to, reason, suspended_by_org: suspendedOrg },
    ...{ lift_agreed_by_org: agreed?.org ?? null, lifted_by_org: liftedOrg },
  }
}
