import assert from 'node:assert/strict'
import type { RegisteredOrganisation } from '../../parties/organisation.ts'
import { instantOf, written } from '../../platform/kernel/instant.ts'
import { keeperOf, leadingVersion, othersThan, presentParties } from '../model/standing.ts'
import type { ActReply } from './act.ts'
import type { ActShell } from './act-shell.service.ts'
import type { ActCall, ActOutcome } from './call.ts'
import { decided } from './decided.ts'
import { noticesRepository } from './notices.repository.ts'
import { standingRepository } from './standing.repository.ts'
import { versionsRepository } from './versions.repository.ts'

export interface Left extends ActOutcome {
  readonly org: string
  /** null: the leaving was taken back. */
  readonly left_at: string | null
  /** Versions that waited for it and end with it. */
  readonly abandons: readonly number[]
  /** Who keeps the text now. */
  readonly keeper: string | null
}

/** Who is to join, and as what. */
export interface InvitationBody {
  readonly org: string
  readonly role: string
  readonly capacities?: readonly string[]
}

export interface Invited extends ActOutcome {
  readonly org: string
  readonly role: string
  /** The version it has to sign to be bound, and the hash of its text. */
  readonly version: number
  readonly version_hash: string
}

export interface Uninvited extends ActOutcome {
  readonly org: string
}

export interface HandedOver extends ActOutcome {
  readonly from_org: string | null
  readonly keeper: string
}

export interface MembershipOptions {
  readonly acts: ActShell
  readonly organisation: (code: string) => Promise<RegisteredOrganisation | undefined>
}

interface Reason {
  readonly reason: string
}

/** LC-4, LC-5: parties come by their own signature and go at an instant they name; the keeping of the text passes on. */
export function membershipService({ acts, organisation }: MembershipOptions) {
  return {
    withdraw: (
      call: ActCall,
      { at: asked = null, keeper = null, reason }: Reason & { readonly at?: string | null; readonly keeper?: string | null },
    ): Promise<ActReply<Left>> =>
      acts.perform({ ...call, act: 'leave', event: 'agreement.party_withdrawn' }, async (context) => {
        const { tx, agreement, principal, at, now, sequence, newId } = context
        const { org } = principal
        const change = decided({ type: 'leave', at: asked === null ? null : instantOf(asked), keeper }, agreement, principal, at)
        const standing = standingRepository(tx)
        const left_at = written(change.at)
        assert(left_at, 'a leaving has an instant')
        if (keeper !== null) await standing.passKeeping(agreement.id, { from: org, to: keeper, at: now }, true)
        await versionsRepository(tx).drop(agreement.id, change.abandons, 'ABANDONED', now)
        await standing.setStatus(agreement.id, change.to)
        const isNow = change.at <= at
        if (!change.endsAll) await standing.leave(agreement.id, org, { at: left_at, how: 'LEFT', sequence: isNow ? sequence : null })
        const detail = { org, left_at, keeper: keeper ?? keeperOf(agreement, at), abandons: change.abandons, reason }
        await noticesRepository(tx).tell(
          othersThan(agreement, org, at),
          // Where it ends a text that waited for all, it is a rejection to everybody else (CK-2).
          change.endsAll
            ? { agreementId: agreement.id, kind: 'REJECTED', at: now, detail: { org, ends: true, abandons: change.abandons, reason } }
            : { agreementId: agreement.id, kind: 'PARTY_LEFT', at: now, detail },
          newId,
        )
        return {
          status: 201,
          to: change.to,
          detail,
          body: {
            ...{ agreement: agreement.id, act: 'leave', at: now, from: agreement.status, to: change.to },
            ...{ org, left_at, abandons: change.abandons, keeper: detail.keeper },
          },
        }
      }),

    /** Takes back a leaving that has not come. */
    stay: (call: ActCall, { reason }: Reason): Promise<ActReply<Left>> =>
      acts.perform({ ...call, act: 'stay', event: 'agreement.leaving_taken_back' }, async (context) => {
        const { tx, agreement, principal, at, now, newId } = context
        const { org } = principal
        const change = decided({ type: 'stay' }, agreement, principal, at)
        await standingRepository(tx).stay(agreement.id, org)
        const detail = { org, end: 'LEAVING', was: change.was, reason }
        await noticesRepository(tx).tell(
          othersThan(agreement, org, at),
          { agreementId: agreement.id, kind: 'END_TAKEN_BACK', at: now, detail },
          newId,
        )
        return {
          status: 200,
          to: change.to,
          detail,
          body: {
            ...{ agreement: agreement.id, act: 'stay', at: now, from: agreement.status, to: change.to },
            ...{ org, left_at: null, abandons: [], keeper: keeperOf(agreement, at) },
          },
        }
      }),

    async invite(call: ActCall, { org, role, capacities = [] }: InvitationBody): Promise<ActReply<Invited>> {
      // Read before the act, so that it needs no second connection while it holds one.
      const found = await organisation(org)
      return acts.perform({ ...call, act: 'invite', event: 'agreement.party_invited' }, async (context) => {
        const { tx, agreement, principal, at, now, newId } = context
        const change = decided({ type: 'invite', org, isActive: found !== undefined && isActive(found, now) }, agreement, principal, at)
        const leading = leadingVersion(agreement, at)
        assert(leading?.hash, 'an agreement that others can join has an approved version')
        await standingRepository(tx).invite(agreement.id, { org, role, capacities, invitedAt: now })
        const notices = noticesRepository(tx)
        const text = { version: leading.version, version_hash: leading.hash }
        const about = { agreementId: agreement.id, at: now }
        await notices.tell([org], { ...about, kind: 'SIGNATURE_DUE', detail: { ...text, effective_from: leading.effective_from } }, newId)
        const detail = { org, stage: 'INVITED', version: leading.version }
        await notices.tell(presentParties(agreement, at), { ...about, kind: 'PARTY_JOINED', detail }, newId)
        return {
          status: 201,
          to: change.to,
          version: leading.version,
          versionHash: leading.hash,
          detail: { org, role, capacities },
          body: { ...{ agreement: agreement.id, act: 'invite', at: now, from: agreement.status, to: change.to }, org, role, ...text },
        }
      })
    },

    /** Takes back an invitation that nobody has signed on. */
    uninvite: (call: ActCall, org: string, { reason }: Reason): Promise<ActReply<Uninvited>> =>
      acts.perform({ ...call, act: 'uninvite', event: 'agreement.invitation_taken_back' }, async (context) => {
        const { tx, agreement, principal, at, now, sequence, newId } = context
        const change = decided({ type: 'uninvite', org }, agreement, principal, at)
        await standingRepository(tx).leave(agreement.id, org, { at: now, how: 'UNINVITED', sequence })
        const detail = { org, reason }
        const told = othersThan(agreement, principal.org, at)
        await noticesRepository(tx).tell(told, { agreementId: agreement.id, kind: 'INVITATION_TAKEN_BACK', at: now, detail }, newId)
        return {
          status: 200,
          to: change.to,
          detail,
          body: { ...{ agreement: agreement.id, act: 'uninvite', at: now, from: agreement.status, to: change.to }, org },
        }
      }),

    handOver: (call: ActCall, { org, reason }: Reason & { readonly org: string }): Promise<ActReply<HandedOver>> =>
      acts.perform({ ...call, act: 'hand_over', event: 'agreement.keeper_changed' }, async (context) => {
        const { tx, agreement, principal, at, now, newId } = context
        const change = decided({ type: 'hand_over', org }, agreement, principal, at)
        await standingRepository(tx).passKeeping(agreement.id, { from: change.from, to: org, at: now }, true)
        const detail = { from: change.from, keeper: org, reason }
        const told = othersThan(agreement, principal.org, at)
        await noticesRepository(tx).tell(told, { agreementId: agreement.id, kind: 'KEEPER_CHANGED', at: now, detail }, newId)
        return {
          status: 200,
          to: change.to,
          detail,
          body: {
            ...{ agreement: agreement.id, act: 'hand_over', at: now, from: agreement.status, to: change.to },
            ...{ from_org: change.from, keeper: org },
          },
        }
      }),
  }
}

function isActive({ active_from, active_to, status }: RegisteredOrganisation, now: string): boolean {
  const at = Date.parse(now)
  return (
    status === 'CONFIRMED' && (active_from === null || Date.parse(active_from) <= at) && (active_to === null || at < Date.parse(active_to))
  )
}
