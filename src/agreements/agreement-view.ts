import { londonDay } from '../platform/kernel/london-day.ts'
import { draftVersion, governingVersion, leadingVersion, statusAt } from './acts/governing.ts'
import type { Agreement, AgreementVersion, Dpia, Party, PolicyDocument, Suspension } from './agreement.ts'
import { type DerivedState, derivedStates } from './derived-state.ts'
import type { Advice } from './drafting/advice.ts'

/** What is recorded of an agreement beside the model that decisions stand on: for people, never read by a rule. */
export interface AgreementRecord {
  /** Moves with every act; `etagOf` makes the `ETag` of it. */
  readonly rowVersion: string
  readonly reviewCycleMonths: number | null
  readonly provenance: Readonly<Record<string, unknown>> | null
  readonly createdAt: string
  readonly updatedAt: string
  /** By organisation. */
  readonly contacts: ReadonlyMap<string, Contacts>
  /** By version number. */
  readonly versions: ReadonlyMap<
    number,
    {
      readonly frozenAt: string | null
      readonly changeClass: string | null
      readonly recordedElsewhere: boolean
      readonly warnings: readonly Advice[]
    }
  >
  readonly signatures: readonly SignatureRecord[]
  readonly suspensions: readonly (Suspension & { readonly id: string; readonly reason: string | null })[]
  readonly policyDocuments: readonly PolicyDocumentRecord[]
}

/** Posts and mailboxes of a party (3.3 `parties[]`), outside the signed text (LC-7). */
export type Contacts = Readonly<Record<string, string>>

/** A signature with who gave it; unconfirmed ones of records made elsewhere are among them. */
export interface SignatureRecord {
  readonly org: string
  readonly version: number
  readonly signed_at: string
  readonly version_hash: string | null
  readonly signatory_name: string | null
  readonly signatory_post: string | null
  readonly authority: string | null
  readonly confirmed_at: string | null
}

/** A policy document with where it is and when it is due. */
export interface PolicyDocumentRecord extends PolicyDocument {
  readonly document_ref: string | null
  readonly approved_on: string | null
  readonly review_on: string | null
}

/** An agreement as the API shows it: the members of the model under their own names, and what is recorded besides. */
export interface AgreementView extends Omit<Agreement, 'parties' | 'versions' | 'signatures' | 'suspensions' | 'dpia' | 'apd'> {
  readonly at: string
  readonly derived: readonly DerivedState[]
  readonly governing_version: number | null
  readonly draft_version: number | null
  readonly parties: readonly (Party & { readonly contacts: Contacts })[]
  readonly versions: readonly (AgreementVersion & {
    readonly frozen_at: string | null
    readonly change_class: string | null
    readonly warnings: readonly Advice[]
  })[]
  readonly signatures: readonly SignatureRecord[]
  readonly suspensions: AgreementRecord['suspensions']
  readonly review_cycle_months: number | null
  readonly dpia: Dpia & { readonly source: 'RECORDED_BY_HAND' }
  readonly apd: readonly PolicyDocumentRecord[]
  readonly provenance: Readonly<Record<string, unknown>> | null
  readonly created_at: string
  readonly updated_at: string
}

/** An agreement in a list. */
export interface AgreementSummary {
  readonly id: string
  readonly title: string
  readonly instrument_type: string
  readonly owner_org: string | null
  readonly status: Agreement['status']
  readonly derived: readonly DerivedState[]
  readonly origin: Agreement['origin']
  readonly sample: boolean
  readonly parties: readonly string[]
  readonly purposes: readonly string[]
  readonly version: number | null
  readonly effective_from: string | null
  readonly effective_to: string | null
  readonly review_due: string | null
  readonly updated_at: string
}

/** The whole agreement for the API; what depends on time is worked out for `at` (ISO 8601). Pure. */
export function agreementView(agreement: Agreement, record: AgreementRecord, at: string): AgreementView {
  const instant = new Date(at).toISOString()
  return {
    ...agreement,
    status: statusAt(agreement, instant),
    at: instant,
    derived: derivedStates(agreement, instant),
    governing_version: governingVersion(agreement, londonDay(Date.parse(at)))?.version ?? null,
    draft_version: editableVersion(agreement, record)?.version ?? null,
    parties: agreement.parties.map((party) => ({ ...party, contacts: record.contacts.get(party.org) ?? {} })),
    versions: agreement.versions.map((version) => ({
      ...version,
      frozen_at: record.versions.get(version.version)?.frozenAt ?? null,
      change_class: record.versions.get(version.version)?.changeClass ?? null,
      warnings: record.versions.get(version.version)?.warnings ?? [],
    })),
    signatures: record.signatures,
    suspensions: record.suspensions,
    review_cycle_months: record.reviewCycleMonths,
    dpia: { ...agreement.dpia, status: dpiaStatusAt(agreement.dpia, instant), source: 'RECORDED_BY_HAND' },
    apd: record.policyDocuments,
    provenance: record.provenance,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  }
}

/** The agreement in one line of a list; the version shown is the governing one, else the first to come, else the draft. Pure. */
export function agreementSummary(agreement: Agreement, updatedAt: string, at: string): AgreementSummary {
  const shown = leadingVersion(agreement, londonDay(Date.parse(at))) ?? draftVersion(agreement)
  const { id, title, instrument_type, owner_org, origin, sample, review_due } = agreement
  return {
    id,
    title,
    instrument_type,
    owner_org,
    status: statusAt(agreement, at),
    derived: derivedStates(agreement, at),
    origin,
    sample,
    parties: agreement.parties.map(({ org }) => org),
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

/** The state of the assessment at an instant: the last change by then, else the state it began in (CK-11). */
export function dpiaStatusAt(dpia: Dpia, at: string): string {
  const ms = Date.parse(at)
  const changes = dpia.status_changes.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
  return changes.findLast((change) => Date.parse(change.at) <= ms)?.status ?? dpia.status
}
