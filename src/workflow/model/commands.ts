import type { Identity, Principal } from '../../identity/principal.ts'
import { type Instant, written } from '../../platform/kernel/instant.ts'
import type { Day } from '../../platform/kernel/london-day.ts'
import type { Fault, RefusalCode } from '../../platform/kernel/refusal.ts'
import { type Result, refuse } from '../../platform/kernel/result.ts'
import type { PartyToSignOff, SignOffEvent, StepName } from './events.ts'
import type { Fact, Route } from './route.ts'
import type { ApprovalCondition, MarkValue, Person, SignedContent, Subject } from './sign-off.ts'

/** Who acts: a person with the roles that count now, or the service itself (`roles` empty, and `isService`). */
export interface SignOffActor extends Pick<Principal, 'issuer' | 'sub' | 'org' | 'roles'> {
  readonly isService?: boolean
  /** Whom they stand in for in their organisation, in which role and on which London days. */
  readonly deputises?: readonly { readonly role: string; readonly person: Identity; readonly first: Day; readonly last: Day }[]
}

/** What opens a sign-off. */
export interface StartCommand {
  readonly type: 'start'
  readonly id: string
  readonly subject: Subject
  readonly keeper: string
  readonly facts: readonly Fact[]
  /** The main route, then those of parties that have their own. */
  readonly routes: readonly Route[]
  readonly parties: readonly PartyToSignOff[]
  readonly signingOrder: readonly string[] | null
  /** Parties whose approvals and signature of an earlier content hold for this one, and which; absent: none. */
  readonly carried?: ReadonlyMap<string, SignedContent>
}

/** What people do to one task, named by its step and, where the step has several, its number. */
type OnTask = StepName & { readonly task?: number | undefined }

/** What can be asked of a sign-off that was started. */
export type SignOffCommand =
  | ({ readonly type: 'claim' | 'release' } & OnTask)
  | ({ readonly type: 'assign'; readonly to: Identity; readonly reason: string } & OnTask)
  | ({
      readonly type: 'delegate'
      readonly to: Identity
      readonly first: Day
      readonly last: Day
      readonly reason: string
      /** Roles that are recorded for the deputy on some of these days. */
      readonly held?: readonly string[]
    } & OnTask)
  | ({
      readonly type: 'approve'
      /** The content that was read: approving another one is refused (WF-1). */
      readonly hash: string
      readonly comment: string | null
      readonly conditions: readonly ApprovalCondition[]
      /** The assessment is complete by now, for a step that asks for it. */
      readonly assessmentComplete?: boolean
    } & OnTask)
  | ({ readonly type: 'adopt'; readonly hash: string; readonly from: string; readonly reason: string } & OnTask)
  | ({ readonly type: 'return'; readonly reasons: string; readonly to?: string | undefined } & OnTask)
  | ({ readonly type: 'take_back_return'; readonly reason: string } & StepName)
  | ({ readonly type: 'refuse'; readonly reason: string } & OnTask)
  | { readonly type: 'overrule'; readonly org: string; readonly reason: string }
  | { readonly type: 'sign'; readonly org: string; readonly hash: string }
  | { readonly type: 'decline'; readonly org: string; readonly reason: string }
  /** Whoever waits for a party reminds it by hand of its open steps. */
  | { readonly type: 'chase'; readonly org: string }
  | {
      readonly type: 'comment'
      /** A new thread where it is not known yet. */
      readonly thread: string
      readonly part: string
      readonly text: string
      readonly isShared: boolean
    }
  | { readonly type: 'resolve' | 'reopen'; readonly thread: string }
  | { readonly type: 'mark'; readonly part: string; readonly mark: MarkValue; readonly isShared: boolean }
  /** The following come from the room of the subject, or from the service. */
  | { readonly type: 'withdraw'; readonly reason: string }
  | { readonly type: 'supersede'; readonly reason: string }
  /** What is signed off can be signed no more: whoever has signed stays so, and nobody else does. */
  | { readonly type: 'close'; readonly reason: string }
  | { readonly type: 'hold' | 'release_hold'; readonly reason: string }
  | { readonly type: 'leave'; readonly org: string; readonly reason: string }
  /** To what was carried over: the party does not sign this content by what it signed before. */
  | { readonly type: 'object'; readonly org: string; readonly reason: string }
  | { readonly type: 'join'; readonly party: PartyToSignOff; readonly route: Route }
  /** Somebody's role in an organisation ended. */
  | { readonly type: 'role_ended'; readonly person: Identity; readonly org: string; readonly roles: readonly string[] }
  /** Somebody leaves: what they have passes to these, by role; null, or a role that is not here: to everybody of the role. */
  | {
      readonly type: 'hand_over'
      readonly person: Identity
      readonly org: string
      readonly to: Readonly<Record<string, Identity | null>>
    }
  /** A timer is due. */
  | ({ readonly type: 'fire'; readonly timer: string } & StepName)
export type CommandType = SignOffCommand['type']

/** Why not. `rule` is the rule of the domain reference or the word that names the test. */
export interface SignOffRefusal {
  readonly code: Extract<RefusalCode, 'FORBIDDEN' | 'CONFLICT' | 'UNPROCESSABLE' | 'NOT_FOUND'>
  readonly rule: string
  readonly detail: string
  readonly errors: readonly Fault[]
}
export type Decided = Result<readonly SignOffEvent[], SignOffRefusal>

/** What a decision is made with besides the state: who, and when. */
export interface Acting {
  readonly actor: SignOffActor
  readonly now: Instant
}

/** 422: the state or a rule forbids it. */
export function forbidden(rule: string, detail: string, pointer = ''): { readonly ok: false; readonly refusal: SignOffRefusal } {
  return refuse({ code: 'UNPROCESSABLE', rule, detail, errors: [{ pointer, code: rule, detail }] })
}

/** 409: it came too late, or too early for others. */
export function tooLate(rule: string, detail: string): { readonly ok: false; readonly refusal: SignOffRefusal } {
  return refuse({ code: 'CONFLICT', rule, detail, errors: [{ pointer: '', code: rule, detail }] })
}

/** 403: not for this person. */
export function notYours(rule: string, detail: string): { readonly ok: false; readonly refusal: SignOffRefusal } {
  return refuse({ code: 'FORBIDDEN', rule, detail, errors: [{ pointer: '', code: rule, detail }] })
}

/** 404: there is no such thing, or none that this person may know. */
export function notThere(rule: string, detail: string): { readonly ok: false; readonly refusal: SignOffRefusal } {
  return refuse({ code: 'NOT_FOUND', rule, detail, errors: [{ pointer: '', code: rule, detail }] })
}

/** Who acts and when, as events say it. */
export function saidBy({ actor, now }: Acting): { readonly by: Person; readonly at: string } {
  return { by: { issuer: actor.issuer, sub: actor.sub, org: actor.org }, at: written(now) ?? '' }
}
