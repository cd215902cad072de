import fc from 'fast-check'
import t from 'tap'
import type { Agent, Agreement, AgreementVersion, Flow, Terms } from '../../../src/agreements/agreement.ts'
import { type Affected, affectedBy, carriedTo, carriedVersion, isAffected, type WholeText } from '../../../src/agreements/model/affected.ts'
import { signedText } from '../../../src/agreements/model/signed-text.ts'
import { aFlow, aFrozenAgreement, aHash, aParty, aSignature, aVersion } from '../../support/builders/draft.ts'
import { runs, tally } from '../../support/properties.ts'

// Whom a change affects, and whose signature goes on (LC-3, AFFECTED_RE_SIGN).

const [CAMDEN, HACKNEY, ISLINGTON, BARNET, MPS] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BARNET', 'MPS'] as const
const ORGS = [CAMDEN, HACKNEY, ISLINGTON, BARNET, MPS] as const
const BOROUGHS: ReadonlySet<string> = new Set([CAMDEN, HACKNEY, ISLINGTON, BARNET])
const NOW = Date.parse('2026-11-22T12:00:00Z')

/** Camden to Hackney, Islington to Barnet, and the police to every borough that has signed where the text says so. */
const FLOWS: readonly Flow[] = [
  aFlow([], { id: 'F1', providers: [CAMDEN], recipients: [HACKNEY] }),
  aFlow([], { id: 'F2', providers: [ISLINGTON], recipients: [BARNET] }),
]
const AGENT: Agent = { org: 'CAPITA', for: CAMDEN, contract_ref: 'C1', valid_from: null, valid_to: null }
const TERMS: Terms = { ...aVersion(ORGS).terms, flows: FLOWS, commencement: { rule: 'PAIRWISE' }, agents: [AGENT] }
const TEXT: WholeText = {
  ...{ title: 'Sharing', instrument_type: 'CONTROLLER_TO_CONTROLLER', owner_org: CAMDEN },
  ...{ effective_from: '2026-11-22', effective_to: '2030-11-30', parties: ORGS.map(aParty), terms: TERMS },
}
const withTerms = (over: Partial<Terms>, text: WholeText = TEXT): WholeText => ({ ...text, terms: { ...text.terms, ...over } })
const withFlow = (id: string, over: Partial<Flow>, text: WholeText = TEXT): WholeText =>
  withTerms({ flows: text.terms.flows.map((flow) => (flow.id === id ? { ...flow, ...over } : flow)) }, text)
const withParty = (org: string, over: object): WholeText => ({
  ...TEXT,
  parties: TEXT.parties.map((party) => (party.org === org ? { ...party, ...over } : party)),
})
const whom = (affected: Affected): readonly string[] | 'EVERYBODY' => (affected === 'EVERYBODY' ? affected : [...affected].toSorted())
const law = (over: object, side: 'provider' | 'recipient') => {
  const legal = FLOWS[0]?.legal
  return { legal: { ...legal, [side]: { ...legal?.[side], ...over } } } as Partial<Flow>
}
const PAIR = [CAMDEN, HACKNEY]
const toBoroughs = withTerms({ flows: [...FLOWS, aFlow([], { id: 'F3', providers: [MPS], recipients: ['ALL_SIGNED_BOROUGHS'] })] })
const allSigned = withTerms({ commencement: { rule: 'ALL_SIGNED' } })
const newcomer = (text: WholeText): WholeText => ({ ...text, parties: [...text.parties, aParty('LBC_BRENT')] })

const cases: readonly (readonly [what: string, before: WholeText, after: WholeText, whom: readonly string[] | 'EVERYBODY'])[] = [
  ['nothing', TEXT, TEXT, []],
  ['the first day alone', TEXT, { ...TEXT, effective_from: '2026-12-01' }, []],
  ['the order of codes', TEXT, withFlow('F1', { data_items: FLOWS[0]?.data_items.toReversed() ?? [] }), []],
  ['the last day', TEXT, { ...TEXT, effective_to: '2031-11-30' }, 'EVERYBODY'],
  ['the title', TEXT, { ...TEXT, title: 'Sharing more' }, 'EVERYBODY'],
  ['a slip of the pen in the title', TEXT, { ...TEXT, title: 'Shareing' }, 'EVERYBODY'],
  ['the kind of agreement', TEXT, { ...TEXT, instrument_type: 'JOINT_CONTROLLER' }, 'EVERYBODY'],
  ['who keeps the text', TEXT, { ...TEXT, owner_org: HACKNEY }, 'EVERYBODY'],
  ['the items of a flow', TEXT, withFlow('F1', { data_items: ['IDENTITY.NAME'] }), PAIR],
  ['the purpose of a flow', TEXT, withFlow('F1', { purpose: 'COUNCIL_TAX' }), PAIR],
  ['the people of a flow', TEXT, withFlow('F1', { data_subjects: ['CHILD'] }), PAIR],
  ['how long is kept', TEXT, withFlow('F1', { retention_days: 4000 }), PAIR],
  ['the method of a flow', TEXT, withFlow('F1', { methods: ['SFTP'] }), PAIR],
  ['the territory of a flow', TEXT, withFlow('F1', { countries: ['GB', 'FR'] }), PAIR],
  ['what may be passed on', TEXT, withFlow('F1', { onward: 'LEGAL_DUTY_ONLY' }), PAIR],
  ['why restricted data goes all the same', TEXT, withFlow('F1', { restriction_override: { ground: 'CONSENT', reason: 'x' } }), PAIR],
  ['what was taken out of a flow altogether', withFlow('F1', { retention_days: 30 }), withFlow('F1', { retention_days: null }), PAIR],
  ['the law that the provider relies on', TEXT, withFlow('F1', law({ art6: ['6(1)(c)'] }, 'provider')), PAIR],
  ['the law that the recipient relies on', TEXT, withFlow('F1', law({ gateways: ['X'] }, 'recipient')), PAIR],
  ['one more recipient of a flow', TEXT, withFlow('F1', { recipients: [HACKNEY, MPS] }), [...PAIR, MPS]],
  ['one recipient of a flow less', withFlow('F1', { recipients: [HACKNEY, MPS] }), TEXT, [...PAIR, MPS]],
  ['a flow put in', TEXT, withTerms({ flows: [...FLOWS, aFlow([], { id: 'F9', providers: [MPS], recipients: [BARNET] })] }), [BARNET, MPS]],
  ['a flow taken out', TEXT, withTerms({ flows: FLOWS.slice(0, 1) }), [BARNET, ISLINGTON]],
  [
    'a flow under another name',
    TEXT,
    withTerms({ flows: FLOWS.map((flow) => (flow.id === 'F2' ? { ...flow, id: 'F8' } : flow)) }),
    [BARNET, ISLINGTON],
  ],
  ['two flows', TEXT, withFlow('F2', { methods: ['SFTP'] }, withFlow('F1', { methods: ['SFTP'] })), [BARNET, CAMDEN, HACKNEY, ISLINGTON]],
  ['a flow to every borough', toBoroughs, withFlow('F3', { methods: ['SFTP'] }, toBoroughs), [BARNET, CAMDEN, HACKNEY, ISLINGTON, MPS]],
  ['the capacity of a party, for it and across from it', TEXT, withParty(CAMDEN, { capacities: ['BENEFITS'] }), PAIR],
  ['the role of a party, for it and across from it', TEXT, withParty(BARNET, { role: 'PROCESSOR' }), [BARNET, ISLINGTON]],
  ['a newcomer that shares with nobody yet', TEXT, newcomer(TEXT), ['LBC_BRENT']],
  ['a newcomer, where all must sign', allSigned, newcomer(allSigned), 'EVERYBODY'],
  [
    'a newcomer, where some number must sign',
    withTerms({ commencement: { rule: 'THRESHOLD', n: 2 } }),
    newcomer(withTerms({ commencement: { rule: 'THRESHOLD', n: 2 } })),
    'EVERYBODY',
  ],
  ['a party that is gone', TEXT, { ...TEXT, parties: TEXT.parties.filter(({ org }) => org !== HACKNEY) }, PAIR],
  [
    'a processor of a party, for it and across from it',
    TEXT,
    withTerms({ agents: [{ ...AGENT, contract_ref: 'C2' }] }),
    ['CAPITA', ...PAIR].toSorted(),
  ],
  ['a processor more', TEXT, withTerms({ agents: [AGENT, { ...AGENT, for: BARNET }] }), [BARNET, 'CAPITA', ISLINGTON].toSorted()],
  ['the same processor twice', TEXT, withTerms({ agents: [AGENT, AGENT] }), 'EVERYBODY'],
  ['processors that the text did not hold before', withTerms({ agents: null }), TEXT, 'EVERYBODY'],
  ['when it starts to bind', TEXT, allSigned, 'EVERYBODY'],
  ['uses ruled out', TEXT, withTerms({ prohibitions: [{ purposes: ['COUNCIL_TAX'], note: null }] }), 'EVERYBODY'],
  [
    'the contract with a processor',
    TEXT,
    withTerms({ processor_contract: { art28_complete: true, missing: [], approved_sub_processors: [] } }),
    'EVERYBODY',
  ],
  [
    'the arrangement of joint controllers',
    TEXT,
    withTerms({ joint_controller_arrangement: { responsibilities: 'x', contact_point: 'x', essence_url: 'x' } }),
    'EVERYBODY',
  ],
  ['a section in words', TEXT, withTerms({ narrative: { ...TERMS.narrative, breach_handling: 'Within a day' } }), 'EVERYBODY'],
  ['how changes are agreed', TEXT, withTerms({ narrative: { ...TERMS.narrative, amendment_policy: 'AFFECTED_RE_SIGN' } }), 'EVERYBODY'],
]
for (const [what, before, after, expected] of cases)
  t.test(`a change affects whom it concerns: ${what}`, async (t) => {
    t.strictSame(whom(affectedBy(before, after, BOROUGHS)), typeof expected === 'string' ? expected : expected.toSorted())
    t.strictSame(
      whom(affectedBy(after, before, BOROUGHS)),
      typeof expected === 'string' ? expected : expected.toSorted(),
      'and so does the way back',
    )
  })

/** What of a text concerns a party, written anew: everything but the first day, other parties' flows, and entries of parties not across from it. */
function concerning(org: string, { effective_from: _day, parties, terms: { flows, agents, ...shared }, ...head }: WholeText): string {
  const isIn = (named: readonly string[], one = org) => named.includes(one) || (BOROUGHS.has(one) && named.includes('ALL_SIGNED_BOROUGHS'))
  const own = flows.filter(({ providers, recipients }) => isIn(providers) || isIn(recipients))
  const isAcross = (one: string) =>
    one === org ||
    own.some((flow) => (isIn(flow.providers) && isIn(flow.recipients, one)) || (isIn(flow.recipients) && isIn(flow.providers, one)))
  return JSON.stringify([
    head,
    shared,
    own,
    parties.filter((party) => isAcross(party.org)),
    agents?.filter((agent) => agent.org === org || isAcross(agent.for)),
  ])
}

const edits: readonly ((text: WholeText, pick: number) => WholeText)[] = [
  (text) => ({ ...text, effective_from: '2026-12-24' }),
  (text, pick) => withFlow(pick % 2 === 0 ? 'F1' : 'F2', { retention_days: 100 + pick }, text),
  (text, pick) => withFlow(pick % 2 === 0 ? 'F1' : 'F3', { recipients: [ORGS[pick % 5] ?? MPS, ORGS[(pick >> 2) % 5] ?? MPS] }, text),
  (text, pick) => withTerms({ flows: text.terms.flows.filter((_flow, at) => at !== pick % 3) }, text),
  (text, pick) =>
    withTerms(
      {
        flows: [
          ...text.terms.flows,
          aFlow([], { id: `N${pick}`, providers: [ORGS[pick % 5] ?? MPS], recipients: ['ALL_SIGNED_BOROUGHS'] }),
        ],
      },
      text,
    ),
  (text, pick) => ({
    ...text,
    parties: text.parties.map((party, at) => (at === pick % 5 ? { ...party, role: 'JOINT_CONTROLLER' } : party)),
  }),
  (text, pick) => withTerms({ agents: [AGENT, { ...AGENT, for: ORGS[pick % 5] ?? MPS }] }, text),
  (text, pick) => (pick % 6 === 0 ? withTerms({ prohibitions: [{ purposes: [`P${pick}`], note: null }] }, text) : text),
]
const policy = { ...TERMS.narrative, amendment_policy: 'AFFECTED_RE_SIGN' }
const versionOf = (text: WholeText, version: number): AgreementVersion => ({
  ...{
    version,
    status: 'APPROVED',
    effective_from: text.effective_from,
    effective_to: text.effective_to,
    hash: aHash(version),
    terms: text.terms,
  },
})

t.test('a signature is never carried to a party that the change affects, nor for one that has not signed', async (t) => {
  const { saw, check } = tally(t, { carried: 300, affected: 300, 'not signed': 300 })
  const editArb = fc.tuple(fc.nat(edits.length - 1), fc.nat(1_000))
  fc.assert(
    fc.property(fc.array(editArb, { maxLength: 3 }), fc.subarray([...ORGS]), (made, signers) => {
      const before = withTerms({ narrative: policy }, toBoroughs)
      const after = made.reduce((text, [edit, pick]) => edits[edit]?.(text, pick) ?? text, before)
      const affected = affectedBy(before, after, BOROUGHS)
      const signatures = signers.map((org) => aSignature(org))
      const agreement = aFrozenAgreement({ orgs: ORGS, status: 'ACTIVE', signatures, versions: [versionOf(before, 1)] })
      for (const org of ORGS) {
        const isCarried = carriedVersion(agreement, org, NOW) !== undefined && !isAffected(affected, org)
        if (!signers.includes(org)) saw('not signed')
        else saw(isCarried ? 'carried' : 'affected')
        if (isCarried && !signers.includes(org)) throw new Error(`${org} has signed nothing`)
        if (isCarried && concerning(org, before) !== concerning(org, after)) throw new Error(`the text changes for ${org}`)
      }
    }),
    runs(400),
  )
  check()
})

t.test('every member of a text but its first day affects somebody when it changes', async (t) => {
  const { document } = signedText(
    aFrozenAgreement({ orgs: [CAMDEN, HACKNEY] }),
    aVersion([CAMDEN, HACKNEY], { terms: { ...TERMS, flows: FLOWS.slice(0, 1) } }),
  )
  const text = JSON.parse(document) as WholeText
  const leaves = (value: unknown, path: readonly (string | number)[]): (readonly (string | number)[])[] =>
    value !== null && typeof value === 'object' && Object.keys(value).length > 0
      ? Object.entries(value).flatMap(([name, member]) => leaves(member, [...path, name]))
      : [path]
  const found = leaves(text, []).filter(([head]) => !['form', 'agreement', 'version', 'effective_from'].includes(String(head)))
  t.ok(found.length > 60)
  for (const path of found) {
    const changed = structuredClone(text) as unknown
    let at = changed as Record<string, unknown>
    for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>
    at[String(path.at(-1))] = 'ANOTHER'
    t.not(whom(affectedBy(text, changed as WholeText, BOROUGHS)).length, 0, path.join('/'))
  }
})

t.test('the text that a party has signed decides, if it governs or waits to begin and its approvals are complete', async (t) => {
  const says = (amendment_policy: string, version: number, effective_from: string) =>
    versionOf(withTerms({ narrative: { ...policy, amendment_policy } }, { ...TEXT, effective_from }), version)
  const [old, governs, waits] = [
    says('AFFECTED_RE_SIGN', 1, '2026-10-01'),
    says('AFFECTED_RE_SIGN', 2, '2026-11-01'),
    says('AFFECTED_RE_SIGN', 3, '2026-12-01'),
  ]
  const base = (over: Partial<Agreement>) =>
    carriedVersion(aFrozenAgreement({ orgs: ORGS, status: 'ACTIVE', versions: [old, governs, waits], ...over }), HACKNEY, NOW)?.version
  t.equal(base({ signatures: [aSignature(HACKNEY, 2)] }), 2)
  t.equal(base({ signatures: [aSignature(HACKNEY, 2), aSignature(HACKNEY, 3)] }), 3, 'the last one that it has signed')
  t.equal(base({ signatures: [aSignature(HACKNEY, 1)] }), undefined, 'whoever has not signed what governs is out (LC-3)')
  t.equal(base({ signatures: [aSignature(CAMDEN, 2)] }), undefined, 'a signature is its own')
  t.equal(
    base({ signatures: [aSignature(HACKNEY, 2)], versions: [old, says('RE_SIGN_REQUIRED', 2, '2026-11-01'), waits] }),
    undefined,
    'another text says otherwise, and that one alone was not signed',
  )
  t.equal(
    base({
      signatures: [aSignature(HACKNEY, 2), aSignature(HACKNEY, 3)],
      versions: [old, governs, says('NOTICE_PERIOD(30)', 3, '2026-12-01')],
    }),
    undefined,
  )
  const approval = (complete_at: string | null) =>
    base({ signatures: [aSignature(HACKNEY, 2)], approvals: [{ org: HACKNEY, version: 2, complete_at }] })
  t.equal(approval(null), undefined, 'what is not approved yet is not carried as approved (CK-16)')
  t.equal(approval('2026-11-20T10:00:00.000Z'), 2)
})

t.test('a party may object to what was carried over until it begins', async (t) => {
  const versions = [versionOf(TEXT, 1), versionOf({ ...TEXT, effective_from: '2026-12-01' }, 2)]
  const carried = { ...aSignature(HACKNEY, 2), carried_from: 1 }
  const agreement = aFrozenAgreement({
    orgs: ORGS,
    status: 'ACTIVE',
    versions,
    signatures: [aSignature(HACKNEY), carried, aSignature(CAMDEN, 2)],
  })
  t.equal(carriedTo(agreement, HACKNEY, NOW), carried)
  t.equal(carriedTo(agreement, CAMDEN, NOW), undefined, 'what it signed itself is no such thing')
  t.equal(carriedTo(agreement, HACKNEY, Date.parse('2026-11-30T23:59:59.999Z')), carried)
  t.equal(carriedTo(agreement, HACKNEY, Date.parse('2026-12-01T00:00:00.000Z')), undefined)
})
