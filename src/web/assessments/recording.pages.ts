import type { FastifyRequest } from 'fastify'
import type { AssessingElsewhereService } from '../../agreements/drafting/assessing-elsewhere.service.ts'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import type { ElsewhereBody } from '../../assessments/elsewhere.ts'
import type { EvidenceFile } from '../../files/evidence-file.ts'
import type { FilesService } from '../../files/files.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { isDay } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { dayIn } from '../days.pages.ts'
import { keepFile, onceWithoutFile, sentFile } from '../evidence/uploads.pages.ts'
import { type FieldError, faultsOf, field, isKey, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface RecordingPagesOptions {
  readonly assessingElsewhere: Pick<AssessingElsewhereService, 'record'>
  readonly drafting: Pick<DraftingService, 'read'>
  readonly files: Pick<FilesService, 'upload' | 'read'>
}

/** Which field of the form a member of the body is written in. */
const FIELDS: Readonly<Record<string, string>> = {
  '/file': 'file',
  '/outcome': 'outcome',
  '/residual': 'residual',
  '/prior_consultation': 'prior_consultation',
  '/review_due': 'review_due',
  '/advice/says': 'advice',
  '/advice/by': 'advice_by',
  '/advice/on': 'advice_on',
  '/advice/words': 'advice_words',
  '/overruled': 'overruled_by',
  '/overruled/by': 'overruled_by',
  '/overruled/reason': 'overruled_reason',
}
const fieldAt = (pointer: string) => FIELDS[pointer] ?? ''

/** Recording an assessment that was made elsewhere, as the first of two. A file that came is kept though the rest of its form is refused. */
export function recordingPages({ assessingElsewhere, drafting, files }: RecordingPagesOptions) {
  const idOf = (request: FastifyRequest) => (request.params as { readonly id: string }).id
  const here = (request: FastifyRequest) => `/agreements/${encodeURIComponent(idOf(request))}/assessment`

  async function shown(request: FastifyRequest, kept: EvidenceFile | undefined, over: Partial<Page> = {}): Promise<Page> {
    const { outcome: agreement } = orThrow(await drafting.read(callerOf(request), idOf(request), undefined))
    const last = agreement.dpia.elsewhere.at(-1)
    const before = !request.body && last ? await fileOf(request, last.file.id) : undefined
    const file = kept ?? before
    return {
      template: 'assessments/record.njk',
      title: 'Record an assessment made elsewhere',
      ...over,
      data: {
        agreement,
        kept: file,
        here: here(request),
        form: request.body ?? (last ? answersOf(last) : {}),
        isAgain: last !== undefined,
      },
    }
  }

  /** The file that an earlier sending of this form left, as far as it is there. */
  const keptBefore = (request: FastifyRequest) => fileOf(request, field(request, 'kept'))
  async function fileOf(request: FastifyRequest, id: string): Promise<EvidenceFile | undefined> {
    const read = isKey(id) ? await files.read(callerOf(request), id) : undefined
    return read?.ok ? read.value.outcome : undefined
  }

  return ({ page, fileForm }: Web): void => {
    page('/agreements/:id/assessment/record', 'recordAssessmentElsewhere', async (request) => shown(request, await keptBefore(request)))
    fileForm('/agreements/:id/assessment/record', 'recordAssessmentElsewhere', async (request): Promise<Page | Redirect> => {
      const sent = sentFile(request)
      const came = sent && (await keepFile(files, callerOf(request), sent, Number(request.headers['content-length'] ?? Number.NaN)))
      const kept = came && 'file' in came ? came.file : await keptBefore(request)
      const wrong = came && 'wrong' in came ? [{ field: 'file', text: came.wrong }] : []
      const body = bodyOf(request, kept?.id ?? '')
      const errors: FieldError[] = [...wrong, ...missing(request, kept !== undefined || wrong.length > 0)]
      if (errors.length === 0) errors.push(...faultsOf('recordAssessmentElsewhere', body, fieldAt))
      if (errors.length > 0) return shown(request, kept, { status: 422, errors })
      const call = { principal: callerOf(request), idempotency: onceWithoutFile(request), agreementId: idOf(request) }
      const done = await assessingElsewhere.record(call, body)
      return done.ok ? { to: here(request) } : shown(request, kept, { status: 422, errors: refusedWith(done.refusal, fieldAt) })
    })
  }
}

/** What the form says, in the words of the contract. */
function bodyOf(request: FastifyRequest, file: string): ElsewhereBody {
  const said = (name: string) => field(request, name)
  return {
    ...{ file, outcome: said('outcome') as ElsewhereBody['outcome'], residual: said('residual') },
    ...{ prior_consultation: said('prior_consultation'), review_due: dayIn(request, 'review_due') },
    advice: {
      ...{ says: said('advice') as ElsewhereBody['advice']['says'], by: said('advice_by') },
      ...{ on: dayIn(request, 'advice_on'), words: said('advice_words') },
    },
    overruled: isOverruled(request) ? { by: said('overruled_by'), reason: said('overruled_reason') } : null,
  }
}

/** The questions about overruling stand below the advice, and are asked of an approval against it alone. */
function isOverruled(request: FastifyRequest): boolean {
  return field(request, 'outcome') === 'APPROVED' && field(request, 'advice') === 'DO_NOT_PROCEED'
}

/** What the form has not said, each beside its field. */
function missing(request: FastifyRequest, hasFile: boolean): FieldError[] {
  const isEmpty = (name: string) => field(request, name) === ''
  const hasNoDay = (name: string) => dayIn(request, name) === ''
  const isNoDay = (name: string) => !hasNoDay(name) && !isDay(dayIn(request, name))
  const wanted: readonly (readonly [field: string, isMissing: boolean, text: string])[] = [
    ['file', !hasFile, 'Select the file that holds the assessment'],
    ['outcome', isEmpty('outcome'), 'Select what the assessment came to'],
    ['residual', isEmpty('residual'), 'Select which risk remains'],
    ['prior_consultation', isEmpty('prior_consultation'), 'Select whether the Information Commissioner was consulted'],
    ['review_due', hasNoDay('review_due'), 'Enter the day on which it is due for review'],
    ['review_due', isNoDay('review_due'), 'The day of the review must be a real day, like 27 3 2027'],
    ['advice', isEmpty('advice'), 'Select what the data protection officer advised'],
    ['overruled_by', isOverruled(request) && isEmpty('overruled_by'), 'Enter who approved it against the advice'],
    ['overruled_reason', isOverruled(request) && isEmpty('overruled_reason'), 'Enter why it was approved against the advice'],
    ['advice_by', isEmpty('advice_by'), 'Enter who gave the advice'],
    ['advice_on', hasNoDay('advice_on'), 'Enter the day on which the advice was given'],
    ['advice_on', isNoDay('advice_on'), 'The day of the advice must be a real day, like 27 3 2026'],
    ['advice_words', isEmpty('advice_words'), 'Enter the advice in words'],
  ]
  return wanted.filter(([, isMissing]) => isMissing).map(([name, , text]) => ({ field: name, text }))
}

/** What was recorded before, as the form asks for it: a correction types nothing twice. */
function answersOf({ advice, overruled, review_due, ...said }: Omit<ElsewhereBody, 'file'>) {
  const day = (name: string, written: string) => {
    const [year, month, date] = written.split('-').map(Number)
    return { [`${name}-day`]: date, [`${name}-month`]: month, [`${name}-year`]: year }
  }
  return {
    ...{ outcome: said.outcome, residual: said.residual, prior_consultation: said.prior_consultation },
    ...{ advice: advice.says, advice_by: advice.by, advice_words: advice.words },
    ...{ overruled_by: overruled?.by ?? '', overruled_reason: overruled?.reason ?? '' },
    ...{ ...day('review_due', review_due), ...day('advice_on', advice.on) },
  }
}
