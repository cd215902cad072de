import t from 'tap'
import { addWorkingDays, bankHolidays, isWorkingDay, workingDaysBetween } from '../../../src/platform/kernel/working-days.ts'

/** As published for England and Wales on https://www.gov.uk/bank-holidays. */
const published: Readonly<Record<number, readonly string[]>> = {
  2020: ['2020-01-01', '2020-04-10', '2020-04-13', '2020-05-08', '2020-05-25', '2020-08-31', '2020-12-25', '2020-12-28'],
  2021: ['2021-01-01', '2021-04-02', '2021-04-05', '2021-05-03', '2021-05-31', '2021-08-30', '2021-12-27', '2021-12-28'],
  2022: [
    '2022-01-03',
    '2022-04-15',
    '2022-04-18',
    '2022-05-02',
    '2022-06-02',
    '2022-06-03',
    '2022-08-29',
    '2022-09-19',
    '2022-12-26',
    '2022-12-27',
  ],
  2023: ['2023-01-02', '2023-04-07', '2023-04-10', '2023-05-01', '2023-05-08', '2023-05-29', '2023-08-28', '2023-12-25', '2023-12-26'],
  2024: ['2024-01-01', '2024-03-29', '2024-04-01', '2024-05-06', '2024-05-27', '2024-08-26', '2024-12-25', '2024-12-26'],
  2025: ['2025-01-01', '2025-04-18', '2025-04-21', '2025-05-05', '2025-05-26', '2025-08-25', '2025-12-25', '2025-12-26'],
  2026: ['2026-01-01', '2026-04-03', '2026-04-06', '2026-05-04', '2026-05-25', '2026-08-31', '2026-12-25', '2026-12-28'],
  2027: ['2027-01-01', '2027-03-26', '2027-03-29', '2027-05-03', '2027-05-31', '2027-08-30', '2027-12-27', '2027-12-28'],
  2028: ['2028-01-03', '2028-04-14', '2028-04-17', '2028-05-01', '2028-05-29', '2028-08-28', '2028-12-25', '2028-12-26'],
}

t.test('the bank holidays of each year are those published', async (t) => {
  for (const [year, days] of Object.entries(published)) t.same([...bankHolidays(Number(year))].toSorted(), days, year)
})

t.test('Easter falls where the tables of the calendar put it', async (t) => {
  for (const sunday of ['1981-04-19', '2000-04-23', '2008-03-23', '2011-04-24', '2019-04-21', '2038-04-25', '2049-04-18', '2285-03-22']) {
    const monday = new Date(Date.parse(`${sunday}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
    t.ok(bankHolidays(Number(sunday.slice(0, 4))).has(monday), sunday)
  }
})

t.test('a working day is neither a weekend nor a bank holiday', async (t) => {
  t.ok(isWorkingDay('2026-11-23'))
  for (const day of ['2026-11-21', '2026-11-22', '2026-12-25', '2026-12-28', '2022-09-19']) t.notOk(isWorkingDay(day), day)
})

t.test('working days are counted from the day after', async (t) => {
  const table: readonly (readonly [string, number, string])[] = [
    ['2026-11-20', 1, '2026-11-23'], // Friday to Monday
    ['2026-11-21', 1, '2026-11-23'], // from a Saturday
    ['2026-11-20', 0, '2026-11-20'],
    ['2026-12-24', 1, '2026-12-29'], // over Christmas with its substitute day
    ['2026-12-31', 1, '2027-01-04'], // over the new year
    ['2026-04-02', 1, '2026-04-07'], // over Easter
    ['2026-04-02', 20, '2026-05-05'],
    ['2026-12-29', -1, '2026-12-24'],
  ]
  for (const [day, count, expected] of table) t.equal(addWorkingDays(day, count), expected, `${day} + ${count}`)
})

t.test('the working days between two days are those after the first, up to and with the last', async (t) => {
  t.equal(workingDaysBetween('2026-12-23', '2026-12-23'), 0)
  t.equal(workingDaysBetween('2026-12-23', '2027-01-04'), 5, 'Christmas, Boxing Day (Monday), New Year and two weekends do not count')
  t.equal(workingDaysBetween('2026-12-25', '2026-12-28'), 0)
  t.equal(workingDaysBetween('2026-12-28', '2026-12-23'), 0)
})
