import type { Role } from '../../src/identity/permissions.ts'
import { isSamePerson } from '../../src/identity/principal.ts'
import { consequences, isComplete, waitsToSign } from '../../src/workflow/model/advance.ts'
import type { StepKind } from '../../src/workflow/model/route.ts'
import { routeStep } from '../../src/workflow/model/route.ts'
import { type Chain, isOpenChain, type Person, routeOf, type SignOff } from '../../src/workflow/model/sign-off.ts'

interface Done {
  readonly org: string
  readonly kind: StepKind
  readonly role: Role
  readonly by: Person
}

/** What must hold of every state that can be reached, in sentences; none broken: an empty list. Written anew, not with the code under test. */
export function brokenIn(signOff: SignOff, now: number): string[] {
  return [
    ...signOff.chains.flatMap((chain) => [...brokenInChain(signOff, chain), ...hands(chain)]),
    ...duties(signOff),
    ...stuck(signOff),
    ...(consequences(signOff, now).length === 0 ? [] : ['something follows of itself and has not happened']),
  ]
}

function brokenInChain(signOff: SignOff, chain: Chain): string[] {
  const route = routeOf(signOff, chain)
  const broken: string[] = []
  const facts: readonly string[] = [...signOff.facts, ...chain.facts]
  const name = chain.org ?? 'the whole'
  for (const step of chain.steps) {
    const { kind } = routeStep(route, step.id)
    const isUndone = step.state !== 'DONE' && step.state !== 'NOT_NEEDED'
    if (chain.status === 'SIGNED' && isUndone) broken.push(`${name} signed while ${step.id} is ${step.state}`)
    if (chain.status === 'READY' && isUndone && kind !== 'SIGNATURE') broken.push(`${name} is ready while ${step.id} is ${step.state}`)
    if (chain.carriedFrom !== null && (step.state !== 'NOT_NEEDED' || step.tasks.length > 0))
      broken.push(`${name} signed before and is asked for ${step.id} all the same`)
    if (
      chain.carriedFrom === null &&
      kind === 'DPO_REVIEW' &&
      facts.includes('CONTROLLER') &&
      (chain.status === 'READY' || chain.status === 'SIGNED')
    ) {
      const isAdvised = step.tasks.some(({ result }) => result !== null) || chain.overruled !== null
      if (!isAdvised) broken.push(`${name} goes to signature without its data protection officer`)
    }
    if (chain.overruled && !chain.dpoRefusal) broken.push(`${name} overruled what was not refused`)
    // Whoever left while everything stands still is no longer asked; others are once it goes on.
    if (signOff.status !== 'HELD' && step.state === 'OPEN' && (step.due === null || step.tasks.every(({ state }) => state !== 'OPEN')))
      broken.push(`${name} waits at ${step.id} for nobody`)
    if (step.state === 'OPEN' && !isOpenChain(chain)) broken.push(`${step.id} is open although ${name} has ended: ${chain.status}`)
    if (step.state === 'OPEN' && chain.status === 'RETURNED') broken.push(`${step.id} is open although ${name} returned`)
    if (step.state !== 'OPEN' && step.tasks.some(({ state }) => state === 'OPEN'))
      broken.push(`a task of ${step.id} is open and its step is not`)
    for (const { result, org } of step.tasks) if (result && result.by.org !== org) broken.push(`${result.by.org} acted for ${org}`)
  }
  if (chain.carriedFrom !== null && !['SIGNED', 'DECLINED', 'LEFT'].includes(chain.status))
    broken.push(`${name} signed before and is ${chain.status}`)
  if (chain.carriedFrom !== null && chain.signed !== null) broken.push(`${name} signed before and again`)
  if (chain.signed !== null && chain.status !== 'SIGNED' && chain.status !== 'LEFT') broken.push(`${name} signed and is ${chain.status}`)
  return broken
}

/** One person has one task of a step. */
function hands({ steps }: Chain): string[] {
  return steps.flatMap(({ id, tasks }) => {
    const people = tasks.flatMap(({ result }) => (result ? [`${result.by.issuer} ${result.by.sub}`] : []))
    return new Set(people).size === people.length ? [] : [`one person did two tasks of ${id}`]
  })
}

function duties(signOff: SignOff): string[] {
  const done = signOff.chains.flatMap((chain) => doneIn(signOff, chain))
  const broken: string[] = []
  for (const chain of signOff.chains)
    for (const one of done.filter(({ org }) => org === chain.org))
      if (chain.requesters.some((requester) => isSamePerson(requester, one.by)))
        broken.push(`SD-1: a requester did ${one.kind} for ${one.org}`)
  for (const one of done)
    for (const other of done) {
      if (!isSamePerson(one.by, other.by)) continue
      if (one.org !== other.org && isRisk(one) && isRisk(other)) broken.push('SD-6: one person accepted or signed for two parties')
      if (one.org !== other.org) continue
      if (one.role === 'IG_OFFICER' && isRisk(other)) broken.push('SD-1: the reviewer accepted the risk or signed')
      if (one.kind === 'CONFIRMATION' && other.kind === 'RISK_ACCEPTANCE') broken.push('SD-1: the asset owner accepted the risk')
      if (one.kind === 'DPO_REVIEW' && (isRisk(other) || other.kind === 'DECISION'))
        broken.push('SD-2: the data protection officer did more than advise')
      if (one.role === 'CALDICOTT_GUARDIAN' && other.kind === 'RISK_ACCEPTANCE')
        broken.push('SD-3: the Caldicott Guardian accepted the risk')
    }
  return broken
}

function isRisk({ kind }: Done): boolean {
  return kind === 'RISK_ACCEPTANCE' || kind === 'SIGNATURE'
}

function doneIn(signOff: SignOff, chain: Chain): Done[] {
  const route = routeOf(signOff, chain)
  const tasks = chain.steps.flatMap(({ id, tasks }) => {
    const { kind, role } = routeStep(route, id)
    return tasks.flatMap(({ org, result }) => (result ? [{ org, kind, role, by: result.by }] : []))
  })
  const { org, overruled, dpoRefusal } = chain
  const advice = dpoRefusal && org !== null ? [{ org, kind: 'DPO_REVIEW', role: 'DPO', by: dpoRefusal.by } as const] : []
  return [
    ...tasks,
    ...advice,
    ...(overruled && org !== null ? [{ org, kind: 'RISK_ACCEPTANCE', role: 'SIRO', by: overruled.by } as const] : []),
  ]
}

/** Nothing waits silently: whatever is open is in somebody's hands, or waits for others that are. */
function stuck(signOff: SignOff): string[] {
  if (signOff.status !== 'OPEN')
    return signOff.status !== 'HELD' && signOff.chains.some(({ steps }) => steps.some(({ state }) => state === 'OPEN'))
      ? ['a step is open although all has ended']
      : []
  const isInHands = ({ status, steps }: Chain) =>
    status === 'RETURNED' || status === 'DPO_REFUSED' || steps.some(({ state }) => state === 'OPEN')
  const whole = signOff.chains.find(({ org }) => org === null)
  const waiting = signOff.chains.filter(
    (chain) =>
      chain.org !== null && isOpenChain(chain) && !isComplete(signOff, chain) && !isInHands(chain) && waitsToSign(signOff, chain) === null,
  )
  const forOthers = whole !== undefined && isInHands(whole)
  return [
    ...waiting.filter(() => !forOthers).map(({ org }) => `${org} waits for nothing`),
    ...(signOff.chains.some(isInHands) ? [] : ['nothing is in anybody’s hands']),
  ]
}
