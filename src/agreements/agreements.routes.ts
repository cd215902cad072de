import { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { callerOf } from '../identity/identity.plugin.ts'
import { csvPieces } from '../platform/csv.ts'
import { typeWanted } from '../platform/http/accept.ts'
import { type BodyOf, type Operation, type OperationId, operation } from '../platform/http/openapi.ts'
import { changeCallOf, idempotencyOf, sendActReply } from './acts/call.routes.ts'
import * as parts from './drafting/draft-parts.service.ts'
import type { DraftingService } from './drafting/drafting.service.ts'
import * as records from './drafting/record-parts.service.ts'
import type { ListingService } from './finding/listing.service.ts'
import type { OverlapService } from './finding/overlap.service.ts'
import type { RegisterExportService } from './register-export/register-export.service.ts'
import { LINE_COLUMNS, LINE_HEADERS } from './register-export/register-line.ts'

/** Beginning, reading, listing and editing agreements over HTTP. */
export function agreementsRoutes({
  drafting,
  listing,
  overlaps,
  registerExport,
}: {
  readonly drafting: DraftingService
  readonly listing: ListingService
  readonly overlaps: OverlapService
  readonly registerExport: RegisterExportService
}): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'listAgreements'>>({
      ...operation('listAgreements'),
      handler: async (request, reply) => {
        const { format, ...query } = request.query
        const wanted = format === undefined ? typeWanted(request as FastifyRequest, ['application/json', 'text/csv']) : TYPES[format]
        const principal = callerOf(request as FastifyRequest)
        if (wanted === 'application/json') return reply.code(200).send((await listing.list(principal, query)) as never)
        const { lines, next } = await registerExport.lines(principal, query)
        const headers = LINE_COLUMNS.map((column) => LINE_HEADERS[column] ?? column)
        if (next !== null) reply.header('link', nextPage(request as FastifyRequest, next))
        const file = Readable.from(csvPieces(LINE_COLUMNS, lines, headers))
        return reply
          .code(200)
          .type('text/csv; charset=utf-8; header=present')
          .send(file as never)
      },
    })

    app.route<Operation<'createAgreement'>>({
      ...operation('createAgreement'),
      handler: async (request, reply) => {
        const call = {
          principal: callerOf(request as FastifyRequest),
          idempotency: idempotencyOf(request as FastifyRequest, 'createAgreement'),
        }
        const done = await drafting.create(call, request.body)
        reply.header('location', `/v1/agreements/${done.body.id}`)
        // "Does a share already exist?" is answered before anybody writes a second one.
        const body = { ...done.body, overlaps: await overlaps.withDraft(call.principal, done.body) }
        return sendActReply(reply as unknown as FastifyReply, { ...done, body }) as never
      },
    })

    app.route<Operation<'getAgreement'>>({
      ...operation('getAgreement'),
      handler: async (request, reply) => {
        const { view, etag } = await drafting.read(callerOf(request as FastifyRequest), request.params.id, request.query.at)
        return reply
          .code(200)
          .header('etag', etag)
          .send(view as never)
      },
    })

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
    edits('putPartyContacts', ({ org }) => records.contactsPart(org ?? ''))

    /** The route that edits a part; its body is checked against the contract before, and the part takes what the contract lets through. */
    function edits<Id extends OperationId>(id: Id, partOf: (params: Readonly<Record<string, string>>) => parts.Part<BodyOf<Id>>): void {
      app.route({
        ...operation(id),
        handler: async (request: FastifyRequest, reply: FastifyReply) => {
          const part = partOf(request.params as Readonly<Record<string, string>>)
          return sendActReply(reply, await drafting.edit(part, changeCallOf(request, id), request.body as BodyOf<Id>))
        },
      })
    }
  }
}

const TYPES = { json: 'application/json', csv: 'text/csv' } as const

/** RFC 8288: where a file that is too long for one reply goes on. */
function nextPage(request: FastifyRequest, cursor: string): string {
  const query = new URLSearchParams(request.url.split('?')[1] ?? '')
  query.set('cursor', cursor)
  return `<${request.routeOptions.url}?${query}>; rel="next"`
}
