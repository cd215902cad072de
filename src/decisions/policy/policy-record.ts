import { type Agreement, assessmentOf, type Dpia } from '../../agreements/agreement.ts'
import type { Assessment } from '../../assessments/assessment.ts'
import type { DisclosureRecord } from '../../disclosures/disclosure-record.ts'
import type { Organisation } from '../../parties/organisation.ts'
import type { CodeList } from '../../reference/code-list.ts'
import type { LocalCode } from '../../reference/local-code.ts'

type Kept =
  | { readonly kind: 'CODE_LISTS'; readonly id: string; readonly body: CodeListEdition }
  | { readonly kind: 'LOCAL_CODE'; readonly id: string; readonly body: LocalCode }
  | { readonly kind: 'ORGANISATION'; readonly id: string; readonly body: Organisation }
  | { readonly kind: 'ASSESSMENT'; readonly id: string; readonly body: Assessment }
  | { readonly kind: 'DISCLOSURE_DECISION'; readonly id: string; readonly body: DisclosureRecord }
  | { readonly kind: 'CLIENT'; readonly id: string; readonly body: RegisteredClient }
  | { readonly kind: 'CLIENT_LIMITS'; readonly id: string; readonly body: LimitedClient }
  | { readonly kind: 'CLIENT_REVOCATION'; readonly id: string; readonly body: ClientRevocation }

/** One record of a policy revision, as stored: what decisions stand on. An agreement names its assessment, which has a record of its own. */
export type StoredRecord = Kept | { readonly kind: 'AGREEMENT'; readonly id: string; readonly body: StoredAgreement | AgreementText }
export type StoredAgreement = Omit<Agreement, 'dpia'> & { readonly assessment: string }

/** What is known of an agreement without reading its text: enough to find it. */
export interface AgreementEntry {
  readonly id: string
  readonly parties: readonly string[]
  /** Who acts for somebody in a version of it. */
  readonly agents: readonly string[]
}

/** An agreement as it is stored: JSON of a `StoredAgreement`. */
export interface AgreementText extends AgreementEntry {
  readonly text: string
}

/** One record as it is published: an agreement with the assessment that it stands on. */
export type PolicyRecord = Kept | { readonly kind: 'AGREEMENT'; readonly id: string; readonly body: Agreement }

/** An API client of an issuer that does not say for whom it acts: its organisation, for ever. Its secret stays with the issuer. */
export interface RegisteredClient {
  readonly client_id: string
  readonly issuer: string
  readonly organisation: string
}

/** How much of the service one API client may take; null: as much as any caller. */
export interface ClientLimits {
  readonly requests_per_minute: number | null
  /** Questions of one call. */
  readonly batch_items_max: number | null
  /** Percent of the requests that are answered at once. */
  readonly share_percent: number | null
}

/** Limits of one API client, by the `client_id` of its tokens, whether or not it is registered here. */
export interface LimitedClient extends ClientLimits {
  readonly client_id: string
}

/** An API client that is answered no more: the `client_id` of its tokens and since when. There is no way back; a new client gets a new id. */
export interface ClientRevocation {
  readonly client_id: string
  readonly revoked_at: string
}

/** All code lists as shipped, and their version; what organisations added stands in records of its own. */
export interface CodeListEdition {
  readonly version: string
  readonly lists: readonly CodeList[]
}

/** What is stored of records: agreements and, once each, the assessments that they stand on. Stored records stay as they are. Pure. */
export function toStored(records: readonly (PolicyRecord | StoredRecord)[]): StoredRecord[] {
  const assessments = new Map<string, StoredRecord>()
  const rest = records.map((record): StoredRecord => {
    if (record.kind !== 'AGREEMENT' || !isWhole(record.body)) return record as StoredRecord
    const { dpia, ...agreement } = record.body
    const assessment = assessmentOf(record.body)
    const { id: _id, ...body } = dpia
    assessments.set(assessment, { kind: 'ASSESSMENT', id: assessment, body })
    return { kind: 'AGREEMENT', id: record.id, body: { ...agreement, assessment } }
  })
  return [...assessments.values(), ...rest]
}

/** What stands where an assessment is not known: nothing is shared on it (CK-11). */
const UNKNOWN: Assessment = {
  ...{ required: true, status: 'DRAFT', status_changes: [], residual: null, prior_consultation: null, review_due: null },
}

/** The agreement of a stored record, with the assessment that it stands on; one that is not known lets nothing pass. Pure. */
export function toWhole({ assessment, ...agreement }: StoredAgreement, known: Assessment | undefined): Agreement {
  return { ...agreement, dpia: asDpia(agreement.id, assessment, known ?? UNKNOWN) }
}

function asDpia(agreement: string, id: string, assessment: Assessment): Dpia {
  return id === agreement ? assessment : { ...assessment, id }
}

function isWhole(body: Agreement | StoredAgreement | AgreementText): body is Agreement {
  return 'dpia' in body
}
