import { ProblemError, problem } from '../../platform/kernel/problem.ts'
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
    readonly lifted_by_org: string | null
  }
}

export interface SuspendingOptions {
  readonly acts: ActShell
  /** Whether an organisation is among those ALL_SIGNED_BOROUGHS stands for. */
  readonly isBorough: (org: string) => Promise<boolean>
}

/** LC-6: sharing stops at once, and goes on when another person says so. Each suspension stands on its own. */
export function suspendingService({ acts, isBorough }: SuspendingOptions) {
  return {
    async suspend(call: ActCall, body: SuspensionBody): Promise<ActReply<Suspended>> {
      // Read before the act, so that it needs no second connection while it holds one.
      const borough = await isBorough(call.principal.org)
      return acts.perform({ ...call, act: 'suspend', event: 'agreement.suspended' }, async ({ tx, agreement, principal, now, newId }) => {
        const { scope, party = null, flow = null, until = null } = body
        const change = decided({ type: 'suspend', scope, party, flow, until, isBorough: borough }, agreement, principal, now)
        const suspension: StoredSuspension = {
          ...{ id: newId(), scope, party, flow, from: now, to: until, reason: body.reason },
          ...{ suspendedBy: principal.sub, suspendedOrg: principal.org, liftedOrg: null, liftedAt: null },
        }
        await suspensionsRepository(tx).insert({ ...suspension, agreementId: agreement.id })
        const others = agreement.parties.map(({ org }) => org).filter((org) => org !== principal.org)
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
      })
    },

    async lift(call: ActCall, suspensionId: string, { reason }: { readonly reason: string }): Promise<ActReply<Suspended>> {
      const borough = await isBorough(call.principal.org)
      return acts.perform(
        { ...call, act: 'lift', event: 'agreement.suspension_lifted' },
        async ({ tx, agreement, principal, now, newId }) => {
          const suspensions = suspensionsRepository(tx)
          const held = (await suspensions.of(agreement.id)).find(({ id }) => id === suspensionId)
          if (!held) throw new ProblemError(problem('NOT_FOUND', 'This agreement has no suspension with this identifier.'))
          const change = decided({ type: 'lift', suspension: held, isBorough: borough }, agreement, principal, now)
          await suspensions.lift(held.id, { sub: principal.sub, org: principal.org, at: now })
          const lifted = { ...held, to: now, liftedOrg: principal.org, liftedAt: now }
          const others = agreement.parties.map(({ org }) => org).filter((org) => org !== principal.org)
          const detail = {
            suspension: held.id,
            scope: held.scope,
            party: held.party,
            flow: held.flow,
            lifted_by: principal.org,
            lifted_at: now,
          }
          await noticesRepository(tx).tell(others, { agreementId: agreement.id, kind: 'SUSPENDED', at: now, detail }, newId)
          return {
            status: 200,
            to: change.to,
            detail: { ...detail, reason },
            body: {
              ...{ agreement: agreement.id, act: 'lift', at: now, from: agreement.status, to: change.to },
              suspension: toReply(lifted),
            },
          }
        },
      )
    },
  }
}

function toReply(held: StoredSuspension): Suspended['suspension'] {
  const { id, scope, party, flow, from, to, reason } = held
  return { id, scope, party, flow, from, to, reason, suspended_by_org: held.suspendedOrg, lifted_by_org: held.liftedOrg }
}
