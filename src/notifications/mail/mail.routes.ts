import { timingSafeEqual } from 'node:crypto'
import type { FastifyPluginAsync } from 'fastify'
import { callOf, changeOf, outcomeReply } from '../../commands/calls.routes.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, reply } from '../../platform/http/answer.ts'
import { isUuid } from '../../platform/kernel/ids.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import type { MailProblemsService } from './mail-problems.service.ts'
import type { MailSettingsService } from './mail-settings.service.ts'
import type { MailingService } from './mailing.service.ts'

export interface MailRoutesOptions {
  readonly settings: MailSettingsService
  readonly problems: MailProblemsService
  readonly mailing: Pick<MailingService, 'took'>
  /** The bearer token of delivery receipts; undefined: none are taken. */
  readonly receiptToken: string | undefined
}

/** What the receipts of GOV.UK Notify say; whatever else one says is not the end of a mail. */
const RECEIPTS: Readonly<Record<string, 'DELIVERED' | 'BOUNCED' | 'FAILED'>> = {
  delivered: 'DELIVERED',
  'permanent-failure': 'BOUNCED',
  'temporary-failure': 'FAILED',
  'technical-failure': 'FAILED',
}

/** Where people get mail, what could not be mailed, and receipts, over HTTP. */
export function mailRoutes({ settings, problems, mailing, receiptToken }: MailRoutesOptions): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'getNotificationSettings', async (request) => outcomeReply(200, await settings.read(callerOf(request))))
    answer(app, 'setNotificationSettings', async (request) => outcomeReply(200, await settings.set(changeOf(request), request.body)))
    answer(app, 'confirmMailAddress', async (request) => outcomeReply(200, await settings.confirm(callOf(request), request.body.code)))
    answer(app, 'listMailProblems', async (request) => {
      const { before = null, limit = 50 } = request.query
      const page = await problems.list(callerOf(request), { before, limit })
      const shown = page.problems.map(({ subject_type: type, subject_id: id, ...problem }) => ({ ...problem, subject: { type, id } }))
      return reply(200, { problems: shown, next_before: page.nextBefore })
    })
    answer(app, 'takeDeliveryReceipt', async (request) => {
      if (!isToken(request.headers.authorization, receiptToken)) throw refused('FORBIDDEN', 'The token of delivery receipts is needed.')
      const { reference, status } = request.body
      const state = RECEIPTS[status]
      if (state === undefined || reference === null || !isUuid(reference)) return reply(200, { known: false })
      return reply(200, { known: await mailing.took(reference, { state, why: state === 'DELIVERED' ? null : status }) })
    })
  }
}

function isToken(header: string | undefined, token: string | undefined): boolean {
  if (header === undefined || !token) return false
  const [sent, wanted] = [Buffer.from(header), Buffer.from(`Bearer ${token}`)]
  return sent.length === wanted.length && timingSafeEqual(sent, wanted)
}
