// Requests: asking for a share that no agreement covers yet, and what it comes to.
// Words: question (what is to be shared), request, answer, joining (an organisation asks to be invited to an agreement).
// It must never permit anything, nor edit an agreement itself.
import { type Permission, permits } from '../identity/permissions.ts'
import { type Identity, isSamePerson, type Principal } from '../identity/principal.ts'
import { type Refusal, refusal } from '../platform/kernel/refusal.ts'

export type RequestStatus = 'OPEN' | 'PICKED_UP' | 'AWAITING_KEEPER' | 'CLOSED'
export type RequestAnswer = 'DRAFT_BEGUN' | 'JOIN_AGREEMENT' | 'ONE_OFF' | 'REFUSED' | 'WITHDRAWN'
/** Who opened it: a person, or the service because the exception became the rule (EM-5, AH-2). */
export type RequestOrigin = 'PERSON' | 'BREAK_GLASS' | 'ONE_OFF'

/** What is to be shared: codes and counts; null: not said. */
export interface ShareQuestion {
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: readonly string[]
  readonly data_subjects: readonly string[]
  /** null where nobody stated them: the service asks of itself, or a simulation left them open. */
  readonly method: string | null
  readonly country: string | null
  readonly lawful_basis: string | null
  readonly data_form: string | null
  readonly subject_count: number | null
  readonly record_count: number | null
}

/** A person who acts for an organisation. */
export interface Actor extends Identity {
  readonly org: string
}

/** A request as it stands. */
export interface ShareRequest {
  readonly id: string
  readonly origin: RequestOrigin
  readonly asked_by: Actor
  /** ISO 8601. */
  readonly asked_at: string
  readonly question: ShareQuestion
  readonly decision_id: string | null
  readonly why: string
  /** London day. */
  readonly needed_by: string | null
  readonly status: RequestStatus
  /** null while it is not CLOSED. */
  readonly answer: RequestAnswer | null
  /** The agreement to be joined, as it was named: there may be none. */
  readonly join_agreement: string | null
  /** The agreement that it came to. */
  readonly agreement: string | null
  readonly picked_up_by: Actor | null
}

/** Who stands how to a request: one of the two of the share, or the keeper of the agreement that is to be joined. */
type Standing = 'PARTY' | 'KEEPER'

interface RequestActRule {
  readonly states: readonly RequestStatus[]
  readonly permission: Permission
  readonly by: Standing
}

/** What may be done to a request in which state, by whom: a whitelist, beside the table of roles (identity/permissions.ts). */
// biome-ignore format: a table, one act to a row
export const REQUEST_ACTS = {
  pick_up: { states: ['OPEN', 'PICKED_UP', 'AWAITING_KEEPER'], permission: 'request:answer', by: 'PARTY' },
  answer: { states: ['PICKED_UP'], permission: 'request:answer', by: 'PARTY' },
  withdraw: { states: ['OPEN', 'PICKED_UP', 'AWAITING_KEEPER'], permission: 'request:ask', by: 'PARTY' },
  invite: { states: ['AWAITING_KEEPER'], permission: 'agreement:freeze', by: 'KEEPER' },
  decline: { states: ['AWAITING_KEEPER'], permission: 'agreement:freeze', by: 'KEEPER' },
} as const satisfies Record<string, RequestActRule>
export type RequestActName = keyof typeof REQUEST_ACTS

/**
 * Why this person may not do an act to the request as it stands; undefined: they may. Pure.
 *
 * @param keeper who keeps the text of the agreement that is to be joined; null: nobody, or none is
 */
export function actRefused(act: RequestActName, request: ShareRequest, actor: Principal, keeper: string | null): Refusal | undefined {
  const { states, by, permission }: RequestActRule = REQUEST_ACTS[act]
  if (!permits(actor.roles, permission)) return no('FORBIDDEN', 'ROLE', `This needs a role that carries ${permission}.`)
  if (by === 'KEEPER' && actor.org !== keeper)
    return no('FORBIDDEN', 'KEEPER', 'Only the organisation that keeps the agreement says who is invited.')
  if (by === 'PARTY' && !isParty(request, actor.org)) return no('FORBIDDEN', 'PARTY', 'Only the two organisations of the share do this.')
  if (!states.includes(request.status))
    return no('ILLEGAL_STATE', 'STATE', `A request that is ${request.status} does not take this step; it needs ${states.join(' or ')}.`)
  if (act === 'answer' && !(request.picked_up_by && isSamePerson(request.picked_up_by, actor) && request.picked_up_by.org === actor.org))
    return no('FORBIDDEN', 'PICKED_UP', 'Another officer has picked it up: pick it up first.')
  if (act === 'withdraw' && !mayWithdraw(request, actor))
    return no('FORBIDDEN', 'ASKED', 'It is withdrawn by whoever asked, or by an information governance officer of that organisation.')
  return undefined
}

function mayWithdraw({ asked_by, origin }: ShareRequest, actor: Principal): boolean {
  if (asked_by.org !== actor.org) return false
  return actor.roles.includes('IG_OFFICER') || (origin === 'PERSON' && isSamePerson(asked_by, actor))
}

/** Whether an organisation would disclose or receive. */
export function isParty({ question: { provider, recipient } }: Pick<ShareRequest, 'question'>, org: string): boolean {
  return org === provider || org === recipient
}

/** The other of the two organisations of the share. */
export function otherThan({ provider, recipient }: ShareQuestion, org: string): string {
  return org === provider ? recipient : provider
}

/** A refusal with the rule that it is of. */
export function no(code: 'FORBIDDEN' | 'ILLEGAL_STATE' | 'UNPROCESSABLE', rule: string, detail: string, pointer = ''): Refusal {
  return refusal(code, detail, [{ pointer, detail, code: rule }])
}
