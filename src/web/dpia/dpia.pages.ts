import type { FastifyRequest } from 'fastify'
import { changedAnswers } from '../../assessments/made/changes.ts'
import { editionOf } from '../../assessments/made/made-assessment.ts'
import type { ReviewingService } from '../../assessments/made/reviewing.service.ts'
import type { AssessmentSheet, SheetService } from '../../assessments/made/sheet.service.ts'
import { type AssessmentSnapshot, contentIn } from '../../assessments/made/snapshot.ts'
import { COMMANDS } from '../../assessments/made/states.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { viewOf } from '../../workflow/view.ts'
import { mayCall } from '../access.pages.ts'
import { chosen, isKey, type Page, type Redirect, refusedWith, versionIn } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { dpiaTasks, missingHere } from './dpia-tasks.ts'
import { at, callFor, closedTo, paramsOf, sheetReader } from './sheets.pages.ts'

export interface DpiaPagesOptions {
  readonly reviewing: Pick<ReviewingService, 'list' | 'version' | 'send'>
  readonly sheets: Pick<SheetService, 'read'>
  readonly signOffs: Pick<SignOffsService, 'read'>
}

const PAGE = 50

/** Assessments that are made here: all that the reader may see, one with its tasks, its risk map, what is missing before it is sent, and what was sent. */
export function dpiaPages({ reviewing, sheets, signOffs }: DpiaPagesOptions) {
  const sheetOf = sheetReader(sheets)

  async function listed(request: FastifyRequest): Promise<Page> {
    const before = chosen(request, 'before')
    const found = await reviewing.list(callerOf(request), { before: isKey(before) ? before : undefined, limit: PAGE })
    return { template: 'dpia/list.njk', title: 'Assessments (DPIA)', data: { list: found.assessments, next: found.next_before } }
  }

  /** Whose step is open in its review; none where it was not sent, or the reader may not know. */
  async function openSteps(request: FastifyRequest, { view }: AssessmentSheet) {
    const read = view.sign_off === null ? undefined : await signOffs.read(callerOf(request), view.sign_off)
    if (!read?.ok) return []
    return viewOf(read.value.outcome.signOff).chains.flatMap(({ org, steps }) =>
      steps.filter(({ state }) => state === 'OPEN').map(({ title, role, due }) => ({ org, title, role, due })),
    )
  }

  async function shown(request: FastifyRequest): Promise<Page> {
    const sheet = await sheetOf(request)
    const { view } = sheet
    const isWritten = sheet.isOpen && closedTo(request, sheet, 'answerAssessmentQuestion') === null
    const commands = COMMANDS[view.state]
    return {
      template: 'dpia/assessment.njk',
      title: 'Data protection impact assessment',
      data: {
        ...{ sheet, view, here: at(request), tasks: dpiaTasks(sheet), isWritten, next: await openSteps(request, sheet) },
        missing: sheet.faults.length,
        isConsulting: sheet.isKeptHere && commands.includes('consult') && view.versions.at(-1)?.residual === 'HIGH',
        isReopening: commands.includes('reopen') && (view.approved_version !== null || view.state === 'REJECTED'),
      },
    }
  }

  async function mapped(request: FastifyRequest): Promise<Page> {
    const sheet = await sheetOf(request)
    return {
      template: 'dpia/map.njk',
      title: 'Risk map and action plan',
      data: { sheet, here: at(request), isWritten: closedTo(request, sheet, 'changeAssessmentRisk') === null },
    }
  }

  async function checked(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const sheet = await sheetOf(request)
    return {
      template: 'dpia/check.njk',
      title: 'Check what is missing, and send it for review',
      ...over,
      data: {
        ...{ sheet, here: at(request), missing: missingHere(sheet), count: sheet.faults.length },
        closed: closedTo(request, sheet, 'answerAssessmentQuestion'),
        maySend: mayCall(callerOf(request), 'sendAssessment'),
      },
    }
  }

  async function sent(request: FastifyRequest): Promise<Page | Redirect> {
    const done = await reviewing.send(callFor(request))
    if (done.ok) return { to: at(request) }
    return checked(request, { status: 422, errors: refusedWith(done.refusal, () => 'missing') })
  }

  async function versionShown(request: FastifyRequest): Promise<Page> {
    const { id, version } = paramsOf(request)
    const found = orThrow(await reviewing.version(callerOf(request), id, versionIn(version)))
    const sheet = await sheetOf(request)
    const document = JSON.parse(found.document) as AssessmentSnapshot
    const before = found.version > 1 ? orThrow(await reviewing.version(callerOf(request), id, found.version - 1)) : null
    const changed = before && changedAnswers(contentIn(JSON.parse(before.document)), contentIn(document), editionOf(document))
    return {
      template: 'dpia/version.njk',
      title: `Version ${found.version}, as it was sent`,
      data: { sheet, sent: found, document, changed, here: at(request) },
    }
  }

  return ({ page, form }: Web): void => {
    page('/assessments', 'listAssessments', listed)
    page('/assessments/:id', 'getAssessment', shown)
    page('/assessments/:id/map', 'getAssessment', mapped)
    page('/assessments/:id/check', 'getAssessment', (request) => checked(request))
    form('/assessments/:id/check', 'sendAssessment', sent)
    page('/assessments/:id/versions/:version', 'getAssessment', versionShown)
  }
}
