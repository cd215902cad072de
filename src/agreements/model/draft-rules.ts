import type { RegisteredOrganisation } from '../../parties/organisation.ts'
import type { Fault } from '../../platform/kernel/refusal.ts'
import type { Agent, Agreement, Flow, LegalSide, Party, PolicyDocument, Terms } from '../agreement.ts'
import { dayFaults } from './dates.ts'
import { ALL_SIGNED_BOROUGHS } from './flow-suspensions.ts'

/**
 * What a draft may not say, whatever the law: codes and organisations that do not exist, flows of organisations that take
 * no part. Whether it is complete and lawful is advice, asked for separately. Pure; each finding names a place and a rule.
 */

/** What the rules look things up in. */
export interface DraftFacts {
  /** Codes by the name of their list. */
  readonly codes: ReadonlyMap<string, ReadonlySet<string>>
  readonly organisations: ReadonlyMap<string, RegisteredOrganisation>
}

/** Stands for the policy document of DPA 2018 s42; not a Schedule 1 condition. */
const PART3_POLICY_DOCUMENT = 'PART3_S42'

/** Codes that are not in their list. */
export function unknownCodes({ codes }: DraftFacts, list: string, given: readonly (string | null)[], pointer: string): Fault[] {
  const known = codes.get(list)
  return given.flatMap((code, index) =>
    code === null || known?.has(code)
      ? []
      : [{ pointer: `${pointer}/${index}`, detail: `${JSON.stringify(code)} is not a code of ${list}.`, code: 'UNKNOWN_CODE' }],
  )
}

/** The same for a single code; null is none. */
export function unknownCode(facts: DraftFacts, list: string, given: string | null, pointer: string): Fault[] {
  return unknownCodes(facts, list, [given], pointer).map((found) => ({ ...found, pointer }))
}

/** An organisation that is not in the register, is another name of one, or does not exist at the instant. One that nobody confirmed yet may be drafted with. */
export function organisationFaults({ organisations }: DraftFacts, code: string, now: string, pointer: string): Fault[] {
  const found = organisations.get(code)
  if (!found) return [{ pointer, detail: `${JSON.stringify(code)} is not in the register of organisations.`, code: 'UNKNOWN_ORGANISATION' }]
  if (found.merged_into) return [{ pointer, detail: `${code} is ${found.merged_into}: name that one.`, code: 'ORGANISATION_MERGED' }]
  const ms = Date.parse(now)
  const hasBegun = found.active_from === null || Date.parse(found.active_from) <= ms
  const hasEnded = found.active_to !== null && Date.parse(found.active_to) <= ms
  return hasBegun && !hasEnded ? [] : [{ pointer, detail: `${code} does not exist at present.`, code: 'ORGANISATION_INACTIVE' }]
}

/** Parties: known and present organisations, each once, with known roles and capacities. */
export function partyFaults(facts: DraftFacts, parties: readonly Pick<Party, 'org' | 'role' | 'capacities'>[], now: string): Fault[] {
  return [
    ...duplicates(
      parties.map(({ org }) => org),
      (index) => `/parties/${index}/org`,
    ),
    ...parties.flatMap((party, index) => [
      ...organisationFaults(facts, party.org, now, `/parties/${index}/org`),
      ...unknownCode(facts, 'PARTY_ROLE', party.role, `/parties/${index}/role`),
      ...unknownCodes(facts, 'PARTY_CAPACITY', party.capacities, `/parties/${index}/capacities`),
    ]),
  ]
}

/** What would be left hanging if these were the parties: flows, processors and policy documents of others. */
export function stillNamedFaults(terms: Pick<Terms, 'flows' | 'agents'>, apd: Agreement['apd'], parties: ReadonlySet<string>): Fault[] {
  const gone = (org: string, what: string): Fault[] =>
    org === ALL_SIGNED_BOROUGHS || parties.has(org)
      ? []
      : [{ pointer: '/parties', detail: `${org} is still named in ${what}; change that first.`, code: 'PARTY_STILL_NAMED' }]
  return [
    ...terms.flows.flatMap((flow) => [...new Set([...flow.providers, ...flow.recipients])].flatMap((org) => gone(org, `flow ${flow.id}`))),
    ...(terms.agents ?? []).flatMap((agent) => gone(agent.for, `the processors (${agent.org})`)),
    ...apd.flatMap((document) => gone(document.party, 'the policy documents')),
  ]
}

/** All flows: each id once, and each flow by itself. */
export function flowsFaults(facts: DraftFacts, flows: readonly Flow[], parties: ReadonlySet<string>): Fault[] {
  return [
    ...duplicates(
      flows.map(({ id }) => id),
      (index) => `/flows/${index}/id`,
    ),
    ...flows.flatMap((flow, index) => flowFaults(facts, flow, parties, `/flows/${index}`)),
  ]
}

/** One flow: its codes are known, and it flows between parties. */
export function flowFaults(facts: DraftFacts, flow: Flow, parties: ReadonlySet<string>, at: string): Fault[] {
  const many = (list: string, member: keyof Flow) => unknownCodes(facts, list, flow[member] as readonly string[], `${at}/${member}`)
  const one = (list: string, member: keyof Flow) => unknownCode(facts, list, flow[member] as string | null, `${at}/${member}`)
  const { provider, recipient } = flow.legal
  return [
    ...notParties(flow.providers, parties, `${at}/providers`),
    ...notParties(flow.recipients, parties, `${at}/recipients`),
    ...one('PURPOSE', 'purpose'),
    ...many('DATA_ITEM', 'data_items'),
    ...many('DATA_SUBJECT', 'data_subjects'),
    ...many('DATA_ITEM', 'category_grant'),
    ...one('DATA_FORM', 'data_form'),
    ...many('METHOD', 'methods'),
    ...many('COUNTRY', 'countries'),
    ...Object.entries(flow.transfers).flatMap(([country, { mechanism }]) => [
      ...unknownCode(facts, 'COUNTRY', country, `${at}/transfers/${country}`),
      ...unknownCode(facts, 'TRANSFER_MECHANISM', mechanism, `${at}/transfers/${country}/mechanism`),
    ]),
    ...sideFaults(facts, provider, `${at}/legal/provider`),
    ...(recipient ? sideFaults(facts, recipient, `${at}/legal/recipient`) : []),
    ...unknownCode(facts, 'COMPATIBILITY', flow.compatibility?.ground ?? null, `${at}/compatibility/ground`),
    ...unknownCode(facts, 'ANNEX_2', flow.compatibility?.annex2 ?? null, `${at}/compatibility/annex2`),
    ...one('CONFIDENTIALITY_BASIS', 'confidentiality'),
    ...unknownCode(facts, 'RESTRICTION_GROUND', flow.restriction_override?.ground ?? null, `${at}/restriction_override/ground`),
    ...many('EXEMPTION', 'exemptions'),
    ...one('ONWARD_SHARING', 'onward'),
    ...one('FREQUENCY', 'frequency'),
  ]
}

function sideFaults(facts: DraftFacts, side: LegalSide, at: string): Fault[] {
  return [
    ...unknownCodes(facts, 'LAWFUL_BASIS', side.art6, `${at}/art6`),
    ...unknownCodes(facts, 'ANNEX_1_CONDITION', side.annex1, `${at}/annex1`),
    ...unknownCodes(facts, 'GATEWAY', side.gateways, `${at}/gateways`),
    ...unknownCodes(facts, 'ART9_CONDITION', side.art9, `${at}/art9`),
    ...unknownCodes(facts, 'SCHEDULE_1_CONDITION', side.sch1, `${at}/sch1`),
    ...unknownCodes(facts, 'CRIMINAL_CONDITION', side.criminal, `${at}/criminal`),
    ...unknownCodes(facts, 'SCHEDULE_8_CONDITION', side.part3.sch8, `${at}/part3/sch8`),
  ]
}

/** Processors: known and present organisations that act for a party, their days in order. */
export function agentFaults(facts: DraftFacts, agents: readonly Agent[], parties: ReadonlySet<string>, now: string): Fault[] {
  return agents.flatMap((agent, index) => [
    ...organisationFaults(facts, agent.org, now, `/agents/${index}/org`),
    ...notParties([agent.for], parties, `/agents/${index}/for`).map((found) => ({ ...found, pointer: `/agents/${index}/for` })),
    ...dayFaults(agent.valid_from, agent.valid_to, `/agents/${index}/valid_to`),
  ])
}

/** Policy documents: of parties, for conditions that exist. */
export function policyDocumentFaults(facts: DraftFacts, documents: readonly PolicyDocument[], parties: ReadonlySet<string>): Fault[] {
  return documents.flatMap((document, index) => [
    ...notParties([document.party], parties, '').map((found) => ({ ...found, pointer: `/policy_documents/${index}/party` })),
    ...unknownCodes(
      facts,
      'SCHEDULE_1_CONDITION',
      document.conditions.map((code) => (code === PART3_POLICY_DOCUMENT ? null : code)),
      `/policy_documents/${index}/conditions`,
    ),
  ])
}

function notParties(orgs: readonly string[], parties: ReadonlySet<string>, pointer: string): Fault[] {
  return orgs.flatMap((org, index) =>
    org === ALL_SIGNED_BOROUGHS || parties.has(org)
      ? []
      : [{ pointer: `${pointer}/${index}`, detail: `${JSON.stringify(org)} is not a party of this agreement.`, code: 'NOT_A_PARTY' }],
  )
}

function duplicates(keys: readonly string[], pointer: (index: number) => string): Fault[] {
  return keys.flatMap((key, index) =>
    keys.indexOf(key) === index ? [] : [{ pointer: pointer(index), detail: `${JSON.stringify(key)} is there twice.`, code: 'DUPLICATE' }],
  )
}
