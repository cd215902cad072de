import type { FastifyPluginAsync } from 'fastify'
import { callOf, changeOf, outcomeReply } from '../commands/calls.routes.ts'
import { callerOf } from '../identity/identity.plugin.ts'
import { answer, reply, typeWanted } from '../platform/http/answer.ts'
import { csvReply } from '../platform/http/list-files.ts'
import { orThrow } from '../platform/kernel/refusal.ts'
import type { AttestedPolicyService } from './attested-policy.service.ts'
import type { ContactsService } from './contacts.service.ts'
import type { EntriesService } from './entries.service.ts'
import type { GroupsService } from './groups.service.ts'
import { ORGANISATION_COLUMNS, organisationLine } from './organisation-line.ts'
import type { PartiesService } from './parties.service.ts'
import type { RegisteringService } from './registering.service.ts'

/** The services behind the register of organisations. */
export interface RegisterServices {
  readonly parties: PartiesService
  readonly registering: RegisteringService
  readonly organisationContacts: ContactsService
  readonly groups: GroupsService
  readonly attestedPolicy: AttestedPolicyService
  readonly entries: EntriesService
}

/** The register of organisations over HTTP: finding, proposing, confirming, contacts, groups. */
export function partiesRoutes({
  parties,
  registering,
  organisationContacts: contacts,
  groups,
  attestedPolicy,
  entries,
}: RegisterServices): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listOrganisations', async (request) => {
      const wanted = typeWanted(request, ['application/json', 'text/csv'])
      const page = orThrow(await parties.list(request.query))
      if (wanted === 'application/json') return reply(200, page)
      return csvReply(request, ORGANISATION_COLUMNS, page.organisations.map(organisationLine), ['after', page.next_after])
    })

    answer(app, 'proposeOrganisation', async (request) => {
      const made = outcomeReply(201, await registering.propose(callOf(request), request.body))
      return reply(201, made.body, { ...made.headers, location: `/v1/organisations/${made.body.code}` })
    })

    answer(app, 'getOrganisation', async ({ params }) => outcomeReply(200, await parties.get(params.code)))
    answer(app, 'describeOrganisation', async (request) =>
      outcomeReply(200, await registering.describe(changeOf(request), request.params.code, request.body)),
    )
    answer(app, 'confirmOrganisation', async (request) =>
      outcomeReply(200, await registering.confirm(changeOf(request), request.params.code, request.body)),
    )
    answer(app, 'getOrganisationHistory', async (request) =>
      reply(200, await parties.history(callerOf(request), 'ORGANISATION', request.params.code, request.query.after)),
    )

    answer(app, 'getOrganisationContacts', async (request) =>
      outcomeReply(200, await contacts.read(callerOf(request), request.params.code)),
    )
    answer(app, 'putOrganisationContacts', async (request) =>
      outcomeReply(200, await contacts.write(changeOf(request), request.params.code, request.body)),
    )

    answer(app, 'acceptAttestedSignatures', async (request) =>
      outcomeReply(200, await attestedPolicy.put(changeOf(request), request.params.code, request.body)),
    )

    answer(app, 'confirmEntry', async (request) => outcomeReply(200, await entries.confirm(changeOf(request), request.params.code)))

    answer(app, 'listGroups', async ({ query }) => reply(200, { groups: await groups.list(query.on) }))
    answer(app, 'getGroup', async ({ params, query }) => outcomeReply(200, await groups.find(params.code, query.on)))
    answer(app, 'putGroup', async (request) => {
      const { body, headers } = outcomeReply(200, await groups.put(changeOf(request), request.params.code, request.body))
      const { isNew, ...group } = body
      return isNew ? reply(201, group, headers) : reply(200, group, headers)
    })
    answer(app, 'getGroupHistory', async (request) =>
      reply(200, await parties.history(callerOf(request), 'GROUP', request.params.code, request.query.after)),
    )
  }
}
