import fc from 'fast-check'
import t from 'tap'
import { ROLES, type Role } from '../../../src/identity/permissions.ts'
import { addDays, londonDay } from '../../../src/platform/kernel/london-day.ts'
import { COMMAND_RULES, commandsOpenTo } from '../../../src/workflow/model/allowed.ts'
import type { CommandType, SignOffActor, SignOffCommand } from '../../../src/workflow/model/commands.ts'
import { decide } from '../../../src/workflow/model/decide.ts'
import { keyOf } from '../../../src/workflow/model/decide-chain.ts'
import type { SignOffEvent } from '../../../src/workflow/model/events.ts'
import { evolve } from '../../../src/workflow/model/evolve.ts'
import { FACTS, type Fact, routeStep } from '../../../src/workflow/model/route.ts'
import { isOpenChain, routeOf, type SignOff } from '../../../src/workflow/model/sign-off.ts'
import { timersOf } from '../../../src/workflow/model/timers.ts'
import { an, aRoute, aSignOff, HASH, MONDAY, SERVICE, shippedRoutes } from '../../support/builders/sign-off.ts'
import { runs, tally } from '../../support/properties.ts'
import { brokenIn } from '../../support/sign-off-invariants.ts'

// Random histories of every shipped route: whatever anybody asks for, no state is reached that must not be.

const ORGS = ['A', 'B', 'C'] as const
/** Few names for many roles, so that one person comes to hold what must be kept apart. */
const NAMES = ['one', 'two', 'three', 'four'] as const
const HOUR = 3_600_000
/** Commands after which little else can happen: they come seldom. */
const ENDING: readonly CommandType[] = ['withdraw', 'supersede', 'close', 'leave', 'object', 'decline']

/** What one move of a random history is made of; what it is depends on the state that it meets. */
interface Move {
  /** ON: by somebody of the right role, towards the end. ANY: what the table offers to a random person. WILD: what it may not. */
  readonly how: 'ON' | 'ANY' | 'WILD' | 'SERVICE'
  readonly role: Role
  readonly org: (typeof ORGS)[number]
  readonly name: (typeof NAMES)[number]
  readonly pick: number
  readonly hours: number
}

const moveArb: fc.Arbitrary<Move> = fc.record({
  how: fc.integer({ min: 0, max: 19 }).map((n) => (n < 15 ? 'ON' : n < 17 ? 'ANY' : n < 18 ? 'WILD' : 'SERVICE') as Move['how']),
  role: fc.constantFrom(...ROLES.filter((role) => role !== 'API_CLIENT' && role !== 'AUDITOR')),
  org: fc.constantFrom(...ORGS),
  name: fc.constantFrom(...NAMES),
  pick: fc.nat(10_000),
  hours: fc.nat(30),
})

const worldArb = fc.record({
  route: fc.constantFrom(...shippedRoutes().map(({ code }) => code)),
  opens: fc.constantFrom(
    { rule: 'PAIRWISE' } as const,
    { rule: 'ALL' } as const,
    { rule: 'AT_LEAST', n: 2 } as const,
    { rule: 'CORE', parties: ['B'] } as const,
  ),
  facts: fc.subarray([...FACTS].filter((fact) => !['CONTROLLER', 'PROCESSOR', 'KEEPER'].includes(fact))),
  order: fc.constantFrom(null, ['B', 'A', 'C']),
  carried: fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, { weight: 2, arbitrary: fc.subarray([...ORGS]) }),
  drafter: fc.constantFrom(...NAMES),
  moves: fc.array(moveArb, { minLength: 40, maxLength: 160 }),
})

function begun({
  route: code,
  opens,
  facts,
  order,
  carried,
  drafter,
}: {
  readonly route: string
  readonly opens: Parameters<typeof aRoute>[1] extends infer _ ? never | object : never
  readonly facts: readonly Fact[]
  readonly order: readonly string[] | null
  readonly carried: readonly string[]
  readonly drafter: string
}): SignOff {
  const decides = code === 'AD_HOC' || code === 'EMERGENCY'
  const parties = (decides ? ORGS.slice(0, 1) : ORGS).map((org, at) => ({
    org,
    facts: [at === 2 ? 'PROCESSOR' : 'CONTROLLER'] as readonly Fact[],
    requesters: org === 'A' ? [{ issuer: 'test', sub: drafter }] : [],
  }))
  const route = aRoute(code, decides ? {} : { signature_opens: opens as never })
  return aSignOff({ route, facts, parties, signingOrder: decides ? null : order, carried: decides ? [] : carried })
}

/** Who does what next; undefined: nothing. */
function actOf(move: Move, signOff: SignOff, now: number): { readonly command: SignOffCommand; readonly actor: SignOffActor } | undefined {
  const { how, role, org, name, pick } = move
  const anyone = how === 'SERVICE' ? SERVICE : an(role, org, name)
  if (how === 'ON') return onward(move, signOff, now)
  const steps = signOff.chains.flatMap((chain) => chain.steps.map(({ id }) => ({ org: chain.org, step: id })))
  const types = Object.keys(COMMAND_RULES) as CommandType[]
  const offered = commandsOpenTo(signOff, anyone, now).filter(({ command }) => !ENDING.includes(command) || pick % 10 === 0)
  const wild = { ...(steps[pick % steps.length] ?? { org: 'A', step: 'IG_REVIEW' }), command: types[pick % types.length] }
  const chosen = how === 'WILD' ? wild : offered[pick % Math.max(1, offered.length)]
  return chosen?.command && { command: filled(chosen.command, chosen, move, signOff, now), actor: anyone }
}

/** What brings a sign-off on: by somebody of the role that is waited for, under a random name. */
function onward(move: Move, signOff: SignOff, now: number): { readonly command: SignOffCommand; readonly actor: SignOffActor } | undefined {
  const { pick, name } = move
  if (signOff.status === 'HELD') return { command: { type: 'release_hold', reason: 'r' }, actor: SERVICE }
  const chains = signOff.chains.filter((chain) => isOpenChain(chain))
  const chain = chains[pick % Math.max(1, chains.length)]
  if (!chain) return undefined
  const own = chain.org ?? ORGS[pick % 3] ?? 'A'
  if (chain.status === 'DPO_REFUSED') return { command: { type: 'overrule', org: own, reason: 'r' }, actor: an('SIRO', own, name) }
  const waiting = chain.steps.filter(({ state }) => state === 'OPEN' || state === 'RETURNED')
  const step = waiting[(pick >> 4) % Math.max(1, waiting.length)]
  if (!step) return undefined
  const { kind, role } = routeStep(routeOf(signOff, chain), step.id)
  const chance = (pick >> 6) % 40
  const judged =
    chance < 28 ? 'approve' : chance < 30 ? 'return' : chance < 32 ? 'refuse' : chance < 36 ? 'delegate' : chance < 38 ? 'claim' : 'adopt'
  const type = chain.status === 'RETURNED' ? 'take_back_return' : kind === 'SIGNATURE' && judged !== 'delegate' ? 'sign' : judged
  return { command: filled(type, { org: chain.org, step: step.id }, move, signOff, now), actor: an(role, own, name) }
}

/** A command with members that fit it. */
function filled(
  type: CommandType,
  { org, step }: { readonly org: string | null; readonly step: string | null },
  { pick, name }: Move,
  signOff: SignOff,
  now: number,
): SignOffCommand {
  const on = { org: org ?? (step === null ? 'A' : null), step: step ?? 'IG_REVIEW' }
  const party = String(org ?? 'A')
  const to = { issuer: 'test', sub: NAMES[(pick >> 3) % NAMES.length] ?? name }
  const timers = timersOf(signOff)
  const timer = timers[pick % Math.max(1, timers.length)]
  switch (type) {
    case 'approve':
      return {
        type,
        ...on,
        hash: HASH,
        comment: null,
        conditions: pick % 7 === 0 ? [{ text: 'x', bearer: 'BOTH', due: null }] : [],
        assessmentComplete: pick % 2 === 0,
      }
    case 'adopt':
      return { type, ...on, hash: HASH, from: ORGS[pick % 3] ?? 'A', reason: 'same' }
    case 'return':
      return { type, ...on, reasons: 'why' }
    case 'assign':
      return { type, ...on, to, reason: 'r' }
    case 'delegate':
      return { type, ...on, to, first: londonDay(now), last: addDays(londonDay(now), 30), reason: 'r' }
    case 'take_back_return':
    case 'refuse':
      return { type, ...on, reason: 'r' }
    case 'overrule':
    case 'decline':
    case 'leave':
    case 'object':
      return { type, org: party, reason: 'r' }
    case 'sign':
      return { type, org: party, hash: pick % 11 === 0 ? 'f'.repeat(64) : HASH }
    case 'comment':
      return { type, thread: `t${pick % 3}`, part: '', text: 'x', isShared: pick % 2 === 0 }
    case 'resolve':
    case 'reopen':
      return { type, thread: `t${pick % 3}` }
    case 'mark':
      return { type, part: `/p${pick % 4}`, mark: pick % 9 === 0 ? 'TO_CORRECT' : 'ACCEPTABLE', isShared: true }
    case 'join': {
      const [key = ''] = Object.keys(signOff.routes)
      const route = signOff.routes[key] ?? aRoute('STANDARD')
      return { type, party: { org: ORGS[pick % 3] ?? 'A', facts: ['CONTROLLER'], requesters: [], route: key }, route }
    }
    case 'role_ended':
      return { type, person: { issuer: 'test', sub: name }, org: party, roles: ROLES }
    case 'hand_over':
      return { type, person: { issuer: 'test', sub: name }, org: party, to: Object.fromEntries(ROLES.map((role) => [role, to])) }
    case 'fire':
      return timer ? { type, org: timer.org, step: timer.step, timer: keyOf(timer) } : { type, ...on, timer: '1:due' }
    case 'chase':
      return { type, org: party }
    case 'claim':
    case 'release':
      return { type, ...on }
    default:
      return { type, reason: 'r' }
  }
}

t.test('random commands never reach a state that must not be, and what is refused changes nothing', async (t) => {
  const { saw, check } = tally(t, {
    accepted: 4000,
    refused: 1500,
    SIGNED: 30,
    RETURNED: 60,
    OVERRULED: 14,
    TASK_DELEGATED: 60,
    TASK_DONE: 500,
    COMPLETE: 3,
  })
  fc.assert(
    fc.property(worldArb, (world) => {
      let state = begun(world)
      let now = MONDAY
      for (const move of world.moves) {
        now += move.hours * HOUR
        const act = actOf(move, state, now)
        if (!act) continue
        const { command, actor } = act
        const before = JSON.stringify(state)
        const decided = decide(command, state, { actor, now })
        if (JSON.stringify(state) !== before) throw new Error(`${command.type} changed the state that it was decided on`)
        saw(decided.ok ? 'accepted' : 'refused')
        if (!decided.ok) continue
        const known = state
        for (const event of decided.value) {
          saw(event.type)
          state = evolve(state, event)
        }
        if (state.status === 'COMPLETE') saw('COMPLETE')
        const broken = [...brokenIn(state, now), ...wrongWith(command, actor, known, decided.value)]
        if (broken.length > 0)
          throw new Error(`after ${command.type} by ${actor.sub} (${actor.roles.join()}) of ${actor.org}: ${broken.join('; ')}`)
      }
    }),
    runs(150),
  )
  check()
})

/** What the events of one command must not be, whatever the state. */
function wrongWith(command: SignOffCommand, actor: SignOffActor, before: SignOff, events: readonly SignOffEvent[]): string[] {
  const wrong: string[] = []
  const judged = events.filter(({ type }) => type === 'TASK_DONE' || type === 'SIGNED')
  if (actor.isService && judged.length > 0) wrong.push('the clock consented: silence is never consent')
  if (
    command.type === 'fire' &&
    events.some(({ type }) => type === 'ENDED' || type === 'CHAIN_READY') &&
    !events.some((one) => one.type === 'CHAIN_ENDED' && one.how === 'LAPSED')
  )
    wrong.push('a timer moved a chain on')
  const byOpening = new Set<string>()
  for (const event of events) {
    if (event.type !== 'STEP_OPENED') continue
    const name = `${event.org} ${event.step}`
    if (byOpening.has(name)) wrong.push(`${name} was opened twice at once`)
    byOpening.add(name)
  }
  if (before.status !== 'OPEN' && before.status !== 'HELD' && judged.length > 0) wrong.push('something was approved after the end')
  return wrong
}

t.test('whatever is due fires once, in order, and none is left behind', async () => {
  fc.assert(
    fc.property(worldArb, (world) => {
      let state = begun(world)
      let now = MONDAY
      for (const move of world.moves.slice(0, 40)) {
        const act = actOf({ ...move, how: 'ON' }, state, now)
        const decided = act && decide(act.command, state, { actor: act.actor, now })
        if (decided?.ok) for (const event of decided.value) state = evolve(state, event)
      }
      // A week later, in the order in which they are due, and each again: the second time nothing happens.
      now += 7 * 24 * HOUR
      for (;;) {
        const due = timersOf(state).filter(({ at }) => at <= now)
        const [first] = due
        if (!first) break
        const fire: SignOffCommand = { type: 'fire', org: first.org, step: first.step, timer: keyOf(first) }
        const decided = decide(fire, state, { actor: SERVICE, now })
        if (!decided.ok || decided.value.length === 0) throw new Error(`${keyOf(first)} did not fire`)
        for (const event of decided.value) state = evolve(state, event)
        const again = decide(fire, state, { actor: SERVICE, now })
        if (again.ok && again.value.length > 0) throw new Error(`${keyOf(first)} fired twice`)
      }
      return timersOf(state).every(({ at }) => at > now)
    }),
    runs(60),
  )
})
