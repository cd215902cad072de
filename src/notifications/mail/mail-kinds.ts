import type { Role } from '../../identity/permissions.ts'
import type { NotificationKind } from '../kinds.ts'
import type { MailValue } from './mail-values.ts'

/** Which people of an organisation a kind of notification is mailed to, and what their mail may say. Data; the words: `mail-texts.json`. */

/** What somebody chooses single mails or one a day for. */
export const MAIL_GROUPS = ['TASKS', 'CHANGES', 'DATES', 'REQUESTS'] as const
export type MailGroup = (typeof MAIL_GROUPS)[number]

export interface KindOfMail {
  /** Whoever holds one of these, where the notification itself does not say whom it is for. */
  readonly to: readonly Role[]
  readonly group: MailGroup
  /** Whatever somebody chose it is mailed at once: what waits for a digest is done too late (C6: E04, E09, E18). */
  readonly isSingle?: true
  /** It is for the person that it names and nobody else: no mailbox takes it for them. */
  readonly isPersonal?: true
  /** It asks something of whoever is invited without an account: it is mailed to them too, as far as they hold the role. */
  readonly asksInvited?: true
  /** What its text may be filled with, besides what every mail has. */
  readonly says: readonly MailValue[]
}

const IG: readonly Role[] = ['IG_OFFICER']
/** Who answers for a share that stops or stands open. */
const ACCOUNTABLE: readonly Role[] = ['IG_OFFICER', 'DPO', 'SIRO']
const STEP = ['role', 'by_due'] as const

export const KINDS_OF_MAIL: Readonly<Record<NotificationKind, KindOfMail>> = {
  APPROVAL_DUE: { to: IG, group: 'TASKS', isSingle: true, asksInvited: true, says: STEP },
  NAMED_IN_DRAFT: { to: IG, group: 'CHANGES', says: ['by'] },
  PARTY_APPROVED: { to: IG, group: 'CHANGES', says: ['party', 'approved'] },
  PARTY_SIGNED: { to: IG, group: 'CHANGES', says: ['party', 'signed'] },
  IN_FORCE: { to: ['IG_OFFICER', 'DPO', 'SIGNATORY'], group: 'CHANGES', says: ['begins'] },
  SIGNATURE_DUE: { to: ['SIGNATORY'], group: 'TASKS', isSingle: true, asksInvited: true, says: ['version', 'by_due'] },
  SIGNATURE_CARRIED: { to: ['IG_OFFICER', 'SIGNATORY'], group: 'CHANGES', isSingle: true, says: ['version', 'begins'] },
  CHANGE_OBJECTED: { to: IG, group: 'CHANGES', says: ['party'] },
  ROLE_GIVEN: { to: ['REGISTER_ADMIN'], group: 'CHANGES', isSingle: true, isPersonal: true, says: ['role'] },
  DEPUTY_NAMED: { to: ['SIRO'], group: 'TASKS', isSingle: true, isPersonal: true, says: ['role', 'from', 'due'] },
  PARTY_JOINED: { to: IG, group: 'CHANGES', says: ['party'] },
  PARTY_LEFT: { to: IG, group: 'CHANGES', says: ['party'] },
  SUSPENDED: { to: [...ACCOUNTABLE, 'CALDICOTT_GUARDIAN'], group: 'CHANGES', isSingle: true, says: ['by'] },
  LIFT_AGREED: { to: ACCOUNTABLE, group: 'CHANGES', says: [] },
  SUSPENSION_LIFTED: { to: ACCOUNTABLE, group: 'CHANGES', says: [] },
  STANDING_ALLOWED: { to: ACCOUNTABLE, group: 'CHANGES', says: ['by', 'hours'] },
  STANDING_ENDED: { to: ACCOUNTABLE, group: 'CHANGES', says: ['by', 'hours'] },
  ORG_SUCCESSION: { to: IG, group: 'CHANGES', says: [] },
  REJECTED: { to: IG, group: 'CHANGES', says: ['party'] },
  DRAFT_WITHDRAWN: { to: IG, group: 'CHANGES', says: ['party'] },
  TERMINATED: { to: ACCOUNTABLE, group: 'CHANGES', says: ['party'] },
  END_TAKEN_BACK: { to: IG, group: 'CHANGES', says: [] },
  INVITATION_TAKEN_BACK: { to: IG, group: 'CHANGES', says: [] },
  DISPOSAL_DUE: { to: ['IG_OFFICER', 'IAO'], group: 'DATES', says: ['by_due'] },
  DISPOSAL_DUE_IN_PLACE: { to: ['IG_OFFICER', 'IAO'], group: 'DATES', isSingle: true, says: ['party', 'by_due'] },
  DISPOSAL_CONFIRMED: { to: IG, group: 'DATES', says: [] },
  SIGNATURE_STATED: { to: ['IG_OFFICER', 'SIGNATORY'], group: 'CHANGES', says: ['party'] },
  SIGNATURE_ATTESTED: { to: ['IG_OFFICER', 'SIGNATORY', 'SIRO'], group: 'CHANGES', isSingle: true, says: ['party'] },
  SIGNATURE_DISPUTED: { to: ACCOUNTABLE, group: 'CHANGES', isSingle: true, says: ['party'] },
  ASSESSMENT_TO_CONFIRM: { to: ['DPO', 'IG_OFFICER'], group: 'TASKS', isSingle: true, says: [] },
  ASSESSMENT_CONFIRMED: { to: ['DPO', 'IG_OFFICER'], group: 'CHANGES', says: [] },
  EVIDENCE_ATTACHED: { to: IG, group: 'CHANGES', says: [] },
  KEEPER_CHANGED: { to: IG, group: 'CHANGES', says: [] },
  REQUEST_RECEIVED: { to: IG, group: 'REQUESTS', says: [] },
  REQUEST_PICKED_UP: { to: ['REQUESTER', 'IG_OFFICER'], group: 'REQUESTS', says: [] },
  REQUEST_ANSWERED: { to: ['REQUESTER', 'IG_OFFICER'], group: 'REQUESTS', says: [] },
  REQUEST_WITHDRAWN: { to: IG, group: 'REQUESTS', says: [] },
  JOINING_ASKED: { to: IG, group: 'REQUESTS', says: [] },
  JOINING_DECLINED: { to: IG, group: 'REQUESTS', says: [] },
  REVIEW_DUE_90: { to: ['IG_OFFICER', 'DPO'], group: 'DATES', says: ['due'] },
  REVIEW_DUE_30: { to: ['IG_OFFICER', 'DPO'], group: 'DATES', says: ['due'] },
  REVIEW_DUE_7: { to: ['IG_OFFICER', 'DPO'], group: 'DATES', says: ['due'] },
  REVIEW_OVERDUE: { to: ['IG_OFFICER', 'DPO'], group: 'DATES', says: ['due', 'denied_from'] },
  REVIEW_BLOCKS: { to: ACCOUNTABLE, group: 'DATES', isSingle: true, says: ['due'] },
  EXPIRY_90: { to: IG, group: 'DATES', says: ['due'] },
  EXPIRY_30: { to: IG, group: 'DATES', says: ['due'] },
  EXPIRY_7: { to: IG, group: 'DATES', says: ['due'] },
  DEPUTY_REFUSED: { to: IG, group: 'TASKS', isSingle: true, says: STEP },
  STEP_OPENED: { to: IG, group: 'TASKS', isSingle: true, asksInvited: true, says: STEP },
  STEP_ASSIGNED: { to: IG, group: 'TASKS', isSingle: true, asksInvited: true, says: STEP },
  STEP_RELEASED: { to: IG, group: 'TASKS', says: STEP },
  STEP_RETURNED: { to: IG, group: 'TASKS', says: [] },
  ADVICE_REFUSED: { to: ['SIRO'], group: 'TASKS', isSingle: true, says: [] },
  STEP_DUE: { to: IG, group: 'TASKS', asksInvited: true, says: STEP },
  SIGNATURE_REMINDER: { to: ['SIGNATORY'], group: 'TASKS', asksInvited: true, says: ['signed', 'days_left', 'by_due'] },
  STEP_OVERDUE: { to: IG, group: 'TASKS', asksInvited: true, says: STEP },
  STEP_ESCALATED: { to: ['SIRO'], group: 'TASKS', says: STEP },
  STEP_CHASED: { to: IG, group: 'TASKS', isSingle: true, says: STEP },
  SIGNATURE_LAPSED: { to: IG, group: 'CHANGES', says: ['party'] },
  EMERGENCY_REVIEW_DUE: { to: ['IG_OFFICER', 'DPO'], group: 'TASKS', isSingle: true, says: [] },
  BREACH_ASSESSMENT_DUE: { to: ['DPO', 'SIRO'], group: 'TASKS', isSingle: true, says: [] },
  BREACH_ASSESSMENT_OVERDUE: { to: ['DPO', 'SIRO'], group: 'TASKS', isSingle: true, says: [] },
  BREACH_ASSESSED: { to: ACCOUNTABLE, group: 'CHANGES', isSingle: true, says: ['party'] },
  BREACH_COMMUNICATION_DUE: { to: ['DPO', 'SIRO'], group: 'TASKS', isSingle: true, says: [] },
  BREACH_COMMUNICATED: { to: ACCOUNTABLE, group: 'CHANGES', says: ['party'] },
  DISCLOSURE_ASKED: { to: ['AUTHORISED_DISCLOSURE_OFFICER', 'IG_OFFICER'], group: 'REQUESTS', says: [] },
  DISCLOSURE_RETURNED: { to: ['REQUESTER', 'IG_OFFICER'], group: 'REQUESTS', says: [] },
  DISCLOSURE_DECIDED: { to: ['REQUESTER', 'IG_OFFICER'], group: 'REQUESTS', says: [] },
  ASSESSMENT_REVIEW_DUE: { to: ['DPO', 'SIRO'], group: 'TASKS', isSingle: true, says: [] },
  ASSESSMENT_RETURNED: { to: ['REQUESTER', 'IG_OFFICER'], group: 'CHANGES', says: [] },
  ASSESSMENT_DECIDED: { to: ['IG_OFFICER', 'DPO', 'SIRO'], group: 'CHANGES', says: [] },
  ASSESSMENT_REOPENED: { to: ['IG_OFFICER', 'DPO', 'SIRO'], group: 'CHANGES', says: [] },
  HIGH_RESIDUAL_RISK: { to: ['DPO', 'SIRO'], group: 'TASKS', isSingle: true, says: [] },
  MEASURE_DUE: { to: ['IG_OFFICER'], group: 'TASKS', says: ['by_due'] },
  MEASURE_OVERDUE: { to: ['IG_OFFICER'], group: 'TASKS', says: ['due'] },
  IMPORT_FINISHED: { to: IG, group: 'CHANGES', says: ['added', 'changed', 'refused'] },
  REFUSALS_ROSE: { to: IG, group: 'CHANGES', says: ['refusals', 'week_before', 'reason', 'other_reasons'] },
  ENTRY_TO_CONFIRM: { to: IG, group: 'DATES', says: ['since'] },
  TRAINING_ENDS: { to: ['SIRO'], group: 'DATES', isSingle: true, isPersonal: true, says: ['due'] },
  OUTSIDE_INVITATION_LOCKED: { to: ['IG_OFFICER', 'REGISTER_ADMIN'], group: 'CHANGES', isSingle: true, says: [] },
  WEBHOOK_STOPPED: { to: ['IG_OFFICER', 'INFOSEC'], group: 'CHANGES', says: [] },
  DISCLOSURE_WITHDRAWN: { to: ['AUTHORISED_DISCLOSURE_OFFICER', 'IG_OFFICER'], group: 'REQUESTS', says: [] },
}

/** Roles as a reader is addressed: "the signatories of ...". */
export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  REQUESTER: 'service lead',
  IG_OFFICER: 'information governance officer',
  IAO: 'information asset owner',
  DPO: 'data protection officer',
  CALDICOTT_GUARDIAN: 'Caldicott Guardian',
  SIRO: 'senior information risk owner',
  INFOSEC: 'information security lead',
  LEGAL: 'legal officer',
  SIGNATORY: 'signatory',
  AUTHORISED_DISCLOSURE_OFFICER: 'authorised disclosure officer',
  DUTY_MANAGER: 'duty manager',
  PRACTITIONER: 'practitioner',
  AUDITOR: 'auditor',
  REGISTER_ADMIN: 'register administrator',
  API_CLIENT: 'system',
}
