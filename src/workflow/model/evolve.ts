import { isSamePerson } from '../../identity/principal.ts'
import type { PartyToSignOff, SignOffEvent, StepName } from './events.ts'
import { type Route, routeStep, stepsFrom } from './route.ts'
import { type Chain, chainOf, routeOf, type SignOff, type Step, stepsFor, type Task } from './sign-off.ts'

/** The state after an event; the first event is STARTED. Pure, total over the events that `decide` makes, and never refuses. */
export function evolve(state: SignOff | undefined, event: SignOffEvent): SignOff {
  if (event.type === 'STARTED') return started(event)
  if (!state) throw new RangeError(`a sign-off begins with STARTED, not ${event.type}`)
  return { ...changed(state, event), eventCount: state.eventCount + 1 }
}

/** The state after all events. @throws RangeError where there are none */
export function replayed(events: readonly SignOffEvent[]): SignOff {
  let state: SignOff | undefined
  for (const event of events) state = evolve(state, event)
  if (!state) throw new RangeError('a sign-off has events')
  return state
}

function started(event: Extract<SignOffEvent, { type: 'STARTED' }>): SignOff {
  const { id, subject, keeper, facts, routes, parties, signingOrder, by, at, route } = event
  const main = routes[route]
  if (!main) throw new RangeError(`a sign-off starts with its main route, ${route}`)
  const party = (one: PartyToSignOff) => emptyChain(one.org, one, routeOf({ routes }, one))
  const whole = stepsFor(main, null).length === 0 ? [] : [emptyChain(null, { facts, requesters: [], route }, main)]
  return {
    ...{ id, subject, keeper, facts, route, routes, signingOrder, status: 'OPEN', heldAt: null, startedAt: at, startedBy: by },
    ...{ chains: [...whole, ...parties.map(party)], marks: [], threads: [], eventCount: 1 },
  }
}

function emptyChain(org: string | null, { facts, requesters, route }: Omit<PartyToSignOff, 'org'>, definition: Route): Chain {
  const steps = stepsFor(definition, org).map(
    ({ id }): Step => ({ id, state: 'WAITING', round: 0, openedAt: null, due: null, heldDays: 0, tasks: [], remindedAt: null, fired: [] }),
  )
  const nothing = {
    returned: null,
    dpoRefusal: null,
    overruled: null,
    signed: null,
    carriedFrom: null,
    chasedAt: null,
    endReason: null,
  } as const
  return { org, route, facts, requesters, status: 'OPEN', steps, ...nothing }
}

function changed(state: SignOff, event: Exclude<SignOffEvent, { type: 'STARTED' }>): SignOff {
  switch (event.type) {
    case 'CHAIN_ADDED': {
      const { party, route } = event
      const others = state.chains.filter(({ org }) => org !== party.org)
      const chains = [
        ...others.map((chain) => (chain.org === null && state.status === 'COMPLETE' ? waitingAgain(chain) : chain)),
        emptyChain(party.org, party, route),
      ]
      return {
        ...state,
        status: state.status === 'COMPLETE' ? 'OPEN' : state.status,
        routes: { ...state.routes, [party.route]: route },
        chains,
      }
    }
    case 'CHAIN_CARRIED': {
      const { from, at } = event
      const nothingToDo = (step: Step): Step => ({ ...step, state: 'NOT_NEEDED' })
      return withChain(state, event.org, (chain) => ({
        ...chain,
        status: 'SIGNED',
        carriedFrom: { ...from, at },
        steps: chain.steps.map(nothingToDo),
      }))
    }
    case 'STEP_OPENED': {
      const { at, due, orgs } = event
      const tasks = orgs.map((org, i): Task => ({ number: i + 1, org, assignee: null, delegation: null, state: 'OPEN', result: null }))
      return withStep(state, event, (step) => ({
        ...step,
        state: 'OPEN',
        round: step.round + 1,
        openedAt: at,
        due,
        heldDays: 0,
        tasks,
        remindedAt: null,
        fired: [],
      }))
    }
    case 'STEP_NOT_NEEDED':
      return withStep(state, event, (step) => ({ ...step, state: 'NOT_NEEDED' }))
    case 'STEP_MET':
      return withStep(state, event, (step) => ({ ...step, state: 'DONE', tasks: step.tasks.map(closed) }))
    case 'TASK_ASSIGNED':
      return withTask(state, event, (task) => ({ ...task, assignee: event.to, delegation: null }))
    case 'TASK_DELEGATED':
      return withTask(state, event, (task) => ({ ...task, assignee: event.delegation.from, delegation: event.delegation }))
    case 'TASK_DONE':
      return withTask(state, event, (task) => ({ ...task, assignee: event.result.by, state: 'DONE', result: event.result }))
    case 'STEP_DONE':
      return withStep(state, event, (step) => ({ ...step, state: 'DONE', tasks: step.tasks.map(closed) }))
    case 'RETURNED': {
      const { step, by, at, reasons, to, voids } = event
      return withChain(state, event.org, (chain) => ({
        ...chain,
        status: 'RETURNED',
        returned: { step, by, at, reasons, to },
        steps: chain.steps.map((one) => {
          if (one.id === step) return { ...one, state: 'RETURNED', tasks: one.tasks.map(closed) }
          if (voids.includes(one.id) || one.state === 'OPEN') return { ...one, state: 'CLOSED', tasks: one.tasks.map(closed) }
          return one
        }),
      }))
    }
    case 'RETURN_TAKEN_BACK':
      return withChain(state, event.org, (chain) => {
        // Also what was not needed: it is asked again in its turn.
        const again = stepsFrom(routeOf(state, chain), chain.returned?.to ?? event.step)
        const isAgain = ({ id, state: is }: Step) => again.includes(id) || is === 'RETURNED' || is === 'CLOSED'
        const steps = chain.steps.map((one): Step => (isAgain(one) ? { ...one, state: 'WAITING' } : one))
        return { ...chain, status: 'OPEN', returned: null, steps }
      })
    case 'STEP_REFUSED': {
      const { by, at, reason, org, step } = event
      const isAdvice = kindOf(state, event) === 'DPO_REVIEW'
      const refusedChain = withChain(state, org, (chain) =>
        isAdvice ? { ...chain, status: 'DPO_REFUSED', dpoRefusal: { by, at, reason } } : chain,
      )
      return withStep(refusedChain, { org, step }, (one) => ({ ...one, state: 'REFUSED', tasks: one.tasks.map(closed) }))
    }
    case 'OVERRULED': {
      const { by, at, reason, org, step } = event
      const open = withChain(state, org, (chain) => ({ ...chain, status: 'OPEN', overruled: { by, at, reason } }))
      return withStep(open, { org, step }, (one) => ({ ...one, state: 'DONE' }))
    }
    case 'CHAIN_READY':
      return withChain(state, event.org, (chain) => ({ ...chain, status: 'READY' }))
    case 'SIGNED': {
      const { by, deputyFor, at } = event
      const signedChain = withChain(state, event.org, (chain) => ({ ...chain, status: 'SIGNED', signed: { by, deputyFor, at } }))
      const result = { outcome: 'APPROVED', by, deputyFor, at, comment: null, conditions: [], adopted: null } as const
      const done = withTask(signedChain, event, (task) => ({ ...task, assignee: by, state: 'DONE', result }))
      return withStep(done, event, (step) => ({ ...step, state: 'DONE', tasks: step.tasks.map(closed) }))
    }
    case 'CHASED': {
      const { org, steps, at } = event
      const reminded = (step: Step): Step => (steps.includes(step.id) ? { ...step, remindedAt: at } : step)
      return withChain(state, org, (chain) => ({ ...chain, chasedAt: at, steps: chain.steps.map(reminded) }))
    }
    case 'CHAIN_ENDED':
      return withoutPart(
        withChain(state, event.org, (chain) => ({ ...ended(chain), status: event.how, endReason: event.reason })),
        event.org,
      )
    case 'ENDED':
      // What was to be done for the whole is done for nobody any longer; what the parties decided stays.
      return {
        ...state,
        status: event.how,
        chains: state.chains.map((chain) => (event.how === 'COMPLETE' && chain.org ? chain : ended(chain))),
      }
    case 'HELD':
      return { ...state, status: 'HELD', heldAt: event.at }
    case 'RELEASED': {
      const open: SignOff = { ...state, status: 'OPEN', heldAt: null }
      return event.due.reduce(
        (known, { due, ...name }) => withStep(known, name, (step) => ({ ...step, due, heldDays: step.heldDays + event.days })),
        open,
      )
    }
    case 'COMMENTED': {
      const { thread: id, part, by, at, text, isShared } = event
      const known = state.threads.find((thread) => thread.id === id)
      const comment = { by, at, text }
      if (known) return withThread(state, id, (thread) => ({ ...thread, comments: [...thread.comments, comment] }))
      return { ...state, threads: [...state.threads, { id, part, org: by.org, isShared, resolved: null, comments: [comment] }] }
    }
    case 'THREAD_RESOLVED':
      return withThread(state, event.thread, (thread) => ({ ...thread, resolved: { by: event.by, at: event.at } }))
    case 'THREAD_REOPENED':
      return withThread(state, event.thread, (thread) => ({ ...thread, resolved: null }))
    case 'MARKED': {
      const { part, mark, by, at, isShared } = event
      const others = state.marks.filter((one) => one.part !== part || one.by.org !== by.org || !isSamePerson(one.by, by))
      return { ...state, marks: [...others, { part, mark, by, at, isShared }] }
    }
    case 'REMINDED':
    case 'OVERDUE':
    case 'ESCALATED':
      return withStep(state, event, (step) => ({ ...step, remindedAt: event.at, fired: [...step.fired, event.timer] }))
  }
}

/** What was not done is closed; what was stays to be seen. */
function ended(chain: Chain): Chain {
  const steps = chain.steps.map((step): Step => {
    const isOver = step.state === 'OPEN' || step.state === 'WAITING'
    return isOver ? { ...step, state: 'CLOSED', tasks: step.tasks.map(closed) } : step
  })
  return { ...chain, steps }
}

/** Without what a party that takes no part any more was still asked for the whole. */
function withoutPart(state: SignOff, org: string | null): SignOff {
  if (org === null) return state
  return withChain(state, null, (chain) => ({
    ...chain,
    steps: chain.steps.map((step) => ({ ...step, tasks: step.tasks.map((task) => (task.org === org ? closed(task) : task)) })),
  }))
}

/** What was closed because nobody needed it is asked again. */
function waitingAgain(chain: Chain): Chain {
  return { ...chain, steps: chain.steps.map((step): Step => (step.state === 'CLOSED' ? { ...step, state: 'WAITING' } : step)) }
}

function closed(task: Task): Task {
  return task.state === 'OPEN' ? { ...task, state: 'CLOSED', delegation: null } : task
}

function kindOf(state: SignOff, { org, step }: StepName) {
  const chain = chainOf(state, org)
  return chain && routeStep(routeOf(state, chain), step).kind
}

function withChain(state: SignOff, org: string | null, change: (chain: Chain) => Chain): SignOff {
  return { ...state, chains: state.chains.map((chain) => (chain.org === org ? change(chain) : chain)) }
}

function withStep(state: SignOff, { org, step: id }: StepName, change: (step: Step) => Step): SignOff {
  return withChain(state, org, (chain) => ({ ...chain, steps: chain.steps.map((step) => (step.id === id ? change(step) : step)) }))
}

function withTask(state: SignOff, name: StepName & { readonly task: number }, change: (task: Task) => Task): SignOff {
  return withStep(state, name, (step) => ({ ...step, tasks: step.tasks.map((task) => (task.number === name.task ? change(task) : task)) }))
}

function withThread(state: SignOff, id: string, change: (thread: SignOff['threads'][number]) => SignOff['threads'][number]): SignOff {
  return { ...state, threads: state.threads.map((thread) => (thread.id === id ? change(thread) : thread)) }
}
