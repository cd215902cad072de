import type { NotificationFacts, NotificationKind } from '../notifications/kinds.ts'
import type { SignOffEvent, StepName } from './model/events.ts'
import { chainOf, roleOf, routeOf, type SignOff, stepOf } from './model/sign-off.ts'

/** Whom what happened in a sign-off is told: the organisations whose people have something to do or to know. No name of a person. Pure. */

export interface Notice {
  readonly orgs: readonly string[]
  readonly facts: NotificationFacts
}

/** `signOff`: as it stands after the events. What a room tells by itself, of openings and signatures, is not told here. */
export function noticesOf(signOff: SignOff, events: readonly SignOffEvent[]): Notice[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case 'STEP_OPENED':
        return kindOf(signOff, event) === 'SIGNATURE' ? [] : [ofStep(signOff, event, 'STEP_OPENED', event.orgs)]
      case 'TASK_ASSIGNED': {
        if (event.why === 'ROLE_ENDED') return [ofStep(signOff, event, 'STEP_RELEASED')]
        return event.why === 'ASSIGNED' || event.why === 'REPLACED' ? [ofStep(signOff, event, 'STEP_ASSIGNED')] : []
      }
      case 'TASK_DELEGATED':
        return [ofStep(signOff, event, 'STEP_ASSIGNED', [event.delegation.to.org])]
      case 'RETURNED':
        return [ofStep(signOff, event, 'STEP_RETURNED', [event.org ?? signOff.keeper, signOff.keeper])]
      case 'STEP_REFUSED':
        return kindOf(signOff, event) === 'DPO_REVIEW' && event.org !== null ? [ofStep(signOff, event, 'ADVICE_REFUSED', [event.org])] : []
      case 'REMINDED':
        return [ofStep(signOff, event, 'STEP_DUE')]
      case 'OVERDUE':
        return [ofStep(signOff, event, 'STEP_OVERDUE')]
      case 'ESCALATED':
        return [ofStep(signOff, event, 'STEP_ESCALATED', undefined, { to: event.to })]
      case 'CHAIN_ENDED': {
        if (event.how !== 'LAPSED' || event.org === null) return []
        return [{ orgs: [event.org, signOff.keeper], facts: factsOf(signOff, 'SIGNATURE_LAPSED', event.at, { org: event.org }) }]
      }
      default:
        return []
    }
  })
}

/** A notice of a step; absent `orgs`: those whose people still have a task of it. */
function ofStep(
  signOff: SignOff,
  name: StepName & { readonly at: string },
  kind: NotificationKind,
  orgs?: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): Notice {
  const chain = chainOf(signOff, name.org)
  const step = chain && stepOf(chain, name.step)
  const asked = step?.tasks.filter(({ state }) => state === 'OPEN').map(({ org }) => org) ?? []
  const role = chain && roleOf(signOff, chain, name.step)
  const detail = { org: name.org, step: name.step, role, due: step?.due ?? null, ...more }
  return { orgs: orgs ?? asked, facts: factsOf(signOff, kind, name.at, detail) }
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
