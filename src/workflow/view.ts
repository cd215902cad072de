import { waitsToSign } from './model/advance.ts'
import { sharedWith } from './model/duties.ts'
import { type RouteStep, routeStep } from './model/route.ts'
import { type Chain, type Person, routeOf, type SignOff, type Step, type Task, type TaskResult } from './model/sign-off.ts'

/** A sign-off as it is shown: with what its routes say of each step, and who is shared between parties. Pure. */
export function viewOf(signOff: SignOff) {
  const { id, subject, keeper, route, facts, signingOrder, status, startedAt, startedBy, chains, marks, threads } = signOff
  return {
    ...{ id, subject, keeper, route, facts, signing_order: signingOrder, status },
    ...{ started_at: startedAt, started_by: person(startedBy) },
    chains: chains.map((chain) => chainView(signOff, chain)),
    marks: marks.map(({ by, isShared, ...mark }) => ({ ...mark, by: person(by), shared: isShared })),
    threads: threads.map(({ isShared, resolved, comments, ...thread }) => ({
      ...thread,
      shared: isShared,
      resolved: resolved && { by: person(resolved.by), at: resolved.at },
      comments: comments.map(({ by, at, text }) => ({ by: person(by), at, text })),
    })),
  }
}

function chainView(signOff: SignOff, chain: Chain) {
  const { org, route, facts, status, steps, returned, dpoRefusal, overruled, signed, endReason } = chain
  const definition = routeOf(signOff, chain)
  return {
    ...{ org, route, facts, status },
    waits_for: status === 'READY' ? waitsToSign(signOff, chain) : null,
    steps: steps.map((step) => stepView(signOff, step, routeStep(definition, step.id))),
    returned: returned && { ...returned, by: person(returned.by) },
    dpo_refusal: dpoRefusal && { ...dpoRefusal, by: person(dpoRefusal.by) },
    overruled: overruled && { ...overruled, by: person(overruled.by) },
    signed: signed && { by: person(signed.by), deputy_for: signed.deputyFor && person(signed.deputyFor), at: signed.at },
    end_reason: endReason,
  }
}

function stepView(signOff: SignOff, { id, state, round, openedAt, due, tasks }: Step, { title, kind, role, after }: RouteStep) {
  return {
    ...{ id, title, kind, role, after, state, round, opened_at: openedAt, due },
    tasks: tasks.map(({ number, org, state, assignee, delegation, result }: Task) => ({
      ...{ number, org, state },
      assignee: assignee && person(assignee),
      delegation: delegation && { ...delegation, from: person(delegation.from), to: person(delegation.to) },
      result: result && { ...resultView(result), shared_with: sharedWith(signOff, org, kind, result.by) },
    })),
  }
}

function resultView({ outcome, by, deputyFor, at, comment, conditions, adopted }: TaskResult) {
  return { outcome, by: person(by), deputy_for: deputyFor && person(deputyFor), at, comment, conditions, adopted }
}

/** A person in the words of the contract. */
function person({ issuer, sub, org }: Person) {
  return { issuer, subject: sub, org }
}
