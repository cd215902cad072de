import type { Principal } from '../../identity/principal.ts'
import type { OpenCommand } from '../../workflow/model/allowed.ts'
import type { CommandType } from '../../workflow/model/commands.ts'
import type { ClosedCommand } from '../../workflow/model/decide.ts'
import { type RouteStep, routeStep } from '../../workflow/model/route.ts'
import { type Chain, chainOf, routeOf, type SignOff, type Step, stepOf } from '../../workflow/model/sign-off.ts'

/** The steps of a sign-off as somebody meets them who has something to do in it. Pure. */

/** A sign-off as its reader has it open. */
export interface OpenReview {
  readonly principal: Principal
  readonly signOff: SignOff
  /** What is open to the reader. */
  readonly commands: readonly OpenCommand[]
  /** What at the open steps of the reader's organisation is not theirs to do, and why. */
  readonly closed: readonly ClosedCommand[]
}

/** Names the steps for the whole in addresses. */
export const WHOLE = 'WHOLE'

/** A step of an organisation, with what its reader may do at it. */
export interface ReadersStep {
  readonly org: string | null
  /** Of the party, or WHOLE, in addresses. */
  readonly of: string
  readonly definition: RouteStep
  readonly step: Step
  readonly chain: Chain
  readonly may: readonly CommandType[]
  /** Why the reader may neither approve nor sign; null: they may. */
  readonly why: string | null
}

/** What people decide at a step. */
const DECISIONS: readonly CommandType[] = ['approve', 'adopt', 'return', 'refuse']

/** Whether something may be decided at a step by its reader. */
export function isDecidable({ may }: Pick<ReadersStep, 'may'>): boolean {
  return may.some((command) => DECISIONS.includes(command))
}

/** The open and returned steps at which the reader's organisation has something to do. */
export function stepsOfReader(review: OpenReview): ReadersStep[] {
  const { signOff, principal } = review
  return signOff.chains.flatMap((chain) => {
    const isTheirs = (step: Step) =>
      chain.org === principal.org || step.tasks.some(({ org, state }) => org === principal.org && state === 'OPEN')
    return chain.steps
      .filter((step) => (step.state === 'OPEN' || step.state === 'RETURNED') && isTheirs(step))
      .map((step) => readersStep(review, chain, step))
  })
}

/** The step that an address names; undefined: there is none. */
export function stepNamed(review: OpenReview, of: string, id: string): ReadersStep | undefined {
  const chain = chainOf(review.signOff, of === WHOLE ? null : of)
  const step = chain && stepOf(chain, id)
  return step && readersStep(review, chain, step)
}

function readersStep({ signOff, commands, closed }: OpenReview, chain: Chain, step: Step): ReadersStep {
  const { org } = chain
  const isHere = (one: Pick<OpenCommand, 'org' | 'step'>) => one.org === org && one.step === step.id
  const no = closed.filter(isHere)
  // Who may not approve adopts nothing either.
  const isRefused = (command: CommandType) => no.some((one) => one.command === (command === 'adopt' ? 'approve' : command))
  return {
    ...{ org, of: org ?? WHOLE, chain, step, definition: routeStep(routeOf(signOff, chain), step.id) },
    may: [...new Set(commands.filter(isHere).map(({ command }) => command))].filter((command) => !isRefused(command)),
    why: no.find(({ command }) => command === 'approve' || command === 'sign')?.detail ?? null,
  }
}

/** What comes after a step, by its titles. */
export function stepsAfter(signOff: SignOff, { chain, step }: ReadersStep): readonly string[] {
  return routeOf(signOff, chain)
    .steps.filter(({ id, after }) => after.includes(step.id) && stepOf(chain, id)?.state !== 'NOT_NEEDED')
    .map(({ title }) => title)
}

/** Whether the people of an organisation said anything of it: a mark, a comment, a step done. */
export function hasReviewed({ marks, threads, chains }: SignOff, { org }: Pick<Principal, 'org'>): boolean {
  return (
    marks.some(({ by }) => by.org === org) ||
    threads.some(({ comments }) => comments.some(({ by }) => by.org === org)) ||
    chains.some(({ steps }) => steps.some(({ tasks }) => tasks.some(({ result }) => result?.by.org === org)))
  )
}
