import t from 'tap'
import { risesOf, type WeekOfRefusals } from '../../../src/decisions/history/usage.ts'

const week = (reason: string, refusals: number, week_before: number, org = 'LBC_HACKNEY'): WeekOfRefusals => ({
  org,
  reason,
  refusals,
  week_before,
})

t.test('refusals rose where there are ten at least, and twice as many as in the week before', async (t) => {
  t.strictSame(risesOf([week('NO_AGREEMENT', 9, 0), week('DATA_NOT_COVERED', 100, 51)]), [])
  t.strictSame(risesOf([week('NO_AGREEMENT', 10, 0)]), [{ ...week('NO_AGREEMENT', 10, 0), other_reasons: 0 }])
  t.strictSame(risesOf([week('NO_AGREEMENT', 20, 10)]), [{ ...week('NO_AGREEMENT', 20, 10), other_reasons: 0 }])
})

t.test('each organisation is told the reason that rose most, and how many others did', async (t) => {
  const weeks = [week('A', 12, 1), week('B', 40, 2), week('C', 10, 0), week('D', 10, 9), week('A', 11, 0, 'LBC_CAMDEN')]
  t.strictSame(risesOf(weeks), [
    { ...week('A', 11, 0, 'LBC_CAMDEN'), other_reasons: 0 },
    { ...week('B', 40, 2), other_reasons: 2 },
  ])
  t.strictSame(risesOf(weeks.toReversed()), risesOf(weeks), 'in whatever order they were counted')
})
