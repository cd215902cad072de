import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Agreement } from '../../../src/agreements/agreement.ts'
import { decideOn } from '../../../src/decisions/decide.ts'
import { AGREEMENTS_A_PAGE, type Place, type Sought, seek } from '../../../src/decisions/permitted/seek.ts'
import type { PolicyIndex } from '../../../src/decisions/policy/policy-index.ts'
import type { DecisionBody } from '../../../src/decisions/request-body.ts'
import type { DecisionRequest } from '../../../src/decisions/rules/request.ts'
import { anOrganisation, indexOf, ORGANISATIONS } from '../../support/builders/decision-world.ts'
import { agreementArb, anInstant, requestArb } from '../../support/builders/decisions.ts'
import { runs, tally } from '../../support/properties.ts'

// A search finds what asking about everything finds: no more, no less, in order, whatever the pages.

const AGENCY = 'AGENCY'
const organisations = [...ORGANISATIONS, anOrganisation({ code: AGENCY, type: 'PRIVATE_PROCESSOR', public_authority: false })]
const CODES = organisations.map(({ code }) => code)

/** Some agreements name an agent of the first borough. */
function withAgent(agreement: Agreement, isNamed: boolean): Agreement {
  if (!isNamed) return agreement
  const agents = [{ org: AGENCY, for: 'NORTHBOROUGH', valid_from: null, valid_to: null, scope: 'SEND' }]
  const versions = agreement.versions.map((version) => ({ ...version, terms: { ...version.terms, agents: agents as never } }))
  return { ...agreement, versions }
}

const agreementsArb = fc
  .integer({ min: 1, max: 24 })
  .chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, n) =>
        fc.tuple(agreementArb(`AGR-${n + 1}`), fc.boolean()).map(([agreement, isNamed]) => withAgent(agreement, isNamed)),
      ),
    ),
  )
const questionArb = fc.record({
  agreements: agreementsArb,
  request: requestArb('SYSTEMATIC'),
  at: anInstant,
  limit: fc.integer({ min: 1, max: 7 }),
  isOpen: fc.boolean(),
  more: fc.boolean(),
  narrowed: fc.option(fc.constantFrom(...CODES), { nil: null }),
})

/** What a client says: null is absence; mostly less than a whole question, so that there is something to find. */
function bodyOf(request: DecisionRequest, isOpen: boolean): DecisionBody {
  const { provider, recipient, purpose, data_items, mode } = request
  const { emergency: _emergency, ...said } = request
  return isOpen ? { provider, recipient, purpose, data_items, mode } : said
}

/** Every page, each beginning where the one before ended. */
function allPages(sought: Sought, asking: Parameters<typeof seek>[1], index: PolicyIndex, limit: number): string[] {
  const found: string[] = []
  let after: Place | null = null
  do {
    const page = seek(sought, asking, index, after, limit)
    assert.ok(page.results.length <= limit)
    if (after) assert.notDeepEqual(page.next, after, 'a page gets on')
    found.push(...page.results)
    after = page.next
  } while (after)
  return found
}

t.test(
  'every search finds exactly what the rules permit, asked about everything there is (11,000 agreements in `test:all`), whoever calls and however long the pages',
  async (t) => {
    const met = tally(t, { agreements: 1_100, SUBJECT: 200, RESOURCE: 500, ACTION: 400, 'of an agent': 90, nothing: 900 })
    fc.assert(
      fc.property(questionArb, ({ agreements, request, at, limit, isOpen, more, narrowed }) => {
        const index = indexOf({ organisations, agreements, disclosures: [] })
        for (const _ of agreements) met.saw('agreements')
        const body = bodyOf(request, isOpen)
        const codes = index.codes
        for (const org of CODES) {
          const caller = { sub: 'a', org, roles: ['API_CLIENT'] as const, clientId: 'a' }
          const permits = (asked: DecisionBody) =>
            decideOn({ caller, body: asked, simulated: false, at, askedAt: at }, { index, callers: index }).decision === 'PERMIT'
          const check = (sought: Sought, expected: readonly string[]) => {
            const found = allPages(sought, { caller, at }, index, limit)
            assert.deepEqual(found, expected, sought.kind)
            for (const _ of found) met.saw(sought.kind)
            if (found.length > 0 && org === AGENCY) met.saw('of an agent')
            if (found.length === 0) met.saw('nothing')
          }
          const providers = CODES.filter((code) => narrowed === null || code === narrowed).toSorted()
          const besides = more ? body.data_items.slice(0, 1) : []
          const resources = providers.flatMap((provider) =>
            [...codes.items.keys()]
              .toSorted()
              .filter((item) => permits({ ...body, provider, data_items: [...new Set([item, ...besides])] }))
              .map((item) => `${provider}/${item}`),
          )
          check({ kind: 'RESOURCE', body: { ...body, provider: '', data_items: besides }, provider: narrowed }, resources)
          const subjects = CODES.toSorted().filter((recipient) => permits({ ...body, recipient }))
          check({ kind: 'SUBJECT', body: { ...body, recipient: '' }, provider: null }, subjects)
          const purposes = [...codes.purposes.codes].toSorted().filter((purpose) => permits({ ...body, purpose }))
          check({ kind: 'ACTION', body: { ...body, purpose: '' }, provider: null }, purposes)
        }
      }),
      runs(100),
    )
    met.check()
  },
)

t.test('a page looks at so many agreements at most, and the pages together still find everything', async (t) => {
  const [agreement] = fc.sample(
    agreementArb('AGR-0').filter(({ parties }) => parties.length === 2),
    { numRuns: 1, seed: 7 },
  ) as [Agreement]
  const bodies = Array.from({ length: 3 * AGREEMENTS_A_PAGE }, (_, n) => anOrganisation({ code: `BODY_${String(n).padStart(3, '0')}` }))
  const [one, other] = agreement.parties.map(({ org }) => org) as [string, string]
  const agreements = bodies.map(
    ({ code }, n) => JSON.parse(JSON.stringify({ ...agreement, id: `AGR-${n}` }).replaceAll(`"${one}"`, `"${code}"`)) as Agreement,
  )
  const index = indexOf({ organisations: [...ORGANISATIONS, ...bodies], agreements, disclosures: [] })
  let asked = 0
  const between = (a: string, b: string) => {
    asked++
    return index.between(a, b)
  }
  const counting = { ...index, between }
  const caller = { sub: 'a', org: other, roles: ['API_CLIENT'] as const, clientId: 'a' }
  const body: DecisionBody = { provider: '', recipient: other, purpose: 'NOTHING_AGREED', data_items: [], mode: 'SYSTEMATIC' }
  const at = Date.parse('2026-03-28T12:00:00Z')
  const sought: Sought = { kind: 'RESOURCE', body, provider: null }
  const first = seek(sought, { caller, at }, counting, null, 1000)
  t.same(first.results, [])
  t.same(
    first.next,
    { pair: `BODY_${String(AGREEMENTS_A_PAGE - 1).padStart(3, '0')}`, result: null },
    'an empty page says that there may be more',
  )
  t.equal(asked, AGREEMENTS_A_PAGE)
  t.same(allPages(sought, { caller, at }, counting, 1000), [])
  t.equal(asked, AGREEMENTS_A_PAGE + bodies.length, 'no pair is looked at twice by the pages of one search')
})

t.test('the work follows what the bound body agreed, not the register', async (t) => {
  const at = Date.parse('2026-03-28T12:00:00Z')
  const [mine] = fc.sample(
    agreementArb('AGR-MINE').filter(({ parties }) => parties.length === 2),
    { numRuns: 1, seed: 7 },
  ) as [Agreement]
  const me = mine.parties[0]?.org ?? ''
  const looked = [1, 400].map((count) => {
    const bodies = Array.from({ length: count + 1 }, (_, n) => anOrganisation({ code: `BODY_${n}` }))
    const others = Array.from({ length: count }, (_, n) => ({
      ...mine,
      id: `AGR-${n}`,
      parties: mine.parties.map((party, position) => ({ ...party, org: `BODY_${n + position}` })),
    }))
    const index = indexOf({ organisations: [...ORGANISATIONS, ...bodies], agreements: [mine, ...others], disclosures: [] })
    let agreements = 0
    const counting: PolicyIndex = {
      ...index,
      between: (a, b) => {
        const found = index.between(a, b)
        agreements += found.length
        return found
      },
    }
    const caller = { sub: 'a', org: me, roles: ['API_CLIENT'] as const, clientId: 'a' }
    const body: DecisionBody = { provider: '', recipient: me, purpose: 'CARE', data_items: [], mode: 'SYSTEMATIC' }
    seek({ kind: 'RESOURCE', body, provider: null }, { caller, at }, counting, null, 1000)
    return agreements
  })
  t.same(looked, [1, 1])
})
