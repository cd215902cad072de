import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Agreement, Flow } from '../../../src/agreements/agreement.ts'
import { decideOn } from '../../../src/decisions/decide.ts'
import { type Permission, type PermissionsAsked, permissionsOn } from '../../../src/decisions/permitted/permissions.ts'
import { type Place, seek } from '../../../src/decisions/permitted/seek.ts'
import type { PolicyIndex } from '../../../src/decisions/policy/policy-index.ts'
import type { DecisionBody } from '../../../src/decisions/request-body.ts'
import {
  aFlow,
  anAgreement,
  anOrganisation,
  aSide,
  aVersion,
  indexOf,
  LISTS,
  ORGANISATIONS,
} from '../../support/builders/decision-world.ts'
import { agreementArb, anInstant, PURPOSES } from '../../support/builders/decisions.ts'
import { runs, tally } from '../../support/properties.ts'

// The table of what is permitted says nothing that the rules would not, and all that the searches find.

const AGENCY = 'AGENCY'
const organisations = [...ORGANISATIONS, anOrganisation({ code: AGENCY, type: 'PRIVATE_PROCESSOR', public_authority: false })]
/** Whoever calls, and whose table is asked for. */
const ASKED = [...ORGANISATIONS.map(({ code }) => [code, code] as const), [AGENCY, 'NORTHBOROUGH'] as const]

/** The agreement with an agent of the first borough. */
function withAgent(agreement: Agreement): Agreement {
  const agents = [{ org: AGENCY, for: 'NORTHBOROUGH', valid_from: null, valid_to: null, scope: 'SEND' }]
  const versions = agreement.versions.map((version) => ({ ...version, terms: { ...version.terms, agents: agents as never } }))
  return { ...agreement, versions }
}

/** The agreement with flows that say otherwise. */
function withFlows(agreement: Agreement, over: Partial<Flow>): Agreement {
  const versions = agreement.versions.map((version) => {
    const flows = version.terms.flows.map((flow) => ({ ...flow, ...over }))
    return { ...version, terms: { ...version.terms, flows } }
  })
  return { ...agreement, versions }
}

/** One each of every four: as it comes, with an agent, up to a number, and in a form that says less. */
const KINDS: readonly ((agreement: Agreement) => Agreement)[] = [
  (agreement) => agreement,
  withAgent,
  (agreement) => withFlows(agreement, { volume_limit: { subjects: 5, records: null } }),
  (agreement) => withFlows(agreement, { data_form: 'PSEUDONYMISED' }),
]

const permits = { permitTtlSeconds: 300, restrictedPurposes: new Set<string>() }
const worldArb = fc.record({
  agreements: fc.tuple(
    ...Array.from({ length: 8 }, (_, n) => agreementArb(`AGR-${n + 1}`).map((made) => KINDS[n % KINDS.length]?.(made) ?? made)),
  ),
  at: anInstant,
  limit: fc.integer({ min: 1, max: 5 }),
})
type Asking = Parameters<typeof seek>[1]

function pagesOf(asked: PermissionsAsked, asking: Asking, index: PolicyIndex, limit: number): Permission[] {
  const found: Permission[] = []
  let after: Place | null = null
  do {
    const page = permissionsOn(asked, permits, asking, index, after, limit)
    assert.ok(page.results.length <= limit)
    found.push(...page.results)
    after = page.next
  } while (after)
  return found
}

/** Every question that a line stands for with all its items and subjects. */
function questionsOf(line: Permission): DecisionBody[] {
  const { provider, recipient, purpose, data_items, data_subjects, data_form, subject_count, record_count, agreement } = line
  const asked = {
    provider,
    recipient,
    purpose,
    data_items,
    data_subjects,
    data_form,
    subject_count,
    record_count,
    agreement_ref: agreement,
  }
  return line.methods.flatMap((method) => line.countries.map((country) => ({ ...asked, method, country, mode: 'SYSTEMATIC' as const })))
}

t.test('every line is permitted as it says, and the lines are what the searches for resources and subjects find', async (t) => {
  const met = tally(t, {
    line: 1_700,
    'less identifying': 400,
    limited: 250,
    abroad: 400,
    'of an agent': 150,
    'found by a search': 1_000,
  })
  fc.assert(
    fc.property(worldArb, ({ agreements, at, limit }) => {
      const index = indexOf({ organisations, agreements, disclosures: [] })
      for (const [caller, org] of ASKED) {
        const asking = { caller: { sub: 'a', org: caller, roles: ['API_CLIENT'] as const, clientId: 'a' }, at }
        const decided = (body: DecisionBody) =>
          decideOn({ ...asking, body, simulated: false, askedAt: at }, { index, callers: index }).decision
        const all = { organisation: org, with: null, purpose: null }
        const received = pagesOf({ ...all, direction: 'RECEIVE' }, asking, index, 1_000)
        const sent = pagesOf({ ...all, direction: 'SEND' }, asking, index, 1_000)
        assert.deepEqual(pagesOf({ ...all, direction: 'RECEIVE' }, asking, index, limit), received, 'whatever the pages')
        for (const line of [...received, ...sent]) {
          met.saw('line')
          if (line.data_form !== 'IDENTIFIABLE') met.saw('less identifying')
          if (line.subject_count !== null) met.saw('limited')
          if (line.countries.length > 1) met.saw('abroad')
          if (caller === AGENCY) met.saw('of an agent')
          else assert.ok(line.agreement !== null, 'a party may know its agreement')
          assert.ok(line.legal !== null && Date.parse(line.expires_at ?? '') > at)
          for (const question of questionsOf(line)) assert.equal(decided(question), 'PERMIT', JSON.stringify(question))
        }
        for (const purpose of PURPOSES) {
          const plain = (lines: readonly Permission[]) =>
            lines.filter((line) => line.purpose === purpose && line.data_form === 'IDENTIFIABLE' && line.subject_count === null)
          const body = { provider: '', recipient: org, purpose, data_items: [], mode: 'SYSTEMATIC' as const }
          const resources = seek({ kind: 'RESOURCE', body, provider: null }, asking, index, null, 1_000).results
          const listed = plain(received).flatMap(({ provider, data_items }) => data_items.map((item) => `${provider}/${item}`))
          assert.deepEqual([...new Set(listed)].toSorted(), resources.toSorted())
          assert.deepEqual(
            pagesOf({ ...all, direction: 'RECEIVE', purpose }, asking, index, 1_000),
            received.filter((line) => line.purpose === purpose),
          )
          for (const item of new Set(plain(sent).flatMap(({ data_items }) => data_items))) {
            met.saw('found by a search')
            const asked = { ...body, provider: org, recipient: '', data_items: [item] }
            const subjects = seek({ kind: 'SUBJECT', body: asked, provider: null }, asking, index, null, 1_000).results
            const to = plain(sent).filter(({ data_items }) => data_items.includes(item))
            assert.deepEqual([...new Set(to.map(({ recipient }) => recipient))].toSorted(), subjects.toSorted())
          }
        }
      }
    }),
    runs(25),
  )
  met.check()
})

t.test('items that no law carries together have a line each, and what none carries is left out', async (t) => {
  const laws = (['HEALTH.DIAGNOSIS', 'HEALTH.SUMMARY'] as const).map((item) => ({ code: `LAW_OF_${item}`, item }))
  const lists = LISTS.map((list) => {
    const [model] = list.entries
    if (list.list !== 'GATEWAY' || !model) return list
    const more = laws.map(({ code, item }) => ({ ...model, code, attributes: { ...model.attributes, only_items: [item] } }))
    return { ...list, entries: [...list.entries, ...more] }
  })
  const legal = { provider: aSide({ gateways: laws.map(({ code }) => code) }), recipient: aSide() }
  const flow = aFlow({ data_items: ['HEALTH.SUMMARY', 'HEALTH.DIAGNOSIS', 'OFFENCE'], legal })
  const agreements = [anAgreement({ versions: [aVersion({ terms: { flows: [flow] } })] })]
  const before = indexOf({ organisations, agreements, disclosures: [] })
  const index = before.apply([{ kind: 'CODE_LISTS', id: 'current', body: { version: 'test', lists } }], before.head)
  const caller = { sub: 'a', org: 'NORTHBOROUGH', roles: ['API_CLIENT'] as const, clientId: 'a' }
  const asked = { organisation: 'NORTHBOROUGH', direction: 'SEND', with: null, purpose: 'CARE' } as const
  for (const limit of [1, 1_000]) {
    const lines = pagesOf(asked, { caller, at: Date.parse('2026-03-28T12:00:00Z') }, index, limit)
    t.same(
      lines.map(({ data_items, legal: law }) => [...data_items, ...(law?.provider.gateways.map(({ code }) => code) ?? [])]),
      laws.toSorted((a, b) => (a.item < b.item ? -1 : 1)).map(({ code, item }) => [item, code]),
    )
  }
})
