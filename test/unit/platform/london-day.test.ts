import t from 'tap'
import {
  addDays,
  daysBetween,
  isDay,
  londonDay,
  londonMidnight,
  nextLondonMidnight,
  weekday,
} from '../../../src/platform/kernel/london-day.ts'

const at = (instant: string) => Date.parse(instant)

t.test('the day in London follows the clocks, not UTC', async (t) => {
  const table: readonly (readonly [string, string])[] = [
    ['2026-01-01T00:00:00Z', '2026-01-01'],
    ['2026-01-31T23:59:59.999Z', '2026-01-31'],
    ['2026-03-28T23:30:00Z', '2026-03-28'], // the evening before summer time: still GMT
    ['2026-03-29T00:59:59.999Z', '2026-03-29'],
    ['2026-03-29T22:59:59.999Z', '2026-03-29'], // the first summer evening
    ['2026-03-29T23:00:00Z', '2026-03-30'],
    ['2026-06-30T23:00:00Z', '2026-07-01'],
    ['2026-10-24T22:59:59.999Z', '2026-10-24'],
    ['2026-10-24T23:00:00Z', '2026-10-25'], // the day that has 25 hours
    ['2026-10-25T23:59:59.999Z', '2026-10-25'],
    ['2026-10-26T00:00:00Z', '2026-10-26'],
    ['1970-06-01T23:30:00Z', '1970-06-02'], // British standard time, all year
    ['1971-12-31T23:30:00Z', '1971-12-31'],
    ['1969-12-31T23:30:00Z', '1970-01-01'],
    ['2100-07-01T23:00:00Z', '2100-07-02'],
  ]
  for (const [instant, day] of table) {
    t.equal(londonDay(at(instant)), day, instant)
    t.equal(londonDay(at(instant)), day, `${instant} remembered`)
  }
})

t.test('the next midnight is 23, 24 or 25 hours after the last', async (t) => {
  const table: readonly (readonly [string, string])[] = [
    ['2026-01-15T12:00:00Z', '2026-01-16T00:00:00.000Z'],
    ['2026-03-28T12:00:00Z', '2026-03-29T00:00:00.000Z'],
    ['2026-03-29T00:00:00Z', '2026-03-29T23:00:00.000Z'],
    ['2026-07-01T22:59:59.999Z', '2026-07-01T23:00:00.000Z'],
    ['2026-07-01T23:00:00Z', '2026-07-02T23:00:00.000Z'],
    ['2026-10-24T23:00:00Z', '2026-10-26T00:00:00.000Z'],
    ['2026-12-31T23:59:59Z', '2027-01-01T00:00:00.000Z'],
  ]
  for (const [instant, midnight] of table) t.equal(new Date(nextLondonMidnight(at(instant))).toISOString(), midnight, instant)
})

t.test('every day of five years begins at its midnight and not a millisecond before', async (t) => {
  let day = '2024-01-01'
  for (let count = 0; count < 5 * 366; count += 1, day = addDays(day, 1)) {
    const begin = londonMidnight(day)
    if (londonDay(begin) !== day || londonDay(begin - 1) !== addDays(day, -1)) t.fail(day)
  }
  t.equal(day, '2029-01-04')
})

t.test('days are counted by the calendar', async (t) => {
  t.equal(addDays('2024-02-28', 1), '2024-02-29')
  t.equal(addDays('2026-02-28', 1), '2026-03-01')
  t.equal(addDays('2026-03-01', -1), '2026-02-28')
  t.equal(addDays('2026-03-28', 2), '2026-03-30', 'a day of 23 hours is a day')
  t.equal(daysBetween('2026-03-28', '2026-03-30'), 2)
  t.equal(daysBetween('2026-10-26', '2026-10-24'), -2)
  t.equal(daysBetween('2026-01-01', '2027-01-01'), 365)
  t.equal(weekday('2026-11-22'), 0)
})

t.test('a text is a day only when the calendar has it', async (t) => {
  for (const day of ['2026-02-28', '2024-02-29', '0001-01-01', '9999-12-31']) t.ok(isDay(day), day)
  for (const text of ['2026-02-30', '2026-02-29', '2026-13-01', '2026-00-10', '2026-1-1', '20260101', '2026-01-01T00:00:00Z', ''])
    t.notOk(isDay(text), text)
  t.throws(() => addDays('soon', 1), /not a day: soon/)
})

t.test('asking again costs less than a microsecond', async (t) => {
  const start = at('2026-07-01T00:00:00Z')
  const rounds = 200_000
  for (let i = 0; i < 1_000; i += 1) londonDay(start + i * 3_600_000)
  const measure = () => {
    const before = process.hrtime.bigint()
    for (let i = 0; i < rounds; i += 1) londonDay(start + (i % 1_000) * 3_600_000 + i)
    return Number(process.hrtime.bigint() - before) / rounds
  }
  // The best of a few: the machine may be busy with something else.
  const nanoseconds = Math.min(...Array.from({ length: 5 }, measure))
  t.ok(nanoseconds < 1_000, `${nanoseconds} ns`)
})
