import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type * as Model from '../../src/agreements/agreement.ts'
import type { DisclosureRecord } from '../../src/disclosures/disclosure-record.ts'
import type { Organisation } from '../../src/parties/organisation.ts'
import type { CodeList } from '../../src/reference/code-list.ts'

interface DemoRecord extends Model.Agreement {
  readonly provenance: { readonly source: string; readonly facts: readonly string[]; readonly invented: readonly string[] }
}
type All<T> = Record<keyof T, 1>
/** Every member of the model. `satisfies` makes the compiler refuse this file when the model gains or loses one. */
// biome-ignore format: a table, one type to a row
const MEMBERS = {
  agreement: {
    id: 1, title: 1, instrument_type: 1, owner_org: 1, status: 1, origin: 1, sample: 1, parties: 1, versions: 1, signatures: 1,
    approvals: 1, suspensions: 1, terminated_at: 1, review_due: 1, review_policy: 1, review_grace_days: 1, dpia: 1, apd: 1, provenance: 1,
  } satisfies All<Omit<DemoRecord, 'keepers' | 'review_changes' | 'dpo_advice_overruled' | 'objections' | 'attested'>>,
  party: { org: 1, role: 1, capacities: 1, left_at: 1 } satisfies All<Omit<Model.Party, 'left_how' | 'left_version' | 'invited_at' | 'earlier' | 'active_from' | 'active_to' | 'succeeded_by' | 'accepts_attested_since'>>,
  version: { version: 1, status: 1, effective_from: 1, effective_to: 1, hash: 1, terms: 1 } satisfies All<
    Omit<Model.AgreementVersion, 'frozen_at' | 'dropped_at'>
  >,
  terms: {
    flows: 1, commencement: 1, prohibitions: 1, agents: 1, processor_contract: 1, joint_controller_arrangement: 1, narrative: 1,
  } satisfies All<Model.Terms>,
  narrative: {
    purpose: 1, benefits: 1, alternatives: 1, necessity_proportionality: 1, data_quality: 1, privacy_information: 1, rights_handling: 1,
    security: 1, automated_decisions: 1, breach_handling: 1, foi: 1, termination: 1, amendment_policy: 1, retention_disposal: 1,
  } satisfies All<Model.Narrative>,
  flow: {
    id: 1, providers: 1, recipients: 1, purpose: 1, data_items: 1, data_subjects: 1, category_grant: 1, data_form: 1, methods: 1,
    countries: 1, transfers: 1, legal: 1, compatibility: 1, confidentiality: 1, exemptions: 1, retention_days: 1, retention_rule: 1,
    onward: 1, frequency: 1, volume_limit: 1, honours_objection: 1, consent_required: 1,
    restriction_override: 1, standing_request_ref: 1,
  } satisfies All<Model.Flow>,
  side: {
    regime: 1, performing_task: 1, art6: 1, annex1: 1, gateways: 1, art9: 1, sch1: 1, criminal: 1, part3: 1,
  } satisfies All<Model.LegalSide>,
  part3: { sch8: 1, strictly_necessary: 1, reuse_authority: 1 } satisfies All<Model.LegalSide['part3']>,
  compatibility: {
    new_purpose: 1, ground: 1, annex2: 1, collected_on_consent: 1, consent_unobtainable: 1, assessed_at: 1,
  } satisfies All<Model.Compatibility>,
  transfer: { mechanism: 1, scope_confirmed: 1, dp_test_done: 1 } satisfies All<Model.Transfer>,
  agent: { org: 1, for: 1, contract_ref: 1, valid_from: 1, valid_to: 1 } satisfies All<Model.Agent>,
  prohibition: { purposes: 1, note: 1 } satisfies All<Model.Prohibition>,
  contract: { art28_complete: 1, missing: 1, approved_sub_processors: 1 } satisfies All<Model.ProcessorContract>,
  joint: { responsibilities: 1, contact_point: 1, essence_url: 1 } satisfies All<Model.JointControllerArrangement>,
  signature: { org: 1, version: 1, signed_at: 1 } satisfies All<Omit<Model.Signature, 'carried_from'>>,
  suspension: { scope: 1, party: 1, flow: 1, version: 1, from: 1, to: 1 } satisfies All<Model.Suspension>,
  dpia: { required: 1, status: 1, status_changes: 1, residual: 1, prior_consultation: 1, review_due: 1 } satisfies All<Omit<Model.Dpia, 'earlier' | 'elsewhere' | 'made' | 'id'>>,
  apd: { party: 1, conditions: 1 } satisfies All<Model.PolicyDocument>,
  organisation: {
    code: 1, legal_name: 1, short_name: 1, type: 1, gss: 1, ods: 1, ico_registration_no: 1, public_authority: 1, competent_authority: 1,
    health_or_social_care_authority: 1, active_from: 1, active_to: 1, successor_of: 1, aliases: 1, verified: 1,
  } satisfies All<Omit<Organisation, 'merged_into' | 'accepts_attested_since'>>,
}

const src = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))
const read = <T>(path: string): T => JSON.parse(readFileSync(src(path), 'utf8')) as T
const readAll = <T>(folder: string): T[] => readdirSync(src(folder)).map((name) => read<T>(`${folder}/${name}`))
const organisationsIn = (path: string) => read<{ organisations: readonly Organisation[] }>(path).organisations

const records = readAll<DemoRecord>('demo/agreements')
const real = records.filter((record) => record.id.startsWith('SAMPLE-'))
const onTheirWay = new Set(read<{ sign_offs: { agreement: string }[] }>('demo/sign-offs.json').sign_offs.map(({ agreement }) => agreement))
const demoOrganisations = organisationsIn('demo/organisations.json')
const coreOrganisations = organisationsIn('parties/organisations.json')
const organisations = new Map([...coreOrganisations, ...demoOrganisations].map((organisation) => [organisation.code, organisation]))
const lists = new Map(
  readAll<CodeList>('reference/lists').map((list) => [list.list, new Set(list.entries.map((entry) => entry.code))] as const),
)

const ALL_BOROUGHS = 'ALL_SIGNED_BOROUGHS'
const isBorough = (code: string): boolean => ['LONDON_BOROUGH', 'CITY_CORPORATION'].includes(organisations.get(code)?.type ?? '')
const partiesOf = (record: Model.Agreement): readonly string[] => record.parties.map((party) => party.org)
const flowsOf = (record: Model.Agreement): readonly Model.Flow[] => record.versions.flatMap((version) => version.terms.flows)
const sidesOf = ({ legal }: Model.Flow): readonly Model.LegalSide[] =>
  legal.recipient ? [legal.provider, legal.recipient] : [legal.provider]
const agentsOf = (record: Model.Agreement): readonly Model.Agent[] => record.versions.flatMap((version) => version.terms.agents ?? [])
const prohibitedBy = (record: Model.Agreement): readonly string[] =>
  record.versions.flatMap((version) => version.terms.prohibitions.flatMap((prohibition) => prohibition.purposes))

function get(id: string): DemoRecord {
  const found = records.find((record) => record.id === id)
  if (!found) throw new Error(`no demo agreement ${id}`)
  return found
}

/** Passes when every value is accepted, and names those that are not. */
function every<T>(t: Test, values: readonly T[], accepts: (value: T) => boolean, message: string): void {
  t.strictSame([...new Set(values.filter((value) => !accepts(value)))], [], message)
}

t.test('every record has every member of the model and no other', async (t) => {
  const names = new Set(records.map((record) => `${record.id.toLowerCase()}.json`))
  every(t, readdirSync(src('demo/agreements')), (name) => names.has(name), 'files are named for their agreement')
  for (const record of records) {
    for (const [members, values] of Object.entries(shapesOf(record))) {
      const keys = values.flatMap((value) => (value ? [Object.keys(value).sort().join(' ')] : []))
      const expected = Object.keys(MEMBERS[members as keyof typeof MEMBERS])
        .sort()
        .join(' ')
      every(t, keys, (found) => found === expected, `${record.id}: ${members}`)
    }
    // Those on their way through approval are made here, so that a newcomer can go on with them; all others were signed elsewhere.
    const origin = onTheirWay.has(record.id) ? 'ACCORD' : 'ELSEWHERE'
    t.match(record, { sample: true, origin }, `${record.id} is marked as a sample, and where it was made`)
  }
  for (const organisation of demoOrganisations) t.hasOwnPropsOnly(organisation, Object.keys(MEMBERS.organisation), organisation.code)
})

t.test('at least twelve agreements come from published records, and each says what is fact and what is invented', async (t) => {
  t.ok(real.length >= 12, `${real.length} real records`)
  for (const record of records) {
    const { source, facts, invented } = record.provenance
    const pointers = [...facts, ...invented]
    t.ok(source.length > 20, `${record.id} names its publication`)
    every(t, pointers, (pointer) => resolve(record, pointer) !== undefined, `${record.id}: every pointer resolves`)
    if (!real.includes(record)) continue
    t.ok(facts.length > 0, `${record.id} has facts`)
    const marks = (leaf: string) => pointers.filter((pointer) => leaf === pointer || leaf.startsWith(`${pointer}/`)).length
    every(t, leaves(record), (leaf) => marks(leaf) === 1, `${record.id}: every value is either a fact or invented`)
  }
})

t.test('flows, signatures, policy documents and suspensions name only parties or agents, and all of them are organisations', async (t) => {
  t.equal(organisations.size, coreOrganisations.length + demoOrganisations.length, 'no organisation twice')
  const predecessors = demoOrganisations.flatMap((organisation) => organisation.successor_of)
  every(t, predecessors, (code) => organisations.has(code), 'predecessors are organisations')
  for (const record of records) {
    const parties = partiesOf(record)
    const known = new Set([...parties, ...agentsOf(record).map((agent) => agent.org)])
    const named = [
      ...flowsOf(record).flatMap((flow) => [...flow.providers, ...flow.recipients].filter((code) => code !== ALL_BOROUGHS)),
      ...record.signatures.map((signature) => signature.org),
      ...record.apd.map((document) => document.party),
      ...record.suspensions.flatMap((suspension) => suspension.party ?? []),
      ...agentsOf(record).map((agent) => agent.for),
    ]
    every(t, named, (code) => known.has(code), `${record.id} names its parties only`)
    every(t, [...known, record.owner_org ?? ''], (code) => organisations.has(code), `${record.id}: every party is in a register`)
    every(t, parties, (code) => parties.indexOf(code) === parties.lastIndexOf(code), `${record.id}: no party twice`)
    const signatures = new Set(record.signatures.map(({ org, version }) => `${org} ${version}`))
    t.equal(signatures.size, record.signatures.length, `${record.id}: one signature each`)
  }
})

t.test('every code is in the reference lists', async (t) => {
  const check = (list: string, codes: readonly (string | null)[], where: string) =>
    every(t, codes, (code) => code === null || lists.get(list)?.has(code) === true, `${where}: ${list}`)
  for (const record of records) {
    for (const [list, codes] of codesOfRecord(record)) check(list, codes, record.id)
    for (const flow of flowsOf(record)) for (const [list, codes] of codesOfFlow(flow)) check(list, codes, `${record.id} ${flow.id}`)
  }
  for (const organisation of demoOrganisations) check('ORG_TYPE', [organisation.type], organisation.code)
})

t.test('no public authority relies on legitimate interests, and nobody on a duty or a public task without a law', async (t) => {
  for (const record of records) {
    for (const flow of flowsOf(record)) {
      const pairs = [
        { codes: flow.providers, side: flow.legal.provider },
        { codes: flow.recipients, side: flow.legal.recipient },
      ]
      for (const { codes, side } of pairs) {
        const where = `${record.id} ${flow.id}`
        const expanded = codes.flatMap((code) => (code === ALL_BOROUGHS ? partiesOf(record).filter(isBorough) : [code]))
        const orgs = expanded.flatMap((code) => organisations.get(code) ?? [])
        const relies = (...bases: string[]) => side?.art6.some((basis) => bases.includes(basis)) === true
        if (relies('6(1)(f)', '6(1)(ea)')) every(t, orgs, (o) => !o.public_authority, `${where}: no public authority on (f) or (ea)`)
        if (relies('6(1)(c)', '6(1)(e)')) t.ok(side?.gateways.length, `${where}: a duty or a public task cites its law`)
        if (side?.regime === 'PART_3') every(t, orgs, (o) => o.competent_authority !== 'NONE', `${where}: competent authorities only`)
      }
    }
  }
})

t.test('WaterHelp has seventeen boroughs, and Hounslow signs later than all of them', async (t) => {
  const record = get('SAMPLE-WATERHELP-2025')
  t.equal(partiesOf(record).filter((code) => isBorough(code) && code !== 'LBC_HOUNSLOW').length, 17)
  const signedAt = (code: string) => Date.parse(record.signatures.find((signature) => signature.org === code)?.signed_at ?? '')
  const others = partiesOf(record).filter((code) => code !== 'LBC_HOUNSLOW')
  every(t, others, (code) => signedAt(code) < signedAt('LBC_HOUNSLOW'), 'every other party had signed before')
  t.ok(signedAt('LBC_HOUNSLOW') > Date.parse(record.versions[0]?.effective_from ?? ''), 'after the agreement had begun')
})

t.test('the twelve Warrington bodies signed on the twelve published days, all after the effective date', async (t) => {
  const record = get('SAMPLE-WARRINGTON-ADULTS-T2')
  t.equal(record.parties.length, 12)
  t.strictSame([...partiesOf(record)].sort(), Object.keys(WARRINGTON).sort())
  t.strictSame(Object.fromEntries(record.signatures.map((signature) => [signature.org, signature.signed_at.slice(0, 10)])), WARRINGTON)
  t.match(record.versions[0], { effective_from: '2016-04-01', effective_to: '2018-03-31' })
  every(t, Object.values(WARRINGTON), (day) => day > '2016-04-01', 'after the effective date')
})

t.test('the Barnet safeguarding hub has twenty-two signatories: four services of one council and eighteen other bodies', async (t) => {
  const record = get('SAMPLE-BARNET-MASH')
  const signed = new Set(record.signatures.map((signature) => signature.org))
  const signatories = record.parties
    .filter((party) => signed.has(party.org))
    .flatMap(({ org, capacities }) => [org, ...capacities.slice(1)])
  t.equal(signatories.length, 22)
  t.equal(signed.size, 19, 'the services of one council are one legal person, which signs once')
})

t.test('nothing in the demo register disturbs the agreement that the first commands of a newcomer ask about', async (t) => {
  const curl = get('DEMO-CURL')
  t.match(curl, { dpia: { required: false }, review_policy: 'WARN', terminated_at: null, suspensions: [] })
  t.match(curl.versions, [{ effective_from: '2020-01-01', effective_to: null, status: 'APPROVED' }])
  t.match(curl.signatures, [{ signed_at: /^2019-12-01T/ }, { signed_at: /^2019-12-01T/ }])
  t.match(flowsOf(curl), [{ providers: ['LBC_CAMDEN'], recipients: ['LBC_HACKNEY'], purpose: 'HOMELESSNESS' }])
  const items = flowsOf(curl).flatMap((flow) => flow.data_items)
  every(t, items, (code) => !code.startsWith('HEALTH.'), 'health is not covered')
  const both = records.filter((record) => ['LBC_CAMDEN', 'LBC_HACKNEY'].every((code) => partiesOf(record).includes(code)))
  every(t, both.flatMap(prohibitedBy), (purpose) => purpose === 'IMMIGRATION_CONTROL', 'no other prohibition binds the two boroughs')
})

t.test('the sample disclosure decisions are one that can be used and one that is used up', async (t) => {
  const { decisions } = read<{ decisions: readonly (DisclosureRecord & { consumed: boolean })[] }>('demo/disclosure-decisions.json')
  const states = decisions.map(({ status, consumed }) => `${status} ${consumed ? 'used' : 'unused'}`)
  t.strictSame(states, ['APPROVED unused', 'APPROVED used'])
  for (const { id, consumed, consumed_at, data_items, provider, recipient, purpose } of decisions) {
    t.equal(consumed, consumed_at !== null, `${id}: a used decision says when`)
    every(t, data_items, (code) => lists.get('DATA_ITEM')?.has(code) === true, `${id}: items`)
    every(t, [purpose], (code) => lists.get('PURPOSE')?.has(code) === true, `${id}: purpose`)
    every(t, [provider, recipient], (code) => organisations.has(code), `${id}: organisations`)
  }
})

/** The approving bodies and days as published. */
// biome-ignore format: a table
const WARRINGTON: Readonly<Record<string, string>> = {
  NHS_BRIDGEWATER: '2016-04-14', CCG_WARRINGTON: '2016-04-18', LA_WARRINGTON: '2016-04-18', NHS_ENGLAND: '2016-04-19',
  NHS_WARRINGTON_HALTON: '2016-05-16', VCS_CAB_WARRINGTON: '2016-05-16', CRC_CHESHIRE_GM: '2016-05-16', POL_CHESHIRE: '2016-05-19',
  NHS_FIVE_BOROUGHS: '2016-06-13', HA_GOLDEN_GATES: '2016-06-21', FIRE_CHESHIRE: '2016-08-03', NPS_CHESHIRE: '2016-08-05',
}

/** Every object of a record, by the type of the model it must be. */
function shapesOf(record: DemoRecord): Record<Exclude<keyof typeof MEMBERS, 'organisation'>, readonly (object | null)[]> {
  const terms = record.versions.map((version) => version.terms)
  const flows = flowsOf(record)
  const sides = flows.flatMap(sidesOf)
  // biome-ignore format: a table
  return {
    agreement: [record], party: record.parties, signature: record.signatures, suspension: record.suspensions, apd: record.apd,
    dpia: [record.dpia], version: record.versions, terms, flow: flows, side: sides, agent: agentsOf(record),
    narrative: terms.map((term) => term.narrative), part3: sides.map((side) => side.part3),
    prohibition: terms.flatMap((term) => term.prohibitions), contract: terms.map((term) => term.processor_contract),
    joint: terms.map((term) => term.joint_controller_arrangement),
    transfer: flows.flatMap((flow) => Object.values(flow.transfers)), compatibility: flows.map((flow) => flow.compatibility),
  }
}

type Coded = readonly [list: string, codes: readonly (string | null)[]]

/** The codes of a record outside its flows, by the list they belong to. */
// biome-ignore format: a table, one list to a row
function codesOfRecord(record: DemoRecord): Coded[] {
  return [
    ['INSTRUMENT_TYPE', [record.instrument_type]], ['AGREEMENT_STATUS', [record.status]], ['PURPOSE', prohibitedBy(record)],
    ['PARTY_ROLE', record.parties.map((party) => party.role)], ['PARTY_CAPACITY', record.parties.flatMap((party) => party.capacities)],
    ['DPIA_STATE', [record.dpia.status, ...record.dpia.status_changes.map((change) => change.status)]],
    ['OVERALL_RISK', [record.dpia.residual]], ['PRIOR_CONSULTATION', [record.dpia.prior_consultation]],
    ['SCHEDULE_1_CONDITION', record.apd.flatMap((document) => document.conditions).filter((code) => code !== 'PART3_S42')],
  ]
}

/** The codes of a flow, by the list they belong to. */
// biome-ignore format: a table, one list to a row
function codesOfFlow(flow: Model.Flow): Coded[] {
  const sides = sidesOf(flow)
  return [
    ['PURPOSE', [flow.purpose]], ['DATA_ITEM', flow.data_items], ['DATA_SUBJECT', flow.data_subjects], ['DATA_FORM', [flow.data_form]],
    ['METHOD', flow.methods], ['COUNTRY', [...flow.countries, ...Object.keys(flow.transfers)]],
    ['TRANSFER_MECHANISM', Object.values(flow.transfers).map((transfer) => transfer.mechanism)],
    ['CONFIDENTIALITY_BASIS', [flow.confidentiality]], ['EXEMPTION', flow.exemptions], ['ONWARD_SHARING', [flow.onward]],
    ['FREQUENCY', [flow.frequency]], ['ANNEX_2', [flow.compatibility?.annex2 ?? null]],
    ['COMPATIBILITY', [flow.compatibility?.ground ?? null]],
    ['LAWFUL_BASIS', sides.flatMap((side) => side.art6)], ['ANNEX_1_CONDITION', sides.flatMap((side) => side.annex1)],
    ['GATEWAY', sides.flatMap((side) => [...side.gateways, side.part3.reuse_authority])],
    ['ART9_CONDITION', sides.flatMap((side) => side.art9)], ['SCHEDULE_1_CONDITION', sides.flatMap((side) => side.sch1)],
    ['CRIMINAL_CONDITION', sides.flatMap((side) => side.criminal)], ['SCHEDULE_8_CONDITION', sides.flatMap((side) => side.part3.sch8)],
  ]
}

/** RFC 6901: the value a JSON pointer names; the empty pointer is the whole record, undefined where it leads nowhere. */
function resolve(value: unknown, pointer: string): unknown {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const inside = (at: unknown, step: string) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined)
  return steps.reduce<unknown>(inside, value)
}

/** Pointers of all values that claim something: not the keys of the record itself, and not what is empty or null. */
function leaves({ id: _id, origin: _origin, sample: _sample, provenance: _provenance, ...claims }: DemoRecord): string[] {
  const walk = (value: unknown, pointer: string): string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => walk(inner, `${pointer}/${key}`))
      : value === null
        ? []
        : [pointer]
  return walk(claims, '')
}
