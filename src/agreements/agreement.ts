/**
 * The agreement: who may disclose what to whom, why and under which law.
 *
 * Words: party, version, terms, flow, legal side, signature, suspension (domain reference, section 3).
 * This is the one model: the API, the tables, the import and the evaluator all speak it. It never decides.
 * Instants are ISO 8601 with an offset; days are London local dates `yyyy-mm-dd`, both ends included.
 */
import type { Assessment } from '../assessments/assessment.ts'
import type { ApprovalCondition } from '../workflow/model/sign-off.ts'

/** Stored status of an agreement (3.5). Derived states (EXPIRED, SUSPENDED...) are never stored. */
export type AgreementStatus = 'DRAFT' | 'IN_REVIEW' | 'AWAITING_SIGNATURE' | 'ACTIVE' | 'TERMINATED' | 'REJECTED' | 'WITHDRAWN'

/** Status of one version (3.5). A version that has governed stays APPROVED when a later one takes over (LC-2a). */
export type VersionStatus = 'DRAFT' | 'APPROVED' | 'SUPERSEDED' | 'ABANDONED'

/** One agreement with everything a decision about it can depend on. */
export interface Agreement {
  /** Also its reference; compared as a plain string wherever an order is needed. */
  readonly id: string
  readonly title: string
  /** INSTRUMENT_TYPE (3.1). Only CONTROLLER_TO_PROCESSOR and JOINT_CONTROLLER change how it is evaluated. */
  readonly instrument_type: string
  /** Organisation that keeps the text; it cannot sign for the others (WF-4). */
  readonly owner_org: string | null
  readonly status: AgreementStatus
  /** ELSEWHERE: made outside this service and imported; its signatures count once a person confirmed them. */
  readonly origin: 'ACCORD' | 'ELSEWHERE'
  /** True for the demo register. */
  readonly sample: boolean
  readonly parties: readonly Party[]
  readonly versions: readonly AgreementVersion[]
  /** Those that count, from when they do. */
  readonly signatures: readonly Signature[]
  /** Absent: none. */
  readonly objections?: readonly Objection[]
  /** Signatures given elsewhere that two people have attested; absent: none. Unlike a signature each counts only where both sides accept it. */
  readonly attested?: readonly AttestedSignature[]
  /** Sign-off chains by party and version (CK-16). No entry: complete, as for records made elsewhere. */
  readonly approvals: readonly Approval[]
  readonly suspensions: readonly Suspension[]
  readonly terminated_at: string | null
  readonly review_due: string | null
  /** WARN never denies; BLOCK_AFTER_GRACE denies once `review_due` + `review_grace_days` has passed (CK-1). */
  readonly review_policy: 'WARN' | 'BLOCK_AFTER_GRACE'
  readonly review_grace_days: number
  readonly dpia: Dpia
  /** Appropriate policy documents, by party (1.6). */
  readonly apd: readonly PolicyDocument[]
  /** Who kept the text before, oldest first; absent: `owner_org` always did. A passing that was arranged lies ahead. */
  readonly keepers?: readonly KeeperChange[]
  /** Review dates that no longer hold, oldest first: at each instant the review was due on `before` until then. */
  readonly review_changes?: readonly { readonly at: string; readonly before: string | null }[]
  /** Where the SIRO of a party went on against the refusal of its data protection officer: for ever. Absent: nowhere. */
  readonly dpo_advice_overruled?: readonly OverruledAdvice[]
}

/** The SIRO of a party overruled the advice of its data protection officer on a version (DPO_ADVICE_OVERRULED). */
export interface OverruledAdvice {
  readonly org: string
  readonly version: number
  readonly at: string
}

/** The keeping of the text passes from one organisation to another. */
export interface KeeperChange {
  readonly at: string
  readonly from: string | null
  readonly to: string
}

/** An organisation's part in an agreement. Direction is on the flow, never here (3.2). */
export interface Party {
  readonly org: string
  /** PARTY_ROLE (3.2). */
  readonly role: string
  /** PARTY_CAPACITY (3.2): the same legal person acting in different functions. */
  readonly capacities: readonly string[]
  /** From this instant on the party has left (LC-5); null while it takes part. */
  readonly left_at: string | null
  /** How its part ended. */
  readonly left_how?: LeftHow | null
  /** The last version that was frozen when it left by an act of that instant: later ones it does not know. */
  readonly left_version?: number | null
  /** When it was invited to a text that others had frozen (LC-4); absent: it is named in the text from the beginning. */
  readonly invited_at?: string | null
  /** Parts it took before it was invited anew, oldest first. */
  readonly earlier?: readonly EarlierPart[]
  /** When the body itself begins and ends to exist, by the register of organisations; absent: not looked up, or no end is known. */
  readonly active_from?: string | null
  readonly active_to?: string | null
  /** The body that follows it, by the register of organisations. */
  readonly succeeded_by?: string | null
  /** From when the body accepts signatures that are attested, by the register of organisations; absent: it does not, or not looked up. */
  readonly accepts_attested_since?: string | null
}

/** LEFT: by its own act, signed or not. DECLINED: it said no before it signed. UNINVITED: the keeper took the invitation back. */
export type LeftHow = 'LEFT' | 'DECLINED' | 'UNINVITED'

/** A part in an agreement that is over. */
export interface EarlierPart {
  readonly invited_at: string | null
  readonly left_at: string
  readonly left_how: LeftHow
}

/** What is shared is fixed per version; a version no longer DRAFT never changes (LC-1). */
export interface AgreementVersion {
  readonly version: number
  readonly status: VersionStatus
  /** null only while DRAFT. */
  readonly effective_from: string | null
  readonly effective_to: string | null
  /** SHA-256 of the canonical JSON that parties sign, hex; null while DRAFT. */
  readonly hash: string | null
  /** When it became immutable here; absent: a draft, or made elsewhere, where it always stood. */
  readonly frozen_at?: string | null
  /** When it was replaced before it began, or given up; absent: it was not. Until then it stood. */
  readonly dropped_at?: string | null
  readonly terms: Terms
}

/** The text that parties sign (3.3). */
export interface Terms {
  readonly flows: readonly Flow[]
  readonly commencement: Commencement
  readonly prohibitions: readonly Prohibition[]
  /** Processors and sub-processors that may act for a party (CK-19). null: a case file that does not hold them. */
  readonly agents: readonly Agent[] | null
  readonly processor_contract: ProcessorContract | null
  readonly joint_controller_arrangement: JointControllerArrangement | null
  readonly narrative: Narrative
}

/** The sections in words: 3.3 fields that people read and no rule evaluates. Absent = not written yet. */
export interface Narrative {
  readonly purpose?: string
  readonly benefits?: string
  readonly alternatives?: string
  readonly necessity_proportionality?: string
  readonly data_quality?: string
  readonly privacy_information?: string
  readonly rights_handling?: string
  readonly security?: string
  readonly automated_decisions?: string
  readonly breach_handling?: string
  readonly foi?: string
  readonly termination?: string
  /** AMENDMENT_POLICY (3.3). */
  readonly amendment_policy?: string
  readonly retention_disposal?: string
}

/** When the agreement starts to bind a pair (CK-16). */
export type Commencement =
  | { readonly rule: 'ALL_SIGNED' }
  | { readonly rule: 'PAIRWISE' }
  | { readonly rule: 'THRESHOLD'; readonly n: number }

/** Uses that the parties agree never to make, narrower purposes included. */
export interface Prohibition {
  readonly purposes: readonly string[]
  readonly note: string | null
}

/** A processor or sub-processor (`org`) that acts for the party `for`, between two local days, both included. */
export interface Agent {
  readonly org: string
  readonly for: string
  readonly contract_ref: string | null
  readonly valid_from: string | null
  readonly valid_to: string | null
}

/** Art 28(3) UK GDPR checklist (3.6). */
export interface ProcessorContract {
  readonly art28_complete: boolean
  /** ART28_CLAUSE codes still missing. */
  readonly missing: readonly string[]
  readonly approved_sub_processors: readonly string[]
}

/** Art 26 UK GDPR arrangement; complete when all three are non-empty (CK-19). */
export interface JointControllerArrangement {
  readonly responsibilities: string
  readonly contact_point: string
  readonly essence_url: string
}

/** One row per provider set, recipient set and purpose (3.4). */
export interface Flow {
  readonly id: string
  /** Organisation codes, or the single word ALL_SIGNED_BOROUGHS (LC-4). */
  readonly providers: readonly string[]
  readonly recipients: readonly string[]
  readonly purpose: string
  readonly data_items: readonly string[]
  readonly data_subjects: readonly string[]
  /** Parent item codes whose children are covered at any depth (CK-17). */
  readonly category_grant: readonly string[]
  readonly data_form: string
  readonly methods: readonly string[]
  readonly countries: readonly string[]
  readonly transfers: Readonly<Record<string, Transfer>>
  readonly legal: { readonly provider: LegalSide; readonly recipient: LegalSide | null }
  readonly compatibility: Compatibility | null
  /** CONFIDENTIALITY_BASIS (1.9), null where none is recorded. */
  readonly confidentiality: string | null
  readonly exemptions: readonly string[]
  readonly retention_days: number | null
  readonly retention_rule: string | null
  /** ONWARD_SHARING (3.3). */
  readonly onward: string
  readonly frequency: string | null
  readonly volume_limit: { readonly subjects: number | null; readonly records: number | null } | null
  readonly honours_objection: boolean
  readonly consent_required: boolean
  /** Why restricted data still goes (CK-13). Absent in records older than the member: none. */
  readonly restriction_override?: RestrictionOverride | null
  /** The standing request (text, date, function relied on) that a regular flow answers. Absent as above. */
  readonly standing_request_ref?: string | null
}

/** Why processing goes on although it is restricted (Art 18(2) UK GDPR): a RESTRICTION_GROUND and the reason in words. */
export interface RestrictionOverride {
  readonly ground: string
  readonly reason: string
}

/** Safeguard for one country outside the UK (3.7). */
export interface Transfer {
  readonly mechanism: string
  readonly scope_confirmed: boolean
  /** The data protection test of Art 46(1A) UK GDPR, or of DPA 2018 s75, was done. */
  readonly dp_test_done: boolean
}

/** The law one controller relies on for its part of a flow (LB-1). A processor has none (LB-5). */
export interface LegalSide {
  readonly regime: 'UK_GDPR' | 'PART_3'
  /** False where a public authority does not act in its task on this flow (DPA 2018 s7(2)). */
  readonly performing_task: boolean
  readonly art6: readonly string[]
  readonly annex1: readonly string[]
  readonly gateways: readonly string[]
  readonly art9: readonly string[]
  readonly sch1: readonly string[]
  readonly criminal: readonly string[]
  readonly part3: { readonly sch8: readonly string[]; readonly strictly_necessary: boolean; readonly reuse_authority: string | null }
}

/** Art 8A record for a new purpose (CK-15). */
export interface Compatibility {
  readonly new_purpose: boolean
  readonly ground: string | null
  readonly annex2: string | null
  readonly collected_on_consent: boolean
  readonly consent_unobtainable: boolean
  readonly assessed_at: string | null
}

/** A party's signature on one version; it binds the next one only where that text says so (LC-3, AFFECTED_RE_SIGN). */
export interface Signature {
  readonly org: string
  readonly version: number
  /** From when it counts. */
  readonly signed_at: string
  /** The version that was signed, where this is one that the change does not affect the party in; absent: this one. */
  readonly carried_from?: number
}

/** A party objected to a change that its signature had been carried over to, before that began: it counts for nothing. */
export interface Objection extends Signature {
  readonly at: string
}

/** A party has signed a version elsewhere, by the word of two people who hold the evidence. */
export interface AttestedSignature {
  readonly org: string
  readonly version: number
  /** From the second attestation until the party disputed it; null: it did not. */
  readonly from: string
  readonly to: string | null
  /** Whether the approvals of the party were given elsewhere, too. */
  readonly approved: boolean
}

/** When a party's approval chain for a version was complete; null while it is not. */
export interface Approval {
  readonly org: string
  readonly version: number
  readonly complete_at: string | null
  /** What it was given on; absent: nothing. Every permit that rests on it carries them (APPROVAL_CONDITION, 6.5). */
  readonly conditions?: readonly ApprovalCondition[]
}

/** A half-open interval [from, to) during which sharing stops (LC-6). */
export interface Suspension {
  readonly scope: 'AGREEMENT' | 'PARTY' | 'FLOW'
  /** The suspended party for PARTY, else null. */
  readonly party: string | null
  /** The suspended flow id for FLOW, else null. */
  readonly flow: string | null
  /** The version whose flow is meant; null: the flow of that id in every version. */
  readonly version: number | null
  readonly from: string
  readonly to: string | null
}

/** The assessment that an agreement stands on, with its key; absent: it serves this agreement alone, and has its key. */
export interface Dpia extends Assessment {
  readonly id?: string
}

/** The key of the assessment that an agreement stands on. */
export function assessmentOf({ id, dpia }: Pick<Agreement, 'id' | 'dpia'>): string {
  return dpia.id ?? id
}

/** Appropriate policy document of one party: the Schedule 1 conditions it covers, or PART3_S42 (DPA 2018 s42). */
export interface PolicyDocument {
  readonly party: string
  readonly conditions: readonly string[]
}

/** Whether a party of this role acts for a controller and is none itself (Art 4(8) UK GDPR). */
export function isProcessorRole(role: string | undefined): boolean {
  return role === 'PROCESSOR' || role === 'SUB_PROCESSOR'
}
