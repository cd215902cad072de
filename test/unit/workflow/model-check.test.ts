import { createHash } from 'node:crypto'
import t from 'tap'
import type { SignOffActor, SignOffCommand } from '../../../src/workflow/model/commands.ts'
import { decide } from '../../../src/workflow/model/decide.ts'
import { keyOf } from '../../../src/workflow/model/decide-chain.ts'
import { evolve } from '../../../src/workflow/model/evolve.ts'
import { type Fact, type Route, routeStep } from '../../../src/workflow/model/route.ts'
import { type Chain, routeOf, type SignOff } from '../../../src/workflow/model/sign-off.ts'
import { timersOf } from '../../../src/workflow/model/timers.ts'
import { an, aRoute, aSignOff, HASH, MONDAY, SERVICE } from '../../support/builders/sign-off.ts'
import { brokenIn } from '../../support/sign-off-invariants.ts'

// Every state of small sign-offs of each shipped route, by every command that matters to it: none breaks a rule, and from each there
// is a way to an end. With `MODEL_CHECK=1` it prints how many there are.

interface Instance {
  readonly name: string
  readonly signOff: SignOff
  /** Besides approving, refusing, overruling, signing and declining. */
  readonly with: readonly ('RETURN' | 'LEAVE' | 'HOLD' | 'LAPSE' | 'TWO_HATS' | 'WITHDRAW' | 'OBJECT')[]
}

const ALL_FACTS: readonly Fact[] = ['OVERSEAS', 'HEALTH_OR_SOCIAL_CARE', 'ASSESSMENT_REQUIRED', 'ASSESSMENT_COMPLETE', 'SAFEGUARDING']
const parties = (...orgs: string[]) => orgs.map((org) => ({ org, requesters: [{ issuer: 'test', sub: 'drafter' }] }))
const route = (code: string, changes: Partial<Route> = {}) => aRoute(code, changes)
const one = (code: string, facts: readonly Fact[] = []) => aSignOff({ route: route(code), parties: parties('A'), facts })
/** Whoever does two things, and who ends it; what is returned comes by itself, or there would be millions. */
const ENDS = ['LEAVE', 'LAPSE', 'TWO_HATS', 'WITHDRAW'] as const

const instances: readonly Instance[] = [
  ...['STANDARD', 'PAN_LONDON', 'URGENT'].flatMap((code): Instance[] => [
    { name: `${code}, one party, every step needed`, signOff: one(code, ALL_FACTS), with: ENDS },
    { name: `${code}, one party, with returns`, signOff: one(code, ['SAFEGUARDING']), with: ['RETURN', 'HOLD'] },
  ]),
  { name: 'CONDENSED, one party', signOff: one('CONDENSED'), with: [...ENDS, 'RETURN', 'HOLD'] },
  { name: 'AD_HOC', signOff: one('AD_HOC'), with: [...ENDS, 'RETURN'] },
  { name: 'AD_HOC, compelled by law', signOff: one('AD_HOC', ['LEGAL_COMPULSION']), with: [...ENDS, 'RETURN', 'HOLD'] },
  { name: 'EMERGENCY', signOff: one('EMERGENCY'), with: [...ENDS, 'RETURN', 'HOLD'] },
  { name: 'STANDARD, two parties', signOff: aSignOff({ route: route('STANDARD'), parties: parties('A', 'B') }), with: ['LEAVE'] },
  {
    name: 'STANDARD, a controller and its processor',
    signOff: aSignOff({
      route: route('STANDARD'),
      parties: [{ org: 'A' }, { org: 'P', facts: ['PROCESSOR'] }],
      facts: ['PROCESSOR_CONTRACT'],
    }),
    with: ['LEAVE', 'HOLD'],
  },
  {
    name: 'CONDENSED, two parties that sign together',
    signOff: aSignOff({ route: route('CONDENSED', { signature_opens: { rule: 'ALL' } }), parties: parties('A', 'B') }),
    with: ['LEAVE'],
  },
  {
    name: 'CONDENSED, two parties in order',
    signOff: aSignOff({ route: route('CONDENSED'), parties: parties('A', 'B'), signingOrder: ['B', 'A'] }),
    with: ['LEAVE'],
  },
  {
    name: 'CONDENSED, three parties of which two are enough',
    signOff: aSignOff({ route: route('CONDENSED', { signature_opens: { rule: 'AT_LEAST', n: 2 } }), parties: parties('A', 'B', 'C') }),
    with: [],
  },
  {
    name: 'PAN_LONDON, of two parties one is not affected',
    signOff: aSignOff({ route: route('PAN_LONDON'), parties: parties('A', 'B'), carried: ['B'] }),
    with: ['OBJECT', 'LEAVE', 'HOLD'],
  },
  {
    name: 'CONDENSED, of three parties of which two are enough one is not affected',
    signOff: aSignOff({
      route: route('CONDENSED', { signature_opens: { rule: 'AT_LEAST', n: 2 } }),
      parties: parties('A', 'B', 'C'),
      carried: ['C'],
    }),
    with: ['OBJECT'],
  },
  { name: 'PAN_LONDON, two parties', signOff: aSignOff({ route: route('PAN_LONDON'), parties: parties('A', 'B') }), with: ['LAPSE'] },
]

/** A step is opened at most so often before the search stops: a return can be taken back for ever. */
const ROUNDS_MAX = 2

type Choice = readonly [command: SignOffCommand, actor: SignOffActor]

function choicesIn(signOff: SignOff, { with: kinds }: Instance): Choice[] {
  const on = (kind: Instance['with'][number]) => kinds.includes(kind)
  const choices = signOff.chains.flatMap((chain) => [...stepChoices(signOff, chain, on), ...chainChoices(chain, on)])
  if (on('HOLD')) choices.push([{ type: signOff.status === 'HELD' ? 'release_hold' : 'hold', reason: 'r' }, SERVICE])
  if (on('WITHDRAW')) choices.push([{ type: 'withdraw', reason: 'r' }, SERVICE], [{ type: 'close', reason: 'r' }, SERVICE])
  if (on('LAPSE'))
    for (const timer of timersOf(signOff).filter(({ kind }) => kind === 'LAPSE'))
      choices.push([{ type: 'fire', org: timer.org, step: timer.step, timer: keyOf(timer) }, SERVICE])
  return choices
}

function stepChoices(signOff: SignOff, chain: Chain, on: (kind: Instance['with'][number]) => boolean): Choice[] {
  return chain.steps
    .filter(({ state }) => state === 'OPEN')
    .flatMap(({ id, tasks }) =>
      tasks
        .filter(({ state }) => state === 'OPEN')
        .flatMap(({ org, number }): Choice[] => {
          const { kind, role } = routeStep(routeOf(signOff, chain), id)
          const name = { org: chain.org, step: id, task: number }
          const people = [an(role, org), an(role, org, 'drafter'), ...(on('TWO_HATS') ? [an(role, org, 'two hats')] : [])]
          return people.flatMap((actor): Choice[] =>
            kind === 'SIGNATURE'
              ? [[{ type: 'sign', org, hash: HASH }, actor]]
              : [
                  [{ type: 'approve', ...name, hash: HASH, comment: null, conditions: [] }, actor],
                  ...(actor.sub === 'two hats' ? [] : [[{ type: 'refuse', ...name, reason: 'r' }, actor] as Choice]),
                  ...(on('RETURN') && actor.sub !== 'two hats' ? [[{ type: 'return', ...name, reasons: 'r' }, actor] as Choice] : []),
                ],
          )
        }),
    )
}

function chainChoices(chain: Chain, on: (kind: Instance['with'][number]) => boolean): Choice[] {
  const { org, returned } = chain
  const choices: Choice[] = []
  if (returned)
    choices.push([
      { type: 'take_back_return', org, step: returned.step, reason: 'r' },
      {
        ...returned.by,
        roles: ['IG_OFFICER', 'IAO', 'DPO', 'LEGAL', 'CALDICOTT_GUARDIAN', 'INFOSEC', 'SIRO', 'AUTHORISED_DISCLOSURE_OFFICER'],
      },
    ])
  if (org === null) return choices
  if (chain.status === 'DPO_REFUSED')
    for (const name of ['SIRO-A', 'two hats', 'drafter'])
      choices.push([{ type: 'overrule', org, reason: 'r' }, an('SIRO', org, name === 'SIRO-A' ? `SIRO-${org}` : name)])
  choices.push([{ type: 'decline', org, reason: 'r' }, an('SIRO', org)])
  if (on('OBJECT')) choices.push([{ type: 'object', org, reason: 'r' }, SERVICE])
  if (on('LEAVE')) choices.push([{ type: 'leave', org, reason: 'r' }, SERVICE])
  return choices
}

/** A state without what only says when or in whose words. */
function keyOfState(signOff: SignOff): string {
  const { eventCount: _count, ...rest } = signOff
  const text = JSON.stringify(rest, (name, value: unknown) =>
    ['at', 'openedAt', 'startedAt', 'due', 'routes', 'reason', 'endReason'].includes(name) ? undefined : value,
  )
  return createHash('sha1').update(text).digest('base64')
}

/** Late enough for every signature to lapse. */
const LATE = MONDAY + 200 * 86_400_000

/** More than this is another instance than was meant. */
const STATES_MAX = 25_000

function explore(instance: Instance) {
  const numbers = new Map([[keyOfState(instance.signOff), 0]])
  const states: { readonly status: SignOff['status']; readonly isBeyond: boolean; readonly from: number[] }[] = []
  const open: SignOff[] = [instance.signOff]
  const count = { steps: 0, refused: 0 }
  const add = (state: SignOff, from: number[]) => states.push({ status: state.status, isBeyond: isBeyond(state), from })
  add(instance.signOff, [])
  for (let number = 0; number < states.length; number += 1) {
    const state = open[number]
    // Its place is all that is needed of it from here on.
    delete open[number]
    if (!state || states[number]?.isBeyond) continue
    for (const [command, actor] of choicesIn(state, instance)) {
      const decided = decide(command, state, { actor, now: command.type === 'fire' ? LATE : MONDAY })
      count[decided.ok ? 'steps' : 'refused'] += 1
      if (!decided.ok) continue
      const next = decided.value.reduce<SignOff>((known, event) => evolve(known, event), state)
      const broken = brokenIn(next, MONDAY)
      if (broken.length > 0) throw new Error(`${instance.name}: after ${command.type} by ${actor.sub}: ${broken.join('; ')}`)
      const key = keyOfState(next)
      const known = numbers.get(key)
      if (known !== undefined) {
        states[known]?.from.push(number)
        continue
      }
      numbers.set(key, states.length)
      open[states.length] = next
      add(next, [number])
      if (states.length > STATES_MAX) throw new Error(`${instance.name} has more than ${STATES_MAX} states`)
    }
  }
  return { states, ...count }
}

function isBeyond({ chains }: SignOff): boolean {
  return chains.some(({ steps }) => steps.some(({ round }) => round > ROUNDS_MAX))
}

/** The states from which no end can be reached, by going backwards from the ends. */
function withoutEnd(states: ReturnType<typeof explore>['states']): number {
  const isEnd = ({ status, isBeyond: is }: (typeof states)[number]) => is || (status !== 'OPEN' && status !== 'HELD')
  const open = states.flatMap((state, number) => (isEnd(state) ? [number] : []))
  const reached = new Set(open)
  for (const number of open)
    for (const from of states[number]?.from ?? [])
      if (!reached.has(from)) {
        reached.add(from)
        open.push(from)
      }
  return states.length - reached.size
}

for (const instance of instances) {
  t.test(`in no state of ${instance.name} a rule is broken, and each leads to an end`, async (t) => {
    const { states, steps, refused } = explore(instance)
    const said = `${instance.name}: ${states.length} states, ${steps} steps, ${refused} refusals`
    if (process.env['MODEL_CHECK']) console.error(said)
    t.ok(states.length > 15 && refused > 5, said)
    t.equal(withoutEnd(states), 0)
    const ends = new Set(states.map(({ status }) => status))
    t.ok(ends.has('COMPLETE') && ends.has('REFUSED'), [...ends].join())
  })
}
