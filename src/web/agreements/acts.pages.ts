import type { FastifyRequest } from 'fastify'
import type { ActCall } from '../../agreements/acting.service.ts'
import type { EndingService } from '../../agreements/acts/ending.service.ts'
import type { MembershipService } from '../../agreements/acts/membership.service.ts'
import type { SuspendingService } from '../../agreements/acts/suspending.service.ts'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import type { ActName } from '../../agreements/model/standing-acts.ts'
import type { HistoryService } from '../../agreements/texts/history.service.ts'
import type { CommandResult } from '../../commands/command.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { OperationId } from '../../platform/http/openapi.ts'
import { orThrow, refused } from '../../platform/kernel/refusal.ts'
import { chosen, faultsOf, field, once, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'

export interface ActPagesOptions {
  readonly suspending: SuspendingService
  readonly ending: EndingService
  readonly membership: Pick<MembershipService, 'withdraw' | 'stay'>
  readonly history: Pick<HistoryService, 'state' | 'history'>
  readonly drafting: Pick<DraftingService, 'read'>
}

/** An act that a page offers: its words, and what it does once somebody has given a reason. */
interface OfferedAct {
  readonly title: string
  readonly button: string
  /** Whether it stops or ends something: the button warns. */
  readonly isHarmful: boolean
  /** The operation of the API that does the same: its contract says what it takes. */
  readonly operation: OperationId
  readonly body?: Readonly<Record<string, unknown>>
  readonly perform: (call: ActCall, reason: string, request: FastifyRequest) => Promise<CommandResult<unknown>>
}

const HISTORY_PAGE = 50

/** What somebody does to an agreement in force: each with what follows from it, and a reason. The table of who may do what in which state is the register's. */
export function actPages({ suspending, ending, membership, history, drafting }: ActPagesOptions) {
  const offered: Partial<Record<ActName, OfferedAct>> = {
    suspend: {
      ...{ title: 'Suspend sharing', button: 'Suspend now', isHarmful: true },
      operation: 'suspendAgreement',
      body: { scope: 'AGREEMENT' },
      perform: (call, reason) => suspending.suspend(call, { scope: 'AGREEMENT', reason }),
    },
    lift: {
      ...{ title: 'Let sharing go on', button: 'Agree that sharing goes on', isHarmful: false },
      operation: 'liftSuspension',
      perform: (call, reason, request) => suspending.lift(call, field(request, 'suspension'), { reason }),
    },
    leave: {
      ...{ title: 'Withdraw from the agreement', button: 'Withdraw now', isHarmful: true },
      operation: 'withdrawFromAgreement',
      perform: (call, reason) => membership.withdraw(call, { reason }),
    },
    stay: {
      ...{ title: 'Stay in the agreement', button: 'Stay', isHarmful: false },
      operation: 'takeBackWithdrawal',
      perform: (call, reason) => membership.stay(call, { reason }),
    },
    terminate: {
      ...{ title: 'End the agreement for everybody', button: 'End it now', isHarmful: true },
      operation: 'terminateAgreement',
      perform: (call, reason) => ending.terminate(call, { reason }),
    },
    go_on: {
      ...{ title: 'Take back the end that was announced', button: 'Let the agreement go on', isHarmful: false },
      operation: 'takeBackTermination',
      perform: (call, reason) => ending.goOn(call, { reason }),
    },
    confirm_review: {
      ...{ title: 'Confirm the review', button: 'Confirm that it is still right', isHarmful: false },
      operation: 'renewAgreement',
      body: { kind: 'REVIEW_CONFIRMED' },
      perform: (call, reason) => ending.confirmReview(call, { reason }),
    },
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
    return {
      template: 'agreements/act.njk',
      title: act.title,
      ...over,
      data: {
        ...{ name, act, agreement, isOpen: state.commands.includes(name), form: request.body ?? {} },
        sharing: state.parties.filter(({ in_force }) => in_force).map(({ org }) => org),
        suspensions: agreement.suspensions.filter(({ to }) => to === null),
      },
    }
  }

  return ({ page, form }: Web): void => {
    page('/agreements/:id/acts/:act', 'getAgreementState', (request) => shown(request))
    form('/agreements/:id/acts/:act', 'getAgreementState', async (request): Promise<Page | Redirect> => {
      const { act } = actOf(request)
      const reason = field(request, 'reason')
      const errors = reason === '' ? [{ field: 'reason', text: 'Say why' }] : faultsOf(act.operation, { ...act.body, reason })
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const call = { principal: callerOf(request), idempotency: once(request), agreementId: idOf(request), ifMatch: '*' }
      const done = await act.perform(call, reason, request)
      if (!done.ok) return shown(request, { status: 422, errors: refusedWith(done.refusal) })
      return { to: `/agreements/${encodeURIComponent(idOf(request))}` }
    })
    page('/agreements/:id/history', 'getAgreementHistory', async (request) => {
      const after = Number(chosen(request, 'after')) || 0
      const found = orThrow(await history.history(callerOf(request), idOf(request), { after, limit: HISTORY_PAGE }))
      return { template: 'agreements/history.njk', title: `History of ${idOf(request)}`, data: { found } }
    })
  }
}

/** The acts that have a page, with the words of their links. */
export const ACT_LINKS: readonly (readonly [act: ActName, words: string])[] = [
  ['suspend', 'Suspend sharing in an emergency'],
  ['lift', 'Let sharing go on after a suspension'],
  ['confirm_review', 'Confirm that it is still right'],
  ['leave', 'Withdraw your organisation'],
  ['stay', 'Take back the withdrawal that was announced'],
  ['terminate', 'End the agreement for everybody'],
  ['go_on', 'Take back the end that was announced'],
]
