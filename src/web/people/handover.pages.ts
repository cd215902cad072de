import type { FastifyRequest } from 'fastify'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { HandoverPlan } from '../../people/handover/handover.ts'
import type { HandoverBody, HandoversService } from '../../people/handover/handovers.service.ts'
import type { HeldRole } from '../../people/held-role.ts'
import { mayKeepFor, mayReadOf, type PeopleService } from '../../people/people.service.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { orThrow, type Refusal, refused } from '../../platform/kernel/refusal.ts'
import { dayIn } from '../days.pages.ts'
import { boxes, chosen, type FieldError, faultsOf, field, isKey, once, type Page, type Redirect } from '../forms.pages.ts'
import { rolesOn } from '../organisations/organisation.pages.ts'
import type { OfferedSignIn, Web } from '../web.plugin.ts'
import { missing } from './roles.pages.ts'

export interface HandoverPagesOptions {
  readonly handovers: Pick<HandoversService, 'preview' | 'handOver' | 'read'>
  readonly people: Pick<PeopleService, 'list' | 'read'>
  readonly parties: Pick<PartiesService, 'get'>
  readonly now: Clock
}

/** Somebody leaves: what names them, what would become of it, and passing it on in one act. */
export function handoverPages({ handovers, people, parties, now }: HandoverPagesOptions) {
  const codeOf = (request: FastifyRequest) => (request.params as { readonly code: string }).code

  /** Whoever leaves: by one of their roles in the address, else by the name under which they sign in. */
  async function leaverOf(request: FastifyRequest, signIns: readonly OfferedSignIn[]): Promise<HeldRole['person'] | null> {
    const role = chosen(request, 'role')
    if (isKey(role)) return orThrow(await people.read(callerOf(request), codeOf(request), role)).outcome.person
    const subject = field(request, 'subject')
    const issuer = issuerIn(request, signIns)
    return subject === '' || issuer === undefined ? null : { issuer, subject }
  }

  async function shown(
    request: FastifyRequest,
    signIns: readonly OfferedSignIn[],
    over: Partial<Page> & { readonly isLook?: boolean } = {},
  ): Promise<Page> {
    const principal = callerOf(request)
    const code = codeOf(request)
    const { outcome: body } = orThrow(await parties.get(code))
    if (!mayReadOf(principal, code)) throw refused('NOT_FOUND', 'There are no roles here that you may see.')
    if (!mayKeepFor(principal, code))
      throw refused('FORBIDDEN', 'Its SIRO, or a register administrator, says who leaves and who takes over.')
    const leaver = await leaverOf(request, signIns)
    const { isLook = false, ...page } = over
    const asked = leaver && bodyOf(request, leaver, signIns)
    const plan = asked && orThrow(await handovers.preview(principal, code, isLook ? asked : { person: leaver }))
    const held = await rolesOn(people, principal, code, londonDay(now().getTime()))
    const known = new Map(held.map(({ person }) => [person.subject, person]))
    if (leaver) known.delete(leaver.subject)
    return {
      template: 'people/leaver.njk',
      title: 'Somebody leaves',
      ...page,
      data: {
        ...{ body, leaver, plan, isLook, form: request.body ?? {}, known: [...known.values()] },
        issuers: signIns.map(({ key, name }) => ({ key, name })),
        role: chosen(request, 'role'),
        roles: plan ? rolesIn(plan) : [],
        nobody: boxes(request, 'nobody'),
        lastDay: asked?.last_day ?? null,
      },
    }
  }

  return ({ page, form, options: { signIns } }: Web): void => {
    page('/organisations/:code/leaver', 'previewHandover', (request) => shown(request, signIns))
    form('/organisations/:code/leaver', 'handOver', async (request): Promise<Page | Redirect> => {
      const code = codeOf(request)
      // Whoever may not say so learns nothing of what else is wrong.
      const asker = callerOf(request)
      if (!mayReadOf(asker, code) || !mayKeepFor(asker, code)) return shown(request, signIns)
      const leaver = await leaverOf(request, signIns)
      const step = field(request, 'step')
      if (step === 'change' || (step === 'who' && leaver)) return shown(request, signIns)
      const asked = leaver && bodyOf(request, leaver, signIns)
      const missed = leaver && asked ? missedIn(request, asked) : missing(request, [['subject', 'Enter the name under which they sign in']])
      const body = asked && { ...asked, reason: field(request, 'reason') }
      const errors = missed.length > 0 || !body ? missed : faultsOf('handOver', body, fieldAt(body))
      if (errors.length > 0 || !body) return shown(request, signIns, { status: 422, errors })
      const principal = callerOf(request)
      if (step !== 'act') {
        const plan = orThrow(await handovers.preview(principal, code, asked))
        const faults = plan.refusals.map(({ pointer, detail }) => ({ field: fieldAt(body)(pointer), text: detail }))
        return faults.length > 0 ? shown(request, signIns, { status: 422, errors: faults }) : shown(request, signIns, { isLook: true })
      }
      const done = await handovers.handOver({ principal, idempotency: once(request) }, code, body)
      if (!done.ok) return shown(request, signIns, { status: 422, errors: faultsIn(done.refusal, fieldAt(body)) })
      return { to: `/organisations/${encodeURIComponent(code)}/handovers/${done.value.outcome.id}` }
    })
    page('/organisations/:code/handovers/:id', 'getHandover', async (request) => {
      const { code, id } = request.params as { readonly code: string; readonly id: string }
      const { outcome: handover } = orThrow(await handovers.read(callerOf(request), code, id))
      const { outcome: body } = orThrow(await parties.get(code))
      return { template: 'people/handover.njk', title: 'Passed on', data: { body, handover, plan: handover.plan } }
    })
  }
}

/** Roles for which somebody else can be named: those that the leaver holds, and those in which something is done. */
function rolesIn({ roles, deputies, steps, requests }: HandoverPlan): readonly string[] {
  return [...new Set([...roles, ...deputies, ...steps, ...requests].map(({ role }) => role))]
}

function issuerIn(request: FastifyRequest, signIns: readonly OfferedSignIn[], name = 'issuer'): string | undefined {
  return (signIns.length === 1 ? signIns[0] : signIns.find(({ key }) => key === field(request, name)))?.issuer
}

/** What the form asks for. */
function bodyOf(request: FastifyRequest, person: HeldRole['person'], signIns: readonly OfferedSignIn[]): HandoverBody {
  const issuer = issuerIn(request, signIns, 'successor_issuer') ?? person.issuer
  const named = (subject: string) => (subject === '' ? null : { issuer, subject })
  const nobody = boxes(request, 'nobody')
  const fields = Object.keys((request.body as object | undefined) ?? {}).filter((name) => /^for_[A-Z_]+$/.test(name))
  const others = fields
    .map((name) => ({ role: name.slice('for_'.length), person: named(field(request, name)) }))
    .filter(({ role, person: one }) => one !== null && !nobody.includes(role))
  return {
    person,
    last_day: field(request, 'when') === 'later' ? dayIn(request, 'last_day') : null,
    successor: named(field(request, 'successor')),
    for_roles: [...others, ...nobody.map((role) => ({ role, person: null }))] as HandoverBody['for_roles'] & {},
  }
}

function missedIn(request: FastifyRequest, { last_day, successor }: HandoverBody): FieldError[] {
  const isNobody = field(request, 'takes_over') === 'nobody'
  return [
    ...missing(request, [['when', 'Select when they leave']]),
    ...(last_day === '' ? [{ field: 'last_day', text: 'Enter their last day' }] : []),
    ...missing(request, [['takes_over', 'Select whether somebody takes over']]),
    ...(field(request, 'takes_over') === 'somebody' && !successor ? [{ field: 'successor', text: 'Enter who takes over' }] : []),
    ...(isNobody && successor
      ? [{ field: 'takes_over', text: 'You named somebody: clear the name, or select that somebody takes over' }]
      : []),
    ...missing(request, [['reason', 'Say why they leave']]),
  ]
}

/** The field of a member of what is asked for. */
function fieldAt({ for_roles = [] }: HandoverBody) {
  return (pointer: string): string => {
    const [, member = '', index = ''] = pointer.split('/')
    const role = for_roles[Number(index)]
    if (member === 'for_roles' && role) return role.person ? `for_${role.role}` : 'nobody'
    return member === 'person' ? 'subject' : member
  }
}

function faultsIn({ detail, errors }: Refusal, at: (pointer: string) => string): FieldError[] {
  return errors.length === 0 ? [{ field: '', text: detail }] : errors.map((one) => ({ field: at(one.pointer), text: one.detail }))
}
