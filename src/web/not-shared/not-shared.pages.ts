import type { FastifyRequest } from 'fastify'
import type { NotSharedService } from '../../decisions/not-shared/not-shared.service.ts'
import { NOT_SHARED_COLUMNS, NOT_SHARED_REASONS, type NotSharedReason } from '../../decisions/not-shared/not-shared.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { said } from '../drafting/answers.ts'
import { chosen, isKey, once, type Page, type Redirect } from '../forms.pages.ts'
import { everyRow, fileAt, READ_AT_ONCE, sendCsv } from '../list-files.pages.ts'
import { answered, type Questions, questionsIn, refusedBeside } from '../questions.pages.ts'
import type { Web } from '../web.plugin.ts'

const PAGE = 50
const WHY: Questions = {
  fields: [
    {
      ...{ name: 'reason', label: 'What was the main reason?', kind: 'radios' },
      choices: Object.entries(NOT_SHARED_REASONS).map(([value, text]) => ({ value, text })),
    },
    {
      ...{ name: 'note', label: 'What stood in the way? (optional)', kind: 'textarea', rows: 3 },
      hint: 'In a few words, 300 characters at most. Never write the name of anybody, or anything that says who a resident is',
    },
  ],
  wanted: { reason: 'Select the main reason' },
  bodyOf: (answers) => ({ reason: said(answers, 'reason') ?? '', note: said(answers, 'note') }),
}

/** "Not shared because": recorded after an answer, and read as what stops people sharing. */
export function notSharedPages({ notShared }: { readonly notShared: Pick<NotSharedService, 'record' | 'before' | 'list'> }) {
  const decisionIn = (request: FastifyRequest) => (request.params as { readonly id: string }).id
  const answerAt = (request: FastifyRequest) => `/may-i-share/answers/${encodeURIComponent(decisionIn(request))}`

  async function asking(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const recorded = orThrow(await notShared.before(callerOf(request), decisionIn(request)))
    return {
      template: 'templates/questions.njk',
      title: 'Why was it not shared?',
      ...over,
      data: {
        back: { text: 'The answer', href: answerAt(request) },
        lead: [
          'It helps your organisation to find out what stops people sharing, also where the answer was yes. Nothing about a resident is asked.',
          'Your data protection officer and information governance see the reason and what you write, with the answer it is about, and not your name. The log keeps who recorded it.',
        ],
        closed: recorded ? `You have recorded it already: ${NOT_SHARED_REASONS[recorded.reason]}.` : null,
        ...{ fields: questionsIn(request, WHY.fields), button: 'Record it', after: 'It is recorded once and stays.' },
      },
    }
  }

  const narrowed = (request: FastifyRequest) => {
    const [reason, agreement, before] = [chosen(request, 'reason'), chosen(request, 'agreement').slice(0, 100), chosen(request, 'before')]
    return {
      reason: Object.hasOwn(NOT_SHARED_REASONS, reason) ? (reason as NotSharedReason) : undefined,
      agreement: agreement || undefined,
      before: isKey(before) ? before : undefined,
    }
  }

  async function listed(request: FastifyRequest): Promise<Page> {
    const principal = callerOf(request)
    const asked = narrowed(request)
    const found = await notShared.list(principal, { ...asked, limit: PAGE })
    const isOfAll = permits(principal.roles, 'not_shared:read')
    const { before: _, ...only } = asked
    return {
      template: 'not-shared/list.njk',
      title: isOfAll ? 'What stops people sharing' : 'What you did not share',
      data: {
        ...{ found, isOfAll, only, reasons: NOT_SHARED_REASONS, csv: fileAt('/not-shared.csv', asked) },
        next: found.next_before && fileAt('/not-shared', { ...only, before: found.next_before }),
      },
    }
  }

  return ({ page, form, file }: Web): void => {
    page('/not-shared', 'listNotShared', listed)
    file('/not-shared.csv', 'listNotShared', async (request, reply) => {
      const { before: first, ...only } = narrowed(request)
      const read = async (before: string | undefined) => {
        const { not_shared: rows, next_before: next } = await notShared.list(callerOf(request), { ...only, before, limit: READ_AT_ONCE })
        return { rows, next }
      }
      return sendCsv(reply, 'not-shared.csv', NOT_SHARED_COLUMNS, everyRow(first, read))
    })
    page('/may-i-share/answers/:id/not-shared', 'recordNotShared', (request) => asking(request))
    form('/may-i-share/answers/:id/not-shared', 'recordNotShared', async (request): Promise<Page | Redirect> => {
      const { body, errors } = answered('recordNotShared', request, WHY)
      if (errors.length > 0) return asking(request, { status: 422, errors })
      const done = await notShared.record({ principal: callerOf(request), idempotency: once(request) }, decisionIn(request), body)
      if (done.ok) return { to: answerAt(request) }
      return asking(request, { status: 422, errors: refusedBeside(done.refusal, WHY.fields) })
    })
  }
}
