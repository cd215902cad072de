import type { Role } from '../identity/permissions.ts'
import type { Identity } from '../identity/principal.ts'
import type { Addressed, NotificationFacts, NotificationKind } from '../notifications/kinds.ts'
import { londonDay } from '../platform/kernel/london-day.ts'
import type { UnfitDeputy } from './model/decide.ts'
import type { SignOffEvent, StepName } from './model/events.ts'
import { type ChainStatus, chainOf, roleOf, routeOf, type SignOff, stepOf, type Task } from './model/sign-off.ts'

/**
 * Whom what happened in a sign-off is told: the organisations whose people have something to do or to know, and for which of their people it
 * is. What is shown names no person. Pure.
 */

export interface Notice {
  readonly orgs: readonly string[]
  readonly facts: NotificationFacts
}

/** `signOff`: as it stands after the events. What a room tells by itself, of openings and signatures, is not told here. */
export function noticesOf(signOff: SignOff, events: readonly SignOffEvent[]): Notice[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case 'STEP_OPENED':
        return kindOf(signOff, event) === 'SIGNATURE' ? [] : ofStep(signOff, event, 'STEP_OPENED', event.orgs)
      case 'TASK_ASSIGNED': {
        if (event.why === 'ROLE_ENDED') return ofStep(signOff, event, 'STEP_RELEASED')
        return event.why === 'ASSIGNED' || event.why === 'REPLACED' || event.why === 'HANDED_OVER'
          ? ofStep(signOff, event, 'STEP_ASSIGNED')
          : []
      }
      case 'TASK_DELEGATED':
        return ofStep(signOff, event, 'STEP_ASSIGNED', [event.delegation.to.org], { persons: [identityOf(event.delegation.to)] })
      case 'RETURNED':
        return ofStep(signOff, event, 'STEP_RETURNED', [event.org ?? signOff.keeper, signOff.keeper], { roles: DRAFTERS })
      case 'STEP_REFUSED':
        return kindOf(signOff, event) === 'DPO_REVIEW' && event.org !== null
          ? ofStep(signOff, event, 'ADVICE_REFUSED', [event.org], { roles: ['SIRO'] })
          : []
      case 'REMINDED':
        return kindOf(signOff, event) === 'SIGNATURE'
          ? ofStep(signOff, event, 'SIGNATURE_REMINDER', undefined, undefined, counted(signOff, 'signed', ['SIGNED']))
          : ofStep(signOff, event, 'STEP_DUE')
      case 'CHASED':
        return event.steps.flatMap((step) => ofStep(signOff, { org: event.org, step, at: event.at }, 'STEP_CHASED'))
      case 'OVERDUE':
        return ofStep(signOff, event, 'STEP_OVERDUE')
      case 'ESCALATED':
        return ofStep(signOff, event, 'STEP_ESCALATED', undefined, event.to === null ? {} : { roles: [event.to] }, { to: event.to })
      case 'CHAIN_READY': {
        // Where nothing comes before the signature there is nothing that it approved.
        const isApproved = chainOf(signOff, event.org)?.steps.some(({ state }) => state === 'DONE') === true
        if (signOff.subject.type !== 'agreement' || event.org === signOff.keeper || !isApproved) return []
        const detail = { org: event.org, ...counted(signOff, 'approved', ['READY', 'SIGNED']) }
        return [{ orgs: [signOff.keeper], facts: factsOf(signOff, 'PARTY_APPROVED', event.at, detail) }]
      }
      case 'CHAIN_ENDED': {
        if (event.how !== 'LAPSED' || event.org === null) return []
        return [{ orgs: [event.org, signOff.keeper], facts: factsOf(signOff, 'SIGNATURE_LAPSED', event.at, { org: event.org }) }]
      }
      default:
        return []
    }
  })
}

/** What is told of a deputy who may not act after all: to whoever named them, so that the step does not wait for its due day. It says after which event, so that another deputy is told of anew. */
export function unfitNotice(signOff: SignOff, { org, step, from, rule }: UnfitDeputy, at: string): Notice {
  const [notice] = ofStep(
    signOff,
    { org, step, at },
    'DEPUTY_REFUSED',
    [from.org],
    { persons: [identityOf(from)] },
    { rule, after_event: signOff.eventCount },
  )
  if (!notice) throw new RangeError('a notice of one organisation')
  return notice
}

/** Who changes a text that is returned. */
const DRAFTERS: readonly Role[] = ['IG_OFFICER', 'REQUESTER']

/** Parties that take no part any more are not waited for. */
const GONE: readonly ChainStatus[] = ['REFUSED', 'DECLINED', 'LEFT', 'LAPSED', 'OVER']

/** How many of how many parties have come so far. */
function counted({ chains }: SignOff, name: string, states: readonly ChainStatus[]) {
  const parties = chains.filter(({ org, status }) => org !== null && !GONE.includes(status))
  return { [name]: parties.filter(({ status }) => states.includes(status)).length, parties: parties.length }
}

/**
 * Notices of a step, one for each organisation. Absent `orgs`: those whose people still have a task of it. Absent `to`: whoever has the
 * task there, else whoever holds the role of the step.
 */
function ofStep(
  signOff: SignOff,
  name: StepName & { readonly at: string },
  kind: NotificationKind,
  orgs?: readonly string[],
  to?: Partial<Addressed>,
  more: Readonly<Record<string, unknown>> = {},
): Notice[] {
  const chain = chainOf(signOff, name.org)
  const step = chain && stepOf(chain, name.step)
  const open = step?.tasks.filter(({ state }) => state === 'OPEN') ?? []
  const role = chain && roleOf(signOff, chain, name.step)
  const detail = { org: name.org, step: name.step, role, due: step?.due ?? null, ...more }
  const facts = factsOf(signOff, kind, name.at, detail)
  const roles = role === undefined ? [] : [role]
  return [...new Set(orgs ?? open.map(({ org }) => org))].map((org) => {
    const persons = open.filter((task) => task.org === org).flatMap((task) => inWhoseHands(task, name.at))
    return { orgs: [org], facts: { ...facts, addressedTo: { persons: [], roles, ...(to ?? { persons }) } } }
  })
}

/** Whoever has a task, and whoever stands in for them today; nobody: it is for everybody of the role. */
function inWhoseHands({ assignee, delegation }: Task, at: string): Addressed['persons'] {
  const today = londonDay(Date.parse(at))
  const deputy = delegation && delegation.first <= today && today <= delegation.last ? delegation.to : null
  return [assignee, deputy].flatMap((person) => (person ? [identityOf(person)] : []))
}

function identityOf({ issuer, sub }: Identity): Identity {
  return { issuer, sub }
}

function factsOf(
  { id, subject }: SignOff,
  kind: NotificationKind,
  at: string,
  detail: Readonly<Record<string, unknown>>,
): NotificationFacts {
  return { kind, subject: { type: subject.type, id: subject.id }, at, detail: { sign_off: id, version: subject.version, ...detail } }
}

function kindOf(signOff: SignOff, { org, step }: StepName) {
  const chain = chainOf(signOff, org)
  return chain && routeOf(signOff, chain).steps.find(({ id }) => id === step)?.kind
}
