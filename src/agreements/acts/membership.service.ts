import assert from 'node:assert/strict'
import type { Organisation } from '../../parties/organisation.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { ActReply } from './act.ts'
import type { ActShell } from './act-shell.service.ts'
import type { ActCall, ActOutcome } from './call.ts'
import { decided } from './decided.ts'
import { hasLeft, leadingVersion } from './governing.ts'
import { noticesRepository } from './notices.repository.ts'
import { standingRepository } from './standing.repository.ts'

export interface Left extends ActOutcome {
  readonly org: string
  readonly left_at: string
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

export interface MembershipOptions {
  readonly acts: ActShell
  readonly organisation: (code: string) => Promise<Organisation | undefined>
}

/** LC-4, LC-5: parties come by their own signature and go at an instant they name. */
export function membershipService({ acts, organisation }: MembershipOptions) {
  return {
    withdraw: (call: ActCall, { at = null, reason }: { readonly at?: string | null; readonly reason: string }): Promise<ActReply<Left>> =>
      acts.perform({ ...call, act: 'leave', event: 'agreement.party_withdrawn' }, async ({ tx, agreement, principal, now, newId }) => {
        const { org } = principal
        const change = decided({ type: 'leave', at: at && new Date(at).toISOString() }, agreement, principal, now)
        await standingRepository(tx).leave(agreement.id, org, change.at)
        const others = agreement.parties.filter((party) => party.org !== org && !hasLeft(party.left_at, now)).map((party) => party.org)
        const detail = { org, left_at: change.at }
        await noticesRepository(tx).tell(others, { agreementId: agreement.id, kind: 'PARTY_LEFT', at: now, detail }, newId)
        return {
          status: 201,
          to: change.to,
          detail: { ...detail, reason },
          body: {
            ...{ agreement: agreement.id, act: 'leave', at: now, from: agreement.status, to: change.to },
            org,
            left_at: change.at,
          },
        }
      }),

    async invite(call: ActCall, { org, role, capacities = [] }: InvitationBody): Promise<ActReply<Invited>> {
      // Read before the act, so that it needs no second connection while it holds one.
      const found = await organisation(org)
      return acts.perform(
        { ...call, act: 'invite', event: 'agreement.party_invited' },
        async ({ tx, agreement, principal, now, newId }) => {
          const change = decided({ type: 'invite', org, isActive: found !== undefined && isActive(found, now) }, agreement, principal, now)
          const leading = leadingVersion(agreement, londonDay(Date.parse(now)))
          assert(leading?.hash, 'an agreement that others can join has an approved version')
          await standingRepository(tx).invite(agreement.id, { org, role, capacities, invitedAt: now })
          const notices = noticesRepository(tx)
          const text = { version: leading.version, version_hash: leading.hash }
          const about = { agreementId: agreement.id, at: now }
          await notices.tell([org], { ...about, kind: 'SIGNATURE_DUE', detail: { ...text, effective_from: leading.effective_from } }, newId)
          const others = agreement.parties.filter((party) => !hasLeft(party.left_at, now)).map((party) => party.org)
          await notices.tell(others, { ...about, kind: 'PARTY_JOINED', detail: { org, stage: 'INVITED', version: leading.version } }, newId)
          return {
            status: 201,
            to: change.to,
            version: leading.version,
            versionHash: leading.hash,
            detail: { org, role, capacities },
            body: { ...{ agreement: agreement.id, act: 'invite', at: now, from: agreement.status, to: change.to }, org, role, ...text },
          }
        },
      )
    },
  }
}

function isActive({ active_from, active_to }: Organisation, now: string): boolean {
  const at = Date.parse(now)
  return (active_from === null || Date.parse(active_from) <= at) && (active_to === null || at < Date.parse(active_to))
}
