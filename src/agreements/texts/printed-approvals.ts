import { type Instant, NEVER } from '../../platform/kernel/instant.ts'
import type { SignOffEvent } from '../../workflow/model/events.ts'
import { routeStep } from '../../workflow/model/route.ts'
import {
  type ApprovalCondition,
  type Chain,
  chainOf,
  type Person,
  routeOf,
  type SignOff,
  type Step,
} from '../../workflow/model/sign-off.ts'

/** The approvals of a version as its certificate shows them. Pure. */
export interface PrintedApprovals {
  readonly route: string
  /** One line an approval, by party; `org` null: for all. */
  readonly steps: readonly PrintedStep[]
  /** Advice that was refused and overruled, and how a party's approvals ended without a signature. */
  readonly remarks: readonly { readonly org: string; readonly text: string; readonly at: string | null }[]
}

export interface PrintedStep {
  readonly org: string | null
  readonly title: string
  readonly outcome: string
  /** The person, as the token names them; whom they stood in for. */
  readonly by: string
  readonly deputyFor: string | null
  /** Whose review was adopted, and why. */
  readonly adopted: string | null
  readonly at: string
  /** How often it was opened: more than once after a return. */
  readonly round: number
  readonly comment: string | null
  readonly conditions: readonly string[]
}

const ENDINGS: Readonly<Record<string, string>> = {
  REFUSED: 'refused the text',
  DECLINED: 'declined to sign',
  LAPSED: 'did not sign in time',
  LEFT: 'left before it signed',
  OVER: 'had not signed when the text could be signed no more',
}

const BEARERS: Readonly<Record<ApprovalCondition['bearer'], string>> = {
  PROVIDER: 'whoever provides',
  RECIPIENT: 'whoever receives',
  BOTH: 'both sides',
}

/**
 * What was approved by an instant: a reader whose part is over knows nothing later. Who returned it or commented on it is named as far as the
 * reader may read that (`events`); why, and in which words, stays in the sign-off.
 */
export function printedApprovals(signOff: SignOff, until: Instant, events: readonly SignOffEvent[]): PrintedApprovals {
  const isKnown = (at: string) => until === NEVER || Date.parse(at) <= until
  const steps = signOff.chains
    .flatMap((chain) => chain.steps.flatMap((step) => ofStep(signOff, chain, step)))
    .filter(({ at }) => isKnown(at))
  const found = [...signOff.chains.flatMap(remarksOf), ...returns(signOff, events), ...comments(events)]
  const remarks = found.filter(({ at }) => (at === null ? until === NEVER : isKnown(at)))
  return { route: signOff.route, steps, remarks }
}

function ofStep(signOff: SignOff, chain: Chain, { id, round, tasks }: Step): PrintedStep[] {
  const { title } = routeStep(routeOf(signOff, chain), id)
  return tasks.flatMap(({ org, result }) => {
    if (result === null) return []
    const { outcome, by, deputyFor, at, comment, adopted } = result
    return [
      {
        ...{ org: chain.org ?? org, title: chain.org === null ? `${title} (for all)` : title, outcome, at, round, comment },
        ...{ by: by.sub, deputyFor: nameOf(deputyFor) },
        adopted: adopted && `${adopted.org}: ${adopted.reason}`,
        conditions: result.conditions.map(inWords),
      },
    ]
  })
}

function remarksOf({ org, dpoRefusal, overruled, carriedFrom, status }: Chain): PrintedApprovals['remarks'] {
  if (org === null) return []
  const ended = ENDINGS[status]
  return [
    ...(carriedFrom
      ? [
          {
            org,
            at: carriedFrom.at,
            text: `This change does not affect it: what it approved and signed of version ${carriedFrom.version} holds`,
          },
        ]
      : []),
    ...(dpoRefusal ? [{ org, at: dpoRefusal.at, text: `The data protection officer (${dpoRefusal.by.sub}) advised against it` }] : []),
    ...(overruled ? [{ org, at: overruled.at, text: `The SIRO (${overruled.by.sub}) went on against the advice` }] : []),
    ...(ended ? [{ org, at: null, text: `It ${ended}` }] : []),
  ]
}

/** Who asked for changes, at which step. */
function returns(signOff: SignOff, events: readonly SignOffEvent[]): PrintedApprovals['remarks'] {
  return events.flatMap((event) => {
    if (event.type !== 'RETURNED') return []
    const { org, step, by, deputyFor, at } = event
    const chain = chainOf(signOff, org)
    const title = chain ? routeStep(routeOf(signOff, chain), step).title : step
    const who = deputyFor === null ? by.sub : `${by.sub}, deputy of ${deputyFor.sub}`
    return [{ org: by.org, at, text: `${who} returned it at the step ${title}` }]
  })
}

/** Who commented, each once, when they last did. */
function comments(events: readonly SignOffEvent[]): PrintedApprovals['remarks'] {
  const last = new Map<string, PrintedApprovals['remarks'][number]>()
  for (const event of events)
    if (event.type === 'COMMENTED')
      last.set(`${event.by.issuer} ${event.by.sub} ${event.by.org}`, {
        org: event.by.org,
        at: event.at,
        text: `${event.by.sub} commented on it`,
      })
  return [...last.values()]
}

function inWords({ text, bearer, due }: ApprovalCondition): string {
  return `${text} (kept by ${BEARERS[bearer]}${due === null ? '' : `, by ${due}`})`
}

function nameOf(person: Person | null): string | null {
  return person?.sub ?? null
}
