import type { Fault } from '../../platform/kernel/refusal.ts'
import { type Fact, holds, type Route, type RouteStep } from './route.ts'
import { casesOf, isBefore } from './route-checks.ts'

/**
 * What the usual way of what is signed has and a route lacks (domain reference, 5.2, 5.4): its organisation may mean it so, and is told. Pure.
 */

interface Expected {
  readonly code: string
  /** In which cases. Data about health are special data (Art 9 UK GDPR); of a controller, since a processor only signs. */
  readonly given: readonly Fact[]
  readonly fits: (step: RouteStep) => boolean
  readonly detail: string
}

const EXPECTED: readonly Expected[] = [
  {
    ...{ code: 'NO_SIRO', given: ['CONTROLLER'], fits: ({ kind }) => kind === 'RISK_ACCEPTANCE' },
    detail: 'There are cases in which no senior information risk owner accepts the risk.',
  },
  {
    ...{ code: 'NO_CALDICOTT', given: ['CONTROLLER', 'HEALTH_OR_SOCIAL_CARE', 'SPECIAL_DATA'] },
    fits: ({ role }) => role === 'CALDICOTT_GUARDIAN',
    detail: 'There are cases with health or care information in which no Caldicott Guardian is asked.',
  },
  {
    ...{ code: 'NO_ASSESSMENT', given: ['CONTROLLER', 'ASSESSMENT_REQUIRED'], fits: ({ kind }) => kind === 'ASSESSMENT' },
    detail: 'There are cases that need an impact assessment in which no step waits for it.',
  },
]

/** The cautions of a route that has no fault. */
export function routeCautions(route: Route): Fault[] {
  if (route.requester_rule !== 'SD-1') return []
  const lacking = EXPECTED.filter(({ given, fits }) =>
    casesOf(route, given).some((facts) => !route.steps.some((step) => fits(step) && holds(step.when, facts))),
  )
  return [...lacking.map(({ code, detail }) => ({ pointer: '/steps', code, detail })), ...unadvised(route)]
}

/** The risk is accepted before the data protection officer has advised on it (DP-4). */
function unadvised({ steps }: Route): Fault[] {
  const advice = steps.filter(({ kind }) => kind === 'DPO_REVIEW')
  return steps.flatMap(({ id, kind }, at) =>
    kind === 'RISK_ACCEPTANCE' && !advice.every((one) => isBefore(steps, one.id, id))
      ? [
          {
            pointer: `/steps/${at}/after`,
            code: 'BEFORE_ADVICE',
            detail: `${id} may be done before the data protection officer has advised.`,
          },
        ]
      : [],
  )
}
