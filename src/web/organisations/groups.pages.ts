import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import type { Membership } from '../../parties/group.ts'
import type { GroupBody, GroupsService, GroupView } from '../../parties/groups.service.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { codeFor } from '../../parties/proposal.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { orThrow, type Refusal, refused } from '../../platform/kernel/refusal.ts'
import { mayCall } from '../access.pages.ts'
import { dayIn } from '../days.pages.ts'
import { dayParts } from '../drafting/answers.ts'
import {
  chosen,
  type FieldError,
  faultsOf,
  field,
  linesIn,
  memberAt,
  once,
  type Page,
  type Redirect,
  refusedWith,
  sequenceIn,
} from '../forms.pages.ts'
import { missing } from '../people/roles.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface GroupPagesOptions {
  readonly groups: GroupsService
  readonly parties: Pick<PartiesService, 'historyWithPeople'>
}

/** What a page says of a group, over what it is now. */
type Change = (before: GroupBody) => GroupBody

const CHANGED_MEANWHILE = 'Somebody else changed this group while you had it open. Look at it as it is now, then say it again.'

/**
 * Groups of organisations: who is in them on which days, what was done to them; made, named and filled by whoever keeps them. Each form
 * changes one thing of a group and sends all of it, on the version that its page showed.
 */
export function groupPages({ groups, parties }: GroupPagesOptions) {
  const codeOf = (request: FastifyRequest) => (request.params as { readonly code: string }).code
  const at = (code: string) => `/organisation-groups/${encodeURIComponent(code)}`
  const mayKeep = (request: FastifyRequest, group: GroupView) => {
    const principal = callerOf(request)
    return mayCall(principal, 'putGroup') && (group.kept_by === principal.org || permits(principal.roles, 'organisation:confirm'))
  }
  const read = async (request: FastifyRequest) => orThrow(await groups.find(codeOf(request)))

  /** A form of a group for whoever keeps it. @throws Refused 403 to others */
  async function shown(request: FastifyRequest, page: Pick<Page, 'template' | 'title'>, over: Partial<Page> = {}): Promise<Page> {
    const { outcome: group, version } = await read(request)
    if (!mayKeep(request, group)) throw refused('FORBIDDEN', 'Whoever made a group, or a register administrator, says who is in it.')
    return { ...page, ...over, data: { group, version, ...over.data, form: request.body ?? over.data?.['form'] ?? {} } }
  }

  /** What is wrong with a change of a group, or undefined once it is done. */
  async function change(request: FastifyRequest, to: Change, fieldAt = memberAt): Promise<readonly FieldError[] | undefined> {
    const { outcome: group } = await read(request)
    const body = to({ name: group.name, other_names: group.other_names, members: group.members })
    const errors = faultsOf('putGroup', body, fieldAt)
    if (errors.length > 0) return errors
    const call = { principal: callerOf(request), idempotency: once(request), ifMatch: etagOf(field(request, 'version')) }
    const done = await groups.put(call, group.code, body)
    return done.ok ? undefined : wordsOf(done.refusal, fieldAt)
  }

  const NEW = { template: 'organisations/group-name.njk', title: 'Make a group of organisations' }
  const NAME = { template: 'organisations/group-name.njk', title: 'Change what the group is called' }
  const ADD = { template: 'organisations/group-member.njk', title: 'Add an organisation to the group' }
  const STAY = { template: 'organisations/group-member.njk', title: 'Change how long it is in the group' }
  const named = (request: FastifyRequest) => ({ name: field(request, 'name'), other_names: linesIn(request, 'other_names') })
  const stayIn = (request: FastifyRequest, org: string): Membership => ({
    ...{ org, from: dayIn(request, 'from') || null, to: dayIn(request, 'to') || null },
  })
  const fieldOfStay = (pointer: string) => ({ from: 'from', to: 'to' })[pointer.split('/')[3] ?? ''] ?? 'org'

  /** The stay that an address names by its place in the list. @throws Refused 404 where the group has none there */
  async function stay(request: FastifyRequest) {
    const { place } = request.params as { readonly place: string }
    const index = sequenceIn(place) - 1
    const member = (await read(request)).outcome.members[index]
    if (!member) throw refused('NOT_FOUND', 'The group has no such member.')
    return { index, member }
  }
  async function staying(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { member } = await stay(request)
    return shown(request, STAY, { ...over, data: { member, form: formOf(member) } })
  }

  return ({ page, form }: Web): void => {
    page('/organisation-groups', 'listGroups', async () => ({
      template: 'organisations/groups.njk',
      title: 'Groups of organisations',
      data: { groups: (await groups.list()).toSorted((one, other) => one.name.localeCompare(other.name, 'en-GB')) },
    }))

    page('/organisation-groups/new', 'putGroup', async (request) => ({ ...NEW, data: { group: null, form: request.body ?? {} } }))
    form('/organisation-groups/new', 'putGroup', async (request): Promise<Page | Redirect> => {
      const body = { ...named(request), members: [] }
      const again = (errors: readonly FieldError[]): Page => ({
        ...NEW,
        status: 422,
        errors,
        data: { group: null, form: request.body ?? {} },
      })
      const missed = missing(request, [['name', 'Enter what the group is called']])
      const errors = missed.length > 0 ? missed : faultsOf('putGroup', body)
      if (errors.length > 0) return again(errors)
      const taken = new Set((await groups.list()).map(({ code }) => code))
      const code = codeFor('GROUP', body.name, (one) => taken.has(one))
      const done = await groups.put({ principal: callerOf(request), idempotency: once(request) }, code, body)
      return done.ok ? { to: at(done.value.outcome.code) } : again(wordsOf(done.refusal, memberAt))
    })

    page('/organisation-groups/:code', 'getGroup', async (request) => {
      const principal = callerOf(request)
      const { outcome: group } = await read(request)
      const isAdministrator = permits(principal.roles, 'organisation:confirm')
      return {
        template: 'organisations/group.njk',
        title: group.name,
        data: {
          ...{ group, mayKeep: mayKeep(request, group), isWhole: isAdministrator || permits(principal.roles, 'agreement:audit') },
          found: await parties.historyWithPeople(principal, 'GROUP', group.code, sequenceIn(chosen(request, 'acts_after'))),
        },
      }
    })

    page('/organisation-groups/:code/name', 'putGroup', async (request) => {
      const { name, other_names: others } = (await read(request)).outcome
      return shown(request, NAME, { data: { form: { name, other_names: others.join('\n') } } })
    })
    form('/organisation-groups/:code/name', 'putGroup', async (request): Promise<Page | Redirect> => {
      const missed = missing(request, [['name', 'Enter what the group is called']])
      const errors = missed.length > 0 ? missed : await change(request, (before) => ({ ...before, ...named(request) }))
      return errors ? shown(request, NAME, { status: 422, errors }) : { to: at(codeOf(request)) }
    })

    page('/organisation-groups/:code/members/new', 'putGroup', (request) => shown(request, ADD))
    form('/organisation-groups/:code/members/new', 'putGroup', async (request): Promise<Page | Redirect> => {
      const missed = missing(request, [['org', 'Select the organisation']])
      const member = stayIn(request, field(request, 'org'))
      const errors =
        missed.length > 0 ? missed : await change(request, (before) => ({ ...before, members: [...before.members, member] }), fieldOfStay)
      return errors ? shown(request, ADD, { status: 422, errors }) : { to: at(codeOf(request)) }
    })

    page('/organisation-groups/:code/members/:place', 'putGroup', (request) => staying(request))
    form('/organisation-groups/:code/members/:place', 'putGroup', async (request): Promise<Page | Redirect> => {
      const { index, member } = await stay(request)
      const changed = field(request, 'out') === 'yes' ? [] : [stayIn(request, member.org)]
      const errors = await change(
        request,
        (before) => ({ ...before, members: before.members.toSpliced(index, 1, ...changed) }),
        fieldOfStay,
      )
      return errors ? staying(request, { status: 422, errors }) : { to: at(codeOf(request)) }
    })
  }
}

/** A stay as the form shows it. */
function formOf({ from, to }: GroupBody['members'][number]): Readonly<Record<string, string>> {
  const parts = (name: string, day: string | null | undefined) => {
    const { day: date, month, year } = dayParts(day ?? '')
    return { [`${name}-day`]: date, [`${name}-month`]: month, [`${name}-year`]: year }
  }
  return { ...parts('from', from), ...parts('to', to) }
}

function wordsOf(refusal: Refusal, fieldAt: (pointer: string) => string): FieldError[] {
  return refusal.code === 'PRECONDITION_FAILED' ? [{ field: '', text: CHANGED_MEANWHILE }] : refusedWith(refusal, fieldAt)
}
