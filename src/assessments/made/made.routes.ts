import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { callOf, outcomeReply } from '../../commands/calls.routes.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, bytesReply, reply } from '../../platform/http/answer.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { CnilService } from '../cnil/exchanging.service.ts'
import type { Json } from '../cnil/json.ts'
import { CNIL_FILE_BYTES_MAX } from '../cnil/reading.service.ts'
import type { ConsultingService } from './consulting.service.ts'
import type { AssessmentCall } from './made-kind.service.ts'
import { questionsOn } from './questions.ts'
import type { ReviewingService } from './reviewing.service.ts'
import type { WritingService } from './writing.service.ts'

export interface MadeRoutesOptions {
  readonly writing: WritingService
  readonly reviewing: ReviewingService
  readonly consulting: ConsultingService
  readonly cnil: CnilService
  /** The London day of today. */
  readonly today: () => string
}

/** Assessments made here over HTTP: every act answers the assessment as it stands then. */
export function madeRoutes({ writing, reviewing, consulting, cnil, today }: MadeRoutesOptions): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listAssessments', async (request) => reply(200, await reviewing.list(callerOf(request), request.query)))
    answer(app, 'getAssessmentQuestions', async () => reply(200, questionsOn(today())))
    answer(app, 'beginAssessment', async (request) => {
      const { status, body, headers } = outcomeReply(201, await writing.begin(callOf(request), request.body))
      return reply(status, body, { ...headers, location: `/v1/assessments/${body.id}` })
    })
    answer(app, 'getAssessment', async (request) => outcomeReply(200, await reviewing.read(callerOf(request), request.params.id)))
    answer(app, 'getAssessmentVersion', async (request) => {
      const { id, version } = request.params
      return reply(200, orThrow(await reviewing.version(callerOf(request), id, version)))
    })
    answer(app, 'screenAssessment', async (request) => outcomeReply(200, await writing.screen(on(request), request.body)))
    answer(app, 'answerAssessmentQuestion', async (request) =>
      outcomeReply(200, await writing.answer(on(request), request.params.question, request.body)),
    )
    answer(app, 'dropAssessmentAnswer', async (request) =>
      outcomeReply(200, await writing.answer(on(request), request.params.question, null)),
    )
    answer(app, 'addAssessmentRisk', async (request) => outcomeReply(200, await writing.risk(on(request), null, request.body)))
    answer(app, 'changeAssessmentRisk', async (request) =>
      outcomeReply(200, await writing.risk(on(request), request.params.risk, request.body)),
    )
    answer(app, 'dropAssessmentRisk', async (request) => outcomeReply(200, await writing.dropRisk(on(request), request.params.risk)))
    answer(app, 'addAssessmentMeasure', async (request) => outcomeReply(200, await writing.measure(on(request), null, request.body)))
    answer(app, 'changeAssessmentMeasure', async (request) =>
      outcomeReply(200, await writing.measure(on(request), request.params.measure, request.body)),
    )
    answer(app, 'dropAssessmentMeasure', async (request) =>
      outcomeReply(200, await writing.dropMeasure(on(request), request.params.measure)),
    )
    answer(app, 'doAssessmentMeasure', async (request) =>
      outcomeReply(200, await writing.doMeasure(on(request), request.params.measure, request.body)),
    )
    answer(app, 'setAssessmentReview', async (request) => outcomeReply(200, await writing.review(on(request), request.body)))
    answer(
      app,
      'importAssessmentFromCnil',
      async (request) => outcomeReply(200, await cnil.importJson(on(request), request.body as Json)),
      { bodyLimit: CNIL_FILE_BYTES_MAX },
    )
    answer(app, 'exportAssessmentToCnil', async (request) => {
      const { file } = orThrow(await cnil.exported(callerOf(request), request.params.id))
      return bytesReply(200, 'application/json', JSON.stringify(file), cnilHeaders(request.params.id))
    })
    answer(app, 'listLeftOutOfCnilExport', async (request) => {
      const { leftOut } = orThrow(await cnil.exported(callerOf(request), request.params.id))
      return reply(200, { left_out: [...leftOut] })
    })
    answer(app, 'sendAssessment', async (request) => outcomeReply(200, await reviewing.send(on(request))))
    answer(app, 'reopenAssessment', async (request) => outcomeReply(200, await reviewing.reopen(on(request), request.body)))
    answer(app, 'consultOnAssessment', async (request) => outcomeReply(200, await consulting.begin(on(request), request.body)))
    answer(app, 'extendAssessmentConsultation', async (request) => outcomeReply(200, await consulting.extend(on(request), request.body)))
    answer(app, 'answerAssessmentConsultation', async (request) => outcomeReply(200, await consulting.answer(on(request), request.body)))
  }
}

/** A file of the CNIL tool is saved and never shown: what is in it came from anybody. */
export function cnilHeaders(id: string): Record<string, string> {
  return {
    'content-disposition': `attachment; filename="assessment-${id}.json"`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  }
}

/** The call for something on the assessment that the address names. */
function on(
  request: Pick<FastifyRequest, 'headers' | 'body' | 'routeOptions' | 'principal' | 'ip'> & { readonly params: { readonly id: string } },
): AssessmentCall {
  return { ...callOf(request), assessmentId: request.params.id }
}
