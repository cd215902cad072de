import type { PolicyFlow } from '../policy/policy.ts'
import { recordedBases } from '../rules/basis.ts'
import { uncovered } from '../rules/coverage.ts'
import type { RequestedItems } from '../rules/facts.ts'
import type { ReasonCode } from '../rules/reason.ts'
import type { DecisionRequest } from '../rules/request.ts'
import type { ChangeKind, Choices, ProposalFacts, RemedyChange, RemedyProposal } from './remedy.ts'

/** Changes to the question: what the caller can do without anybody else. */
export function requestProposals(facts: ProposalFacts, requested: RequestedItems): RemedyProposal[] {
  const { request, nearest, index, reasons } = facts
  const { flow } = nearest
  const failed = new Set(reasons.map((found) => found.code))
  const found: RemedyProposal[] = []
  const offer = (
    codes: readonly ReasonCode[],
    how: { kind: ChangeKind; touches: string; text: string; values?: readonly string[]; by?: string },
    change: (request_: DecisionRequest) => DecisionRequest,
  ) => {
    const answers = codes.filter((code) => failed.has(code))
    if (answers.length === 0) return
    const { kind, touches, text, values = [], by = 'REQUESTER' } = how
    found.push({
      change: { kind, text, by, organisations: [request.provider, request.recipient], values },
      answers,
      touches,
      apply: (state) => ({ ...state, request: change(state.request) }),
    })
  }
  const without = (codes: readonly ReasonCode[], items: readonly string[], what: string) => {
    if (items.length === 0 || request.data_items.every((item) => items.includes(item))) return
    const text = `Leave out ${what}: ${items.join(', ')}.`
    // Leaving out more after this is no alternative to it, so each set of items is a member of its own.
    offer(codes, { kind: 'NARROW_REQUEST', touches: `items ${items.join()}`, text, values: items }, (asked) => ({
      ...asked,
      data_items: asked.data_items.filter((item) => !items.includes(item)),
    }))
  }

  if (flow) {
    const missing = uncovered({ request, codes: index.codes }, flow)
    without(['DATA_NOT_COVERED'], missing.items, 'the items that are not agreed')
    const keptSubjects = (request.data_subjects ?? []).filter((subject) => !missing.subjects.includes(subject))
    if (missing.subjects.length > 0 && keptSubjects.length > 0) {
      const text = `Leave out the categories of people that are not agreed: ${missing.subjects.join(', ')}.`
      offer(['SUBJECTS_NOT_COVERED'], { kind: 'NARROW_REQUEST', touches: 'subjects', text, values: missing.subjects }, (asked) => ({
        ...asked,
        data_subjects: keptSubjects,
      }))
    }
    const special: ReasonCode[] = [
      'SPECIAL_CATEGORY_CONDITION_MISSING',
      'SCHEDULE_1_CONDITION_MISSING',
      'APPROPRIATE_POLICY_MISSING',
      'LED_CONDITION_MISSING',
      'GATEWAY_NOT_AVAILABLE',
    ]
    const criminal: ReasonCode[] = ['CRIMINAL_OFFENCE_CONDITION_MISSING', 'APPROPRIATE_POLICY_MISSING', 'GATEWAY_NOT_AVAILABLE']
    without(special, requested.special, 'the special category items')
    without(criminal, requested.criminal, 'the criminal offence items')
    without(['CONFIDENTIALITY_BASIS_MISSING'], requested.confidential, 'the confidential items')
    if (requested.special.length > 0 && requested.criminal.length > 0) {
      without([...special, ...criminal], [...requested.special, ...requested.criminal], 'the special category and criminal offence items')
    }
    for (const method of [...flow.methods].slice(0, 1)) {
      const text = `Use an agreed method: ${[...flow.methods].join(', ')}.`
      offer(['METHOD_NOT_ALLOWED'], { kind: 'USE_METHOD', touches: 'method', text, values: [...flow.methods] }, (asked) => ({
        ...asked,
        method,
      }))
    }
    const form = flow.source.data_form
    offer(['DATA_FORM_NOT_ALLOWED'], { kind: 'USE_FORM', touches: 'form', text: `Send the data as ${form}.`, values: [form] }, (asked) => ({
      ...asked,
      data_form: form,
    }))
    const limit = flow.source.volume_limit
    if (limit) {
      const within = (count: number | null, most: number | null) => (most === null ? count : Math.min(count ?? most, most))
      const values = [
        ...(limit.subjects === null ? [] : [`subjects<=${limit.subjects}`]),
        ...(limit.records === null ? [] : [`records<=${limit.records}`]),
      ]
      const text = `State the counts, and stay within them: ${values.join(', ')}.`
      offer(['VOLUME_EXCEEDED'], { kind: 'STATE_COUNT', touches: 'counts', text, values }, (asked) => ({
        ...asked,
        subject_count: within(asked.subject_count, limit.subjects),
        record_count: within(asked.record_count, limit.records),
      }))
    }
    const [country] = ['GB', ...flow.countries].filter((code) => code !== request.country)
    const text = `Receive the data in ${country}.`
    offer(['TRANSFER_NOT_ALLOWED'], { kind: 'USE_COUNTRY', touches: 'country', text, values: country ? [country] : [] }, (asked) => ({
      ...asked,
      country: country ?? null,
    }))
    found.push(...basisProposals(facts, flow))
    if (!request.subject_flags.includes('CONSENT_WITHDRAWN')) {
      const consent = facts.isPast
        ? 'Give the reference of the consent that was in force, if there was one.'
        : 'Obtain consent, record it, and give its reference.'
      const consenting: ReasonCode[] =
        flow.restrictionGround === 'CONSENT' ? ['CONSENT_NOT_RECORDED', 'SUBJECT_RESTRICTION'] : ['CONSENT_NOT_RECORDED']
      offer(consenting, { kind: 'RECORD_CONSENT', touches: 'consent', text: consent }, (asked) => ({
        ...asked,
        consent_ref: 'to-be-recorded',
      }))
    }
  }
  if (request.agreement_ref !== null) {
    const { kind, text } = askWithoutReference(request)
    offer(
      reasons.map(({ code }) => code),
      { kind, touches: 'reference', text },
      (asked) => ({ ...asked, agreement_ref: null }),
    )
  }
  return found
}

/** Another agreement than the one named permits. */
export function askWithoutReference({ provider, recipient }: DecisionRequest): RemedyChange {
  const text = 'Ask without naming an agreement: another one permits this.'
  return { kind: 'ASK_WITHOUT_REFERENCE', text, by: 'REQUESTER', organisations: [provider, recipient], values: [] }
}

/** The asserted basis, put right: none, or one that is recorded and was found to permit. It is never needed to assert one. */
function basisProposals({ request, reasons }: ProposalFacts, flow: PolicyFlow): RemedyProposal[] {
  const codes: readonly ReasonCode[] = ['LAWFUL_BASIS_MISMATCH', 'LAWFUL_BASIS_NOT_AVAILABLE', 'CONSENT_NOT_RECORDED']
  const answers = codes.filter((code) => reasons.some((found) => found.code === code))
  if (answers.length === 0 || request.lawful_basis === null) return []
  const legal = flow.source.legal.provider
  const recorded = recordedBases(legal)
  const asserting =
    (lawful_basis: string | null): RemedyProposal['apply'] =>
    (state) => ({ ...state, request: { ...state.request, lawful_basis } })
  const words: Choices['words'] = (values) => ({
    kind: 'CORRECT_BASIS',
    text: values.length > 0 ? `Assert a recorded basis (${values.join(', ')}), or none.` : 'Assert no lawful basis.',
    by: 'API_CLIENT',
    organisations: [request.provider, request.recipient],
    values,
  })
  const of = recorded.filter((basis) => basis !== request.lawful_basis).map((value) => ({ value, apply: asserting(value) }))
  return [{ change: words([]), answers, touches: 'basis', apply: asserting(null), choices: { of, words } }]
}
