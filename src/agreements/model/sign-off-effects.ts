import type { Instant } from '../../platform/kernel/instant.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import type { SignOffEvent } from '../../workflow/model/events.ts'
import { routeStep } from '../../workflow/model/route.ts'
import { type ApprovalCondition, chainOf, routeOf, type SignOff } from '../../workflow/model/sign-off.ts'
import type { Agreement, AgreementStatus } from '../agreement.ts'
import { hasCommenced } from './in-force.ts'
import { without } from './lifecycle-ending.ts'
import { isKeeper, standingVersions, statusAt } from './standing.ts'

/** What follows for an agreement from what happened in the sign-off of one of its versions. Pure. */

/** Events of a sign-off that an agreement takes note of. */
export type EventOfNote = Extract<SignOffEvent, { type: 'CHAIN_READY' | 'OVERRULED' | 'CHAIN_ENDED' | 'ENDED' }>

/** Ended by somebody's own words or by nobody's in time. Who leaves does so by an act on the agreement, which has said so. */
const ENDS_A_PART = ['REFUSED', 'DECLINED', 'LAPSED']

/** Whether an agreement takes note of an event: nothing else moves its version, or what decisions know. */
export function isOfNote(event: SignOffEvent): event is EventOfNote {
  if (event.type === 'CHAIN_ENDED') return event.org !== null && ENDS_A_PART.includes(event.how)
  if (event.type === 'ENDED') return event.how === 'REFUSED'
  return event.type === 'CHAIN_READY' || event.type === 'OVERRULED'
}

/** What a party's approval was given on: by its own people, and by whoever did the steps for the whole. */
export function conditionsOf(signOff: SignOff, org: string): ApprovalCondition[] {
  const chains = [chainOf(signOff, null), chainOf(signOff, org)].flatMap((chain) => chain ?? [])
  return chains.flatMap(({ steps }) =>
    steps.filter(({ state }) => state === 'DONE').flatMap(({ tasks }) => tasks.flatMap(({ result }) => result?.conditions ?? [])),
  )
}

/** Parties whose signature has just become due, and until when, in the order in which it did: nobody is asked before their turn. */
export function signaturesDue(signOff: SignOff, events: readonly SignOffEvent[]): { readonly org: string; readonly due: Day }[] {
  return events.flatMap((event) => {
    if (event.type !== 'STEP_OPENED' || event.org === null) return []
    const chain = chainOf(signOff, event.org)
    return chain && routeStep(routeOf(signOff, chain), event.step).kind === 'SIGNATURE' ? [{ org: event.org, due: event.due }] : []
  })
}

/** What becomes of the agreement: its stored status, versions that are given up, whether a party's part alone ends. */
export interface PartEnded {
  readonly to: AgreementStatus
  readonly abandons: readonly number[]
  readonly endsAll: boolean
}

/**
 * A party's approval has ended without its signature: its part ends as if it had rejected the text (WF-2). One that is bound by a
 * text that stands goes on under that one, and whoever keeps the text withdraws it or writes another: null.
 */
export function withoutApproval(agreement: Agreement, org: string, at: Instant): PartEnded | null {
  const standing = new Set(standingVersions(agreement, at).map(({ version }) => version))
  const hasSigned = agreement.signatures.some((one) => one.org === org && standing.has(one.version))
  return hasSigned || isKeeper(agreement, org, at) ? null : without(agreement, org, at)
}

/**
 * Nobody signs a version any more, since too many have refused it. It is given up with the agreement where that binds nobody;
 * where it has not begun it is taken out, and where it has it stays and never commences (LC-2). Null: enough had signed before.
 */
export function withoutQuorum(agreement: Agreement, version: number, at: Instant): PartEnded | null {
  const standing = standingVersions(agreement, at)
  const found = standing.find((known) => known.version === version)
  if (!found || hasCommenced(agreement, version, at)) return null
  const status = statusAt(agreement, at)
  if (status !== 'ACTIVE' && standing.length === 1) {
    const unfinished = agreement.versions.filter((one) => one.status === 'DRAFT' || one.status === 'APPROVED')
    return { to: 'REJECTED', abandons: unfinished.map((one) => one.version), endsAll: true }
  }
  return { to: status, abandons: (found.effective_from ?? '') > londonDay(at) ? [version] : [], endsAll: false }
}
