import type { FastifyRequest } from 'fastify'
import type { ClientsService } from '../../decisions/clients/clients.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { ContactsService } from '../../parties/contacts.service.ts'
import type { Contacts } from '../../parties/contacts.ts'
import type { GroupsService } from '../../parties/groups.service.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { rolesNeededBy } from '../../people/needed-roles.ts'
import { type HeldRolesPage, type HeldRoleView, mayKeepFor, mayReadOf, type PeopleService } from '../../people/people.service.ts'
import type { StaffRolesService } from '../../people/staff-roles.service.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { mayCall } from '../access.pages.ts'
import { chosen, sequenceIn } from '../forms.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import type { Web } from '../web.plugin.ts'

export interface OrganisationPagesOptions extends Pick<RequestLists, 'organisationsFor'> {
  readonly parties: Pick<PartiesService, 'get' | 'historyWithPeople'>
  readonly groups: Pick<GroupsService, 'list'>
  readonly contacts: Pick<ContactsService, 'read'>
  readonly people: Pick<PeopleService, 'list'>
  readonly staffRoles: Pick<StaffRolesService, 'list'>
  readonly clients: Pick<ClientsService, 'list'>
  /** Whether some sign-in service says itself which roles somebody has: those are not recorded. */
  readonly rolesAreClaimed: boolean
  readonly now: Clock
}

const ROLES_AT_ONCE = 200
const CLIENTS_SHOWN = 50

/** The words of each contact of a body, in the order in which they are shown and asked for. */
export const CONTACT_WORDS: readonly (readonly [name: string, words: string])[] = [
  ['lead', 'Asked first about sharing'],
  ['signatory_post', 'Post that signs'],
  ['dpo', 'Data protection officer'],
  ['ig', 'Information governance'],
  ['siro', 'Senior information risk owner'],
  ['caldicott', 'Caldicott Guardian'],
  ['breach', 'Told of a breach, at any hour'],
  ['security', 'Information security'],
  ['sar', 'Requests of people for their data'],
  ['complaint', 'Data protection complaints'],
  ['foi', 'Freedom of information requests'],
]

/** Everybody who holds a role in an organisation on a day, as far as the principal may know. */
export async function rolesOn(people: Pick<PeopleService, 'list'>, principal: Principal, org: string, on: Day): Promise<HeldRoleView[]> {
  const found: HeldRoleView[] = []
  for (let after: string | null = null; ; ) {
    const page: HeldRolesPage = orThrow(await people.list(principal, org, { on, after, limit: ROLES_AT_ONCE }))
    found.push(...page.roles)
    if (page.next_after === null) return found
    after = page.next_after
  }
}

/** One organisation: what it is, whom it followed and who followed it, how it is reached, who holds which role, its API clients, and what was done to its entry. */
export function organisationPages(options: OrganisationPagesOptions) {
  const { parties, groups, contacts, people, staffRoles, clients, organisationsFor, rolesAreClaimed, now } = options
  const today = () => londonDay(now().getTime())

  /** Who holds what today, and which roles that it needs nobody holds; null: the reader may not know. */
  async function rolesOf(request: FastifyRequest, body: Parameters<typeof rolesNeededBy>[0], org: string) {
    const principal = callerOf(request)
    if (!mayCall(principal, 'listRoles') || !mayReadOf(principal, org)) return null
    const held = (await rolesOn(people, principal, org, today())).filter(({ counts }) => counts)
    return { held, missing: rolesNeededBy(body).filter((role) => !held.some((one) => one.role === role)) }
  }

  async function contactsOf(request: FastifyRequest, org: string): Promise<Contacts | null> {
    if (!mayCall(callerOf(request), 'getOrganisationContacts')) return null
    const found = await contacts.read(callerOf(request), org)
    return found.ok ? found.value.outcome.contacts : null
  }

  return ({ page }: Web): void =>
    page('/organisations/:code', 'getOrganisation', async (request) => {
      const { code } = request.params as { readonly code: string }
      const principal = callerOf(request)
      const { outcome: body } = orThrow(await parties.get(code))
      const reached = await contactsOf(request, code)
      const isMerged = body.status === 'MERGED'
      const roles = isMerged ? null : await rolesOf(request, body, code)
      return {
        template: 'organisations/organisation.njk',
        title: body.legal_name,
        data: {
          ...{ body, contactWords: CONTACT_WORDS, rolesAreClaimed },
          followedBy: (await organisationsFor(request)).filter(({ successor_of }) => successor_of.includes(code)),
          ...{ contacts: reached, hasContacts: reached !== null && Object.keys(reached).length > 0, at: now().toISOString() },
          groups: (await groups.list()).filter(({ members_on: members }) => members.includes(code)),
          found: await parties.historyWithPeople(principal, 'ORGANISATION', code, sequenceIn(chosen(request, 'acts_after'))),
          roles,
          staffRole: roles !== null && orThrow(await staffRoles.list(principal, code)).staff_roles.some(({ counts }) => counts),
          mayKeepRoles: !isMerged && mayCall(principal, 'recordRole') && mayKeepFor(principal, code),
          isOwn: principal.org === code,
          isAdministrator: permits(principal.roles, 'organisation:confirm'),
          isAuditor: permits(principal.roles, 'agreement:audit'),
          clients: mayCall(principal, 'listClients') ? await clients.list({ organisation: code, limit: CLIENTS_SHOWN }) : null,
        },
      }
    })
}
