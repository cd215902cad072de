import { addDays, type Day, weekday } from './london-day.ts'

const SUNDAY = 0
const MONDAY = 1
const SATURDAY = 6
const STEPS_MAX = 40_000

/** Spring and early May bank holidays that were moved by proclamation, by the first letters of their name and year. */
const moved: Readonly<Record<string, Day>> = {
  'early-may-1995': '1995-05-08',
  'early-may-2020': '2020-05-08',
  'spring-2002': '2002-06-04',
  'spring-2012': '2012-06-04',
  'spring-2022': '2022-06-02',
}

/** Bank holidays proclaimed once: millennium, jubilees, royal weddings, the funeral of 2022, the coronation. */
const proclaimed: readonly Day[] = ['1999-12-31', '2002-06-03', '2011-04-29', '2012-06-05', '2022-06-03', '2022-09-19', '2023-05-08']

const holidaysOfYear = new Map<number, ReadonlySet<Day>>()

/**
 * The bank holidays of England and Wales in one year, substitute days included.
 *
 * Computed, so that a review date years ahead needs no download; a holiday proclaimed after this release is not in it,
 * which can only make a deadline fall one working day early.
 *
 * @see Banking and Financial Dealings Act 1971, Schedule 1 paragraph 1; https://www.gov.uk/bank-holidays (substitute days)
 */
export function bankHolidays(year: number): ReadonlySet<Day> {
  const known = holidaysOfYear.get(year)
  if (known) return known
  const easter = easterSunday(year)
  const holidays = new Set<Day>([
    substituteForWeekend(`${year}-01-01`),
    addDays(easter, -2),
    addDays(easter, 1),
    moved[`early-may-${year}`] ?? firstMondayFrom(`${year}-05-01`),
    moved[`spring-${year}`] ?? addDays(firstMondayFrom(`${year}-06-01`), -7),
    addDays(firstMondayFrom(`${year}-09-01`), -7),
    ...christmas(year),
    ...proclaimed.filter((day) => day.startsWith(`${year}-`)),
  ])
  holidaysOfYear.set(year, holidays)
  return holidays
}

/** Whether offices in England work on this day: not a Saturday, a Sunday or a bank holiday. */
export function isWorkingDay(day: Day): boolean {
  const dayOfWeek = weekday(day)
  return dayOfWeek !== SATURDAY && dayOfWeek !== SUNDAY && !bankHolidays(Number(day.slice(0, 4))).has(day)
}

/**
 * The day `count` working days after `day`; the day itself is not counted, whether or not it is a working day.
 *
 * @param count from 0 (gives `day` itself) to about 27,000; a negative count counts back
 */
export function addWorkingDays(day: Day, count: number): Day {
  const step = count < 0 ? -1 : 1
  let left = Math.abs(count)
  let current = day
  for (let steps = 0; left > 0; steps += 1) {
    if (steps > STEPS_MAX) throw new RangeError(`too many working days: ${count}`)
    current = addDays(current, step)
    if (isWorkingDay(current)) left -= 1
  }
  return current
}

/** How many working days lie after `from`, up to and with `to`; 0 where `to` is not later. */
export function workingDaysBetween(from: Day, to: Day): number {
  let count = 0
  for (let day = from; day < to; ) {
    day = addDays(day, 1)
    if (isWorkingDay(day)) count += 1
  }
  return count
}

/**
 * Easter Sunday of the Gregorian calendar.
 * @see Calendar (New Style) Act 1750; the algorithm is the anonymous one printed in Nature, 20 April 1876
 */
function easterSunday(year: number): Day {
  const golden = year % 19
  const century = Math.floor(year / 100)
  const yearOfCentury = year % 100
  const correction = Math.floor((century + 8) / 25)
  const moon = (19 * golden + century - Math.floor(century / 4) - Math.floor((century - correction + 1) / 3) + 15) % 30
  const toSunday = (32 + 2 * (century % 4) + 2 * Math.floor(yearOfCentury / 4) - moon - (yearOfCentury % 4)) % 7
  const late = Math.floor((golden + 11 * moon + 22 * toSunday) / 451)
  const dayCount = moon + toSunday - 7 * late + 114
  return `${year}-${pad(Math.floor(dayCount / 31))}-${pad((dayCount % 31) + 1)}`
}

/** Christmas Day and Boxing Day, with the days that replace them when they fall on a weekend. */
function christmas(year: number): readonly Day[] {
  switch (weekday(`${year}-12-25`)) {
    case 5: // Boxing Day is a Saturday
      return [`${year}-12-25`, `${year}-12-28`]
    case SATURDAY:
      return [`${year}-12-27`, `${year}-12-28`]
    case SUNDAY:
      return [`${year}-12-26`, `${year}-12-27`]
    default:
      return [`${year}-12-25`, `${year}-12-26`]
  }
}

function substituteForWeekend(day: Day): Day {
  const dayOfWeek = weekday(day)
  return dayOfWeek === SATURDAY || dayOfWeek === SUNDAY ? firstMondayFrom(day) : day
}

function firstMondayFrom(day: Day): Day {
  return addDays(day, (MONDAY - weekday(day) + 7) % 7)
}

function pad(part: number): string {
  return String(part).padStart(2, '0')
}
