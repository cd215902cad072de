import { type Instant, written } from '../../platform/kernel/instant.ts'
import type { SignOffEvent, StepName } from './events.ts'
import { evolve } from './evolve.ts'
import { holds, type Route, type RouteStep, routeStep } from './route.ts'
import { type Chain, chainOf, isOpenChain, routeOf, type SignOff, type Step, stepOf } from './sign-off.ts'
import { dueDay } from './timers.ts'

/**
 * What follows of itself: steps that open when those before them are done, steps that a quorum completes, chains that are ready,
 * a sign-off that has ended. Always asked of the state after an event, so that what follows a parallel gate follows once. Pure.
 */

/** The events that follow, in order; none where nothing does. */
export function consequences(signOff: SignOff, now: Instant): SignOffEvent[] {
  const events: SignOffEvent[] = []
  let state = signOff
  for (;;) {
    const next = firstConsequence(state, now)
    if (!next) return events
    events.push(next)
    state = evolve(state, next)
  }
}

function firstConsequence(signOff: SignOff, now: Instant): SignOffEvent | undefined {
  if (signOff.status !== 'OPEN') return undefined
  const at = written(now) ?? ''
  const ended = ofAll(signOff, at)
  if (ended) return ended
  for (const chain of signOff.chains) {
    const next = ofChain(signOff, chain, now, at)
    if (next) return next
  }
  return undefined
}

function ofChain(signOff: SignOff, chain: Chain, now: Instant, at: string): SignOffEvent | undefined {
  if (chain.status !== 'OPEN' && chain.status !== 'READY') return undefined
  const route = routeOf(signOff, chain)
  const { org } = chain
  for (const step of chain.steps) {
    const definition = routeStep(route, step.id)
    const name = { org, step: step.id }
    if (step.state === 'OPEN' && isMet(step, definition))
      return { type: 'STEP_DONE', ...name, closed: step.tasks.filter(({ state }) => state === 'OPEN').map(({ number }) => number), at }
    // All whom it asked take no part any more: those who do are asked.
    if (step.state === 'OPEN' && step.tasks.every(({ state }) => state === 'CLOSED'))
      return {
        type: 'STEP_OPENED',
        ...name,
        at,
        due: dueDay(definition, factsOf(signOff, chain), now),
        orgs: askedOrgs(signOff, chain, definition),
      }
    if (step.state !== 'WAITING' || !mayOpen(signOff, chain, route, definition)) continue
    const facts = factsOf(signOff, chain)
    if (!holds(definition.when, facts)) return { type: 'STEP_NOT_NEEDED', ...name, at }
    if (definition.kind === 'ASSESSMENT' && facts.has('ASSESSMENT_COMPLETE')) return { type: 'STEP_MET', ...name, at }
    return { type: 'STEP_OPENED', ...name, at, due: dueDay(definition, facts, now), orgs: askedOrgs(signOff, chain, definition) }
  }
  if (org !== null && chain.status === 'OPEN' && chain.steps.every((step) => isBehind(step) || isSignature(route, step)))
    return { type: 'CHAIN_READY', org, at }
  return undefined
}

/** What follows for all: a quorum that can no longer be reached, or nothing left to do. */
function ofAll(signOff: SignOff, at: string): SignOffEvent | undefined {
  const parties = signOff.chains.filter(({ org }) => org !== null)
  const whole = chainOf(signOff, null)
  const isLost = whole?.status === 'REFUSED' || isQuorumLost(routeOf(signOff, signOff), parties)
  if (isLost) return { type: 'ENDED', how: 'REFUSED', reason: null, voids: doneSteps(signOff), at }
  if (parties.some((chain) => isOpenChain(chain) && !isComplete(signOff, chain))) return undefined
  const isAnySigned = parties.some((chain) => isComplete(signOff, chain))
  return { type: 'ENDED', how: isAnySigned ? 'COMPLETE' : 'REFUSED', reason: null, voids: isAnySigned ? [] : doneSteps(signOff), at }
}

/** Whether a chain has come to its good end: signed, or, where its route has nothing to sign, decided. */
export function isComplete(signOff: SignOff, chain: Chain): boolean {
  if (chain.status === 'SIGNED') return true
  return chain.status === 'READY' && routeOf(signOff, chain).steps.every(({ kind }) => kind !== 'SIGNATURE')
}

/** Everything that was done in a sign-off: what is void once it is superseded or withdrawn. */
export function doneSteps({ chains }: SignOff): StepName[] {
  return chains.flatMap(({ org, steps }) => steps.filter(({ state }) => state === 'DONE').map(({ id }) => ({ org, step: id })))
}

/** The facts of a chain: those of the subject, and its party's. */
export function factsOf({ facts }: SignOff, chain: Chain) {
  return new Set([...facts, ...chain.facts])
}

/** Whether enough of a step's tasks are approved: of those whose party still takes part, or has done its own. */
function isMet({ tasks }: Step, { quorum }: RouteStep): boolean {
  const asked = tasks.filter(({ state }) => state !== 'CLOSED').length
  const need = quorum === undefined ? 1 : quorum.need === 'ALL' ? Math.max(asked, 1) : Math.max(Math.min(quorum.need, asked), 1)
  return tasks.filter(({ state }) => state === 'DONE').length >= need
}

function askedOrgs(signOff: SignOff, { org }: Chain, { quorum }: RouteStep): string[] {
  if (org !== null) return Array.from({ length: quorum?.of ?? 1 }, () => org)
  const parties = signOff.chains.flatMap((chain) => (chain.org === null || !isOpenChain(chain) ? [] : [chain.org]))
  const core = quorum?.core?.filter((one) => parties.includes(one)) ?? []
  if (core.length > 0) return core
  return quorum === undefined ? [signOff.keeper] : parties
}

/** Whether what stands before a step is behind it. */
function mayOpen(signOff: SignOff, chain: Chain, route: Route, { after, kind }: RouteStep): boolean {
  if (kind === 'SIGNATURE') return chain.status === 'READY' && waitsToSign(signOff, chain) === null
  const whole = chain.org === null ? undefined : chainOf(signOff, null)
  // A party's own route knows nothing of the steps for the whole: it begins after them.
  if (whole && whole !== chain && after.length === 0 && !whole.steps.every(isBehind)) return false
  return after.every((id) => {
    const before = stepOf(chain, id) ?? (whole && stepOf(whole, id))
    return before === undefined ? route.owner !== null : isBehind(before)
  })
}

/** Why a party that is ready does not sign yet; null: it may. */
export function waitsToSign(signOff: SignOff, chain: Chain): 'QUORUM' | 'SIGNING_ORDER' | null {
  const parties = signOff.chains.filter(({ org }) => org !== null)
  if (!isQuorumReached(routeOf(signOff, signOff), parties)) return 'QUORUM'
  const order = signOff.signingOrder
  if (order === null || chain.org === null || !order.includes(chain.org)) return null
  const before = order.slice(0, order.indexOf(chain.org))
  return parties.some((one) => before.includes(one.org ?? '') && isOpenChain(one)) ? 'SIGNING_ORDER' : null
}

function isQuorumReached({ signature_opens: rule }: Route, all: readonly Chain[]): boolean {
  // What is over for a party keeps nobody waiting who joined since.
  const parties = all.filter(({ status }) => status !== 'OVER')
  const isReady = ({ status }: Chain) => status === 'READY' || status === 'SIGNED'
  switch (rule.rule) {
    case 'PAIRWISE':
      return true
    case 'ALL':
      return parties.every((chain) => isReady(chain) || chain.status === 'LEFT')
    case 'AT_LEAST':
      return parties.filter(isReady).length >= Math.min(rule.n, parties.length)
    case 'CORE':
      return parties.every((chain) => isReady(chain) || !rule.parties.includes(chain.org ?? ''))
  }
}

/** Whether so many have refused that the quorum cannot come about any more. */
function isQuorumLost({ signature_opens: rule }: Route, parties: readonly Chain[]): boolean {
  const isGone = ({ status }: Chain) => status === 'REFUSED' || status === 'DECLINED' || status === 'LAPSED'
  switch (rule.rule) {
    case 'PAIRWISE':
      return false
    case 'ALL':
      return parties.some(isGone)
    case 'AT_LEAST':
      return parties.filter((chain) => !isGone(chain) && chain.status !== 'LEFT').length < Math.min(rule.n, parties.length)
    case 'CORE':
      return parties.some((chain) => rule.parties.includes(chain.org ?? '') && (isGone(chain) || chain.status === 'LEFT'))
  }
}

function isBehind({ state }: Step): boolean {
  return state === 'DONE' || state === 'NOT_NEEDED'
}

function isSignature(route: Route, { id }: Step): boolean {
  return routeStep(route, id).kind === 'SIGNATURE'
}
