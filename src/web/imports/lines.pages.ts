import type { FastifyRequest } from 'fastify'
import type { ImportsService } from '../../agreements/register-import/imports.service.ts'
import type { RowStatus } from '../../agreements/register-import/plan.ts'
import { chosen } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { opened } from './opened.ts'
import { ANSWER_WORDS, readFields } from './words.ts'

export interface LinesPagesOptions {
  readonly imports: Pick<ImportsService, 'read'>
}

const LINES = 20
const RECORDS = 50
const STATUSES: readonly RowStatus[] = ['NEW', 'CHANGED', 'SAME', 'JOINED', 'REFUSED']

/** The lines of a register beside the records that they make, and afterwards what these records lack; a page at a time. */
export function linesPages({ imports }: LinesPagesOptions) {
  /** After which line the address wants the page to begin. */
  const afterIn = (request: FastifyRequest): number => {
    const [after, from] = [chosen(request, 'after'), chosen(request, 'from')]
    const isLine = (text: string) => /^[1-9]\d{0,5}$/.test(text)
    return isLine(from) ? Number(from) - 1 : isLine(after) ? Number(after) : 0
  }

  return ({ page }: Web): void => {
    page('/imports/:id/lines', 'getImport', async (request) => {
      const status = STATUSES.find((known) => known === chosen(request, 'status'))
      const found = await opened(imports, request, { after: afterIn(request), limit: LINES, status })
      const headers = new Map(found.columns.map(({ column, header }) => [column, header]))
      const lines = found.rows.map((row) => ({
        ...row,
        fields: readFields(row),
        unread: row.unread.map(({ column, cell }) => ({ header: headers.get(column) ?? `Column ${column + 1}`, cell })),
      }))
      return {
        template: 'imports/lines.njk',
        title: 'The lines and their records',
        data: {
          found,
          here: `/imports/${found.id}`,
          lines,
          status: status ?? '',
          statuses: STATUSES,
          words: ANSWER_WORDS,
          from: chosen(request, 'from'),
        },
      }
    })
    page('/imports/:id/missing', 'getImport', async (request) => {
      const found = await opened(imports, request, { after: afterIn(request), limit: RECORDS })
      const records = found.rows.filter(({ committed }) => committed)
      return { template: 'imports/missing.njk', title: 'What is missing', data: { found, here: `/imports/${found.id}`, records } }
    })
  }
}
