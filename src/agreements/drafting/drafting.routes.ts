import type { FastifyPluginAsync } from 'fastify'
import { callOf, changeOf, outcomeReply } from '../../commands/calls.routes.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { type Answer, answer, reply } from '../../platform/http/answer.ts'
import type { BodyOf, OperationId } from '../../platform/http/openapi.ts'
import type { AgreementView } from '../agreement-view.ts'
import type { Overlap } from '../model/overlap.ts'
import type { AssessingElsewhereService } from './assessing-elsewhere.service.ts'
import * as parts from './draft-parts.service.ts'
import type { DraftingService } from './drafting.service.ts'
import * as records from './record-parts.service.ts'

export interface Drafting {
  readonly drafting: DraftingService
  readonly assessingElsewhere: AssessingElsewhereService
  /** Agreements of the caller that overlap with a draft: "does a share already exist?" is answered before anybody writes a second one. */
  readonly overlapsWith: (principal: ReturnType<typeof callerOf>, draft: AgreementView) => Promise<readonly Overlap[]>
}

/** Beginning, reading and editing agreements over HTTP. */
export function draftingRoutes({ drafting, assessingElsewhere, overlapsWith }: Drafting): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'createAgreement', async (request) => {
      const { body, headers } = outcomeReply(201, await drafting.create(callOf(request), request.body))
      const overlaps = await overlapsWith(callerOf(request), body)
      return reply(201, { ...body, overlaps }, { ...headers, location: `/v1/agreements/${body.id}` })
    })

    answer(app, 'getAgreement', async (request) =>
      outcomeReply(200, await drafting.read(callerOf(request), request.params.id, request.query.at)),
    )

    edits('putDraftDetails', () => parts.detailsPart)
    edits('putDraftDates', () => parts.datesPart)
    edits('putDraftParties', () => parts.partiesPart)
    edits('putDraftFlows', () => parts.flowsPart)
    edits('putDraftFlow', ({ flowId }) => parts.flowPart(flowId ?? ''))
    edits('deleteDraftFlow', ({ flowId }) => parts.removedFlowPart(flowId ?? ''))
    edits('putDraftNarrative', () => parts.narrativePart)
    edits('putDraftCommencement', () => parts.commencementPart)
    edits('putDraftAmendmentPolicy', () => parts.amendmentPolicyPart)
    edits('putDraftProhibitions', () => parts.prohibitionsPart)
    edits('putDraftAgents', () => parts.agentsPart)
    edits('putDraftProcessorContract', () => parts.processorContractPart)
    edits('putDraftJointControllerArrangement', () => parts.jointControllerArrangementPart)
    edits('putDraftPolicyDocuments', () => records.policyDocumentsPart)
    edits('putDraftDpia', () => records.dpiaPart)
    answer(app, 'recordAssessmentElsewhere', async (request) => {
      const call = { ...callOf(request), agreementId: request.params.id }
      return outcomeReply(201, await assessingElsewhere.record(call, request.body))
    })
    answer(app, 'confirmAssessmentElsewhere', async (request) => {
      const { id, recordId } = request.params
      return outcomeReply(200, await assessingElsewhere.confirm({ ...callOf(request), agreementId: id }, recordId))
    })
    edits('putPartyContacts', ({ org }) => records.contactsPart(org ?? ''))

    /** The route that edits a part; its body is checked against the contract before, and the part takes what the contract lets through. */
    function edits<Id extends OperationId>(id: Id, partOf: (params: Readonly<Record<string, string>>) => parts.Part<BodyOf<Id>>): void {
      answer(app, id, async (request) => {
        const params = request.params as Readonly<Record<string, string>>
        const call = { ...changeOf(request), agreementId: params['id'] ?? '' }
        return outcomeReply(200, await drafting.edit(partOf(params), call, request.body as BodyOf<Id>)) as Answer<Id>
      })
    }
  }
}
