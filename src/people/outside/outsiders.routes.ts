import type { FastifyPluginAsync } from 'fastify'
import { callOf, outcomeReply } from '../../commands/calls.routes.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { answer, reply } from '../../platform/http/answer.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { InvitationsService } from './invitations.service.ts'
import type { OutsideSessionsService } from './outside-sessions.service.ts'

/** Who without an account is let in, and how, over HTTP. */
export function outsidersRoutes(invitations: InvitationsService, sessions: OutsideSessionsService): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listConfirmedContacts', async (request) =>
      reply(200, { contacts: await invitations.contacts(callerOf(request), [request.params.code]) }),
    )
    answer(app, 'confirmContact', async (request) =>
      outcomeReply(201, await invitations.confirmContact(callOf(request), request.params.code, request.body)),
    )
    answer(app, 'withdrawContact', async (request) =>
      outcomeReply(200, await invitations.withdrawContact(callOf(request), request.params.code, request.params.contact)),
    )
    answer(app, 'listOutsideInvitations', async (request) =>
      reply(200, orThrow(await invitations.list(callerOf(request), request.params.id))),
    )
    answer(app, 'inviteOutsider', async (request) =>
      outcomeReply(201, await invitations.invite(callOf(request), request.params.id, request.body)),
    )
    answer(app, 'withdrawOutsideInvitation', async (request) =>
      outcomeReply(200, await invitations.withdraw(callOf(request), request.params.id, request.params.invitation)),
    )
    answer(app, 'sendInvitationCode', async (request) => {
      await sessions.sendCode(request.params.link)
      return reply(202, { sent: 'A code is mailed to whoever was invited, where there is such an invitation.' })
    })
    answer(app, 'openOutsideSession', async (request) => reply(201, orThrow(await sessions.open(request.params.link, request.body.code))))
  }
}
