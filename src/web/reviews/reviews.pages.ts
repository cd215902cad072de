import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { Principal } from '../../identity/principal.ts'
import type { BodyOf } from '../../platform/http/openapi.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { drawingsOf, STATE_WORDS } from '../../workflow/insight/drawing.ts'
import { svgOf } from '../../workflow/insight/svg.ts'
import type { OpenCommand } from '../../workflow/model/allowed.ts'
import { chainOf, routeOf, type SignOff } from '../../workflow/model/sign-off.ts'
import { commandOf } from '../../workflow/sign-offs.routes.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { viewOf } from '../../workflow/view.ts'
import { type FieldError, faultsOf, field, type Page, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface ReviewPagesOptions {
  readonly signOffs: Pick<SignOffsService, 'read' | 'perform'>
  readonly newId: () => string
  /** Whose people are meant where a command names one without an issuer. */
  readonly issuer: string
}

/** What somebody may decide at a step, in the order in which it is offered. */
const DECISIONS = ['approve', 'return', 'refuse'] as const
type Decision = (typeof DECISIONS)[number]

/** Where a sign-off stands, and what its reader does in it: approve, return, refuse, comment. What is open comes from the engine's own table. */
export function reviewPages({ signOffs, newId, issuer }: ReviewPagesOptions) {
  const shown = async (request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> => {
    const { id } = request.params as { readonly id: string }
    const principal = callerOf(request)
    const { signOff, commands } = orThrow(await signOffs.read(principal, id)).outcome
    return {
      template: 'reviews/review.njk',
      title: `Version ${signOff.subject.version} of ${signOff.subject.id}`,
      ...over,
      data: {
        ...{ signOff: viewOf(signOff), drawings: drawingsOf(signOff), words: STATE_WORDS, form: request.body ?? {} },
        steps: decidable(signOff, principal, commands),
        canComment: commands.some(({ command }) => command === 'comment'),
        canSign: commands.some(({ command, org }) => command === 'sign' && org === principal.org),
      },
    }
  }

  return ({ file, page, form }: Web): void => {
    page('/reviews/:id', 'getSignOff', (request) => shown(request))
    file('/reviews/:id/picture', 'drawSignOff', async (request, reply) => {
      const { id } = request.params as { readonly id: string }
      const { signOff } = orThrow(await signOffs.read(callerOf(request), id)).outcome
      const heading = `Sign-off of ${signOff.subject.id}: where each party stands`
      return reply.type('image/svg+xml; charset=utf-8').send(svgOf(heading, drawingsOf(signOff)))
    })
    form('/reviews/:id', 'performSignOffCommand', async (request) => {
      const { id } = request.params as { readonly id: string }
      const asked = commandIn(request)
      const errors = 'errors' in asked ? asked.errors : faultsOf('performSignOffCommand', asked.body)
      if (!('body' in asked) || errors.length > 0) return shown(request, { status: 422, errors: errors.map(asWritten) })
      const principal = callerOf(request)
      const done = await signOffs.perform({ principal, idempotency: null }, id, commandOf(asked.body, principal.org, { issuer, newId }))
      return done.ok ? { to: `/reviews/${id}` } : shown(request, { status: 422, errors: refusedWith(done.refusal) })
    })
  }
}

/** The steps at which the reader may decide now, with what they may decide. */
function decidable(signOff: SignOff, { org }: Principal, commands: readonly OpenCommand[]) {
  const open = commands.filter(({ command, step }) => step !== null && (DECISIONS as readonly string[]).includes(command))
  const names = [...new Set(open.filter((one) => one.org === org || one.org === null).map((one) => `${one.org ?? ''}/${one.step}`))]
  return names.map((name) => {
    const [of = '', step = ''] = name.split('/')
    const chain = chainOf(signOff, of === '' ? null : of)
    const definition = chain && routeOf(signOff, chain).steps.find(({ id }) => id === step)
    const may = open.filter((one) => one.step === step && (one.org ?? '') === of).map(({ command }) => command)
    return { name, step, title: definition?.title ?? step, may: DECISIONS.filter((decision) => may.includes(decision)) }
  })
}

type CommandBody = BodyOf<'performSignOffCommand'>

/** The command that a form asks for, in the words of the contract; or what is missing in it. */
function commandIn(request: FastifyRequest): { readonly body: CommandBody } | { readonly errors: readonly FieldError[] } {
  const text = field(request, 'text')
  if (field(request, 'act') === 'comment') {
    if (text === '') return { errors: [{ field: 'text', text: 'Write your comment' }] }
    return { body: { command: 'comment', part: '', text, shared: field(request, 'shared') === 'yes' } }
  }
  const decision = DECISIONS.find((one) => one === field(request, 'decision'))
  const reason = field(request, 'reason')
  if (!decision) return { errors: [{ field: 'decision', text: 'Select what you decide' }] }
  if (decision !== 'approve' && reason === '')
    return { errors: [{ field: 'reason', text: decision === 'return' ? 'Say what has to be changed' : 'Say why you refuse' }] }
  const [of = '', step = ''] = field(request, 'step').split('/')
  return { body: decided(decision, { org: of === '' ? null : of, step }, reason, field(request, 'hash')) }
}

function decided(
  decision: Decision,
  place: { readonly org: string | null; readonly step: string },
  reason: string,
  hash: string,
): CommandBody {
  if (decision === 'approve') return { command: 'approve', ...place, hash, ...(reason === '' ? {} : { comment: reason }) }
  if (decision === 'return') return { command: 'return', ...place, reasons: reason }
  return { command: 'refuse', ...place, reason }
}

/** A fault of the contract beside the field of the form: `comment` and `reasons` are one there. */
function asWritten({ field: name, text }: FieldError): FieldError {
  return { field: name === 'comment' || name === 'reasons' ? 'reason' : name, text }
}
