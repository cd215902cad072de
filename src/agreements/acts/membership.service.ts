import assert from 'node:assert/strict'
import { lookAgain } from '../../assessments/made/assessments-in-time.service.ts'
import type { RegisteredOrganisation } from '../../parties/organisation.ts'
import { instantOf, written } from '../../platform/kernel/instant.ts'
import type { ActCall, ActingService } from '../acting.service.ts'
import { assessmentOf } from '../agreement.ts'
import { keeperOf, leadingVersion, presentParties } from '../model/standing.ts'
import { standingRepository } from '../store/standing.repository.ts'
import { versionsRepository } from '../store/versions.repository.ts'
import { tellDisposalDue } from './answering.service.ts'
import { type ChainsService, endChains } from './chains.service.ts'
import type { StatedReason } from './ending.service.ts'
import { awaitEnd } from './sign-off-ends.service.ts'

/** When a party leaves (absent: now), and who keeps the text from then on where it does. */
export interface LeavingBody extends StatedReason {
  readonly at?: string | null
  readonly keeper?: string | null
}

/** Who is to join, and as what. */
export interface InvitationBody {
  readonly org: string
  readonly role: string
  readonly capacities?: readonly string[]
}

export interface MembershipOptions extends Pick<ActingService, 'act'> {
  readonly chains: Pick<ChainsService, 'join' | 'follow'>
  /** The organisations that ALL_SIGNED_BOROUGHS stands for. */
  readonly boroughs: () => Promise<ReadonlySet<string>>
  readonly organisation: (code: string) => Promise<RegisteredOrganisation | undefined>
}

export type MembershipService = ReturnType<typeof membershipService>

/** LC-4, LC-5: parties come by their own signature and go at an instant they name; the keeping of the text passes on. */
export function membershipService({ act, chains, organisation, boroughs: readBoroughs }: MembershipOptions) {
  // What is read before an act is read there so that the act needs no second connection while it holds one.
  const invitation =
    (found: RegisteredOrganisation | undefined) =>
    (call: ActCall, { org, role, capacities = [] }: InvitationBody) =>
      act(call, 'invite', async (context) => {
        const { tx, agreement, at, now, decided, tell } = context
        const { to } = decided({ type: 'invite', org, isActive: found !== undefined && isActive(found, now) })
        const leading = leadingVersion(agreement, at)
        assert(leading?.hash, 'an agreement that others can join has an approved version')
        const { version, hash: version_hash, effective_from } = leading
        await standingRepository(tx).invite(agreement.id, { org, role, capacities, invitedAt: now })
        // DP-7: its own people accept the risk of the assessment before it signs.
        await lookAgain(tx, assessmentOf(agreement), `joined:${org}`, now)
        const isAwaited = await chains.join(context, { org, role, capacities, left_at: null, invited_at: now })
        await tell(isAwaited ? 'APPROVAL_DUE' : 'SIGNATURE_DUE', { version, version_hash, effective_from }, [org])
        await tell('PARTY_JOINED', { org, stage: 'INVITED', version }, presentParties(agreement, at))
        const outcome = { org, role, version, version_hash }
        return { to, version, versionHash: version_hash, detail: { org, role, capacities }, outcome }
      })

  return {
    async withdraw(call: ActCall, { at: asked = null, keeper = null, reason }: LeavingBody) {
      const boroughs = await readBoroughs()
      return act(call, 'leave', async (context) => {
        const { tx, agreement, principal, at, now, sequence, decided, tell } = context
        const { org } = principal
        const change = decided({ type: 'leave', at: asked === null ? null : instantOf(asked), keeper })
        const { abandons, endsAll } = change
        const standing = standingRepository(tx)
        const left_at = written(change.at)
        assert(left_at, 'a leaving has an instant')
        if (keeper !== null) await standing.passKeeping(agreement.id, { from: org, to: keeper, at: now }, true)
        await versionsRepository(tx).drop(agreement.id, abandons, 'ABANDONED', now)
        await standing.setStatus(agreement.id, change.to)
        const isNow = change.at <= at
        if (!endsAll) await standing.leave(agreement.id, org, { at: left_at, how: 'LEFT', sequence: isNow ? sequence : null })
        if (isNow) await endChains(chains, context, { org, abandons, endsAll, reason })
        else await awaitEnd(tx, agreement.id, change.at, sequence)
        const to = await standing.status(agreement.id)
        const outcome = { org, left_at, keeper: keeper ?? keeperOf(agreement, at), abandons }
        const detail = { ...outcome, reason }
        // Where it ends a text that waited for all, it is a rejection to everybody else (CK-2).
        if (endsAll) await tell('REJECTED', { org, ends: true, abandons, reason })
        else await tell('PARTY_LEFT', detail)
        const parties = agreement.parties.map((party) => (party.org === org ? { ...party, left_at } : party))
        await tellDisposalDue(context, { ended: { ...agreement, parties }, boroughs }, [org])
        return { to, detail, outcome }
      })
    },

    /** Takes back a leaving that has not come. */
    stay: (call: ActCall, { reason }: StatedReason) =>
      act(call, 'stay', async ({ tx, agreement, principal: { org }, at, decided, tell }) => {
        const { to, was } = decided({ type: 'stay' })
        await standingRepository(tx).stay(agreement.id, org)
        const detail = { org, end: 'LEAVING', was, reason }
        await tell('END_TAKEN_BACK', detail)
        return { to, detail, outcome: { org, left_at: null, abandons: [], keeper: keeperOf(agreement, at) } }
      }),

    invite: async (call: ActCall, body: InvitationBody) => invitation(await organisation(body.org))(call, body),

    /** The same with the body as it was read before, for a command that invites within its own work. */
    invitation,

    /** Takes back an invitation that nobody has signed on. */
    uninvite: (call: ActCall, org: string, { reason }: StatedReason) =>
      act(call, 'uninvite', async (context) => {
        const { tx, agreement, now, sequence, decided, tell } = context
        const { to } = decided({ type: 'uninvite', org })
        await standingRepository(tx).leave(agreement.id, org, { at: now, how: 'UNINVITED', sequence })
        await chains.follow(context, { type: 'leave', org, reason })
        await tell('INVITATION_TAKEN_BACK', { org, reason })
        return { to, detail: { org, reason }, outcome: { org } }
      }),

    handOver: (call: ActCall, { org, reason }: StatedReason & { readonly org: string }) =>
      act(call, 'hand_over', async ({ tx, agreement, now, decided, tell }) => {
        const { to, from } = decided({ type: 'hand_over', org })
        await standingRepository(tx).passKeeping(agreement.id, { from, to: org, at: now }, true)
        const detail = { from, keeper: org, reason }
        await tell('KEEPER_CHANGED', detail)
        return { to, detail, outcome: { from_org: from, keeper: org } }
      }),
  }
}

function isActive({ active_from, active_to, status }: RegisteredOrganisation, now: string): boolean {
  const at = Date.parse(now)
  return (
    status === 'CONFIRMED' && (active_from === null || Date.parse(active_from) <= at) && (active_to === null || at < Date.parse(active_to))
  )
}
