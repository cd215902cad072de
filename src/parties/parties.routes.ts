import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { CommandReply } from '../commands/command-reply.ts'
import { idempotencyOf, ifMatchOf } from '../commands/idempotency.routes.ts'
import { callerOf } from '../identity/identity.plugin.ts'
import { type Operation, type OperationId, operation } from '../platform/http/openapi.ts'
import type { ContactsService } from './contacts.service.ts'
import type { GroupsService } from './groups.service.ts'
import type { PartiesService } from './parties.service.ts'
import type { RegisterCall } from './register-act.service.ts'
import type { RegisteringService } from './registering.service.ts'

/** The services behind the register of organisations. */
export interface Register {
  readonly parties: PartiesService
  readonly registering: RegisteringService
  readonly organisationContacts: ContactsService
  readonly groups: GroupsService
}

/** The register of organisations over HTTP: finding, proposing, confirming, contacts, groups. */
export function partiesRoutes({ parties, registering, organisationContacts: contacts, groups }: Register): FastifyPluginAsync {
  return async (app) => {
    app.route<Operation<'listOrganisations'>>({
      ...operation('listOrganisations'),
      handler: async ({ query }, reply) => reply.code(200).send((await parties.list(query)) as never),
    })

    app.route<Operation<'proposeOrganisation'>>({
      ...operation('proposeOrganisation'),
      handler: async (request, reply) => {
        const done = await registering.propose(newCall(request as FastifyRequest, 'proposeOrganisation'), request.body)
        reply.header('location', `/v1/organisations/${done.body.code}`)
        return sent(reply, done)
      },
    })

    app.route<Operation<'getOrganisation'>>({
      ...operation('getOrganisation'),
      handler: async ({ params }, reply) => sent(reply, { status: 200, ...(await parties.get(params.code)) }),
    })

    app.route<Operation<'describeOrganisation'>>({
      ...operation('describeOrganisation'),
      handler: async (request, reply) =>
        sent(
          reply,
          await registering.describe(changeCall(request as FastifyRequest, 'describeOrganisation'), request.params.code, request.body),
        ),
    })

    app.route<Operation<'confirmOrganisation'>>({
      ...operation('confirmOrganisation'),
      handler: async (request, reply) =>
        sent(
          reply,
          await registering.confirm(changeCall(request as FastifyRequest, 'confirmOrganisation'), request.params.code, request.body),
        ),
    })

    app.route<Operation<'getOrganisationHistory'>>({
      ...operation('getOrganisationHistory'),
      handler: async (request, reply) =>
        reply
          .code(200)
          .send(
            (await parties.history(callerOf(request as FastifyRequest), 'ORGANISATION', request.params.code, request.query.after)) as never,
          ),
    })

    app.route<Operation<'getOrganisationContacts'>>({
      ...operation('getOrganisationContacts'),
      handler: async (request, reply) =>
        sent(reply, { status: 200, ...(await contacts.read(callerOf(request as FastifyRequest), request.params.code)) }),
    })

    app.route<Operation<'putOrganisationContacts'>>({
      ...operation('putOrganisationContacts'),
      handler: async (request, reply) =>
        sent(
          reply,
          await contacts.write(changeCall(request as FastifyRequest, 'putOrganisationContacts'), request.params.code, request.body),
        ),
    })

    app.route<Operation<'listGroups'>>({
      ...operation('listGroups'),
      handler: async ({ query }, reply) => reply.code(200).send({ groups: await groups.list(query.on) } as never),
    })

    app.route<Operation<'getGroup'>>({
      ...operation('getGroup'),
      handler: async ({ params, query }, reply) => sent(reply, { status: 200, ...(await groups.find(params.code, query.on)) }),
    })

    app.route<Operation<'putGroup'>>({
      ...operation('putGroup'),
      handler: async (request, reply) =>
        sent(reply, await groups.put(changeCall(request as FastifyRequest, 'putGroup'), request.params.code, request.body)),
    })

    app.route<Operation<'getGroupHistory'>>({
      ...operation('getGroupHistory'),
      handler: async (request, reply) =>
        reply
          .code(200)
          .send((await parties.history(callerOf(request as FastifyRequest), 'GROUP', request.params.code, request.query.after)) as never),
    })
  }
}

function newCall(request: FastifyRequest, id: OperationId): RegisterCall {
  return { principal: callerOf(request), idempotency: idempotencyOf(request, id) }
}

function changeCall(request: FastifyRequest, id: OperationId): RegisterCall {
  return { ...newCall(request, id), ifMatch: ifMatchOf(request) }
}

/** Sends a reply with the `ETag` of the state it names. */
function sent(reply: unknown, { status, body, etag }: CommandReply<unknown>): never {
  return (reply as FastifyReply).code(status).header('etag', etag).send(body) as never
}
