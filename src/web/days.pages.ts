import type { FastifyRequest } from 'fastify'
import { field } from './forms.pages.ts'

/**
 * The day that three fields of a form name (`<name>-day`, `-month`, `-year`), yyyy-mm-dd; empty: nothing was typed. What is no day comes as it
 * was typed, so that the contract says that it is none.
 */
export function dayIn(request: Pick<FastifyRequest, 'body'>, name: string): string {
  const [day = '', month = '', year = ''] = ['day', 'month', 'year'].map((part) => field(request, `${name}-${part}`))
  if (day === '' && month === '' && year === '') return ''
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}
