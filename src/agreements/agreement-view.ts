import { awaitsConfirmation } from '../assessments/assessment.ts'
import type { ElsewhereRecord } from '../assessments/elsewhere.ts'
import type { Authentication } from '../identity/principal.ts'
import type { Contacts } from '../parties/contacts.ts'
import { instantOf } from '../platform/kernel/instant.ts'
import type { Agreement, AgreementVersion, PolicyDocument, Suspension } from './agreement.ts'
import type { Advice } from './model/advice.ts'
import { derivedStates } from './model/derived-states.ts'
import type { FilledGroup } from './model/fill-groups.ts'
import { dpiaAt } from './model/in-force.ts'
import { lifecycleFacts } from './model/lifecycle-facts.ts'
import { draftVersion, governingVersion, keeperOf, leadingVersion, statusAt } from './model/standing.ts'

/** What is recorded of an agreement beside the model that decisions stand on: for people, never read by a rule. */
export interface AgreementRecord {
  /** Moves with every act; `etagOf` makes the `ETag` of it. */
  readonly rowVersion: string
  readonly reviewCycleMonths: number | null
  /** Assessments made elsewhere that are recorded of the one it stands on, oldest first. */
  readonly assessedElsewhere: readonly ElsewhereRecord[]
  /** Whether another agreement stands on the same assessment, whoever may see that one. */
  readonly sharesAssessment: boolean
  /** Key of the assessment that is made here; null: none is. */
  readonly assessmentHere: string | null
  readonly provenance: Readonly<Record<string, unknown>> | null
  readonly createdAt: string
  readonly updatedAt: string
  /** By organisation. */
  readonly contacts: ReadonlyMap<string, Contacts>
  /** What its organisations keep for every agreement, by organisation. */
  readonly organisationContacts: ReadonlyMap<string, Contacts>
  /** By version number. */
  readonly versions: ReadonlyMap<
    number,
    {
      readonly frozenAt: string | null
      readonly changeClass: string | null
      readonly recordedElsewhere: boolean
      /** In which it is approved here; null: its approvals stand as they were recorded. */
      readonly signOff: string | null
      readonly warnings: readonly Advice[]
      readonly filledGroups: readonly FilledGroup[]
    }
  >
  readonly signatures: readonly SignatureRecord[]
  readonly suspensions: readonly (Suspension & { readonly id: string; readonly reason: string | null })[]
  readonly policyDocuments: readonly PolicyDocumentRecord[]
}

/** A signature with who gave it; unconfirmed ones of records made elsewhere are among them. */
export interface SignatureRecord {
  readonly org: string
  readonly version: number
  readonly signed_at: string | null
  readonly version_hash: string | null
  readonly signatory_name: string | null
  readonly signatory_post: string | null
  readonly authority: string | null
  /** What was shown to whoever signed, word for word, and of which edition; null: elsewhere. */
  readonly statements: readonly string[] | null
  readonly statements_edition: number | null
  /** The person, as their token names them; null: elsewhere. */
  readonly signatory: string | null
  /** The person whose deputy signed; null: for themselves. */
  readonly deputy_for: string | null
  readonly authentication: Authentication | null
  /** From when it counts; null: not yet. */
  readonly confirmed_at: string | null
  /** The text that was signed, where it is an earlier one whose signature counts for this version too. */
  readonly carried_from: { readonly version: number; readonly hash: string } | null
  /** When the party objected to that. */
  readonly objected_at: string | null
}

/** A policy document with where it is and when it is due. */
export interface PolicyDocumentRecord extends PolicyDocument {
  readonly document_ref: string | null
  readonly approved_on: string | null
  readonly review_on: string | null
}

/** An agreement as the API shows it: the members of the model under their own names, and what is recorded besides. */
export type AgreementView = ReturnType<typeof agreementView>

/** An agreement in a list. */
export type AgreementSummary = ReturnType<typeof agreementSummary>

/** The whole agreement for the API; what depends on time is worked out for `at` (ISO 8601). Pure. */
export function agreementView(agreement: Agreement, record: AgreementRecord, at: string) {
  const instant = instantOf(at)
  const { id, title, instrument_type, origin, sample, approvals, terminated_at, review_due, review_policy, review_grace_days } = agreement
  const {
    required,
    status,
    status_changes,
    residual,
    prior_consultation,
    review_due: due,
  } = dpiaAt(agreement, lifecycleFacts(agreement), instant)
  const suspended = new Set(agreement.suspensions.map(({ from }) => from))
  return {
    ...{ id, title, instrument_type, owner_org: keeperOf(agreement, instant), status: statusAt(agreement, instant), origin, sample },
    at: new Date(instant).toISOString(),
    derived: derivedStates(agreement, instant),
    governing_version: governingVersion(agreement, instant)?.version ?? null,
    draft_version: editableVersion(agreement, record)?.version ?? null,
    parties: agreement.parties
      .filter(({ left_how }) => left_how !== 'UNINVITED')
      .map(({ org, role, capacities, left_at }) => ({
        ...{ org, role, capacities, left_at },
        contacts: record.contacts.get(org) ?? {},
        organisation_contacts: record.organisationContacts.get(org) ?? {},
      })),
    versions: agreement.versions.map(({ version, status: stored, effective_from, effective_to, hash, terms }) => ({
      ...{ version, status: stored, effective_from, effective_to, hash, terms },
      frozen_at: record.versions.get(version)?.frozenAt ?? null,
      ...approvalsOf(stored, record.versions.get(version)?.signOff ?? null),
      change_class: record.versions.get(version)?.changeClass ?? null,
      warnings: record.versions.get(version)?.warnings ?? [],
      filled_groups: record.versions.get(version)?.filledGroups ?? [],
    })),
    signatures: signaturesKnown(agreement, record.signatures),
    suspensions: record.suspensions.filter(({ from }) => suspended.has(from)),
    approvals: approvals.map(({ conditions = [], ...approval }) => ({ ...approval, conditions })),
    flags: (agreement.dpo_advice_overruled ?? []).map((overruled) => ({ code: 'DPO_ADVICE_OVERRULED' as const, ...overruled })),
    ...{ terminated_at, review_due, review_policy, review_grace_days },
    review_cycle_months: record.reviewCycleMonths,
    dpia: {
      ...{ required, status, status_changes, residual, prior_consultation, review_due: due },
      made_here: record.assessmentHere,
      ...elsewhereKnown(agreement, record.assessedElsewhere),
    },
    apd: record.policyDocuments,
    provenance: record.provenance,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  }
}

/** What is recorded of assessments made elsewhere, as far as an agreement, as its reader sees it, knows of them; and where its assessment comes from. */
function elsewhereKnown({ dpia }: Agreement, recorded: readonly ElsewhereRecord[]) {
  const known = dpia.elsewhere ?? []
  const counts = known.findLast(({ confirmed_at }) => confirmed_at !== null)
  const waits = awaitsConfirmation(dpia)
  const elsewhere = known.flatMap(({ id, confirmed_at }) => {
    const found = recorded.find((one) => one.id === id)
    const state = id === counts?.id ? ('CONFIRMED' as const) : id === waits?.id ? ('AWAITS_CONFIRMATION' as const) : ('REPLACED' as const)
    return found ? [{ ...found, confirmed_at, state }] : []
  })
  const source = dpia.made ? ('MADE_HERE' as const) : counts ? ('RECORDED_ELSEWHERE' as const) : ('RECORDED_BY_HAND' as const)
  return { source, elsewhere }
}

/**
 * Of the signatures on record those that an agreement, as its reader sees it, knows of. One that a register claims is known
 * unconfirmed; what was confirmed or given after the reader's part ended is not. Pure.
 */
export function signaturesKnown<S extends Pick<SignatureRecord, 'org' | 'version' | 'version_hash' | 'confirmed_at' | 'objected_at'>>(
  agreement: Agreement,
  recorded: readonly S[],
): S[] {
  const versions = new Set(agreement.versions.map(({ version }) => version))
  const nameOf = ({ org, version }: { readonly org: string; readonly version: number }) => `${org} ${version}`
  const counted = new Set(agreement.signatures.map(nameOf))
  const objected = new Set((agreement.objections ?? []).map(nameOf))
  return recorded.flatMap((one) => {
    if (!versions.has(one.version)) return []
    if (one.confirmed_at === null || objected.has(nameOf(one))) return [one]
    if (counted.has(nameOf(one))) return [{ ...one, objected_at: null }]
    return one.version_hash === null ? [{ ...one, confirmed_at: null }] : []
  })
}

/** Where a version was approved; of a draft nobody has approved anything anywhere. */
function approvalsOf(status: AgreementVersion['status'], signOff: string | null) {
  const approvals_origin = signOff === null ? ('RECORDED_ELSEWHERE' as const) : ('ACCORD' as const)
  return { approvals_origin: status === 'DRAFT' ? null : approvals_origin, sign_off: signOff }
}

/** The agreement in one line of a list; the version shown is the governing one, else the first to come, else the draft. Pure. */
export function agreementSummary(agreement: Agreement, updatedAt: string, at: string) {
  const instant = instantOf(at)
  const shown = leadingVersion(agreement, instant) ?? draftVersion(agreement)
  const { id, title, instrument_type, origin, sample, review_due } = agreement
  return {
    ...{ id, title, instrument_type, owner_org: keeperOf(agreement, instant), status: statusAt(agreement, instant) },
    ...{ derived: derivedStates(agreement, instant), origin, sample },
    parties: agreement.parties.filter(({ left_how }) => left_how !== 'UNINVITED').map(({ org }) => org),
    purposes: [...new Set(shown?.terms.flows.map(({ purpose }) => purpose) ?? [])],
    version: shown?.version ?? null,
    effective_from: shown?.effective_from ?? null,
    effective_to: shown?.effective_to ?? null,
    review_due,
    updated_at: updatedAt,
  }
}

/** The version that can be written: a draft made here, not one that was recorded from elsewhere. */
export function editableVersion(agreement: Agreement, record: Pick<AgreementRecord, 'versions'>): AgreementVersion | undefined {
  const draft = draftVersion(agreement)
  return draft && record.versions.get(draft.version)?.recordedElsewhere === false ? draft : undefined
}
