import fc from 'fast-check'
import t from 'tap'
import { type Membership, membershipFaults, membersOn } from '../../../src/parties/group.ts'
import { runs, tally } from '../../support/properties.ts'

const self = (code: string) => code
const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10)

t.test('both days of a stay belong to it', async (t) => {
  const members: Membership[] = [
    { org: 'A', from: '2026-04-01', to: '2026-06-30' },
    { org: 'B', from: null, to: '2026-03-31' },
    { org: 'C', from: '2026-07-01', to: null },
  ]
  const on = (at: string) => membersOn({ members }, at, self)
  t.same(['2026-03-31', '2026-04-01', '2026-06-30', '2026-07-01'].map(on), [['B'], ['A'], ['A'], ['C']])
})

t.test('who was merged is a member as the body that it is, once', async (t) => {
  const members: Membership[] = ['A', 'OLD', 'B'].map((org) => ({ org, from: null, to: null }))
  t.same(
    membersOn({ members }, '2026-01-01', (code) => (code === 'OLD' ? 'A' : code)),
    ['A', 'B'],
  )
})

t.test('a body is a member on exactly the days of its stays, however they are listed', async (t) => {
  const met = tally(t, { 'a member': 80, 'no member': 80, 'a second stay': 50 })
  const stay = fc.tuple(fc.option(fc.integer({ min: 0, max: 60 })), fc.option(fc.integer({ min: 0, max: 60 })))
  const members = fc.array(fc.tuple(fc.constantFrom<string>('A', 'B', 'C'), stay), { maxLength: 5 })
  fc.assert(
    fc.property(members, fc.integer({ min: 0, max: 60 }), (given, at) => {
      const list = given.map(([org, [from, to]]) => ({ org, from: from === null ? null : day(from), to: to === null ? null : day(to) }))
      const found = membersOn({ members: list }, day(at), self)
      const expected = new Set(given.filter(([, [from, to]]) => (from ?? -1) <= at && at <= (to ?? 99)).map(([org]) => org))
      met.saw(expected.size > 0 ? 'a member' : 'no member')
      if (new Set(given.map(([org]) => org)).size < given.length) met.saw('a second stay')
      // No day is lost, none is added, nobody is there twice; and stays that are accepted never meet.
      const isSound = membershipFaults(list).length === 0
      const twice = list.filter(({ from, to }) => (from ?? '') <= day(at) && (to === null || day(at) <= to)).map(({ org }) => org)
      return found.length === expected.size && found.every((org) => expected.has(org)) && (!isSound || new Set(twice).size === twice.length)
    }),
    runs(),
  )
  met.check()
})
