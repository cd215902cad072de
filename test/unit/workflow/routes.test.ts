import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'
import type { Route, RouteStep } from '../../../src/workflow/model/route.ts'
import { routeFaults } from '../../../src/workflow/model/route-checks.ts'
import { aRoute, aSignOff, shippedRoutes, step } from '../../support/builders/sign-off.ts'

// Routes are data: what is shipped can be used, and what cannot is refused with the place and the rule.

const schema = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../src/workflow/routes/route.schema.json'), 'utf8')) as object
const fits = new Ajv({ allErrors: true, strict: true }).compile(schema)

t.test('every route that is shipped keeps to the schema and has no fault', async (t) => {
  t.same(
    shippedRoutes().map(({ code }) => code),
    ['AD_HOC', 'CONDENSED', 'DPIA', 'EMERGENCY', 'PAN_LONDON', 'STANDARD', 'URGENT'],
  )
  for (const route of shippedRoutes()) {
    t.ok(fits(route), `${route.code}: ${JSON.stringify(fits.errors)}`)
    t.same(routeFaults(route), [], route.code)
  }
})

t.test(
  'every route that is shipped is in the reference list of routes, by the name it has there, with the days of its steps',
  async (t) => {
    const listed = shippedCodeLists().find(({ list }) => list === 'ROUTE')?.entries ?? []
    t.same(
      listed.map(({ code, label }) => `${code} ${label}`).toSorted(),
      shippedRoutes().map(({ code, title }) => `${code} ${title}`),
    )
    for (const { code, attributes } of listed)
      for (const [id, days] of Object.entries(attributes['step_working_days'] ?? {}).filter(([id]) => id !== 'CONDITIONAL'))
        t.equal(aRoute(code).steps.find((one) => one.id === id)?.due, days, `${code} ${id}`)
  },
)

t.test('the usual way takes the working days that the reference names', async (t) => {
  const { steps } = aRoute('STANDARD')
  const days = (...ids: string[]) => ids.map((id) => steps.find((one) => one.id === id)?.due)
  t.same(days('IG_REVIEW', 'IAO_CONFIRMATION', 'DPO_REVIEW', 'LEGAL_REVIEW', 'SIRO_APPROVAL'), [5, 5, 10, 5, 5])
  const opened = step(aSignOff({ now: Date.parse('2026-12-23T16:30:00Z') }), 'A', 'IG_REVIEW')
  t.equal(opened.due, '2027-01-04', 'Christmas Day, the substitute for Boxing Day and New Year’s Day are no working days')
  t.equal(step(aSignOff({ now: Date.parse('2026-12-23T06:00:00Z') }), 'A', 'IG_REVIEW').due, '2027-01-04', 'also before offices open')
})

t.test('a police request that is urgent is due a day earlier', async (t) => {
  const route = aRoute('AD_HOC')
  const due = (facts: readonly 'POLICE_URGENT'[]) => step(aSignOff({ route, parties: [{ org: 'A' }], facts }), 'A', 'DPO_REVIEW').due
  t.equal(due([]), '2026-11-03')
  t.equal(due(['POLICE_URGENT']), '2026-11-02')
})

const changed = (id: string, change: Partial<RouteStep>, route = aRoute('STANDARD')): Route => ({
  ...route,
  steps: route.steps.map((one) => (one.id === id ? { ...one, ...change } : one)),
})

t.test('a route that cannot be used says where and by which rule', async (t) => {
  const without = (id: string): Route => {
    const { steps, ...route } = aRoute('STANDARD')
    const before = steps.find((one) => one.id === id)?.after ?? []
    const linked = (one: RouteStep) => one.after.flatMap((known) => (known === id ? before : [known]))
    const kept = steps.filter((one) => one.id !== id)
    return {
      ...route,
      steps: kept.map((one) => ({ ...one, after: linked(one), return_to: one.return_to === id ? one.id : one.return_to })),
    }
  }
  const standard = aRoute('STANDARD')
  const [first] = standard.steps
  const cases: readonly (readonly [name: string, route: Route, fault: string])[] = [
    ['a step that waits for itself', changed('IG_REVIEW', { after: ['SIRO_APPROVAL'] }), '/steps/0/after CYCLE'],
    ['a step after one that is not there', changed('DPIA', { after: ['NOTHING'] }), '/steps/2/after UNKNOWN_STEP'],
    ['a step named twice', { ...standard, steps: [...standard.steps, first as RouteStep] }, '/steps/0/id TWICE'],
    ['no signature at the end', without('SIGNATURE'), '/steps END'],
    [
      'a review that the signature does not wait for',
      changed('SIRO_APPROVAL', { after: ['LEGAL_REVIEW', 'CALDICOTT_REVIEW'] }),
      '/steps END',
    ],
    ['no data protection officer', without('DPO_REVIEW'), '/steps DP-4'],
    ['a data protection officer who is asked only sometimes', changed('DPO_REVIEW', { when: { fact: 'SPECIAL_DATA' } }), '/steps DP-4'],
    ['a data protection officer who signs', changed('SIGNATURE', { role: 'DPO' }), '/steps/8/role SD-2'],
    ['a data protection officer who accepts the risk', changed('SIRO_APPROVAL', { role: 'DPO' }), '/steps/7/role SD-2'],
    ['an officer who accepts the risk', changed('SIRO_APPROVAL', { role: 'IG_OFFICER' }), '/steps/7/role SD-2'],
    ['a role that nobody has', changed('IG_REVIEW', { role: 'MAYOR' as never }), '/steps/0/role UNKNOWN_ROLE'],
    ['three of two reviewers', changed('IG_REVIEW', { quorum: { need: 3, of: 2 } }), '/steps/0/quorum QUORUM'],
    ['two signatures of one party', changed('SIGNATURE', { quorum: { need: 2, of: 2 } }), '/steps/8/quorum QUORUM'],
    ['a fact that nobody states', changed('IG_REVIEW', { when: { fact: 'RAINY' as never } }), '/steps UNKNOWN_FACT'],
    [
      'a step that no case needs',
      changed('LEGAL_REVIEW', { when: { all: [{ fact: 'OVERSEAS' }, { not: { fact: 'OVERSEAS' } }] } }),
      '/steps/4/when UNREACHABLE',
    ],
    ['one that signs for everybody', changed('SIGNATURE', { by: 'WHOLE' }), '/steps/8/by WF-4'],
    [
      'a step for the whole after one of each party',
      {
        ...standard,
        steps: [
          ...standard.steps.slice(0, 1),
          { ...(first as RouteStep), id: 'ALL', by: 'WHOLE', after: ['IG_REVIEW'], return_to: 'ALL' },
          ...standard.steps.slice(1),
        ],
      },
      '/steps/1/after WHOLE_AFTER_PARTY',
    ],
    ['a reminder before the step opens', changed('IG_REVIEW', { remind: [5] }), '/steps/0/remind REMINDER'],
    ['a return to a step that comes later', changed('IG_REVIEW', { return_to: 'DPIA' }), '/steps/0/return_to WF-2'],
    ['a review that lapses', changed('IG_REVIEW', { lapse: 3 }), '/steps/0/lapse LAPSE'],
    ['a rule of disclosures for what is signed', { ...standard, requester_rule: 'AH-3' }, '/requester_rule REQUESTER'],
    ['one organisation that says when all sign', { ...standard, owner: 'A', signature_opens: { rule: 'ALL' } }, '/signature_opens OWNER'],
    [
      'a route that fits nothing',
      { ...standard, when: { all: [{ fact: 'OVERSEAS' }, { not: { fact: 'OVERSEAS' } }] } },
      '/when UNREACHABLE',
    ],
  ]
  for (const [name, route, fault] of cases) {
    const found = routeFaults(route).map(({ pointer, code }) => `${pointer} ${code}`)
    t.ok(found.includes(fault), `${name}: ${found.join(', ')}`)
  }
})

t.test('the schema refuses what is no route', async (t) => {
  for (const wrong of [
    {},
    { ...aRoute('STANDARD'), more: 1 },
    { ...aRoute('STANDARD'), steps: [] },
    changed('IG_REVIEW', { due: -1 }),
    changed('IG_REVIEW', { when: {} as never }),
  ])
    t.notOk(fits(wrong))
})
