import t from 'tap'
import { endOf, type HeldRole, holdsOn, recordingRefused } from '../../src/people/held-role.ts'

const held = (over: Partial<HeldRole> = {}): HeldRole => ({
  ...{
    id: 'r',
    person: { issuer: 'i', subject: 's' },
    org: 'LBC_CAMDEN',
    role: 'DPO',
    from: '2026-06-01',
    to: '2026-06-30',
    ended_at: null,
  },
  ...over,
})

t.test('a role holds on its first and last London day and on none outside', async (t) => {
  const days = ['2026-05-31', '2026-06-01', '2026-06-30', '2026-07-01']
  t.strictSame(
    days.map((day) => holdsOn(held(), day)),
    [false, true, true, false],
  )
  t.strictSame(
    days.map((day) => holdsOn(held({ to: null }), day)),
    [false, true, true, true],
  )
  // 23:30 UTC in summer is the next day in London.
  const ended = held({ ended_at: '2026-06-10T23:30:00.000Z' })
  t.strictSame(
    ['2026-06-10', '2026-06-11', '2026-06-12'].map((day) => holdsOn(ended, day)),
    [true, true, false],
  )
})

t.test('which roles can be recorded beside those a person holds', async (t) => {
  const cases: readonly (readonly [
    what: string,
    asked: Parameters<typeof recordingRefused>[0],
    have: HeldRole[],
    no: string | undefined,
  ])[] = [
    ['the first', { role: 'DPO', from: '2026-06-01', to: null }, [], undefined],
    ['one that ends before it begins', { role: 'DPO', from: '2026-06-02', to: '2026-06-01' }, [], 'UNPROCESSABLE'],
    ['of one day', { role: 'DPO', from: '2026-06-02', to: '2026-06-02' }, [], undefined],
    ['the same on some of these days', { role: 'DPO', from: '2026-06-30', to: null }, [held()], 'CONFLICT'],
    ['the same afterwards', { role: 'DPO', from: '2026-07-01', to: null }, [held()], undefined],
    ['the same before', { role: 'DPO', from: '2026-01-01', to: '2026-05-31' }, [held()], undefined],
    ['the same, which was ended', { role: 'DPO', from: '2026-06-01', to: null }, [held({ ended_at: '2026-06-02T00:00:00Z' })], undefined],
    ['SIRO beside DPO (SD-2)', { role: 'SIRO', from: '2026-06-30', to: null }, [held()], 'SD-2'],
    ['DPO beside SIGNATORY (SD-2)', { role: 'DPO', from: '2026-06-30', to: null }, [held({ role: 'SIGNATORY' })], 'SD-2'],
    ['SIRO after DPO', { role: 'SIRO', from: '2026-07-01', to: null }, [held()], undefined],
    [
      'Caldicott Guardian beside SIRO (SD-3)',
      { role: 'CALDICOTT_GUARDIAN', from: '2026-06-01', to: null },
      [held({ role: 'SIRO' })],
      'SD-3',
    ],
    ['Caldicott Guardian beside DPO', { role: 'CALDICOTT_GUARDIAN', from: '2026-06-01', to: null }, [held()], undefined],
    ['administrator beside SIRO (SD-7)', { role: 'REGISTER_ADMIN', from: '2026-06-01', to: null }, [held({ role: 'SIRO' })], 'SD-7'],
    ['LEGAL beside administrator (SD-7)', { role: 'LEGAL', from: '2026-06-01', to: null }, [held({ role: 'REGISTER_ADMIN' })], 'SD-7'],
    [
      'signatory beside SIRO, who may be one (SD-1)',
      { role: 'SIGNATORY', from: '2026-06-01', to: null },
      [held({ role: 'SIRO' })],
      undefined,
    ],
  ]
  for (const [what, asked, have, no] of cases) {
    const refusal = recordingRefused(asked, have)
    t.equal(refusal && (refusal.errors[0]?.code ?? refusal.code), no, what)
  }
})

t.test('how a role ends', async (t) => {
  const now = '2026-06-10T12:00:00.000Z'
  t.strictSame(endOf(held(), null, now), { to: '2026-06-30', ended_at: now })
  t.strictSame(endOf(held(), '2026-06-10', now), { to: '2026-06-10', ended_at: null })
  t.strictSame(endOf(held({ to: null }), '2027-01-01', now), { to: '2027-01-01', ended_at: null })
  t.strictSame(endOf(held({ from: '2026-07-01', to: null }), null, now), { to: null, ended_at: now }, 'before it began')
  for (const [what, role, lastDay, code] of [
    ['a day that is over', held(), '2026-06-09', 'UNPROCESSABLE'],
    ['a day before it begins', held({ from: '2026-07-01', to: null }), '2026-06-30', 'UNPROCESSABLE'],
    ['later than it ends', held(), '2026-07-01', 'UNPROCESSABLE'],
    ['what has ended', held({ ended_at: now }), null, 'ILLEGAL_STATE'],
    ['what is over', held({ to: '2026-06-09' }), null, 'ILLEGAL_STATE'],
  ] as const)
    t.match(endOf(role, lastDay, now), { code }, what)
})
