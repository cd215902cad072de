import type { ElsewhereRecord } from '../../assessments/elsewhere.ts'
import { canonicalJson, sha256Hex } from '../../audit/format/canonical-json.ts'
import type { Agreement, AgreementVersion } from '../agreement.ts'

/** The text of a version that parties sign: its bytes (UTF-8) and their SHA-256, hex. */
export interface SignedText {
  readonly document: string
  readonly hash: string
}

/** Marks the form of the document, so that a later form can be told from this one. */
const FORM = 'accord-agreement/v1'

/**
 * The canonical JSON of a version (LC-1; RFC 8785): what is agreed, between whom as named when it was frozen, from when to
 * when; and the assessment: the version that is made here, by its hash, or the one made elsewhere that was
 * recorded last, by its file, what it came to and the advice on it. Contacts, DPIA state, policy documents and suspensions are not part of it: they change without a new signature.
 */
export function signedText(agreement: Agreement, version: AgreementVersion, assessment?: ElsewhereRecord | NamedAssessment): SignedText {
  const document = canonicalJson({
    form: FORM,
    agreement: agreement.id,
    version: version.version,
    title: agreement.title,
    instrument_type: agreement.instrument_type,
    owner_org: agreement.owner_org,
    parties: agreement.parties.map(({ org, role, capacities }) => ({ org, role, capacities })),
    effective_from: version.effective_from,
    effective_to: version.effective_to,
    terms: version.terms,
    ...(assessment ? { assessment: 'file' in assessment ? named(assessment) : assessment } : {}),
  })
  return { document, hash: sha256Hex(document) }
}

/** A version of an assessment that is made here, as a text names it. */
export interface NamedAssessment {
  readonly id: string
  readonly version: number
  /** SHA-256 of its document, hex. */
  readonly hash: string
}

/** The assessment made here that a text names; undefined: it names none. */
export function assessmentNamedIn(document: string | null | undefined): NamedAssessment | undefined {
  const assessment = document ? (JSON.parse(document) as { readonly assessment?: Partial<NamedAssessment> }).assessment : undefined
  return assessment?.id === undefined ? undefined : (assessment as NamedAssessment)
}

/** What a text says of an assessment made elsewhere. Whether a second person has confirmed it changes without a new signature. */
function named({ file, outcome, residual, prior_consultation, review_due, advice, overruled }: ElsewhereRecord) {
  return { file_sha256: file.sha256, outcome, residual, prior_consultation, review_due, advice, overruled }
}

/** Moves whenever a word of the statements does: a signature keeps the words that were shown and the edition that they are of. */
export const SIGNING_STATEMENTS_EDITION = 1

/** What a signatory declares, word for word; both are needed. */
export const SIGNING_STATEMENTS = [
  'I have authority to sign this agreement for my organisation.',
  'I have read this version of the agreement and agree to it for my organisation.',
] as const
