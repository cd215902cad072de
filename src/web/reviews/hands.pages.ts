import type { FastifyRequest } from 'fastify'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { dayIn } from '../days.pages.ts'
import { type FieldError, field, type Page, type Redirect } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { type CommandBody, doCommand, openStep, type ReviewPagesOptions } from './review-call.pages.ts'

/** In whose hands a step is. */
type HandsCommand = 'claim' | 'release' | 'assign' | 'delegate'
const COMMANDS: readonly HandsCommand[] = ['claim', 'release', 'assign', 'delegate']
/** Between the issuer and the name under which a person signs in. */
const SEPARATOR = '|'

/** Taking a step, giving it back, giving it to somebody else, or to a deputy for some days. */
export function handsPages(options: ReviewPagesOptions) {
  const { people, now } = options

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { review, at } = await openStep(options, request)
    const { principal, signOff } = review
    // Whoever has nothing to hand on is shown nobody.
    const isTheirs = at.may.includes('assign') || at.may.includes('delegate')
    const held = isTheirs ? await people.list(principal, principal.org, { on: londonDay(now().getTime()) }) : undefined
    const roles = held?.ok ? held.value.roles.filter(({ role }) => role === at.definition.role) : []
    return {
      template: 'reviews/hands.njk',
      title: `Who does it: ${at.definition.title.charAt(0).toLowerCase()}${at.definition.title.slice(1)}`,
      ...over,
      data: {
        ...{ signOff, at, form: request.body ?? {}, org: principal.org },
        people: roles.map(({ person }) => ({ ...person, value: `${person.issuer}${SEPARATOR}${person.subject}` })),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/reviews/:id/hands/:of/:step', 'getSignOff', (request) => shown(request))
    form('/reviews/:id/hands/:of/:step', 'performSignOffCommand', async (request): Promise<Page | Redirect> => {
      const { review, at } = await openStep(options, request)
      const command = COMMANDS.find((one) => one === field(request, 'act'))
      if (!command) return shown(request, { status: 422, errors: [{ field: 'act', text: 'Select what you want to do' }] })
      const missed = missing(command, request)
      const place = { org: at.org, step: at.step.id }
      const errors = missed.length > 0 ? missed : await doCommand(options, review, request, bodyOf(command, place, request))
      if (errors.length > 0) return shown(request, { status: 422, errors: errors.map(asWritten) })
      return { to: `/reviews/${review.signOff.id}` }
    })
  }
}

/** Whom a form names: one of those who are recorded, or somebody by the name under which they sign in. */
function personIn(request: FastifyRequest) {
  const typed = field(request, 'subject')
  if (typed !== '') return { subject: typed }
  const [issuer = '', subject = ''] = field(request, 'person').split(SEPARATOR)
  return { issuer, subject }
}

function bodyOf(
  command: HandsCommand,
  place: { readonly org: string | null; readonly step: string },
  request: FastifyRequest,
): CommandBody {
  const reason = field(request, 'reason')
  if (command === 'assign') return { command, ...place, to: personIn(request), reason }
  if (command === 'delegate')
    return { command, ...place, to: personIn(request), first: dayIn(request, 'first'), last: dayIn(request, 'last'), reason }
  return { command, ...place }
}

function missing(command: HandsCommand, request: FastifyRequest): FieldError[] {
  if (command === 'claim' || command === 'release') return []
  const found: FieldError[] = []
  if (personIn(request).subject === '') found.push({ field: 'person', text: 'Say who' })
  if (command === 'delegate')
    for (const [name, text] of [
      ['first', 'Enter the first day'],
      ['last', 'Enter the last day'],
    ] as const)
      if (dayIn(request, name) === '') found.push({ field: name, text })
  if (field(request, 'reason') === '') found.push({ field: 'reason', text: 'Say why' })
  return found
}

function asWritten({ field: name, text }: FieldError): FieldError {
  return { field: name === 'to' ? 'person' : name, text }
}
