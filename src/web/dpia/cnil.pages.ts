import type { FastifyRequest } from 'fastify'
import type { CnilService } from '../../assessments/cnil/exchanging.service.ts'
import { CNIL_FILE_BYTES_MAX } from '../../assessments/cnil/reading.service.ts'
import { cnilHeaders } from '../../assessments/made/made.routes.ts'
import type { SheetService } from '../../assessments/made/sheet.service.ts'
import { sha256Hex } from '../../audit/format/canonical-json.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow, type Refusal } from '../../platform/kernel/refusal.ts'
import { sentBytes, sentFile } from '../evidence/uploads.pages.ts'
import { type FieldError, field, once, type Page, type Redirect } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { at, callFor, closedTo, paramsOf, sheetReader } from './sheets.pages.ts'

export interface CnilPagesOptions {
  readonly cnil: CnilService
  readonly sheets: Pick<SheetService, 'read'>
}

const OPERATION = 'importAssessmentFromCnil'
/** Faults of a file that are shown at once. */
const SHOWN_MAX = 10

/** An assessment and the PIA tool of the CNIL: a file is brought in while it is written, what it said is shown, and one is taken out. */
export function cnilPages({ cnil, sheets }: CnilPagesOptions) {
  const sheetOf = sheetReader(sheets)

  async function shown(request: FastifyRequest, errors: readonly FieldError[] = []): Promise<Page> {
    const sheet = await sheetOf(request)
    const { leftOut } = orThrow(await cnil.exported(callerOf(request), paramsOf(request).id))
    return {
      ...{ template: 'dpia/cnil.njk', title: 'The CNIL PIA tool' },
      ...(errors.length > 0 ? { status: 422, errors } : {}),
      data: {
        ...{ sheet, here: at(request), imported: sheet.view.imported, leftOut, closed: closedTo(request, sheet, OPERATION) },
        megabytesMax: CNIL_FILE_BYTES_MAX / 1024 / 1024,
      },
    }
  }

  async function broughtIn(request: FastifyRequest): Promise<Page | Redirect> {
    const no = (text: string) => shown(request, [{ field: 'file', text }])
    const file = sentFile(request)
    if (!file) return no('Select the file of the CNIL PIA tool')
    const bytes = await sentBytes(file, CNIL_FILE_BYTES_MAX)
    if (bytes === null) return no('The selected file could not be uploaded – try again')
    if (bytes.length === 0) return no('The selected file is empty')
    const sent = once({ url: request.url, body: { token: field(request, '_csrf'), file: sha256Hex(bytes) } })
    const done = await cnil.importBytes(callFor(request, '', sent), bytes)
    return done.ok ? { to: at(request, '/cnil') } : shown(request, besideFile(done.refusal))
  }

  return ({ page, fileForm, file }: Web): void => {
    page('/assessments/:id/cnil', 'exportAssessmentToCnil', (request) => shown(request))
    fileForm('/assessments/:id/cnil', OPERATION, broughtIn)
    file('/assessments/:id/cnil.json', 'exportAssessmentToCnil', async (request, reply) => {
      const { id } = paramsOf(request)
      const { file: made } = orThrow(await cnil.exported(callerOf(request), id))
      return reply.headers(cnilHeaders(id)).type('application/json').send(JSON.stringify(made))
    })
  }
}

/** Each place of the file that is wrong, beside the field that takes it. */
function besideFile({ detail, errors }: Refusal): FieldError[] {
  const placed = errors.filter(({ pointer }) => pointer !== '').slice(0, SHOWN_MAX)
  const lines = placed.map(({ pointer, detail }) => `${pointer} of the file ${detail}`)
  return (lines.length > 0 ? lines : [detail]).map((text) => ({ field: 'file', text }))
}
