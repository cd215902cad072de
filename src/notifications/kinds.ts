import type { Role } from '../identity/permissions.ts'
import type { Identity } from '../identity/principal.ts'

/** A kind of notification: what it is about, who may be told, and its words. */
interface KindOfNotification {
  /** `any`: whatever is signed off. */
  readonly subject:
    | 'agreement'
    | 'request'
    | 'disclosure'
    | 'assessment'
    | 'emergency'
    | 'role'
    | 'deputy'
    | 'webhook'
    | 'invitation'
    | 'import'
    | 'organisation'
    | 'training'
    | 'any'
  /**
   * Of those it was written for: WHOEVER_SEES_IT while they may see the subject, so that what one may no longer open is not
   * named either; ADDRESSEE also afterwards, where it says just that.
   */
  readonly mayBeTold: 'WHOEVER_SEES_IT' | 'ADDRESSEE'
  readonly words: string
}

/** NOTIFICATION codes (domain reference, 5.5) that something here gives rise to, and what has no code there, in its own words. */
export const NOTIFICATION_KINDS = {
  APPROVAL_DUE: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A text is to be approved before it is signed' },
  NAMED_IN_DRAFT: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'An organisation is named in a draft' },
  PARTY_APPROVED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A party has approved the text' },
  PARTY_SIGNED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A party has signed' },
  IN_FORCE: {
    subject: 'agreement',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'Enough parties have signed: the text is in force, or will be on its first day',
  },
  SIGNATURE_DUE: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'Signature due' },
  SIGNATURE_CARRIED: {
    subject: 'agreement',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'A change does not affect you: your signature holds for it unless you object before it begins',
  },
  CHANGE_OBJECTED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A party objects to a change without a new signature' },
  ROLE_GIVEN: { subject: 'role', mayBeTold: 'ADDRESSEE', words: 'Somebody was given a role' },
  DEPUTY_NAMED: { subject: 'deputy', mayBeTold: 'ADDRESSEE', words: 'Somebody was named as deputy' },
  PARTY_JOINED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A party has joined' },
  PARTY_LEFT: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A party has left' },
  SUSPENDED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'Sharing is suspended' },
  LIFT_AGREED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'One of two has agreed to lift a suspension' },
  SUSPENSION_LIFTED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A suspension is lifted' },
  STANDING_ALLOWED: {
    subject: 'agreement',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'A flow may be relied on for hours while the service cannot be reached',
  },
  STANDING_ENDED: {
    subject: 'agreement',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'A flow may no longer be relied on while the service cannot be reached',
  },
  ORG_SUCCESSION: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'An organisation has been replaced by another' },
  REJECTED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A party has rejected the agreement' },
  DRAFT_WITHDRAWN: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'The draft is withdrawn' },
  TERMINATED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'The agreement is terminated' },
  END_TAKEN_BACK: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'An end that was announced is taken back' },
  INVITATION_TAKEN_BACK: { subject: 'agreement', mayBeTold: 'ADDRESSEE', words: 'An invitation is taken back' },
  DISPOSAL_DUE: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'What was received is to be returned or deleted' },
  // The follower may know of the agreement no more than this.
  DISPOSAL_DUE_IN_PLACE: {
    subject: 'agreement',
    mayBeTold: 'ADDRESSEE',
    words: 'What a body received that has ended, and that you follow, is to be returned or deleted',
  },
  DISPOSAL_CONFIRMED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A party says what became of what it received' },
  SIGNATURE_STATED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A signature given elsewhere is stated' },
  SIGNATURE_ATTESTED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A signature given elsewhere is attested' },
  SIGNATURE_DISPUTED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A party disputes that it has signed' },
  ASSESSMENT_TO_CONFIRM: {
    subject: 'agreement',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'An assessment made elsewhere is recorded and waits for a second person of your organisation',
  },
  ASSESSMENT_CONFIRMED: {
    subject: 'agreement',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'An assessment made elsewhere is confirmed by two people',
  },
  EVIDENCE_ATTACHED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'A file was attached as evidence' },
  KEEPER_CHANGED: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'Another organisation keeps the text' },
  REQUEST_RECEIVED: { subject: 'request', mayBeTold: 'WHOEVER_SEES_IT', words: 'A share is asked for' },
  REQUEST_PICKED_UP: { subject: 'request', mayBeTold: 'WHOEVER_SEES_IT', words: 'An officer has taken the request up' },
  REQUEST_ANSWERED: { subject: 'request', mayBeTold: 'WHOEVER_SEES_IT', words: 'The request is answered' },
  REQUEST_WITHDRAWN: { subject: 'request', mayBeTold: 'WHOEVER_SEES_IT', words: 'The request is withdrawn' },
  JOINING_ASKED: { subject: 'request', mayBeTold: 'WHOEVER_SEES_IT', words: 'An organisation asks to join an agreement' },
  JOINING_DECLINED: { subject: 'request', mayBeTold: 'WHOEVER_SEES_IT', words: 'Whoever keeps the agreement does not invite' },
  REVIEW_DUE_90: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'Agreement review due in 90 days' },
  REVIEW_DUE_30: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'Agreement review due in 30 days' },
  REVIEW_DUE_7: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'Agreement review due in 7 days' },
  REVIEW_OVERDUE: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'Agreement review is overdue' },
  REVIEW_BLOCKS: {
    subject: 'agreement',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'Sharing is denied from today: the review is overdue and its grace is over',
  },
  EXPIRY_90: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'Agreement expires in 90 days' },
  EXPIRY_30: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'Agreement expires in 30 days' },
  EXPIRY_7: { subject: 'agreement', mayBeTold: 'WHOEVER_SEES_IT', words: 'Agreement expires in 7 days' },
  DEPUTY_REFUSED: {
    subject: 'any',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'A deputy may not act, by a role that they hold: the step waits for whoever named them',
  },
  STEP_OPENED: { subject: 'any', mayBeTold: 'WHOEVER_SEES_IT', words: 'A step of a sign-off is to be done' },
  STEP_ASSIGNED: { subject: 'any', mayBeTold: 'WHOEVER_SEES_IT', words: 'A step of a sign-off was given to somebody' },
  STEP_RELEASED: { subject: 'any', mayBeTold: 'WHOEVER_SEES_IT', words: "A step of a sign-off is nobody's any longer: a role ended" },
  STEP_RETURNED: { subject: 'any', mayBeTold: 'WHOEVER_SEES_IT', words: 'Changes are asked for' },
  ADVICE_REFUSED: { subject: 'any', mayBeTold: 'WHOEVER_SEES_IT', words: 'The data protection officer refuses; the SIRO may overrule' },
  STEP_DUE: { subject: 'any', mayBeTold: 'WHOEVER_SEES_IT', words: 'A step of a sign-off is due soon' },
  SIGNATURE_REMINDER: { subject: 'any', mayBeTold: 'WHOEVER_SEES_IT', words: 'A signature is due soon' },
  STEP_OVERDUE: { subject: 'any', mayBeTold: 'WHOEVER_SEES_IT', words: 'A step of a sign-off is overdue' },
  STEP_ESCALATED: {
    subject: 'any',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'A step of a sign-off is overdue, and shown to whoever answers for it',
  },
  STEP_CHASED: { subject: 'any', mayBeTold: 'WHOEVER_SEES_IT', words: 'Somebody who waits for a step of a sign-off asks that it be done' },
  SIGNATURE_LAPSED: { subject: 'any', mayBeTold: 'WHOEVER_SEES_IT', words: 'Nobody signed in time' },
  EMERGENCY_REVIEW_DUE: { subject: 'emergency', mayBeTold: 'WHOEVER_SEES_IT', words: 'Review of an emergency disclosure due' },
  BREACH_ASSESSMENT_DUE: { subject: 'emergency', mayBeTold: 'WHOEVER_SEES_IT', words: 'Assessment of a personal data breach due' },
  BREACH_ASSESSMENT_OVERDUE: {
    subject: 'emergency',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'The 72 hours are over and no assessment of a personal data breach is recorded',
  },
  BREACH_ASSESSED: { subject: 'emergency', mayBeTold: 'WHOEVER_SEES_IT', words: 'A personal data breach is assessed' },
  BREACH_COMMUNICATION_DUE: {
    subject: 'emergency',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'People are to be told of a personal data breach',
  },
  BREACH_COMMUNICATED: {
    subject: 'emergency',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'How people were told of a personal data breach, or why not, is recorded',
  },
  DISCLOSURE_ASKED: { subject: 'disclosure', mayBeTold: 'WHOEVER_SEES_IT', words: 'A one-off disclosure is asked for' },
  DISCLOSURE_RETURNED: { subject: 'disclosure', mayBeTold: 'WHOEVER_SEES_IT', words: 'A one-off disclosure is to be put right' },
  DISCLOSURE_DECIDED: { subject: 'disclosure', mayBeTold: 'WHOEVER_SEES_IT', words: 'A one-off disclosure is decided' },
  IMPORT_FINISHED: { subject: 'import', mayBeTold: 'ADDRESSEE', words: 'An import is in the register' },
  REFUSALS_ROSE: { subject: 'organisation', mayBeTold: 'ADDRESSEE', words: 'More checks were refused than in the week before' },
  ENTRY_TO_CONFIRM: {
    subject: 'organisation',
    mayBeTold: 'ADDRESSEE',
    words: 'Nobody has confirmed the entry of an organisation in the register for twelve months',
  },
  TRAINING_ENDS: { subject: 'training', mayBeTold: 'ADDRESSEE', words: 'Training ends, and nobody signs after theirs has' },
  OUTSIDE_INVITATION_LOCKED: {
    subject: 'invitation',
    mayBeTold: 'ADDRESSEE',
    words: 'An invitation of somebody without an account is locked: five wrong codes were tried',
  },
  WEBHOOK_STOPPED: {
    subject: 'webhook',
    mayBeTold: 'ADDRESSEE',
    words: 'Nothing more is sent to a webhook: it failed for days, or is gone',
  },
  ASSESSMENT_REVIEW_DUE: { subject: 'assessment', mayBeTold: 'WHOEVER_SEES_IT', words: 'A DPIA is sent for advice and acceptance' },
  ASSESSMENT_RETURNED: { subject: 'assessment', mayBeTold: 'WHOEVER_SEES_IT', words: 'A DPIA is to be put right' },
  ASSESSMENT_DECIDED: { subject: 'assessment', mayBeTold: 'WHOEVER_SEES_IT', words: 'A DPIA is approved or refused' },
  ASSESSMENT_REOPENED: { subject: 'assessment', mayBeTold: 'WHOEVER_SEES_IT', words: 'A DPIA is re-opened' },
  HIGH_RESIDUAL_RISK: {
    subject: 'assessment',
    mayBeTold: 'WHOEVER_SEES_IT',
    words: 'The risk that is left is high: the regulator is consulted before sharing starts',
  },
  MEASURE_DUE: { subject: 'assessment', mayBeTold: 'WHOEVER_SEES_IT', words: 'A measure of a DPIA is due within seven days' },
  MEASURE_OVERDUE: { subject: 'assessment', mayBeTold: 'WHOEVER_SEES_IT', words: 'A measure of a DPIA is overdue' },
  DISCLOSURE_WITHDRAWN: { subject: 'disclosure', mayBeTold: 'WHOEVER_SEES_IT', words: 'A one-off disclosure is withdrawn' },
} as const satisfies Record<string, KindOfNotification>
export type NotificationKind = keyof typeof NOTIFICATION_KINDS

/** Whom of an organisation something is for: these persons, or where there is none whoever holds one of these roles. */
export interface Addressed {
  readonly persons: readonly Identity[]
  readonly roles: readonly Role[]
}

/** What happened, told by the room that knows: about what, when, and the facts that are shown with it. */
export interface NotificationFacts {
  readonly kind: NotificationKind
  /** Opaque here: a name, never looked up. */
  readonly subject: { readonly type: string; readonly id: string }
  /** ISO 8601. */
  readonly at: string
  readonly detail: Readonly<Record<string, unknown>>
  /** Absent: whoever holds a role of its kind. Never shown. */
  readonly addressedTo?: Addressed | null
  /** The organisation whose act gave rise to it; absent: the clock did. */
  readonly toldBy?: string | null
}

/** Something an organisation should know. */
export interface Notification extends NotificationFacts {
  readonly id: string
}
