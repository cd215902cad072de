import type { FastifyRequest } from 'fastify'
import type { ImportsService } from '../../agreements/register-import/imports.service.ts'
import type { RowStatus } from '../../agreements/register-import/plan.ts'
import type { RecordGaps, RecordGapsService } from '../../agreements/register-import/record-gaps.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { chosen } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { opened } from './opened.ts'
import { ANSWER_WORDS, readFields } from './words.ts'

export interface LinesPagesOptions {
  readonly imports: Pick<ImportsService, 'read'>
  readonly recordGaps: RecordGapsService
}

const LINES = 20
const RECORDS = 50
/** So many pages of lines are looked through at once for a record that still lacks something. */
const LOOKS_MAX = 4
/** The parts of a text by the pointers into it, in the words of whoever fills them in. */
const PARTS: readonly (readonly [begin: string, words: string])[] = [
  ['/parties', 'Organisations and their contacts'],
  ['/terms/narrative', 'What the text says'],
  ['/terms/flows', 'What is shared'],
  ['/dpia', 'Impact assessment'],
  ['/apd', 'Policy documents'],
  ['/terms', 'Terms'],
  ['', 'Title, dates and review'],
]
const STATUSES: readonly RowStatus[] = ['NEW', 'CHANGED', 'SAME', 'JOINED', 'REFUSED']

/** The lines of a register beside the records that they make, and afterwards what these records lack; a page at a time. */
export function linesPages({ imports, recordGaps }: LinesPagesOptions) {
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
      let after = afterIn(request)
      for (let looks = 1; ; looks++) {
        const found = await opened(imports, request, { after, limit: RECORDS })
        const ids = [...new Set(found.rows.flatMap(({ committed, agreement }) => (committed && agreement !== null ? [agreement] : [])))]
        const gaps = new Map((await recordGaps.of(callerOf(request), ids)).map((one) => [one.agreement, one]))
        if (gaps.size === 0 && found.next_after !== null && looks < LOOKS_MAX) {
          after = found.next_after
          continue
        }
        const records = ids.flatMap((id) => gaps.get(id) ?? []).map((one) => ({ ...one, parts: partsOf(one) }))
        const warnings = Object.fromEntries(found.rows.flatMap((row) => (row.agreement === null ? [] : [[row.agreement, row.warnings]])))
        return {
          template: 'imports/missing.njk',
          title: 'What is missing',
          data: { found, here: `/imports/${found.id}`, records, warnings, complete: ids.length - records.length },
        }
      }
    })
  }
}

/** What a record lacks, by the parts of its text. */
function partsOf({ missing }: RecordGaps) {
  const partOf = ({ pointer }: { readonly pointer: string }) => PARTS.find(([begin]) => pointer.startsWith(begin))?.[1] ?? ''
  return PARTS.map(([, words]) => ({ words, missing: missing.filter((one) => partOf(one) === words) })).filter(
    (part) => part.missing.length > 0,
  )
}
