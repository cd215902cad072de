import t from 'tap'
import { commandsOpenTo } from '../../../src/workflow/model/allowed.ts'
import type { SignOffActor, SignOffCommand } from '../../../src/workflow/model/commands.ts'
import { closedTo, decide } from '../../../src/workflow/model/decide.ts'
import { sharedWith } from '../../../src/workflow/model/duties.ts'
import type { Route } from '../../../src/workflow/model/route.ts'
import { chainOf, type SignOff } from '../../../src/workflow/model/sign-off.ts'
import {
  after,
  an,
  answerTo,
  approval,
  aRoute,
  aSignOff,
  HASH,
  MONDAY,
  readied,
  SERVICE,
  signed,
  statesOf,
  step,
} from '../../support/builders/sign-off.ts'

// What each command needs, what it changes, and by which rule it is refused.

const DAY = 86_400_000
const OFFICER = an('IG_OFFICER', 'A')
const approve = (org: string | null, id: string): SignOffCommand => ({
  type: 'approve',
  org,
  step: id,
  hash: HASH,
  comment: null,
  conditions: [],
})
const officersApprove = (signOff: SignOff) => after(signOff, approval(signOff, 'A', 'IG_REVIEW'))
/** A's chain up to the step for its data protection officer. */
const atDpo = (facts: Parameters<typeof aSignOff>[0] = {}) => {
  const one = officersApprove(aSignOff(facts))
  return after(one, approval(one, 'A', 'IAO_CONFIRMATION'))
}

t.test('every party runs its own chain in parallel, and a processor only signs', async (t) => {
  const signOff = aSignOff({ parties: [{ org: 'A' }, { org: 'B' }, { org: 'P', facts: ['PROCESSOR'] }] })
  t.equal(statesOf(signOff, 'A')['IG_REVIEW'], 'OPEN')
  t.equal(statesOf(signOff, 'B')['IG_REVIEW'], 'OPEN')
  t.equal(chainOf(signOff, 'P')?.status, 'READY')
  t.equal(statesOf(signOff, 'P')['SIGNATURE'], 'OPEN')
  t.equal(statesOf(signOff, 'P')['DPO_REVIEW'], 'NOT_NEEDED')
})

t.test('a step that no fact asks for is not needed, and what comes after it opens', async (t) => {
  const signOff = atDpo()
  t.match(statesOf(signOff, 'A'), { DPIA: 'NOT_NEEDED', DPO_REVIEW: 'OPEN', LEGAL_REVIEW: 'WAITING' })
  const advised = after(signOff, approval(signOff, 'A', 'DPO_REVIEW'))
  t.match(statesOf(advised, 'A'), { LEGAL_REVIEW: 'NOT_NEEDED', CALDICOTT_REVIEW: 'NOT_NEEDED', SIRO_APPROVAL: 'OPEN' })
})

t.test('legal, Caldicott and security reviews open together, and the SIRO once, after the last', async (t) => {
  const opened = atDpo({ facts: ['OVERSEAS', 'HEALTH_OR_SOCIAL_CARE'] })
  let signOff = after(opened, approval(opened, 'A', 'DPO_REVIEW'))
  t.match(statesOf(signOff, 'A'), { LEGAL_REVIEW: 'OPEN', CALDICOTT_REVIEW: 'OPEN', INFOSEC_REVIEW: 'OPEN', SIRO_APPROVAL: 'WAITING' })
  // In one instant: each is decided on the state that the one before left.
  for (const id of ['CALDICOTT_REVIEW', 'LEGAL_REVIEW', 'INFOSEC_REVIEW']) {
    t.equal(statesOf(signOff, 'A')['SIRO_APPROVAL'], 'WAITING')
    signOff = after(signOff, approval(signOff, 'A', id))
  }
  t.equal(step(signOff, 'A', 'SIRO_APPROVAL').round, 1)
  t.equal(statesOf(signOff, 'A')['SIRO_APPROVAL'], 'OPEN')
})

t.test('a step for the assessment is met by its state, or waits until it is complete (DP-4)', async (t) => {
  t.equal(statesOf(atDpo({ facts: ['ASSESSMENT_REQUIRED', 'ASSESSMENT_COMPLETE'] }), 'A')['DPIA'], 'DONE')
  const waits = atDpo({ facts: ['ASSESSMENT_REQUIRED'] })
  t.equal(statesOf(waits, 'A')['DPIA'], 'OPEN')
  t.equal(answerTo(approve('A', 'DPIA'), waits, { actor: an('IG_OFFICER', 'A', 'another'), now: MONDAY }), 'UNPROCESSABLE DP-4')
  const [command] = approval(waits, 'A', 'DPIA')
  const done = after(waits, [{ ...command, assessmentComplete: true } as SignOffCommand, OFFICER])
  t.equal(statesOf(done, 'A')['DPIA'], 'DONE')
})

t.test(
  'two of three reviewers are enough: the third task is closed and its late answer is refused; one refusal before ends it',
  async (t) => {
    const route: Route = {
      ...aRoute('CONDENSED'),
      steps: aRoute('CONDENSED').steps.map((one) => (one.id === 'IG_REVIEW' ? { ...one, quorum: { need: 2, of: 3 } } : one)),
    }
    const opened = aSignOff({ route })
    const [x, y, z] = [an('IG_OFFICER', 'A', 'x'), an('IG_OFFICER', 'A', 'y'), an('IG_OFFICER', 'A', 'z')]
    const once = after(opened, [approve('A', 'IG_REVIEW'), x])
    t.equal(answerTo(approve('A', 'IG_REVIEW'), once, { actor: x, now: MONDAY }), 'UNPROCESSABLE QUORUM', 'not twice by one person')
    const away = { org: 'A', step: 'IG_REVIEW', first: '2026-11-02', last: '2026-11-03', reason: 'away' } as const
    const handed = after(once, [{ type: 'delegate', ...away, task: 2, to: z }, x])
    t.equal(
      answerTo({ ...approve('A', 'IG_REVIEW'), task: 2 } as SignOffCommand, handed, { actor: an('LEGAL', 'A', 'z'), now: MONDAY }),
      'UNPROCESSABLE QUORUM',
      'nor by their deputy',
    )
    const reached = after(once, [approve('A', 'IG_REVIEW'), y])
    t.same(
      step(reached, 'A', 'IG_REVIEW').tasks.map(({ state }) => state),
      ['DONE', 'DONE', 'CLOSED'],
    )
    t.equal(answerTo(approve('A', 'IG_REVIEW'), reached, { actor: z, now: MONDAY }), 'CONFLICT CLOSED')
    t.equal(
      answerTo({ type: 'refuse', org: 'A', step: 'IG_REVIEW', task: 3, reason: 'no' }, reached, { actor: z, now: MONDAY }),
      'CONFLICT CLOSED',
    )
    t.notOk(
      commandsOpenTo(reached, z, MONDAY).some((one) => one.step === 'IG_REVIEW'),
      'out of every list',
    )
    const refused = after(once, [{ type: 'refuse', org: 'A', step: 'IG_REVIEW', reason: 'no' }, z])
    t.equal(chainOf(refused, 'A')?.status, 'REFUSED')
    t.equal(chainOf(refused, 'B')?.status, 'OPEN', 'the other party goes on (WF-2)')
  },
)

t.test('the working group reviews for the whole first, each for their own organisation; three are enough', async (t) => {
  const parties = ['A', 'B', 'C', 'D'].map((org) => ({ org }))
  let signOff = aSignOff({ route: aRoute('PAN_LONDON'), parties })
  t.equal(statesOf(signOff, 'A')['IG_REVIEW'], 'WAITING')
  t.equal(answerTo(approve(null, 'WORKING_GROUP_REVIEW'), signOff, { actor: an('IG_OFFICER', 'X'), now: MONDAY }), 'FORBIDDEN WF-4')
  for (const org of ['B', 'C', 'D']) signOff = after(signOff, [approve(null, 'WORKING_GROUP_REVIEW'), an('IG_OFFICER', org)])
  t.same(
    step(signOff, null, 'WORKING_GROUP_REVIEW').tasks.map(({ org, state }) => `${org} ${state}`),
    ['A CLOSED', 'B DONE', 'C DONE', 'D DONE'],
  )
  t.equal(statesOf(signOff, 'A')['IG_REVIEW'], 'OPEN')
})

t.test('no signature before the chain is complete, and none on another text', async (t) => {
  const sign: SignOffCommand = { type: 'sign', org: 'A', hash: HASH }
  const signatory = { actor: an('SIGNATORY', 'A'), now: MONDAY }
  t.equal(answerTo(sign, aSignOff(), signatory), 'UNPROCESSABLE CHAIN_INCOMPLETE')
  const ready = readied(aSignOff(), 'A')
  t.equal(answerTo({ ...sign, hash: 'b'.repeat(64) }, ready, signatory), 'CONFLICT WF-1')
  t.equal(answerTo(sign, ready, signatory), 'OK')
  t.equal(answerTo({ ...sign, org: 'B' }, ready, signatory), 'FORBIDDEN WF-4', 'no party signs for another')
  t.equal(answerTo(sign, signed(aSignOff(), 'A'), signatory), 'CONFLICT ENDED')
})

t.test('signing opens for one party, for all, for enough or for the named ones, as the route says', async (t) => {
  const parties = ['A', 'B', 'C'].map((org) => ({ org }))
  const by = (signature_opens: Route['signature_opens']) => aSignOff({ route: aRoute('CONDENSED', { signature_opens }), parties })
  const waits = (signOff: SignOff, org: string) => statesOf(signOff, org)['SIGNATURE']
  t.equal(waits(readied(by({ rule: 'PAIRWISE' }), 'A'), 'A'), 'OPEN')
  const all = readied(readied(by({ rule: 'ALL' }), 'A'), 'B')
  t.equal(waits(all, 'A'), 'WAITING')
  t.equal(waits(readied(all, 'C'), 'A'), 'OPEN')
  const two = readied(by({ rule: 'AT_LEAST', n: 2 }), 'A')
  t.equal(waits(two, 'A'), 'WAITING')
  t.equal(waits(readied(two, 'C'), 'A'), 'OPEN')
  const core = readied(by({ rule: 'CORE', parties: ['B'] }), 'A')
  t.equal(waits(core, 'A'), 'WAITING')
  t.equal(waits(readied(core, 'B'), 'A'), 'OPEN')
  const refuse: SignOffCommand = { type: 'refuse', org: 'B', step: 'IG_REVIEW', reason: 'no' }
  const ends = (rule: Route['signature_opens']) => after(by(rule), [refuse, an('IG_OFFICER', 'B')]).status
  t.same(
    [
      { rule: 'PAIRWISE' } as const,
      { rule: 'ALL' } as const,
      { rule: 'AT_LEAST', n: 2 } as const,
      { rule: 'AT_LEAST', n: 3 } as const,
      { rule: 'CORE', parties: ['B'] } as const,
    ].map(ends),
    ['OPEN', 'REFUSED', 'OPEN', 'REFUSED', 'REFUSED'],
  )
})

t.test('where an order of signing is set, the second is refused before the first has signed', async (t) => {
  const ready = readied(readied(aSignOff({ signingOrder: ['B', 'A'] }), 'A'), 'B')
  t.match([statesOf(ready, 'A')['SIGNATURE'], statesOf(ready, 'B')['SIGNATURE']], ['WAITING', 'OPEN'])
  t.equal(answerTo({ type: 'sign', org: 'A', hash: HASH }, ready, { actor: an('SIGNATORY', 'A'), now: MONDAY }), 'CONFLICT SIGNING_ORDER')
  const second = after(ready, [{ type: 'sign', org: 'B', hash: HASH }, an('SIGNATORY', 'B')])
  t.equal(statesOf(second, 'A')['SIGNATURE'], 'OPEN')
})

t.test(
  'what is returned is approved by nobody until the return is taken back; then the chain opens at the named step (WF-1, WF-2)',
  async (t) => {
    const dpo = an('DPO', 'A')
    const returned = after(atDpo(), [{ type: 'return', org: 'A', step: 'DPO_REVIEW', reasons: 'the Art 9 condition is missing' }, dpo])
    t.match(chainOf(returned, 'A'), { status: 'RETURNED', returned: { to: 'IG_REVIEW', reasons: 'the Art 9 condition is missing' } })
    for (const id of ['IG_REVIEW', 'DPO_REVIEW', 'SIRO_APPROVAL'])
      t.equal(answerTo(approve('A', id), returned, { actor: approval(returned, 'A', id)[1], now: MONDAY }), 'UNPROCESSABLE WF-1', id)
    t.equal(statesOf(returned, 'B')['IG_REVIEW'], 'OPEN', 'for that party only')
    const back: SignOffCommand = { type: 'take_back_return', org: 'A', step: 'DPO_REVIEW', reason: 'explained' }
    t.equal(answerTo(back, returned, { actor: OFFICER, now: MONDAY }), 'FORBIDDEN ROLE')
    const again = after(returned, [back, dpo])
    t.match(statesOf(again, 'A'), { IG_REVIEW: 'OPEN', IAO_CONFIRMATION: 'WAITING', DPO_REVIEW: 'WAITING' })
    t.equal(step(again, 'A', 'IG_REVIEW').round, 2)
    t.ok(readied(again, 'A'))
  },
)

t.test('another text ends the sign-off and names every step that holds no longer (WF-1)', async (t) => {
  const decided = decide({ type: 'supersede', reason: 'version 2' }, signed(atDpo(), 'B'), { actor: SERVICE, now: MONDAY })
  t.ok(decided.ok)
  const ended = decided.ok ? decided.value.find(({ type }) => type === 'ENDED') : undefined
  t.match(ended, { how: 'SUPERSEDED' })
  t.same(ended?.type === 'ENDED' && ended.voids.map(({ org, step: id }) => `${org} ${id}`), [
    'A IG_REVIEW',
    'A IAO_CONFIRMATION',
    'B IG_REVIEW',
    'B IAO_CONFIRMATION',
    'B DPO_REVIEW',
    'B SIRO_APPROVAL',
    'B SIGNATURE',
  ])
})

t.test(
  'the refusal of a data protection officer is advice: only the SIRO of that party overrules it, and it is shown for ever',
  async (t) => {
    const refused = after(atDpo(), [{ type: 'refuse', org: 'A', step: 'DPO_REVIEW', reason: 'too much' }, an('DPO', 'A')])
    t.equal(chainOf(refused, 'A')?.status, 'DPO_REFUSED')
    const overrule: SignOffCommand = { type: 'overrule', org: 'A', reason: 'a child is at risk' }
    t.equal(answerTo(approve('A', 'SIRO_APPROVAL'), refused, { actor: an('SIRO', 'A'), now: MONDAY }), 'UNPROCESSABLE DPO_REFUSED')
    t.equal(answerTo(overrule, refused, { actor: an('SIRO', 'B'), now: MONDAY }), 'FORBIDDEN WF-4')
    t.equal(answerTo(overrule, refused, { actor: OFFICER, now: MONDAY }), 'FORBIDDEN ROLE')
    t.equal(answerTo(overrule, refused, { actor: { ...an('SIRO', 'A', 'DPO-A'), roles: ['SIRO'] }, now: MONDAY }), 'UNPROCESSABLE SD-2')
    const overruled = after(refused, [overrule, an('SIRO', 'A')])
    t.match(chainOf(overruled, 'A'), { status: 'OPEN', dpoRefusal: { reason: 'too much' }, overruled: { reason: 'a child is at risk' } })
    const through = signed(overruled, 'A')
    t.match(chainOf(through, 'A'), { status: 'SIGNED', dpoRefusal: { reason: 'too much' } })
  },
)

t.test('one person does not hold two duties that are kept apart, in any order', async (t) => {
  const one = (role: Parameters<typeof an>[0], org = 'A') => an(role, org, 'one')
  const ask = (signOff: SignOff, id: string, actor: ReturnType<typeof an>, org = 'A') =>
    answerTo(approve(org, id), signOff, { actor, now: MONDAY })
  const drafted = aSignOff({ parties: [{ org: 'A', requesters: [{ issuer: 'test', sub: 'one' }] }, { org: 'B' }] })
  t.equal(ask(drafted, 'IG_REVIEW', one('IG_OFFICER')), 'UNPROCESSABLE SD-1', 'whoever drafted it')
  t.equal(ask(drafted, 'IG_REVIEW', one('IG_OFFICER', 'B'), 'B'), 'OK', 'is a stranger in another party')
  const reviewed = after(aSignOff(), [approve('A', 'IG_REVIEW'), one('IG_OFFICER')])
  const toSiro = (signOff: SignOff, ...by: readonly (readonly [string, ReturnType<typeof an>])[]) =>
    by.reduce((state, [id, actor]) => after(state, [approve('A', id), actor]), signOff)
  const atSiro = toSiro(reviewed, ['IAO_CONFIRMATION', an('IAO', 'A')], ['DPO_REVIEW', an('DPO', 'A')])
  t.equal(ask(atSiro, 'SIRO_APPROVAL', one('SIRO')), 'UNPROCESSABLE SD-1', 'the reviewer accepts no risk')
  const byOwner = toSiro(officersApprove(aSignOff()), ['IAO_CONFIRMATION', one('IAO')], ['DPO_REVIEW', an('DPO', 'A')])
  t.equal(ask(byOwner, 'SIRO_APPROVAL', one('SIRO')), 'UNPROCESSABLE SD-1', 'nor does the asset owner')
  const byDpo = toSiro(officersApprove(aSignOff()), ['IAO_CONFIRMATION', an('IAO', 'A')], ['DPO_REVIEW', one('DPO')])
  t.equal(ask(byDpo, 'SIRO_APPROVAL', one('SIRO')), 'UNPROCESSABLE SD-2', 'nor the data protection officer')
  t.equal(ask(byDpo, 'SIRO_APPROVAL', { ...an('SIRO', 'A', 'other'), roles: ['SIRO', 'DPO'] }), 'UNPROCESSABLE SD-2', 'whatever their name')
  t.equal(ask(byDpo, 'SIRO_APPROVAL', { ...an('SIRO', 'A', 'other'), roles: ['SIRO', 'REGISTER_ADMIN'] }), 'UNPROCESSABLE SD-7')
  const health = toSiro(
    officersApprove(aSignOff({ facts: ['HEALTH_OR_SOCIAL_CARE'] })),
    ['IAO_CONFIRMATION', an('IAO', 'A')],
    ['DPO_REVIEW', an('DPO', 'A')],
    ['CALDICOTT_REVIEW', one('CALDICOTT_GUARDIAN')],
  )
  t.equal(ask(health, 'SIRO_APPROVAL', one('SIRO')), 'UNPROCESSABLE SD-3')
  const siroSigns = after(atSiro, [approve('A', 'SIRO_APPROVAL'), an('SIRO', 'A', 'two')])
  t.equal(
    answerTo({ type: 'sign', org: 'A', hash: HASH }, siroSigns, { actor: an('SIGNATORY', 'A', 'two'), now: MONDAY }),
    'OK',
    'the signatory may be the SIRO',
  )
  t.equal(answerTo({ type: 'sign', org: 'A', hash: HASH }, siroSigns, { actor: one('SIGNATORY'), now: MONDAY }), 'UNPROCESSABLE SD-1')
})

t.test(
  'nobody accepts the risk or signs for two parties, while a shared data protection officer reviews for both and is shown (SD-6)',
  async (t) => {
    const both = aSignOff()
    const shared = { ...an('DPO', 'A', 'shared') }
    let signOff = both
    for (const org of ['A', 'B']) {
      signOff = after(signOff, approval(signOff, org, 'IG_REVIEW'))
      signOff = after(signOff, approval(signOff, org, 'IAO_CONFIRMATION'))
      signOff = after(signOff, [approve(org, 'DPO_REVIEW'), { ...shared, org }])
    }
    t.same(sharedWith(signOff, 'B', 'DPO_REVIEW', shared), ['A'])
    const accepted = after(signOff, [approve('A', 'SIRO_APPROVAL'), an('SIRO', 'A', 'siro-of-two')])
    t.equal(answerTo(approve('B', 'SIRO_APPROVAL'), accepted, { actor: an('SIRO', 'B', 'siro-of-two'), now: MONDAY }), 'UNPROCESSABLE SD-6')
  },
)

t.test('a deputy acts from the first to the last day, for whoever handed the step on, and both names are kept (WF-3)', async (t) => {
  const now = Date.parse('2026-08-01T09:00:00Z')
  const ready = readied(aSignOff({ now }), 'A')
  const [siro, deputy] = [an('SIGNATORY', 'A'), { ...an('LEGAL', 'A', 'deputy') }]
  const delegate: SignOffCommand = {
    type: 'delegate',
    org: 'A',
    step: 'SIGNATURE',
    to: deputy,
    first: '2026-08-01',
    last: '2026-08-14',
    reason: 'on leave',
  }
  const due = step(ready, 'A', 'SIGNATURE').due
  const handed = after(ready, [delegate, siro, now])
  t.equal(step(handed, 'A', 'SIGNATURE').due, due, 'the due day does not move')
  const sign: SignOffCommand = { type: 'sign', org: 'A', hash: HASH }
  const on = (day: string) => answerTo(sign, handed, { actor: deputy, now: Date.parse(`${day}T12:00:00Z`) })
  t.same([on('2026-08-14'), on('2026-08-15')], ['OK', 'FORBIDDEN WF-3'])
  t.equal(answerTo(sign, handed, { actor: an('LEGAL', 'A', 'stranger'), now }), 'FORBIDDEN ROLE')
  const by = after(handed, [sign, deputy, now])
  t.match(chainOf(by, 'A')?.signed, { by: { sub: 'deputy' }, deputyFor: { sub: 'SIGNATORY-A' } })
})

t.test(
  'a step is handed neither to whoever asked for it, nor between data protection officer and SIRO, nor back in time (WF-3)',
  async (t) => {
    const requester = { issuer: 'test', sub: 'drafter' }
    const signOff = atDpo({ parties: [{ org: 'A', requesters: [requester] }, { org: 'B' }] })
    const dpo = an('DPO', 'A')
    const hand = (to: { issuer: string; sub: string }, first = '2026-11-02', last = '2026-11-10') =>
      answerTo({ type: 'delegate', org: 'A', step: 'DPO_REVIEW', to, first, last, reason: 'away' }, signOff, { actor: dpo, now: MONDAY })
    t.equal(hand(requester), 'UNPROCESSABLE WF-3')
    t.equal(hand(dpo), 'UNPROCESSABLE WF-3')
    t.equal(hand(an('LEGAL', 'A'), '2026-11-01'), 'UNPROCESSABLE WF-3')
    t.equal(hand(an('LEGAL', 'A'), '2026-11-03', '2026-11-02'), 'UNPROCESSABLE WF-3')
    t.equal(hand(an('LEGAL', 'A')), 'OK')
    const siro = an('SIRO', 'A', 'siro')
    const handed = after(signOff, [
      { type: 'delegate', org: 'A', step: 'DPO_REVIEW', to: siro, first: '2026-11-02', last: '2026-11-10', reason: 'away' },
      dpo,
    ])
    t.equal(answerTo(approve('A', 'DPO_REVIEW'), handed, { actor: siro, now: MONDAY }), 'UNPROCESSABLE WF-3', 'the SIRO advises nobody')
    const deputy = an('LEGAL', 'A', 'deputy')
    const advised = after(
      signOff,
      [{ type: 'delegate', org: 'A', step: 'DPO_REVIEW', to: deputy, first: '2026-11-02', last: '2026-11-10', reason: 'away' }, dpo],
      [approve('A', 'DPO_REVIEW'), deputy],
    )
    t.equal(
      answerTo(approve('A', 'SIRO_APPROVAL'), advised, { actor: { ...deputy, roles: ['SIRO'] }, now: MONDAY }),
      'UNPROCESSABLE SD-2',
      'the deputy of the data protection officer accepts no risk',
    )
  },
)

t.test('a task that somebody has is theirs until they give it back or it is assigned anew; its due day stays', async (t) => {
  const [x, y] = [an('IG_OFFICER', 'A', 'x'), an('IG_OFFICER', 'A', 'y')]
  const claimed = after(aSignOff(), [{ type: 'claim', org: 'A', step: 'IG_REVIEW' }, x])
  const due = step(claimed, 'A', 'IG_REVIEW').due
  t.equal(answerTo(approve('A', 'IG_REVIEW'), claimed, { actor: y, now: MONDAY }), 'FORBIDDEN ASSIGNED')
  const later = MONDAY + 3 * DAY
  const given = after(claimed, [{ type: 'assign', org: 'A', step: 'IG_REVIEW', to: y, reason: 'holiday' }, y, later])
  t.equal(step(given, 'A', 'IG_REVIEW').due, due)
  t.equal(answerTo(approve('A', 'IG_REVIEW'), given, { actor: y, now: later }), 'OK')
  const released = after(claimed, [{ type: 'release', org: 'A', step: 'IG_REVIEW' }, x])
  t.equal(answerTo(approve('A', 'IG_REVIEW'), released, { actor: y, now: MONDAY }), 'OK')
})

t.test('when a role ends, the open task goes back to the role, and what was done stays done', async (t) => {
  const x = an('IG_OFFICER', 'A', 'x')
  const claimed = after(aSignOff(), [{ type: 'claim', org: 'A', step: 'IG_REVIEW' }, x])
  const ended = after(claimed, [{ type: 'role_ended', person: x, org: 'A', roles: ['IG_OFFICER'] }, SERVICE])
  t.equal(step(ended, 'A', 'IG_REVIEW').tasks[0]?.assignee, null)
  const other = after(claimed, [{ type: 'role_ended', person: x, org: 'A', roles: ['SIRO'] }, SERVICE])
  t.equal(step(other, 'A', 'IG_REVIEW').tasks[0]?.assignee?.sub, 'x')
  const done = after(claimed, [approve('A', 'IG_REVIEW'), x])
  t.equal(step(after(done, [{ type: 'role_ended', person: x, org: 'A', roles: ['IG_OFFICER'] }, SERVICE]), 'A', 'IG_REVIEW').state, 'DONE')
})

t.test('what somebody has who leaves passes to whoever takes over its role, and to everybody where that one may not do it', async (t) => {
  const [x, y] = [an('IG_OFFICER', 'A', 'x'), an('IG_OFFICER', 'A', 'y')]
  const claim: SignOffCommand = { type: 'claim', org: 'A', step: 'IG_REVIEW' }
  const left = (to: SignOffActor | null): SignOffCommand => ({ type: 'hand_over', person: x, org: 'A', to: { IG_OFFICER: to } })
  const task = (signOff: SignOff) => step(signOff, 'A', 'IG_REVIEW').tasks[0]
  const claimed = after(aSignOff(), [claim, x])
  t.match(task(after(claimed, [left(y), SERVICE])), { assignee: { sub: 'y', org: 'A' }, delegation: null })
  t.equal(task(after(claimed, [left(null), SERVICE]))?.assignee, null)
  t.equal(task(after(claimed, [{ type: 'hand_over', person: y, org: 'A', to: {} }, SERVICE]))?.assignee?.sub, 'x', 'of others nothing')
  const drafted = after(aSignOff({ parties: [{ org: 'A', requesters: [y] }, { org: 'B' }] }), [claim, x])
  t.equal(task(after(drafted, [left(y), SERVICE]))?.assignee, null, 'whoever drafted a text does not approve it (SD-1)')
  const days = { first: '2026-11-02', last: '2026-11-20', reason: 'On leave' }
  const lent = after(aSignOff(), [claim, y], [{ type: 'delegate', org: 'A', step: 'IG_REVIEW', to: x, ...days }, y])
  const z = an('IG_OFFICER', 'A', 'z')
  t.match(task(after(lent, [left(z), SERVICE])), { assignee: { sub: 'y' }, delegation: { to: { sub: 'z' }, last: '2026-11-20' } })
  t.match(task(after(lent, [left(y), SERVICE])), { assignee: { sub: 'y' }, delegation: null }, 'nobody is their own deputy')
  t.match(task(after(lent, [left(null), SERVICE])), { assignee: { sub: 'y' }, delegation: null }, 'it stays with whoever handed it over')
})

t.test('a review made by another party is adopted with a reason and its conditions; the risk is accepted by each for itself', async (t) => {
  const conditions = [{ text: 'delete after 30 days', bearer: 'RECIPIENT', due: null }] as const
  let signOff = atDpo()
  signOff = after(signOff, [{ type: 'approve', org: 'A', step: 'DPO_REVIEW', hash: HASH, comment: 'good', conditions }, an('DPO', 'A')])
  signOff = after(signOff, approval(signOff, 'B', 'IG_REVIEW'))
  signOff = after(signOff, approval(signOff, 'B', 'IAO_CONFIRMATION'))
  const adopt: SignOffCommand = { type: 'adopt', org: 'B', step: 'DPO_REVIEW', hash: HASH, from: 'A', reason: 'the same processing' }
  t.equal(answerTo({ ...adopt, from: 'B' }, signOff, { actor: an('DPO', 'B'), now: MONDAY }), 'UNPROCESSABLE ADOPT')
  const left = after(signOff, [{ type: 'leave', org: 'A', reason: 'left' }, SERVICE])
  t.equal(
    answerTo(adopt, left, { actor: an('DPO', 'B'), now: MONDAY }),
    'UNPROCESSABLE ADOPT',
    'what a party that left had approved holds no longer',
  )
  const adopted = after(signOff, [adopt, an('DPO', 'B')])
  t.match(step(adopted, 'B', 'DPO_REVIEW').tasks[0]?.result, {
    outcome: 'APPROVED_WITH_CONDITIONS',
    conditions,
    adopted: { org: 'A', reason: 'the same processing' },
  })
  t.equal(
    answerTo({ type: 'adopt', org: 'B', step: 'SIRO_APPROVAL', hash: HASH, from: 'A', reason: 'same' }, adopted, {
      actor: an('SIRO', 'B'),
      now: MONDAY,
    }),
    'UNPROCESSABLE KIND',
  )
})

t.test('who marks a part as to be corrected returns it, and does not approve it (WF-1)', async (t) => {
  const signOff = after(aSignOff(), [{ type: 'mark', part: '/flows/0', mark: 'TO_CORRECT', isShared: true }, OFFICER])
  t.equal(answerTo(approve('A', 'IG_REVIEW'), signOff, { actor: OFFICER, now: MONDAY }), 'UNPROCESSABLE WF-1')
  t.equal(answerTo(approve('B', 'IG_REVIEW'), signOff, { actor: an('IG_OFFICER', 'B'), now: MONDAY }), 'OK', 'each party judges for itself')
  const another = after(signOff, [{ type: 'mark', part: '/flows/0', mark: 'ACCEPTABLE', isShared: true }, an('IG_OFFICER', 'A', 'another')])
  t.equal(
    answerTo(approve('A', 'IG_REVIEW'), another, { actor: OFFICER, now: MONDAY }),
    'UNPROCESSABLE WF-1',
    'nobody takes back the mark of a colleague',
  )
  const better = after(signOff, [{ type: 'mark', part: '/flows/0', mark: 'ACCEPTABLE', isShared: true }, OFFICER])
  t.equal(answerTo(approve('A', 'IG_REVIEW'), better, { actor: OFFICER, now: MONDAY }), 'OK')
})

t.test('a thread that is not shared is its own party’s', async (t) => {
  const say = (thread: string, text: string, isShared: boolean): SignOffCommand => ({ type: 'comment', thread, part: '', text, isShared })
  const signOff = after(aSignOff(), [say('own', 'between us', false), OFFICER], [say('all', 'see the flow', true), OFFICER])
  const b = { actor: an('DPO', 'B'), now: MONDAY }
  t.equal(answerTo(say('own', 'me too', false), signOff, b), 'NOT_FOUND NO_SUCH_THREAD')
  t.equal(answerTo(say('all', 'me too', true), signOff, b), 'OK')
  t.equal(answerTo({ type: 'resolve', thread: 'all' }, signOff, b), 'FORBIDDEN WF-4', 'by whoever began it')
  const resolved = after(signOff, [{ type: 'resolve', thread: 'all' }, OFFICER])
  t.equal(answerTo(say('all', 'more', true), resolved, b), 'UNPROCESSABLE RESOLVED')
  t.equal(answerTo({ type: 'reopen', thread: 'all' }, resolved, { actor: OFFICER, now: MONDAY }), 'OK')
  t.equal(answerTo(say('new', 'hello', true), signOff, { actor: an('DPO', 'X'), now: MONDAY }), 'FORBIDDEN ROLE', 'a stranger says nothing')
})

t.test('everything stands still while it is held, and goes on afterwards with the same due days', async (t) => {
  const held = after(aSignOff(), [{ type: 'hold', reason: 'suspended' }, SERVICE])
  t.equal(answerTo(approve('A', 'IG_REVIEW'), held, { actor: OFFICER, now: MONDAY }), 'UNPROCESSABLE HELD')
  const on = after(held, [{ type: 'release_hold', reason: 'lifted' }, SERVICE])
  t.equal(answerTo(approve('A', 'IG_REVIEW'), on, { actor: OFFICER, now: MONDAY }), 'OK')
  t.equal(
    answerTo({ type: 'hold', reason: 'me' }, on, { actor: OFFICER, now: MONDAY }),
    'FORBIDDEN SERVICE',
    'which only follows from an act on the agreement',
  )
})

t.test('a party that comes late has a chain of its own, also when the others have signed', async (t) => {
  const complete = signed(signed(aSignOff({ route: aRoute('CONDENSED') }), 'A'), 'B')
  t.equal(complete.status, 'COMPLETE')
  const party = { org: 'C', facts: ['CONTROLLER'], requesters: [], route: 'CONDENSED/1' } as const
  const joined = after(complete, [{ type: 'join', party, route: aRoute('CONDENSED') }, SERVICE])
  t.match([joined.status, statesOf(joined, 'C')['IG_REVIEW']], ['OPEN', 'OPEN'])
  t.equal(signed(joined, 'C').status, 'COMPLETE')
  t.equal(
    answerTo({ type: 'join', party: { ...party, org: 'B' }, route: aRoute('CONDENSED') }, joined, { actor: SERVICE, now: MONDAY }),
    'CONFLICT JOINED',
  )
})

t.test('a party that declines, or leaves, ends its own part; where nobody signs, nothing is signed off', async (t) => {
  const decline = (org: string): readonly [SignOffCommand, ReturnType<typeof an>] => [
    { type: 'decline', org, reason: 'no' },
    an('SIRO', org),
  ]
  const one = after(aSignOff(), decline('A'))
  t.match([one.status, chainOf(one, 'A')?.status, chainOf(one, 'B')?.status], ['OPEN', 'DECLINED', 'OPEN'])
  t.equal(signed(one, 'B').status, 'COMPLETE')
  t.equal(after(one, decline('B')).status, 'REFUSED')
  t.equal(answerTo(decline('A')[0], aSignOff(), { actor: an('SIRO', 'B'), now: MONDAY }), 'FORBIDDEN WF-4')
})

t.test('whoever keeps the text, or an officer of the party, reminds a party by hand, once a London day', async (t) => {
  const chase = (org: string): SignOffCommand => ({ type: 'chase', org })
  const opened = aSignOff()
  const keeper = an('IG_OFFICER', opened.keeper, 'keeper')
  const reminded = after(opened, [chase('B'), keeper])
  t.match(chainOf(reminded, 'B'), { chasedAt: new Date(MONDAY).toISOString(), steps: [{ remindedAt: new Date(MONDAY).toISOString() }] })
  t.equal(chainOf(reminded, 'A')?.chasedAt, null)
  t.equal(answerTo(chase('B'), reminded, { actor: an('IG_OFFICER', 'B'), now: MONDAY + DAY / 4 }), 'CONFLICT CHASED')
  t.equal(answerTo(chase('B'), reminded, { actor: an('IG_OFFICER', 'B'), now: MONDAY + DAY }), 'OK')
  t.equal(answerTo(chase('B'), opened, { actor: an('DPO', opened.keeper), now: MONDAY }), 'FORBIDDEN WF-4')
  const other = opened.keeper === 'A' ? 'B' : 'A'
  t.equal(answerTo(chase(opened.keeper), opened, { actor: an('IG_OFFICER', other), now: MONDAY }), 'FORBIDDEN WF-4')
  t.equal(answerTo(chase('B'), signed(opened, 'B'), { actor: keeper, now: MONDAY }), 'CONFLICT ENDED')
})

t.test('what is not somebody’s to do is said with the rule, in the words with which a try is refused', async (t) => {
  const marked = after(aSignOff(), [{ type: 'mark', part: '/flows/0', mark: 'TO_CORRECT', isShared: true }, OFFICER])
  const rules = (actor: SignOffActor) => closedTo(marked, { actor, now: MONDAY }).map(({ command, rule }) => `${command} ${rule}`)
  t.strictSame(rules(OFFICER), ['approve WF-1'], 'whoever marked it may return or refuse it')
  t.strictSame(rules(an('DPO', 'A')), ['approve ROLE', 'return ROLE', 'refuse ROLE'])
  t.strictSame(rules(an('IG_OFFICER', 'B')), [])
})

t.test('whoever is named for a role for some days does what its holder might, and nothing that somebody else has (WF-3)', async (t) => {
  const now = Date.parse('2026-08-01T09:00:00Z')
  const siro = an('SIRO', 'A')
  const deputy = { ...an('LEGAL', 'A', 'deputy'), deputises: [{ role: 'SIRO', person: siro, first: '2026-08-01', last: '2026-08-14' }] }
  const opened = aSignOff({ route: aRoute('CONDENSED'), now })
  const atSiro = ['IG_REVIEW', 'DPO_REVIEW'].reduce((state, id) => after(state, approval(state, 'A', id)), opened)
  const on = (day: string, state = atSiro) =>
    answerTo(approve('A', 'SIRO_APPROVAL'), state, { actor: deputy, now: Date.parse(`${day}T12:00:00Z`) })
  t.same(
    ['2026-07-31', '2026-08-01', '2026-08-14', '2026-08-15'].map((day) => on(day)),
    ['FORBIDDEN WF-3', 'OK', 'OK', 'FORBIDDEN WF-3'],
  )
  const done = after(atSiro, [approve('A', 'SIRO_APPROVAL'), deputy, now])
  t.match(step(done, 'A', 'SIRO_APPROVAL').tasks[0]?.result, { by: { sub: 'deputy' }, deputyFor: { sub: 'SIRO-A', org: 'A' } })
  const another = after(atSiro, [{ type: 'claim', org: 'A', step: 'SIRO_APPROVAL' }, an('SIRO', 'A', 'another'), now])
  t.equal(on('2026-08-02', another), 'FORBIDDEN ROLE', 'another SIRO has it')
  const theirs = after(atSiro, [{ type: 'claim', org: 'A', step: 'SIRO_APPROVAL' }, siro, now])
  t.equal(on('2026-08-02', theirs), 'OK', 'the one who is away has it')
  t.ok(commandsOpenTo(theirs, deputy, now).some(({ command, step: id }) => command === 'approve' && id === 'SIRO_APPROVAL'))
  t.equal(
    answerTo(approve('A', 'SIRO_APPROVAL'), atSiro, { actor: { ...deputy, sub: 'IG_OFFICER-A' }, now }),
    'UNPROCESSABLE SD-1',
    'no duty is lent',
  )
})

t.test('whoever takes no part any more is not asked for the whole either, and the quorum is that of those who stay', async (t) => {
  const parties = ['A', 'B', 'C', 'D'].map((org) => ({ org }))
  const leave = (org: string): readonly [SignOffCommand, SignOffActor] => [{ type: 'leave', org, reason: 'r' }, SERVICE]
  const review = (org: string): readonly [SignOffCommand, SignOffActor] => [approve(null, 'WORKING_GROUP_REVIEW'), an('IG_OFFICER', org)]
  const signOff = aSignOff({ route: aRoute('PAN_LONDON'), parties })
  const asked = (state: SignOff) => step(state, null, 'WORKING_GROUP_REVIEW').tasks.map(({ org, state: is }) => `${org} ${is}`)
  const one = after(signOff, review('B'), leave('C'))
  t.strictSame(asked(one), ['A OPEN', 'B DONE', 'C CLOSED', 'D OPEN'])
  t.equal(statesOf(one, null)['WORKING_GROUP_REVIEW'], 'OPEN', 'three of the three who stay')
  t.equal(statesOf(after(one, review('A'), leave('D')), null)['WORKING_GROUP_REVIEW'], 'DONE', 'both who stay have approved')
  t.equal(statesOf(after(signOff, leave('C'), leave('D')), null)['WORKING_GROUP_REVIEW'], 'OPEN', 'leaving alone approves nothing')
})

t.test('where all whom a step of the whole asked have gone, those who stay are asked', async (t) => {
  const pan = aRoute('PAN_LONDON')
  const route = { ...pan, steps: pan.steps.map((one) => (one.by === 'WHOLE' ? { ...one, quorum: { need: 1, core: ['C'] } } : one)) }
  const signOff = aSignOff({ route, parties: ['A', 'B', 'C'].map((org) => ({ org })) })
  const left = after(signOff, [{ type: 'leave', org: 'C', reason: 'r' }, SERVICE])
  t.strictSame(
    step(left, null, 'WORKING_GROUP_REVIEW').tasks.map(({ org, state: is }) => `${org} ${is}`),
    ['A OPEN', 'B OPEN'],
  )
})

t.test('what can be signed no more is closed: who has signed stays so, nobody else is asked', async (t) => {
  const opened = aSignOff({ route: aRoute('CONDENSED'), parties: ['A', 'B'].map((org) => ({ org })) })
  const close = [{ type: 'close', reason: 'Version 2 has begun.' }, SERVICE] as const
  const over = after(signed(opened, 'A'), close)
  t.strictSame([over.status, chainOf(over, 'A')?.status, chainOf(over, 'B')?.status], ['COMPLETE', 'SIGNED', 'OVER'])
  const nothing = after(readied(opened, 'A'), [{ type: 'hold', reason: 'r' }, SERVICE], close)
  t.strictSame([nothing.status, chainOf(nothing, 'A')?.status], ['WITHDRAWN', 'OVER'], 'also while everything stands still')
})
