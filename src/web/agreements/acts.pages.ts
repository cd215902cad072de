import type { FastifyRequest } from 'fastify'
import type { ActCall } from '../../agreements/acting.service.ts'
import type { amendingService } from '../../agreements/acts/amending.service.ts'
import type { EndingService } from '../../agreements/acts/ending.service.ts'
import type { MembershipService } from '../../agreements/acts/membership.service.ts'
import type { StandingPermitsService } from '../../agreements/acts/standing-permits.service.ts'
import type { SuspendingService, SuspensionBody } from '../../agreements/acts/suspending.service.ts'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import type { ActName } from '../../agreements/model/standing-acts.ts'
import type { HistoryService } from '../../agreements/texts/history.service.ts'
import type { CommandResult } from '../../commands/command.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { OperationId } from '../../platform/http/openapi.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import { dayIn } from '../days.pages.ts'
import { chosen, type FieldError, faultsOf, field, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { actDone } from './act-words.ts'

export interface ActPagesOptions {
  readonly suspending: SuspendingService
  readonly ending: EndingService
  readonly membership: Pick<MembershipService, 'withdraw' | 'stay' | 'invite' | 'uninvite' | 'handOver'>
  readonly amending: Pick<ReturnType<typeof amendingService>, 'renew'>
  readonly history: Pick<HistoryService, 'state' | 'historyWithPeople'>
  readonly drafting: Pick<DraftingService, 'read'>
  readonly standingPermits: Pick<StandingPermitsService, 'list'>
}

/** An act that a page offers: its words, and what it does with what a form says. */
interface OfferedAct<Body extends object = object> {
  readonly title: string
  readonly button: string
  /** Whether it stops or ends something: the button warns. */
  readonly isHarmful: boolean
  /** The operation of the API that does the same: its contract says what it takes. */
  readonly operation: OperationId
  /** What has to be said, in the words of the error where it was not; every act but an invitation has its reason. */
  readonly asks: readonly (readonly [field: string, missing: string])[]
  /** What a form says besides, in the words of the contract. */
  readonly body: (request: FastifyRequest) => Body
  readonly perform: (call: ActCall, body: Body, request: FastifyRequest) => Promise<CommandResult<unknown>>
  /** Where it leads to; absent: back to the agreement. */
  readonly leadsTo?: string
}

const REASON = ['reason', 'Say why'] as const
const reasonIn = (request: FastifyRequest) => ({ reason: field(request, 'reason') })

/** An act as its own body goes from the form to the service. */
function act<Body extends object>(
  words: Pick<OfferedAct, 'title' | 'button' | 'isHarmful' | 'operation'> & Partial<Pick<OfferedAct, 'asks' | 'leadsTo'>>,
  body: (request: FastifyRequest) => Body,
  perform: (call: ActCall, body: Body, request: FastifyRequest) => Promise<CommandResult<unknown>>,
): OfferedAct {
  return { asks: [REASON], ...words, body, perform: (call, said, request) => perform(call, said as Body, request) }
}

/** What is suspended: the whole, the own organisation, or a flow. */
function suspended(request: FastifyRequest): SuspensionBody {
  const [scope = '', name] = field(request, 'scope').split(':')
  const reason = field(request, 'reason')
  if (scope === 'PARTY') return { scope, party: callerOf(request).org, reason }
  return scope === 'FLOW' ? { scope, flow: name ?? '', reason } : { scope: 'AGREEMENT', reason }
}

const HISTORY_PAGE = 50

/** What somebody does to an agreement in force: each with what follows from it, and a reason. The table of who may do what in which state is the register's. */
export function actPages({ suspending, ending, membership, amending, history, drafting, standingPermits }: ActPagesOptions) {
  const offered: Partial<Record<ActName, OfferedAct>> = {
    suspend: act(
      { title: 'Suspend sharing', button: 'Suspend now', isHarmful: true, operation: 'suspendAgreement' },
      suspended,
      suspending.suspend,
    ),
    lift: act(
      { title: 'Let sharing go on', button: 'Agree that sharing goes on', isHarmful: false, operation: 'liftSuspension' },
      reasonIn,
      (call, body, request) => suspending.lift(call, field(request, 'suspension'), body),
    ),
    leave: act(
      { title: 'Withdraw from the agreement', button: 'Withdraw now', isHarmful: true, operation: 'withdrawFromAgreement' },
      reasonIn,
      membership.withdraw,
    ),
    stay: act(
      { title: 'Stay in the agreement', button: 'Stay', isHarmful: false, operation: 'takeBackWithdrawal' },
      reasonIn,
      membership.stay,
    ),
    invite: act(
      {
        ...{ title: 'Invite another organisation', button: 'Invite it', isHarmful: false, operation: 'inviteParty' },
        leadsTo: '/parties',
        asks: [
          ['org', 'Select the organisation'],
          ['role', 'Select its part'],
        ],
      },
      (request) => ({ org: field(request, 'org'), role: field(request, 'role') }),
      membership.invite,
    ),
    uninvite: act(
      {
        ...{ title: 'Take an invitation back', button: 'Take it back', isHarmful: true, operation: 'takeBackInvitation' },
        leadsTo: '/parties',
        asks: [['org', 'Select whose invitation you take back'], REASON],
      },
      reasonIn,
      (call, body, request) => membership.uninvite(call, field(request, 'org'), body),
    ),
    hand_over: act(
      {
        ...{ title: 'Let another organisation keep the text', button: 'Hand it over', isHarmful: true, operation: 'handOverAgreement' },
        asks: [['org', 'Select who keeps it from now on'], REASON],
      },
      (request) => ({ org: field(request, 'org'), ...reasonIn(request) }),
      membership.handOver,
    ),
    terminate: act(
      { title: 'End the agreement for everybody', button: 'End it now', isHarmful: true, operation: 'terminateAgreement' },
      reasonIn,
      ending.terminate,
    ),
    go_on: act(
      {
        ...{ title: 'Take back the end that was announced', button: 'Let the agreement go on', isHarmful: false },
        operation: 'takeBackTermination',
      },
      reasonIn,
      ending.goOn,
    ),
    confirm_review: act(
      { title: 'Confirm the review', button: 'Confirm that it is still right', isHarmful: false, operation: 'renewAgreement' },
      (request) => ({ kind: 'REVIEW_CONFIRMED', ...reasonIn(request) }),
      (call, { reason }) => ending.confirmReview(call, { reason }),
    ),
    renew: act(
      {
        ...{
          title: 'Renew it with new dates',
          button: 'Begin the renewal',
          isHarmful: false,
          operation: 'renewAgreement',
          leadsTo: '/draft',
        },
        asks: [['from', 'Enter the first day of the next version'], REASON],
      },
      (request) => ({
        ...{ kind: 'NEW_VERSION', effective_from: dayIn(request, 'from'), effective_to: dayIn(request, 'to') || null },
        ...reasonIn(request),
      }),
      (call, { kind: _kind, ...body }) => amending.renew(call, body),
    ),
  }
  const idOf = (request: FastifyRequest) => (request.params as { readonly id: string }).id

  /** An act by its name in the address. @throws Refused where there is no page for it */
  function actOf(request: FastifyRequest): { readonly name: ActName; readonly act: OfferedAct } {
    const name = (request.params as { readonly act: string }).act as ActName
    const act = Object.hasOwn(offered, name) ? offered[name] : undefined
    if (!act) throw refused('NOT_FOUND', 'There is no such act.')
    return { name, act }
  }

  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const { name, act } = actOf(request)
    const principal = callerOf(request)
    const state = orThrow(await history.state(principal, idOf(request), undefined))
    const { outcome: agreement } = orThrow(await drafting.read(principal, idOf(request), undefined))
    const { standing_permits: permits } = orThrow(await standingPermits.list(principal, idOf(request)))
    return {
      template: 'agreements/act.njk',
      title: act.title,
      ...over,
      data: {
        ...{ name, act, agreement, isOpen: state.commands.includes(name), form: request.body ?? {} },
        flows: agreement.versions.find(({ version }) => version === state.governing_version)?.terms.flows ?? [],
        org: principal.org,
        invited: state.parties.filter(({ standing }) => standing === 'INVITED').map(({ org }) => org),
        sharing: state.parties.filter(({ in_force }) => in_force).map(({ org }) => org),
        // So late a stop may arrive where Accord cannot be reached.
        standingHours: Math.max(0, ...permits.filter(({ state }) => state === 'COUNTS').map(({ hours }) => hours)),
        suspensions: agreement.suspensions.filter(({ to }) => to === null),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/agreements/:id/acts/:act', 'getAgreementState', (request) => shown(request))
    form('/agreements/:id/acts/:act', 'getAgreementState', async (request): Promise<Page | Redirect> => {
      const { act } = actOf(request)
      const isSaid = (name: string) => field(request, name) !== '' || dayIn(request, name) !== ''
      const missed = act.asks.filter(([name]) => !isSaid(name)).map(([name, text]) => ({ field: name, text }))
      const body = act.body(request)
      const errors = missed.length > 0 ? missed : faultsOf(act.operation, body).map(asWritten)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const call = { principal: callerOf(request), idempotency: once(request), agreementId: idOf(request), ifMatch: '*' }
      const done = await act.perform(call, body, request)
      if (!done.ok) return shown(request, { status: 422, errors: refusedWith(done.refusal) })
      return { to: `/agreements/${encodeURIComponent(idOf(request))}${act.leadsTo ?? ''}` }
    })
    page('/agreements/:id/history', 'getAgreementHistory', async (request) => {
      const after = Number(chosen(request, 'after')) || 0
      const found = orThrow(await history.historyWithPeople(callerOf(request), idOf(request), { after, limit: HISTORY_PAGE }))
      return { template: 'agreements/history.njk', title: `History of ${idOf(request)}`, data: { found, actDone } }
    })
  }
}

/** A fault of the contract beside the field of the form. */
function asWritten({ field: name, text }: FieldError): FieldError {
  const fields: Readonly<Record<string, string>> = { effective_from: 'from', effective_to: 'to', party: 'scope', flow: 'scope' }
  return { field: fields[name] ?? name, text }
}

/** The acts that have a page, with the words of their links. */
export const ACT_LINKS: readonly (readonly [act: ActName, words: string])[] = [
  ['suspend', 'Suspend sharing in an emergency'],
  ['lift', 'Let sharing go on after a suspension'],
  ['confirm_review', 'Confirm that it is still right'],
  ['renew', 'Renew it with new dates'],
  ['invite', 'Invite another organisation to join'],
  ['uninvite', 'Take an invitation back'],
  ['hand_over', 'Let another organisation keep the text'],
  ['leave', 'Withdraw your organisation'],
  ['stay', 'Take back the withdrawal that was announced'],
  ['terminate', 'End the agreement for everybody'],
  ['go_on', 'Take back the end that was announced'],
]
