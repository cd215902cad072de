import type { FastifyPluginAsync } from 'fastify'
import { assessedAgreements } from './agreements/drafting/assessed-agreements.service.ts'
import { type CnilService, cnilService } from './assessments/cnil/exchanging.service.ts'
import { assessmentCodes } from './assessments/made/codes.ts'
import { type ConsultingService, consultingService } from './assessments/made/consulting.service.ts'
import { madeRoutes } from './assessments/made/made.routes.ts'
import { madeKind } from './assessments/made/made-kind.service.ts'
import { type ReviewingService, reviewingService } from './assessments/made/reviewing.service.ts'
import { type SheetService, sheetService } from './assessments/made/sheet.service.ts'
import { type WritingService, writingService } from './assessments/made/writing.service.ts'
import { londonDay } from './platform/kernel/london-day.ts'
import type { Services } from './services.ts'

/** Assessments that are made here, as people and systems use them. */
export interface MadeAssessments {
  readonly writing: WritingService
  readonly reviewing: ReviewingService
  readonly consulting: ConsultingService
  /** Read as somebody writes it: with its questions, what is missing, what its risks come to. */
  readonly sheets: SheetService
  /** Exchanged with the PIA tool of the CNIL. */
  readonly cnil: CnilService
}

/** Opens the room of assessments: written, reviewed in a sign-off, put before the regulator. */
export function openAssessments(services: Services): MadeAssessments & { readonly routes: FastifyPluginAsync } {
  const { db, clock, commands, workflow, notifications, parties, agreements, reference, publication } = services
  const kind = madeKind({
    ...{ commands, notifications, policy: publication, mustBeConfirmed: parties.mustBeConfirmed },
    agreementOf: assessedAgreements(agreements),
    async facts() {
      const [lists, organisations] = [await reference.lists(), await parties.all()]
      return {
        codes: assessmentCodes(lists, londonDay(clock().getTime())),
        names: new Map(organisations.map(({ code, legal_name }) => [code, legal_name])),
      }
    },
  })
  const writing = writingService({ kind })
  const reviewing = reviewingService({ db, clock, kind, workflow })
  const consulting = consultingService({ kind, workflow })
  const cnil = cnilService({ db, kind })
  return {
    ...{ writing, reviewing, consulting, cnil },
    sheets: sheetService({ db, clock, kind }),
    routes: madeRoutes({ writing, reviewing, consulting, cnil, today: () => londonDay(clock().getTime()) }),
  }
}
