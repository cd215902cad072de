import { awaitsConfirmation } from '../../assessments/assessment.ts'
import type { AssessedFacts } from '../../assessments/made/assessed-facts.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import { type Agreement, type AgreementVersion, type Flow, isProcessorRole, type LegalSide, type Party } from '../agreement.ts'
import { type Advice, inOrder } from './advice.ts'
import { type AssessedHere, assessedFacts, unassessed } from './assessed-text.ts'
import { gapBetween } from './dates.ts'
import { CONTACT_LABELS, FLOW_LABELS, NARRATIVE_LABELS } from './field-labels.ts'

/** An agreement with what some readers know besides: members that are absent are not asked for. */
export interface AgreementToComplete extends Omit<Agreement, 'parties'> {
  readonly parties: readonly (Party & { readonly contacts?: Readonly<Record<string, string>> })[]
  readonly review_cycle_months?: number | null
  /** Organisations that it names and nobody has confirmed. */
  readonly unconfirmed?: ReadonlySet<string>
  /** The assessment that is made here; absent: none is. */
  readonly assessed_here?: AssessedHere
}

/** Of what an assessment is not about, how much is said at once. */
const CHANGES_SAID = 10
const ICO_CODE = 'DPA 2018 s121 (ICO data sharing code)'

/** What each section rests on (3.3, column "Basis"). */
const NARRATIVE_CITATIONS: Readonly<Record<keyof typeof NARRATIVE_LABELS, string>> = {
  purpose: 'UK GDPR Art 5(1)(b)',
  benefits: ICO_CODE,
  alternatives: ICO_CODE,
  necessity_proportionality: 'UK GDPR Art 5(1)(c)',
  data_quality: 'UK GDPR Art 5(1)(d)',
  privacy_information: 'UK GDPR Arts 13 and 14',
  rights_handling: 'UK GDPR Arts 12 to 22; DPA 2018 s164A',
  security: 'UK GDPR Art 32',
  automated_decisions: 'UK GDPR Arts 22A to 22D',
  breach_handling: 'UK GDPR Art 33',
  foi: 'Freedom of Information Act 2000',
  termination: ICO_CODE,
  amendment_policy: ICO_CODE,
  retention_disposal: 'UK GDPR Art 5(1)(e)',
}

/**
 * Every field marked mandatory or conditional (domain reference, 3.3) that this version does not have yet, each named by
 * pointer. Whether what is there is lawful is another question (`legalConsistency`).
 *
 * @param codes with the code lists the conditional field `apd` is asked for too; without them it is left to the legal rules
 */
export function completeness(agreement: AgreementToComplete, version: AgreementVersion, codes?: CodeLists): Advice[] {
  return inOrder([
    ...head(agreement, version),
    ...parties(agreement),
    ...unconfirmed(agreement, version),
    ...narrative(version),
    ...flows(agreement, version),
    ...paper(agreement, version),
    ...assessment(agreement, version),
    ...(codes ? policyDocuments(agreement, version, codes) : []),
  ])
}

function missing(pointer: string, what: string, citation: string = ICO_CODE, remedy_role = 'IG_OFFICER'): Advice {
  return { code: 'FIELD_MISSING', pointer, severity: 'ERROR', detail: `${what} is not filled in.`, citation, remedy_role }
}

function head(agreement: AgreementToComplete, { version, effective_from, effective_to, terms }: AgreementVersion): Advice[] {
  const found: Advice[] = []
  if (isBlank(agreement.title)) found.push(missing('/title', 'The title'))
  if (isBlank(agreement.owner_org)) found.push(missing('/owner_org', 'The organisation that owns the text'))
  if (effective_from === null) found.push(missing('/effective_from', 'The first day'))
  const before = agreement.versions.findLast((known) => known.version < version && known.status === 'APPROVED')
  const gap = before && gapBetween(before, { effective_from })
  if (gap) {
    const detail = `Between ${gap.from} and ${gap.to} nothing governs: version ${before.version} ends on ${before.effective_to}.`
    found.push({ code: 'GAP_BEFORE', pointer: '/effective_from', severity: 'WARNING', detail, citation: 'LC-2', remedy_role: 'IG_OFFICER' })
  }
  if (effective_to === null) found.push(missing('/effective_to', 'The last day'))
  if (agreement.review_due === null) found.push(missing('/review_due', 'The date of the next review'))
  if (agreement.review_cycle_months === null) found.push(missing('/review_cycle_months', 'The review cycle'))
  const inside = agreement.parties.filter((party) => party.left_at === null)
  const { commencement } = terms
  if (commencement.rule === 'THRESHOLD' && (commencement.n < 2 || commencement.n > inside.length)) {
    found.push({
      ...missing('/terms/commencement/n', ''),
      code: 'FIELD_INVALID',
      detail: `It starts with ${commencement.n} signatures, and ${inside.length} organisations are party to it.`,
    })
  }
  return found
}

function parties(agreement: AgreementToComplete): Advice[] {
  const inside = agreement.parties.filter((party) => party.left_at === null)
  const found: Advice[] = []
  if (inside.length < 2) found.push({ ...missing('/parties', ''), detail: 'An agreement needs at least two organisations.' })
  agreement.parties.forEach((party, index) => {
    const { contacts } = party
    if (contacts === undefined || party.left_at !== null || party.role === 'OBSERVER') return
    for (const [name, label] of Object.entries(CONTACT_LABELS)) {
      if (isEmptyContact(contacts[name]))
        found.push(missing(`/parties/${index}/contacts/${name}`, `${party.org}: the contact for ${label}, with the organisation or here,`))
    }
  })
  return found
}

/** 6.2 step 1: a body that is not in the register is UNKNOWN_PARTY; a text that names one would bind nobody as it says. */
function unconfirmed(agreement: AgreementToComplete, { terms }: AgreementVersion): Advice[] {
  const isOpen = (org: string) => agreement.unconfirmed?.has(org) ?? false
  const advice = (pointer: string, org: string): Advice => ({
    ...missing(pointer, '', 'UK GDPR Art 5(2)', 'REGISTER_ADMIN'),
    code: 'ORGANISATION_UNCONFIRMED',
    detail: `${org} is not confirmed in the register of organisations: nothing can be frozen or signed with it.`,
  })
  return [
    ...agreement.parties.flatMap(({ org, left_at }, index) =>
      left_at === null && isOpen(org) ? [advice(`/parties/${index}/org`, org)] : [],
    ),
    ...(terms.agents ?? []).flatMap(({ org }, index) => (isOpen(org) ? [advice(`/terms/agents/${index}/org`, org)] : [])),
    ...(terms.processor_contract?.approved_sub_processors ?? []).flatMap((org, index) =>
      isOpen(org) ? [advice(`/terms/processor_contract/approved_sub_processors/${index}`, org)] : [],
    ),
  ]
}

function narrative({ terms }: AgreementVersion): Advice[] {
  return (Object.keys(NARRATIVE_LABELS) as (keyof typeof NARRATIVE_LABELS)[]).flatMap((name) =>
    isBlank(terms.narrative[name]) ? [missing(`/terms/narrative/${name}`, `"${NARRATIVE_LABELS[name]}"`, NARRATIVE_CITATIONS[name])] : [],
  )
}

/** A framework of principles holds no flows (DSA-1). */
function flows(agreement: AgreementToComplete, { terms }: AgreementVersion): Advice[] {
  if (terms.flows.length === 0 && agreement.instrument_type !== 'TIER1_FRAMEWORK') {
    return [{ ...missing('/terms/flows', ''), detail: 'No flow is described: who sends what to whom.' }]
  }
  return terms.flows.flatMap((flow, index) => flowFields(flow, `/terms/flows/${index}`))
}

function flowFields(flow: Flow, at: string): Advice[] {
  const ask = (name: keyof typeof FLOW_LABELS, citation: string) =>
    missing(`${at}/${name}`, `Flow ${flow.id}: ${FLOW_LABELS[name]}`, citation)
  const lists = [
    ['providers', ICO_CODE],
    ['recipients', ICO_CODE],
    ['data_items', 'UK GDPR Art 5(1)(c)'],
    ['data_subjects', 'UK GDPR Art 30(1)(c)'],
    ['methods', 'UK GDPR Art 32'],
    ['countries', 'UK GDPR Art 44A'],
  ] as const
  const found: Advice[] = lists.filter(([name]) => flow[name].length === 0).map(([name, citation]) => ask(name, citation))
  if (isBlank(flow.purpose)) found.push(ask('purpose', 'UK GDPR Art 5(1)(b)'))
  if (isBlank(flow.data_form)) found.push(ask('data_form', 'UK GDPR Art 5(1)(c)'))
  if (isBlank(flow.onward)) found.push(ask('onward', ICO_CODE))
  if (flow.retention_days === null && isBlank(flow.retention_rule)) found.push(ask('retention_days', 'UK GDPR Art 5(1)(e)'))
  if (flow.frequency === null) found.push({ ...ask('frequency', ICO_CODE), severity: 'WARNING' })
  for (const country of flow.countries) {
    if (country !== 'GB' && flow.transfers[country] === undefined) {
      found.push(
        missing(`${at}/transfers/${country}`, `Flow ${flow.id}: the safeguard for ${country}`, 'UK GDPR Arts 44A, 45A and 46', 'LEGAL'),
      )
    }
  }
  return found
}

/** Art 28 for a processor contract, Art 26 for joint controllers: members that only these kinds of agreement need. */
function paper(agreement: AgreementToComplete, { terms }: AgreementVersion): Advice[] {
  if (agreement.instrument_type === 'CONTROLLER_TO_PROCESSOR') return processorContract(terms.processor_contract)
  if (agreement.instrument_type !== 'JOINT_CONTROLLER') return []
  const arrangement = terms.joint_controller_arrangement
  const parts = { responsibilities: 'who does what', contact_point: 'a contact point', essence_url: 'where people can read it' } as const
  return (Object.keys(parts) as (keyof typeof parts)[]).flatMap((name) =>
    isBlank(arrangement?.[name])
      ? [
          missing(
            `/terms/joint_controller_arrangement/${name}`,
            `The joint controller arrangement: ${parts[name]}`,
            'UK GDPR Art 26',
            'LEGAL',
          ),
        ]
      : [],
  )
}

function processorContract(contract: AgreementVersion['terms']['processor_contract']): Advice[] {
  const at = '/terms/processor_contract'
  if (!contract) return [missing(at, 'The contract with the processor', 'UK GDPR Art 28(3)', 'LEGAL')]
  if (contract.missing.length > 0) {
    return contract.missing.map((clause, index) => ({
      ...missing(`${at}/missing/${index}`, '', 'UK GDPR Art 28(3)', 'LEGAL'),
      code: 'CLAUSE_MISSING',
      detail: `The contract with the processor has no clause ${clause}.`,
    }))
  }
  return contract.art28_complete ? [] : [missing(`${at}/art28_complete`, 'That the contract is complete', 'UK GDPR Art 28(3)', 'LEGAL')]
}

/** A DPIA that is approved or waits for the second person who confirms that it is, or the record that none is needed (DP-2): a text that was frozen on one that is neither could never permit anything (DP-7). */
function assessment(agreement: AgreementToComplete, version: AgreementVersion): Advice[] {
  const { dpia, assessed_here } = agreement
  const latest = dpia.status_changes.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)).at(-1)
  const { status } = latest ?? dpia
  if (assessed_here && assessed_here.state !== 'SCREENED_OUT') return assessedHere(assessed_here, assessedFacts(agreement, version))
  if (dpia.required) {
    if (status === 'APPROVED' || awaitsConfirmation(dpia)?.outcome === 'APPROVED') return []
    const detail = `A DPIA is required and is ${status}: record the approved one, with the file that holds it and the advice of the data protection officer. A second person can confirm it once the text is frozen.`
    return [{ ...missing('/dpia', '', 'UK GDPR Art 35; DP-7', 'DPO'), code: 'DPIA_NOT_APPROVED', detail }]
  }
  if (status === 'SCREENED_OUT') return []
  return [{ ...missing('/dpia', '', 'UK GDPR Art 35', 'DPO'), detail: 'Neither a DPIA nor the outcome of a screening is recorded.' }]
}

/** One that is made here was sent for review, and is about what the text says: that is what signatures name (DP-6, DP-7). It can be accepted once the text is frozen. */
function assessedHere(assessed: AssessedHere, facts: AssessedFacts): Advice[] {
  const notApproved = (detail: string): Advice[] => [
    { ...missing('/dpia', '', 'UK GDPR Art 35; DP-7', 'DPO'), code: 'DPIA_NOT_APPROVED', detail },
  ]
  if (assessed.version === null || assessed.state === 'DRAFT' || assessed.state === 'REJECTED')
    return notApproved(`The DPIA is ${assessed.state}: send it for review. It can be accepted once the text is frozen.`)
  const changed = unassessed(assessed, facts)
  return changed.length === 0
    ? []
    : notApproved(`The DPIA is not about all that the text says: send its next version. ${changed.slice(0, CHANGES_SAID).join('; ')}.`)
}

/** A recorded Schedule 1 condition that needs an appropriate policy document has one, for each party that records it (APD-4). */
function policyDocuments(agreement: AgreementToComplete, { terms }: AgreementVersion, codes: CodeLists): Advice[] {
  const role = new Map(agreement.parties.map((party) => [party.org, party.role]))
  const needed = new Map<string, Set<string>>()
  const need = (orgs: readonly string[], side: LegalSide | null) => {
    for (const condition of [...(side?.sch1 ?? []), ...(side?.criminal ?? [])]) {
      // Whether the exception for disclosure to a competent authority holds is known per pair only: the legal rules ask that.
      if (codes.schedule1.get(condition) !== 'REQUIRED') continue
      for (const org of orgs) {
        if (isProcessorRole(role.get(org) ?? 'PROCESSOR')) continue
        needed.set(org, (needed.get(org) ?? new Set()).add(condition))
      }
    }
  }
  for (const flow of terms.flows) {
    need(flow.providers, flow.legal.provider)
    need(flow.recipients, flow.legal.recipient)
  }
  return [...needed].flatMap(([org, conditions]) => {
    const covered = new Set(agreement.apd.filter(({ party }) => party === org).flatMap((document) => document.conditions))
    const open = [...conditions].filter((condition) => !covered.has(condition))
    return open.length === 0
      ? []
      : [missing('/apd', `The appropriate policy document of ${org} for ${open.join(', ')}`, 'DPA 2018 Sch 1 paras 5 and 38-41', 'DPO')]
  })
}

function isBlank(text: string | null | undefined): boolean {
  return text === null || text === undefined || text.trim() === ''
}

/** A contact is a text, or an object of which at least one member is filled in. */
function isEmptyContact(contact: unknown): boolean {
  if (typeof contact === 'string') return isBlank(contact)
  if (contact === null || typeof contact !== 'object') return true
  return Object.values(contact).every((value) => typeof value !== 'string' || isBlank(value))
}
