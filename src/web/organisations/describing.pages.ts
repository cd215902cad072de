import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { RegisteredOrganisation } from '../../parties/organisation.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { Description } from '../../parties/proposal.ts'
import type { RegisteringService } from '../../parties/registering.service.ts'
import { etagOf } from '../../platform/kernel/entity-tags.ts'
import { orThrow, type Refusal } from '../../platform/kernel/refusal.ts'
import { type FieldError, faultsOf, field, linesIn, memberAt, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import { missing } from '../people/roles.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface DescribingPagesOptions {
  readonly parties: Pick<PartiesService, 'get'>
  readonly registering: Pick<RegisteringService, 'propose' | 'describe'>
}

const IS_ANOTHER = ' If yours is another body, write the code of that one under “Bodies of the same name”.'
const CHANGED_MEANWHILE =
  'Somebody else changed this entry while you had it open. Compare what you typed with the entry as it is now, then save it again.'
const NUMBERS = ['ods', 'gss', 'company_number', 'charity_number', 'ico_registration_no'] as const

/** Proposing a body that the register lacks, and describing one anew. */
export function describingPages({ parties, registering }: DescribingPagesOptions) {
  const codeOf = (request: FastifyRequest) => (request.params as { readonly code: string }).code

  const proposing = (request: FastifyRequest, over: Partial<Page> = {}): Page => ({
    template: 'organisations/describe.njk',
    title: 'Propose an organisation',
    ...over,
    data: { form: request.body ?? {}, body: null, ...namesakes(over) },
  })

  async function describing(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { outcome: body, version } = orThrow(await parties.get(codeOf(request)))
    const form = request.body ?? formOf(body)
    // Whoever is told that it changed meanwhile saves over what it is now.
    const isCurrent = request.body === undefined || over.errors?.some(({ text }) => text === CHANGED_MEANWHILE)
    return {
      template: 'organisations/describe.njk',
      title: 'Change what the register says',
      ...over,
      data: { form, body, version: isCurrent ? version : field(request, 'version'), ...namesakes(over) },
    }
  }

  return ({ page, form }: Web): void => {
    page('/organisations/new', 'proposeOrganisation', async (request) => proposing(request))
    form('/organisations/new', 'proposeOrganisation', async (request): Promise<Page | Redirect> => {
      const note = field(request, 'note')
      const body = { organisation: descriptionIn(request), ...(note === '' ? {} : { note }) }
      const wrong = wrongIn(request, () =>
        faultsOf('proposeOrganisation', body, (at) => memberAt(at.replace('/organisation', '')) || memberAt(at)),
      )
      if (wrong.length > 0) return proposing(request, { status: 422, errors: wrong })
      const done = await registering.propose({ principal: callerOf(request), idempotency: once(request) }, body)
      if (!done.ok) return proposing(request, { status: 422, errors: allOf(done.refusal) })
      return { to: `/organisations/${encodeURIComponent(done.value.outcome.code)}` }
    })
    page('/organisations/:code/description', 'describeOrganisation', (request) => describing(request))
    form('/organisations/:code/description', 'describeOrganisation', async (request): Promise<Page | Redirect> => {
      const body = descriptionIn(request)
      const wrong = wrongIn(request, () => faultsOf('describeOrganisation', body))
      if (wrong.length > 0) return describing(request, { status: 422, errors: wrong })
      const call = { principal: callerOf(request), idempotency: once(request), ifMatch: etagOf(field(request, 'version')) }
      const done = await registering.describe(call, codeOf(request), body)
      if (!done.ok) return describing(request, { status: 422, errors: allOf(done.refusal) })
      return { to: `/organisations/${encodeURIComponent(codeOf(request))}` }
    })
  }
}

/** What the form says of a body; what was left empty is not said. */
function descriptionIn(request: FastifyRequest): Description {
  const said = [...NUMBERS, 'short_name'].map((name) => [name, field(request, name)]).filter(([, value]) => value !== '')
  const others = field(request, 'distinct_from')
    .split(/[\s,]+/)
    .filter((code) => code !== '')
  return {
    ...Object.fromEntries(said),
    ...{ legal_name: field(request, 'legal_name'), type: field(request, 'type') },
    ...{ aliases: linesIn(request, 'aliases'), departments: linesIn(request, 'departments') },
    ...(others.length === 0 ? {} : { distinct_from: others }),
  }
}

/** A body as the form shows it. */
function formOf(body: RegisteredOrganisation): Readonly<Record<string, string>> {
  const { legal_name, short_name, type } = body
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, body[name] ?? '']))
  return { legal_name, short_name, type, ...numbers, aliases: body.aliases.join('\n'), departments: body.departments.join('\n') }
}

/** What is missing, or else what breaks the contract. */
function wrongIn(request: FastifyRequest, faults: () => FieldError[]): FieldError[] {
  const missed = missing(request, [
    ['legal_name', 'Enter its name in law'],
    ['type', 'Select its type'],
  ])
  return missed.length > 0 ? missed : faults()
}

/** Everything that was refused, each beside its field: a name and a number may both be known. */
function allOf(refusal: Refusal): FieldError[] {
  const { code, errors } = refusal
  if (code === 'PRECONDITION_FAILED') return [{ field: '', text: CHANGED_MEANWHILE }]
  if (errors.length === 0) return refusedWith(refusal)
  return errors.map((one) => ({ field: memberAt(one.pointer), text: one.detail.replace(/ Name it in distinct_from .*$/, IS_ANOTHER) }))
}

/** Whether another body has one of these names: only then is it asked whether this is another one. */
function namesakes({ errors = [] }: Partial<Page>) {
  return { hasNamesakes: errors.some(({ text }) => text.endsWith(IS_ANOTHER)) }
}
