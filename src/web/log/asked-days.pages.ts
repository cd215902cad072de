import type { FastifyRequest } from 'fastify'
import { addDays, isDay, londonMidnight } from '../../platform/kernel/london-day.ts'
import { dayIn } from '../days.pages.ts'
import type { FieldError } from '../forms.pages.ts'

/** The fields of the two days of a search. */
export const DAY_FIELDS = ['from', 'to'].flatMap((name) => ['day', 'month', 'year'].map((part) => `${name}-${part}`))

/** The instants between which a search of the log looks, ISO 8601: from the first day on, to the end of the last; and which of them is no day. */
export function askedDays(request: Pick<FastifyRequest, 'query'>): {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly errors: readonly FieldError[]
} {
  const [from = '', to = ''] = ['from', 'to'].map((name) => dayIn({ body: request.query }, name))
  const errors = Object.entries({ from, to })
    .filter(([, day]) => day !== '' && !isDay(day))
    .map(([field]) => ({ field, text: 'Enter a day that exists, for example 31 3 2027' }))
  if (errors.length > 0) return { from: undefined, to: undefined, errors }
  if (from !== '' && to !== '' && from > to)
    return { from: undefined, to: undefined, errors: [{ field: 'to', text: 'The last day must not be before the first' }] }
  const midnight = (day: string) => new Date(londonMidnight(day)).toISOString()
  return { from: from === '' ? undefined : midnight(from), to: to === '' ? undefined : midnight(addDays(to, 1)), errors: [] }
}

/** Where a page of a search is: what was chosen, and where it begins. */
export function addressOf(path: string, form: Readonly<Record<string, string>>, cursor: string | null): string {
  const given = Object.entries({ ...form, cursor: cursor ?? '' }).filter(([, value]) => value !== '')
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}
