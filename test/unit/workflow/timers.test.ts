import t from 'tap'
import type { SignOffCommand } from '../../../src/workflow/model/commands.ts'
import { decide } from '../../../src/workflow/model/decide.ts'
import { keyOf } from '../../../src/workflow/model/decide-chain.ts'
import { evolve } from '../../../src/workflow/model/evolve.ts'
import type { SignOff } from '../../../src/workflow/model/sign-off.ts'
import { timersOf } from '../../../src/workflow/model/timers.ts'
import {
  after,
  an,
  approval,
  aRoute,
  aSignOff,
  chainStatus,
  HASH,
  MONDAY,
  readied,
  SERVICE,
  signed,
  step,
} from '../../support/builders/sign-off.ts'

// What is due when: London days, working days, each timer once.

const WEEK = 7 * 86_400_000
const one = (changes: Parameters<typeof aSignOff>[0] = {}) => aSignOff({ parties: [{ org: 'A' }], ...changes })
const listed = (signOff: SignOff) => timersOf(signOff).map(({ step: id, key, at }) => `${id} ${key} ${new Date(at).toISOString()}`)

/** The state once everything that is due by then has fired, in order, and what fired. */
function firedBy(signOff: SignOff, now: number): { readonly state: SignOff; readonly fired: string[] } {
  let state = signOff
  const fired: string[] = []
  for (let next = timersOf(state).find(({ at }) => at <= now); next; next = timersOf(state).find(({ at }) => at <= now)) {
    const command: SignOffCommand = { type: 'fire', org: next.org, step: next.step, timer: keyOf(next) }
    const decided = decide(command, state, { actor: SERVICE, now })
    if (decided.ok) for (const event of decided.value) state = evolve(state, event)
    fired.push(next.key)
  }
  return { state, fired }
}

t.test('a step is reminded of at nine in London, overdue when its due day is over, and shown further afterwards', async (t) => {
  t.same(listed(one()), [
    'IG_REVIEW remind:2 2026-11-05T09:00:00.000Z',
    'IG_REVIEW due 2026-11-10T00:00:00.000Z',
    'IG_REVIEW escalate:2:IG_OFFICER 2026-11-11T09:00:00.000Z',
    'IG_REVIEW escalate:5:SIRO 2026-11-16T09:00:00.000Z',
  ])
})

t.test('the change of clocks moves neither the due day nor the hour of the day', async (t) => {
  const beforeSummer = one({ now: Date.parse('2026-03-25T10:00:00Z') })
  t.equal(step(beforeSummer, 'A', 'IG_REVIEW').due, '2026-04-01')
  t.same(listed(beforeSummer).slice(0, 2), ['IG_REVIEW remind:2 2026-03-30T08:00:00.000Z', 'IG_REVIEW due 2026-04-01T23:00:00.000Z'])
  const beforeWinter = one({ now: Date.parse('2026-10-21T09:00:00Z') })
  t.same(listed(beforeWinter).slice(0, 2), ['IG_REVIEW remind:2 2026-10-26T09:00:00.000Z', 'IG_REVIEW due 2026-10-29T00:00:00.000Z'])
})

t.test('after a week in which nothing ran, everything fires once, in the order in which it was due', async (t) => {
  const { state, fired } = firedBy(one(), MONDAY + 2 * WEEK)
  t.same(fired, ['remind:2', 'due', 'escalate:2:IG_OFFICER', 'escalate:5:SIRO'])
  t.same(timersOf(state), [])
  t.equal(step(state, 'A', 'IG_REVIEW').state, 'OPEN', 'and nothing was decided by it')
})

t.test('what was reminded of is not reminded of again when somebody else gets it', async (t) => {
  const { state } = firedBy(one(), Date.parse('2026-11-06T00:00:00Z'))
  const given = after(state, [
    { type: 'assign', org: 'A', step: 'IG_REVIEW', to: { issuer: 'test', sub: 'y' }, reason: 'holiday' },
    an('IG_OFFICER', 'A'),
  ])
  t.same(
    timersOf(given).map(({ key }) => key),
    ['due', 'escalate:2:IG_OFFICER', 'escalate:5:SIRO'],
  )
})

t.test('timers stop when the step is done, the party signs, refuses or leaves, and while sharing is suspended', async (t) => {
  const pan = aRoute('PAN_LONDON')
  const ready = readied(
    one({
      route: {
        ...pan,
        steps: pan.steps
          .filter(({ by }) => by === 'PARTY')
          .map((of) => ({ ...of, after: of.after.filter((id) => id !== 'WORKING_GROUP_REVIEW') })),
      },
    }),
    'A',
  )
  t.ok(timersOf(ready).every(({ step: id }) => id === 'SIGNATURE'))
  const ends: readonly (readonly [string, SignOff])[] = [
    ['signed', signed(ready, 'A')],
    ['declined', after(ready, [{ type: 'decline', org: 'A', reason: 'no' }, an('SIGNATORY', 'A')])],
    ['left', after(ready, [{ type: 'leave', org: 'A', reason: 'gone' }, SERVICE])],
    ['withdrawn', after(ready, [{ type: 'withdraw', reason: 'no' }, SERVICE])],
    ['held', after(ready, [{ type: 'hold', reason: 'suspended' }, SERVICE])],
  ]
  for (const [name, signOff] of ends) t.same(timersOf(signOff), [], name)
  const released = after(ready, [{ type: 'hold', reason: 'suspended' }, SERVICE], [{ type: 'release_hold', reason: 'lifted' }, SERVICE])
  t.same(timersOf(released), timersOf(ready))
})

t.test('a step that opens again has timers of its own, and those of before fire for nothing', async (t) => {
  const dpo = an('DPO', 'A')
  const [first] = timersOf(one())
  let signOff = after(one(), approval(one(), 'A', 'IG_REVIEW'))
  signOff = after(signOff, approval(signOff, 'A', 'IAO_CONFIRMATION'))
  signOff = after(signOff, [{ type: 'return', org: 'A', step: 'DPO_REVIEW', reasons: 'why' }, dpo])
  t.same(timersOf(signOff), [], 'nobody is chased while it is returned')
  signOff = after(signOff, [{ type: 'take_back_return', org: 'A', step: 'DPO_REVIEW', reason: 'so' }, dpo])
  t.same(
    timersOf(signOff).map(({ round }) => round),
    [2, 2, 2, 2],
  )
  const fire: SignOffCommand = { type: 'fire', org: 'A', step: 'IG_REVIEW', timer: first ? keyOf(first) : '' }
  t.same(decide(fire, signOff, { actor: SERVICE, now: MONDAY + 9 * WEEK }), { ok: true, value: [] })
})

t.test('a signature that nobody gives lapses, and is no consent; the party may join again', async (t) => {
  const parties = ['A', 'B', 'C'].map((org) => ({ org }))
  let signOff = aSignOff({ route: aRoute('PAN_LONDON'), parties })
  for (const { org } of parties)
    signOff = after(signOff, [
      { type: 'approve', org: null, step: 'WORKING_GROUP_REVIEW', hash: HASH, comment: null, conditions: [] },
      an('IG_OFFICER', org),
    ])
  for (const { org } of parties) signOff = readied(signOff, org)
  signOff = signed(signed(signOff, 'A'), 'B')
  const { state, fired } = firedBy(signOff, MONDAY + 20 * WEEK)
  t.equal(fired.at(-1), 'lapse')
  t.same(
    ['A', 'B', 'C'].map((org) => chainStatus(state, org)),
    ['SIGNED', 'SIGNED', 'LAPSED'],
  )
  t.equal(state.status, 'COMPLETE')
  const party = { org: 'C', facts: ['CONTROLLER'], requesters: [], route: 'PAN_LONDON/1' } as const
  t.equal(chainStatus(after(state, [{ type: 'join', party, route: aRoute('PAN_LONDON') }, SERVICE]), 'C'), 'OPEN')
})

t.test('while everything stands still no day counts: due days, and the last day to sign, move by the working days held', async (t) => {
  const opened = one()
  const dueOf = (state: SignOff) => step(state, 'A', 'IG_REVIEW').due
  t.equal(dueOf(opened), '2026-11-09')
  // From Tuesday 3 to Thursday 12 November: seven working days.
  const held = after(opened, [{ type: 'hold', reason: 'r' }, SERVICE, MONDAY + 86_400_000])
  t.strictSame(listed(held), [], 'nothing falls due')
  t.equal(dueOf(held), '2026-11-09')
  const released = after(held, [{ type: 'release_hold', reason: 'r' }, SERVICE, MONDAY + 10 * 86_400_000])
  t.equal(dueOf(released), '2026-11-18')
  t.equal(timersOf(released).find(({ key }) => key === 'due')?.at, Date.parse('2026-11-19T00:00:00Z'))
  const sameDay = after(
    opened,
    [{ type: 'hold', reason: 'r' }, SERVICE, MONDAY],
    [{ type: 'release_hold', reason: 'r' }, SERVICE, MONDAY + 3_600_000],
  )
  t.equal(dueOf(sameDay), '2026-11-09', 'an hour is no working day')

  const pan = aRoute('PAN_LONDON')
  const ready = readied(
    one({
      route: {
        ...pan,
        steps: pan.steps
          .filter(({ by }) => by === 'PARTY')
          .map((of) => ({ ...of, after: of.after.filter((id) => id !== 'WORKING_GROUP_REVIEW') })),
      },
    }),
    'A',
  )
  const lapseOf = (state: SignOff) => new Date(timersOf(state).find(({ kind }) => kind === 'LAPSE')?.at ?? 0).toISOString()
  const waited = after(
    ready,
    [{ type: 'hold', reason: 'r' }, SERVICE, MONDAY],
    [{ type: 'release_hold', reason: 'r' }, SERVICE, MONDAY + WEEK],
  )
  t.strictSame([lapseOf(ready), lapseOf(waited)], ['2027-01-29T00:00:00.000Z', '2027-02-05T00:00:00.000Z'], 'five working days later')
})

t.test('what was told before everything stood still is not told again', async (t) => {
  const late = firedBy(one(), MONDAY + 2 * WEEK)
  const went = after(
    late.state,
    [{ type: 'hold', reason: 'r' }, SERVICE, MONDAY + 2 * WEEK],
    [{ type: 'release_hold', reason: 'r' }, SERVICE, MONDAY + 4 * WEEK],
  )
  t.strictSame(
    firedBy(went, MONDAY + 20 * WEEK).fired.filter((key) => late.fired.includes(key)),
    [],
  )
})
