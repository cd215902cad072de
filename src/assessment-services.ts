import type { FastifyPluginAsync } from 'fastify'
import type { AgreementsService } from './agreements/agreements.service.ts'
import { assessedAgreements } from './agreements/drafting/assessed-agreements.service.ts'
import { type CnilService, cnilService } from './assessments/cnil/exchanging.service.ts'
import { assessmentsInTime } from './assessments/made/assessments-in-time.service.ts'
import { assessmentCodes } from './assessments/made/codes.ts'
import { type ConsultingService, consultingService } from './assessments/made/consulting.service.ts'
import { madeRoutes } from './assessments/made/made.routes.ts'
import { type MadeKindOptions, madeKind } from './assessments/made/made-kind.service.ts'
import { type MeasuresService, measuresService } from './assessments/made/measures.service.ts'
import { measuresInTime } from './assessments/made/measures-in-time.service.ts'
import { type ReviewingOptions, type ReviewingService, reviewingService } from './assessments/made/reviewing.service.ts'
import { type SheetService, sheetService } from './assessments/made/sheet.service.ts'
import { type WritingService, writingService } from './assessments/made/writing.service.ts'
import type { PartiesService } from './parties/parties.service.ts'
import { type Day, londonDay } from './platform/kernel/london-day.ts'
import type { ReferenceService } from './reference/reference.service.ts'
import type { TimedRoom } from './workflow/timers.service.ts'

/** Assessments that are made here, as people and systems use them. */
export interface MadeAssessments {
  readonly writing: WritingService
  readonly reviewing: ReviewingService
  readonly consulting: ConsultingService
  /** Read as somebody writes it: with its questions, what is missing, what its risks come to. */
  readonly sheets: SheetService
  /** What is still to be done of their action plans. */
  readonly measures: MeasuresService
  /** Exchanged with the PIA tool of the CNIL. */
  readonly cnil: CnilService
}

/** What the room stands on. */
export interface AssessmentNeeds extends Pick<MadeKindOptions, 'commands' | 'notifications' | 'policy'>, Omit<ReviewingOptions, 'kind'> {
  readonly parties: PartiesService
  readonly agreements: Pick<AgreementsService, 'find'>
  readonly reference: Pick<ReferenceService, 'lists'>
}

/** Opens the room of assessments: written, reviewed in a sign-off, put before the regulator. */
export function openAssessments(
  needs: AssessmentNeeds,
): MadeAssessments & { readonly routes: FastifyPluginAsync; readonly timed: TimedRoom; readonly measuresInTime: TimedRoom } {
  const { db, clock, commands, workflow, notifications, parties, agreements, reference, policy } = needs
  const agreementOf = assessedAgreements(agreements)
  const codesOn = async (day: Day) => assessmentCodes(await reference.lists(), day)
  const kind = madeKind({
    ...{ commands, notifications, policy, mustBeConfirmed: parties.mustBeConfirmed, agreementOf },
    async facts() {
      const organisations = await parties.all()
      return {
        codes: await codesOn(londonDay(clock().getTime())),
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
    timed: assessmentsInTime({ db, agreementOf, reviewing, codesOn }),
    measuresInTime: measuresInTime({ db, agreementOf, notifications }),
    measures: measuresService({ db, clock, agreementOf }),
    sheets: sheetService({ db, clock, kind }),
    routes: madeRoutes({ writing, reviewing, consulting, cnil, today: () => londonDay(clock().getTime()) }),
  }
}
