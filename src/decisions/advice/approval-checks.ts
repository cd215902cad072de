import { type Flow, isProcessorRole, type LegalSide } from '../../agreements/agreement.ts'
import type { Advice } from '../../agreements/model/advice.ts'
import type { Organisation } from '../../parties/organisation.ts'
import { CLOSED_TO_PUBLIC_AUTHORITIES } from '../rules/basis.ts'
import { requestedItems } from '../rules/facts.ts'
import { type ApprovalCheck, type ApprovalQuestion, type CheckedFlow, error, warning } from './approval-question.ts'
import { CHECKS_AT_APPROVAL } from './checks-at-approval.ts'
import { dpiaTriggers } from './dpia-triggers.ts'
import { gatewayChecks } from './gateway-checks.ts'
import { localCodes } from './local-code-checks.ts'
import { reviewAndCommencement } from './review-checks.ts'

const NOT_PERSONAL = new Set(['AGGREGATE', 'ANONYMOUS'])
/** Kinds of special data that para 8 of Schedule 1 covers (equality of opportunity). */
const EQUALITY_KINDS = new Set(['RACIAL_ETHNIC', 'RELIGIOUS_PHILOSOPHICAL', 'HEALTH', 'SEXUAL_ORIENTATION'])

/** Everything that only an approval checks, for the whole version. */
export function approvalChecks(question: ApprovalQuestion): Advice[] {
  const { version, drafted, codes } = question
  const checked = version.terms.flows.map((flow, index): CheckedFlow => {
    const compiled = drafted.version.flows[index]
    if (!compiled) throw new Error(`flow ${flow.id} did not compile`)
    const isPersonal = !NOT_PERSONAL.has(flow.data_form)
    return { flow, compiled, at: `/terms/flows/${index}`, items: requestedItems(flow.data_items, codes), isPersonal }
  })
  return [
    ...checked.flatMap((one) => CHECKS.flatMap((check) => check(question, one))),
    ...instrument(question, checked),
    ...dpiaTriggers(question),
    ...reviewAndCommencement(question, checked),
  ]
}

/** Every body that a flow names is a party: nobody is bound who was not asked. */
const parties: ApprovalCheck = ({ source }, { flow, compiled, at }) => {
  const known = new Set(source.parties.map(({ org }) => org))
  return (['providers', 'recipients'] as const).flatMap((name) => {
    const strangers = [...compiled[name]].filter((org) => !known.has(org))
    return strangers.length === 0
      ? []
      : [
          error(
            'FLOW_PARTY_NOT_LISTED',
            `${at}/${name}`,
            `Flow ${flow.id} names ${strangers.join(', ')}, not a party to the agreement.`,
            'UK GDPR Art 5(2)',
            'IG_OFFICER',
          ),
        ]
  })
}

/** LB-5: a processor has no lawful basis of its own. */
const processorBasis: ApprovalCheck = ({ source }, { flow, compiled, at }) => {
  const roles = new Map(source.parties.map(({ org, role }) => [org, role]))
  const processors = [...compiled.recipients].filter((org) => isProcessorRole(roles.get(org)))
  if (processors.length === 0 || flow.legal.recipient === null) return []
  const detail = `Flow ${flow.id}: ${processors.join(', ')} is a processor and acts on instructions; it has no lawful basis of its own.`
  return [error('PROCESSOR_HAS_NO_BASIS', `${at}/legal/recipient`, detail, 'UK GDPR Arts 4(8) and 28', 'LEGAL')]
}

/** EX-1: an exemption lifts duties of information; it is neither basis nor condition nor power. */
const exemptionAsBasis: ApprovalCheck = ({ codes }, { flow, at }) =>
  eachSide(flow, (side, name) =>
    (['art6', 'gateways', 'sch1', 'criminal', 'art9'] as const).flatMap((member) => {
      const wrong = side[member].filter((code) => codes.exemptions.has(code))
      const detail = `Flow ${flow.id}: ${wrong.join(', ')} is an exemption and supplies no basis, condition or power.`
      return wrong.length === 0
        ? []
        : [error('EXEMPTION_IS_NO_BASIS', `${at}/legal/${name}/${member}`, detail, 'DPA 2018 Sch 2 Pt 1', 'LEGAL')]
    }),
  )

/** LB-3: (f) and (ea) recorded beside a basis that is open say nothing for a public authority; alone, the rules refuse them. */
const closedBasis: ApprovalCheck = ({ organisation }, { flow, compiled, at }) =>
  eachSide(flow, (side, name) => {
    const closed = side.art6.filter((basis) => CLOSED_TO_PUBLIC_AUTHORITIES.has(basis))
    const bodies = [...compiled[name === 'provider' ? 'providers' : 'recipients']].flatMap((code) => organisation(code) ?? [])
    const authorities = bodies.filter((body) => body.public_authority && side.performing_task)
    if (closed.length === 0 || closed.length === side.art6.length || authorities.length === 0) return []
    const detail = `Flow ${flow.id}: ${closed.join(', ')} is recorded for ${names(authorities)} and is not open to a public authority performing its tasks.`
    return [warning('BASIS_CLOSED_TO_PUBLIC_AUTHORITY', `${at}/legal/${name}/art6`, detail, 'UK GDPR Art 6(1), last paragraph', 'LEGAL')]
  })

/** Art 6(1)(ea) needs a condition of Annex 1, and such a condition serves nothing else (1.2). */
const annex1: ApprovalCheck = ({ codes }, { flow, at }) =>
  eachSide(flow, (side, name) => {
    const relies = side.art6.includes('6(1)(ea)')
    const cites = side.annex1.some((condition) => codes.annex1.has(condition))
    const pointer = `${at}/legal/${name}/annex1`
    const law = 'UK GDPR Art 6(1)(ea) and Annex 1'
    if (relies && !cites)
      return [
        error('ANNEX_1_CONDITION_MISSING', pointer, `Flow ${flow.id}: 6(1)(ea) is recorded without a condition of Annex 1.`, law, 'LEGAL'),
      ]
    if (!relies && side.annex1.length > 0)
      return [
        warning('ANNEX_1_WITHOUT_BASIS', pointer, `Flow ${flow.id}: a condition of Annex 1 is recorded without 6(1)(ea).`, law, 'LEGAL'),
      ]
    return []
  })

/** A statutory disapplication of confidence is one only if a cited gateway says so (1.9; CK-8, last sentence). */
const confidence: ApprovalCheck = ({ codes }, { flow, at, items }) => {
  if (flow.confidentiality !== 'STATUTORY_DISAPPLICATION' || items.confidential.length === 0) return []
  if (flow.legal.provider.gateways.some((code) => codes.gateways.get(code)?.disappliesConfidence)) return []
  const detail = `Flow ${flow.id}: no gateway it cites provides that disclosure is no breach of confidence.`
  return [error('CONFIDENCE_NOT_DISAPPLIED', `${at}/confidentiality`, detail, 'Common law duty of confidence', 'CALDICOTT_GUARDIAN')]
}

/** Methods that can never be approved. */
const methods: ApprovalCheck = ({ codes }, { flow, at }) =>
  flow.methods.flatMap((method, index) =>
    codes.methodsNeverApproved.has(method)
      ? [
          error(
            'METHOD_NEVER_APPROVED',
            `${at}/methods/${index}`,
            `Flow ${flow.id}: ${method} can never be approved.`,
            'UK GDPR Arts 5(1)(f) and 32',
            'INFOSEC',
          ),
        ]
      : codes.methods.has(method)
        ? []
        : [
            error(
              'UNKNOWN_CODE',
              `${at}/methods/${index}`,
              `Flow ${flow.id}: ${method} is not in the list of methods.`,
              null,
              'IG_OFFICER',
            ),
          ],
  )

/** TR-2: exceptions of Art 49 that a public authority exercising its powers cannot use. */
const transfers: ApprovalCheck = ({ codes, organisation }, { flow, compiled, at }) => {
  const authorities = [...compiled.providers].flatMap((code) => organisation(code) ?? []).filter(({ public_authority }) => public_authority)
  return Object.entries(flow.transfers).flatMap(([country, { mechanism }]) => {
    if (!codes.mechanismsClosedToPublicAuthorities.has(mechanism) || authorities.length === 0) return []
    const detail = `Flow ${flow.id}: ${mechanism} for ${country} is closed to ${names(authorities)}, a public authority exercising its powers.`
    return [error('TRANSFER_EXCEPTION_CLOSED', `${at}/transfers/${country}`, detail, 'UK GDPR Art 49(3)', 'LEGAL')]
  })
}

/** Sch 1 para 8 covers four kinds of special data and no other. */
const equality: ApprovalCheck = ({ codes }, { flow, at, items }) =>
  eachSide(flow, (side, name) => {
    const others = items.special.filter((item) => {
      const kinds = [...(codes.items.get(item)?.specialKinds ?? [])]
      return kinds.length === 0 || kinds.some((kind) => !EQUALITY_KINDS.has(kind))
    })
    if (!side.sch1.includes('SCH1_8') || others.length === 0) return []
    const detail = `Flow ${flow.id}: para 8 does not cover ${others.join(', ')}.`
    return [warning('SCHEDULE_1_PARA_8_SCOPE', `${at}/legal/${name}/sch1`, detail, 'DPA 2018 Sch 1 para 8', 'LEGAL')]
  })

/** A flow for something that the same agreement rules out could never be used: prohibit overrides permit (6.2 step 4). */
const prohibited: ApprovalCheck = ({ version, codes }, { flow, at }) =>
  version.terms.prohibitions.flatMap(({ purposes }) => purposes).some((purpose) => codes.purposes.isWithin(flow.purpose, purpose))
    ? [
        error(
          'FLOW_IS_PROHIBITED',
          `${at}/purpose`,
          `Flow ${flow.id}: the agreement itself rules out ${flow.purpose}.`,
          'UK GDPR Art 5(1)(a),(b)',
          'IG_OFFICER',
        ),
      ]
    : []

const CHECKS: readonly ApprovalCheck[] = [
  parties,
  processorBasis,
  exemptionAsBasis,
  closedBasis,
  annex1,
  gatewayChecks,
  confidence,
  methods,
  transfers,
  equality,
  prohibited,
  localCodes,
  ...CHECKS_AT_APPROVAL,
]

/** DSA-1, and what a condensed agreement and a memorandum for non-personal data may hold (3.1). */
function instrument({ source, codes }: ApprovalQuestion, checked: readonly CheckedFlow[]): Advice[] {
  const type = source.instrument_type
  const at = '/instrument_type'
  const found: Advice[] = []
  if (codes.instrumentsWithoutFlows.has(type)) {
    if (checked.length > 0)
      found.push(
        error(
          'INSTRUMENT_HOLDS_NO_FLOWS',
          at,
          `${type} permits nothing: its flows belong into an agreement under it.`,
          'DPA 2018 s121 (ICO data sharing code)',
          'IG_OFFICER',
        ),
      )
    else
      found.push(
        warning(
          'GRANTS_NOTHING',
          at,
          `${type} states principles; no share is permitted by it alone.`,
          'DPA 2018 s121 (ICO data sharing code)',
          'IG_OFFICER',
        ),
      )
  }
  const sensitive = checked.filter(({ items }) => items.special.length > 0 || items.criminal.length > 0)
  if (type === 'CONDENSED' && (sensitive.length > 0 || source.dpia.required)) {
    found.push(
      error(
        'CONDENSED_NOT_ENOUGH',
        at,
        'A condensed agreement is for low risk: not for special category or criminal offence data, nor where a DPIA is required.',
        'UK GDPR Arts 9, 10 and 35',
        'IG_OFFICER',
      ),
    )
  }
  const personal = checked.filter(({ isPersonal }) => isPersonal)
  if (type === 'MOU_NON_PERSONAL' && personal.length > 0) {
    const ids = personal.map(({ flow }) => flow.id).join(', ')
    found.push(
      error(
        'INSTRUMENT_FOR_NON_PERSONAL_DATA',
        at,
        `A memorandum for data that is not personal cannot hold personal data (flow ${ids}).`,
        'UK GDPR Art 4(1)',
        'IG_OFFICER',
      ),
    )
  }
  return found
}

function eachSide(flow: Flow, test: (side: LegalSide, name: 'provider' | 'recipient') => Advice[]): Advice[] {
  const { provider, recipient } = flow.legal
  return [...test(provider, 'provider'), ...(recipient ? test(recipient, 'recipient') : [])]
}

function names(bodies: readonly Organisation[]): string {
  const first = bodies
    .slice(0, 3)
    .map(({ code }) => code)
    .join(', ')
  return bodies.length > 3 ? `${first} and ${bodies.length - 3} more` : first
}
