import type { FastifyRequest } from 'fastify'
import type { ImportReading } from '../../agreements/register-import/import-reading.ts'
import type { ImportView } from '../../agreements/register-import/import-view.ts'
import type { ImportsService } from '../../agreements/register-import/imports.service.ts'
import type { Once } from '../../commands/once.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type FieldError, faultsOf, field, once as keyOf, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { importIn, opened, stateSeen } from './opened.ts'
import { FIELD_NAMES, type FieldName } from './words.ts'

export interface ColumnsPagesOptions {
  readonly imports: Pick<ImportsService, 'read' | 'map'>
  readonly once: Once
}

/** So many lines are looked at for examples of what a column holds. */
const LINES_LOOKED_AT = 10
const EXAMPLES = 2
const EXAMPLE_LENGTH = 80

/** Which column of a register holds what, with the guessed ones chosen already. */
export function columnsPages({ imports, once }: ColumnsPagesOptions) {
  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const found = await opened(imports, request, { limit: LINES_LOOKED_AT })
    const heldBy = new Map(Object.entries(found.mapping.columns).map(([name, column]) => [column, name]))
    const isSent = field(request, 'version') !== ''
    const chosenFor = (column: number) => (isSent ? field(request, `column-${column}`) : (heldBy.get(column) ?? ''))
    return {
      ...{ template: 'imports/columns.njk', title: 'What each column holds' },
      ...over,
      data: {
        ...{ found, here: `/imports/${found.id}`, fields: FIELD_NAMES },
        columns: found.columns.map(({ column, header }) => ({
          column,
          header,
          chosen: chosenFor(column),
          examples: examplesOf(found, column),
        })),
        headerRow: isSent ? field(request, 'header_row') : String(found.header_row),
        dateOrder: isSent ? field(request, 'date_order') : found.date_order,
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/imports/:id/columns', 'mapImport', (request) => shown(request))
    form('/imports/:id/columns', 'mapImport', async (request): Promise<Page | Redirect> => {
      const { reading, taken, isTwice } = sentReading(request)
      const fieldAt = (pointer: string) => fieldOf(pointer, taken)
      const errors = [...isTwice, ...faultsOf('mapImport', reading, fieldAt)]
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const principal = callerOf(request)
      const done = await once(principal, keyOf(request), () => imports.map(principal, importIn(request), reading, stateSeen(request)))
      if (!done.ok) return shown(request, { status: 422, errors: refusedWith(done.refusal, fieldAt) })
      const { open_partners_total: partners, questions_total: others } = done.value.outcome
      return { to: `/imports/${importIn(request)}${partners + others > 0 ? '/answers' : ''}` }
    })
  }
}

/** The reading that a form says. Which field a column holds is said column by column, so one field may be said twice. */
function sentReading(request: FastifyRequest) {
  const columns: Partial<Record<FieldName, number>> = {}
  const isTwice: FieldError[] = []
  for (const [name, value] of Object.entries((request.body ?? {}) as Readonly<Record<string, unknown>>)) {
    const [, column] = /^column-(\d{1,3})$/.exec(name) ?? []
    const known = FIELD_NAMES.find(([one]) => one === value)
    if (column === undefined || !known) continue
    if (columns[known[0]] !== undefined)
      isTwice.push({ field: name, text: `${known[1]} is chosen for two columns: one field stands in one column` })
    columns[known[0]] = Number(column)
  }
  const [row, order] = [field(request, 'header_row'), field(request, 'date_order')]
  const isAnew = field(request, 'header_was') !== row
  // Of another header line the columns are guessed anew.
  const header = /^\d+$/.test(row) ? Number(row) : row
  const reading = { ...(isAnew ? {} : { columns }), header_row: header, date_order: order } as ImportReading
  return { reading, taken: columns, isTwice: isAnew ? [] : isTwice }
}

function fieldOf(pointer: string, taken: Partial<Record<string, number>>): string {
  const [, member = '', name = ''] = pointer.split('/')
  return member === 'columns' ? `column-${taken[name] ?? 0}` : member
}

/** What a column holds in the first lines. */
function examplesOf({ rows, mapping }: ImportView, column: number): string[] {
  const name = Object.entries(mapping.columns).find(([, place]) => place === column)?.[0]
  const cells = rows.map((row) => (name === undefined ? row.unread.find((one) => one.column === column)?.cell : row.cells[name]) ?? '')
  const short = (text: string) => (text.length > EXAMPLE_LENGTH ? `${text.slice(0, EXAMPLE_LENGTH)}…` : text)
  return [...new Set(cells.filter((cell) => cell !== ''))].slice(0, EXAMPLES).map(short)
}
