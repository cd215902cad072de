import { relaxes, type StatedAssessment } from '../../assessments/assessment.ts'
import { assessments } from '../../assessments/assessments.service.ts'
import type { Contacts } from '../../parties/contacts.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import { type Agreement, assessmentOf, type Dpia } from '../agreement.ts'
import type { PolicyDocumentRecord } from '../agreement-view.ts'
import { policyDocumentFaults, unknownCode } from '../model/draft-rules.ts'
import { dpiaAt } from '../model/in-force.ts'
import { lifecycleFacts } from '../model/lifecycle-facts.ts'
import {
  illegal,
  type PartContext,
  refusalUnlessDraft,
  refusalUnlessOwner,
  refusalUnlessPresent,
  unprocessable,
  wasEverFrozen,
} from './draft-part.ts'
import { listed, namedParties, type Part } from './draft-parts.service.ts'

type DocumentBody = Pick<PolicyDocumentRecord, 'party' | 'conditions'> & {
  readonly [Member in 'document_ref' | 'approved_on' | 'review_on']?: string | null | undefined
}
const toDocument = (body: DocumentBody): PolicyDocumentRecord => ({
  party: body.party,
  conditions: body.conditions,
  document_ref: body.document_ref ?? null,
  approved_on: body.approved_on ?? null,
  review_on: body.review_on ?? null,
})
/**
 * Policy documents: while nothing is signed the owner's to list, and always a party's own ones: decisions read them at once, so
 * once a text is frozen no party speaks for another (CK-6).
 */
export const policyDocumentsPart: Part<{ readonly policy_documents: readonly DocumentBody[] }> = {
  name: 'policy_documents',
  act: 'record',
  refusal({ policy_documents }, context) {
    const { record, org, facts } = context
    const ofOthers = (documents: readonly PolicyDocumentRecord[]) => JSON.stringify(documents.filter(({ party }) => party !== org))
    const documents = policy_documents.map(toDocument)
    const isOwnOnly = ofOthers(documents) === ofOthers(record.policyDocuments)
    return (
      (isOwnOnly ? refusalUnlessPresent(context) : (refusalUnlessOwner(context) ?? refusalOfOthersDocuments(context))) ??
      refusalUnlessDraft(context) ??
      unprocessable(policyDocumentFaults(facts, documents, namedParties(context)))
    )
  },
  write: (repository, { policy_documents }) => repository.replacePolicyDocuments(policy_documents.map(toDocument)),
  pick: ({ apd }) => listed(apd),
}

function refusalOfOthersDocuments({ agreement }: PartContext): Refusal | undefined {
  if (!wasEverFrozen(agreement)) return undefined
  return illegal('A text has been frozen: each party lists its own policy documents and no others.', 'CK-6', ['/policy_documents'])
}

/**
 * The assessment as one person states it by hand: the screening, and how far it has come. A new status counts from now, for versions
 * in force too: once a text is frozen, or where others stand on it too, it can be made stricter here and not laxer. Nobody approves
 * one by hand: it is recorded elsewhere with its file, and confirmed by a second person.
 */
export const dpiaPart: Part<StatedAssessment> = {
  name: 'dpia',
  act: 'record',
  refusal: (body, context) =>
    refusalUnlessOwner(context) ??
    refusalUnlessDraft(context) ??
    refusalOfMadeHere(context) ??
    refusalOfRelaxing(body, context) ??
    refusalOfApproving(body, context) ??
    unprocessable([
      ...unknownCode(context.facts, 'DPIA_STATE', body.status, '/status'),
      ...unknownCode(context.facts, 'OVERALL_RISK', body.residual, '/residual'),
      ...unknownCode(context.facts, 'PRIOR_CONSULTATION', body.prior_consultation, '/prior_consultation'),
    ]),
  write(_repository, stated, { tx, agreement, now }) {
    const { id: _id, ...before } = agreement.dpia
    return assessments.state(tx, assessmentOf(agreement), stated, { at: now, before, status: dpiaOf(agreement, now).status })
  },
  pick: ({ dpia: { required, status, residual, prior_consultation, review_due } }) => ({
    ...{ required, status, residual, prior_consultation, review_due },
  }),
}

function dpiaOf(agreement: Agreement, now: string): Dpia {
  return dpiaAt(agreement, lifecycleFacts(agreement), instantOf(now))
}

/** One that is made here is what its people make of it, and nobody states it besides. */
export function refusalOfMadeHere({ record }: Pick<PartContext, 'record'>): Refusal | undefined {
  return record.assessmentHere === null
    ? undefined
    : illegal(
        'The assessment of this agreement is made here: it is screened, written, sent and accepted there, and nobody states it by hand.',
        'DP-4',
      )
}

function refusalOfRelaxing(body: StatedAssessment, { agreement, record, now }: PartContext): Refusal | undefined {
  if (!relaxes(dpiaOf(agreement, now), body)) return undefined
  if (record.sharesAssessment)
    return illegal('Other agreements stand on this assessment too: through one of them it can be made stricter and not laxer.', 'DP-3')
  if (!wasEverFrozen(agreement)) return undefined
  return illegal(
    'A text has been frozen on the assessment as it was: each controller accepts another one for itself, so it is not relaxed by one of them. It can be made stricter.',
    'DP-7',
  )
}

/** DP-4: what an assessment that is required came to is recorded with its file and the advice on it, and confirmed by a second person. */
function refusalOfApproving(body: StatedAssessment, { agreement, now }: PartContext): Refusal | undefined {
  const before = dpiaOf(agreement, now)
  const isRelaxed = relaxes(before, body)
  const isApproved = body.required && body.status === 'APPROVED' && (isRelaxed || !before.required)
  const wasConfirmed = (before.elsewhere ?? []).some(({ confirmed_at }) => confirmed_at !== null)
  if (!isApproved && !(isRelaxed && wasConfirmed)) return undefined
  return illegal(
    'Nobody approves an assessment alone: record it with the file that holds it and the advice of the data protection officer, and a second person of your organisation confirms it.',
    'DP-4',
    ['/status'],
  )
}

/** Contacts of a party, at any time: they stand outside the signed text (LC-7). */
export const contactsPart = (org: string): Part<Contacts> => ({
  name: 'contacts',
  act: 'record',
  refusal(_body, context) {
    if (!namedParties(context).has(org)) return refusal('NOT_FOUND', 'This organisation is not a party of the agreement.')
    return context.org === org ? refusalUnlessPresent(context) : refusalUnlessOwner(context)
  },
  write: (repository, body) => repository.setContacts(org, body),
  pick: (view) => ({ ...view.parties.find((party) => party.org === org)?.contacts }),
})
