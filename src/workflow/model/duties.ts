import { type Identity, isSamePerson } from '../../identity/principal.ts'
import { type RouteStep, routeStep, type StepKind } from './route.ts'
import { type Chain, chainOf, type Person, routeOf, type SignOff, type Task } from './sign-off.ts'

/** Separation of duties (domain reference, 5.3): what one person may not do together, in one party or across parties. Pure. */

type Duty = Pick<RouteStep, 'kind' | 'role'>

/** Two acts of one party that one person may not do both, and the rule that says so. The signatory may be the SIRO. */
const APART: readonly { readonly rule: string; readonly one: (duty: Duty) => boolean; readonly other: readonly StepKind[] }[] = [
  { rule: 'SD-1', one: ({ role }) => role === 'IG_OFFICER', other: ['RISK_ACCEPTANCE', 'SIGNATURE'] },
  { rule: 'SD-1', one: ({ kind }) => kind === 'CONFIRMATION', other: ['RISK_ACCEPTANCE'] },
  { rule: 'SD-2', one: ({ kind }) => kind === 'DPO_REVIEW', other: ['RISK_ACCEPTANCE', 'SIGNATURE', 'DECISION'] },
  { rule: 'SD-3', one: ({ role }) => role === 'CALDICOTT_GUARDIAN', other: ['RISK_ACCEPTANCE'] },
]

/** What nobody does for two parties (SD-6). A shared data protection officer may review for both, which is shown. */
const FOR_ONE_PARTY_ONLY: readonly StepKind[] = ['RISK_ACCEPTANCE', 'SIGNATURE']

/** Roles that hold no task of a kind at all, whoever delegates it (SD-2, SD-7). */
const NEVER: readonly { readonly rule: string; readonly role: string; readonly kinds: readonly StepKind[] }[] = [
  { rule: 'SD-2', role: 'DPO', kinds: ['RISK_ACCEPTANCE', 'SIGNATURE', 'DECISION'] },
  { rule: 'SD-7', role: 'REGISTER_ADMIN', kinds: ['CONFIRMATION', 'REVIEW', 'DPO_REVIEW', 'RISK_ACCEPTANCE', 'SIGNATURE', 'DECISION'] },
]

/** Something that was done: by whom, for which party, whose deputy. */
interface DutyDone {
  readonly step: Duty & { readonly id: string }
  readonly by: Person
  readonly deputyFor: Person | null
}

/** Why a person may not do a step of this kind and role for a party; null: they may. `roles`: those that count for them now. */
export function dutyRefused(
  signOff: SignOff,
  org: string,
  duty: Duty,
  person: Identity,
  roles: readonly string[] = [],
): { readonly rule: string; readonly detail: string } | null {
  if (isRequester(signOff, org, person))
    return {
      rule: requesterRule(signOff, org),
      detail: 'Whoever asked for it or drafted it does not approve it: another person of the party must.',
    }
  const never = NEVER.find(({ role, kinds }) => roles.includes(role) && kinds.includes(duty.kind))
  if (never) return { rule: never.rule, detail: `Whoever is ${never.role} does not take this step.` }
  const done = dutiesDone(signOff)
  for (const { step, by, deputyFor } of done) {
    const isTheirs = isSamePerson(by, person)
    if (by.org === org && isTheirs) {
      const rule = apart(step, duty)
      if (rule) return { rule, detail: `This person has done ${step.id} for ${org}: another one must do this step.` }
    }
    if (by.org !== org && isTheirs && FOR_ONE_PARTY_ONLY.includes(step.kind) && FOR_ONE_PARTY_ONLY.includes(duty.kind))
      return { rule: 'SD-6', detail: `This person has done ${step.id} for ${by.org}: nobody does it for two parties.` }
    // What a deputy did counts for whoever they stood in for, too: else one person could hold both through another.
    if (by.org === org && deputyFor && isSamePerson(deputyFor, person)) {
      const rule = apart(step, duty)
      if (rule) return { rule, detail: `A deputy has done ${step.id} for this person: another one must do this step.` }
    }
  }
  return null
}

/** Whether somebody asked for it, or drafted it, for a party. */
export function isRequester(signOff: SignOff, org: string, person: Identity): boolean {
  return chainOf(signOff, org)?.requesters.some((one) => isSamePerson(one, person)) ?? false
}

/** The other parties for which the same person has done a step of this kind: a shared service, shown as such. */
export function sharedWith(signOff: SignOff, org: string, kind: StepKind, person: Identity): string[] {
  const others = dutiesDone(signOff).filter(({ step, by }) => step.kind === kind && by.org !== org && isSamePerson(by, person))
  return [...new Set(others.map(({ by }) => by.org))].toSorted()
}

/**
 * Why a deputy may not do a step (WF-3); null: they may. `roles`: those that are known to be theirs. What `from` may not do, nobody
 * does for them.
 */
export function deputyRefused(
  signOff: SignOff,
  org: string,
  duty: Duty,
  { person, roles, from }: { readonly person: Identity; readonly roles: readonly string[]; readonly from: Identity },
): { readonly rule: string; readonly detail: string } | null {
  if (isRequester(signOff, org, person)) return { rule: 'WF-3', detail: 'A step is not handed to whoever asked for it or drafted it.' }
  // The data protection officer advises whoever accepts the risk: neither is the other's deputy.
  if (duty.kind === 'DPO_REVIEW' && roles.includes('SIRO'))
    return { rule: 'WF-3', detail: 'The SIRO is no deputy of the data protection officer.' }
  const own = dutyRefused(signOff, org, duty, person, roles)
  if (own) return own
  const theirs = dutyRefused(signOff, org, duty, from)
  return theirs && { rule: theirs.rule, detail: `${theirs.detail} Nor does a deputy do it for them.` }
}

/** The rule by which nobody does both of two steps for one party; undefined: one person may. */
export function apart(done: Duty, asked: Duty): string | undefined {
  return APART.find(({ one, other }) => (one(done) && other.includes(asked.kind)) || (one(asked) && other.includes(done.kind)))?.rule
}

function requesterRule(signOff: SignOff, org: string): string {
  const chain = chainOf(signOff, org)
  return chain ? routeOf(signOff, chain).requester_rule : 'SD-1'
}

/** Everything that people have done and that holds: tasks done, and refusals of advice that were overruled. */
function dutiesDone(signOff: SignOff): DutyDone[] {
  return signOff.chains.flatMap((chain) => [...tasksDone(signOff, chain), ...overrulings(signOff, chain)])
}

function tasksDone(signOff: SignOff, chain: Chain): DutyDone[] {
  const route = routeOf(signOff, chain)
  const isDone = (task: Task) => task.result !== null
  return chain.steps.flatMap((step) =>
    step.tasks
      .filter(isDone)
      .flatMap(({ result }) => (result ? [{ step: routeStep(route, step.id), by: result.by, deputyFor: result.deputyFor }] : [])),
  )
}

/** A refusal of the data protection officer is advice that was given, and overruling it accepts the risk. */
function overrulings(signOff: SignOff, chain: Chain): DutyDone[] {
  const advice = routeOf(signOff, chain).steps.find(({ kind }) => kind === 'DPO_REVIEW')
  const { dpoRefusal, overruled } = chain
  const overruling = { id: 'the overruling', kind: 'RISK_ACCEPTANCE', role: 'SIRO' } as const
  return [
    ...(dpoRefusal && advice ? [{ step: advice, by: dpoRefusal.by, deputyFor: null }] : []),
    ...(overruled ? [{ step: overruling, by: overruled.by, deputyFor: null }] : []),
  ]
}
