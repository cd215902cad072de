import t from 'tap'
import type { Agreement, AgreementVersion, Party, Suspension } from '../../../src/agreements/agreement.ts'
import { newDraft } from '../../../src/agreements/drafting/new-draft.ts'
import { EMPTY_TERMS } from '../../../src/agreements/empty-text.ts'
import { derivedStates as derivedAt } from '../../../src/agreements/model/derived-states.ts'
import { dpiaAt } from '../../../src/agreements/model/in-force.ts'
import { lifecycleFacts } from '../../../src/agreements/model/lifecycle-facts.ts'

const derivedStates = (agreement: Agreement, at: string) => derivedAt(agreement, Date.parse(at))

const noon = (day: string) => `${day}T12:00:00Z`
const version = (number: number, from: string, to: string | null, status: AgreementVersion['status'] = 'APPROVED'): AgreementVersion => ({
  version: number,
  status,
  effective_from: from,
  effective_to: to,
  hash: null,
  terms: EMPTY_TERMS,
})
const party = (org: string, left_at: string | null = null): Party => ({ org, role: 'CONTROLLER', capacities: [], left_at })
const signed = (org: string, number = 1, day = '2026-01-01') => ({ org, version: number, signed_at: noon(day) })

/** Two parties, one version of 2026, signed by both on 1 January, no review set. */
function anAgreement(over: Partial<Agreement> = {}): Agreement {
  const draft = newDraft({
    id: 'A',
    title: 'A',
    instrument_type: 'CONTROLLER_TO_CONTROLLER',
    org: 'X',
    source: undefined,
    now: noon('2026-01-01'),
  })
  return {
    ...draft,
    status: 'ACTIVE',
    parties: [party('X'), party('Y')],
    versions: [version(1, '2026-02-01', '2026-12-31')],
    signatures: [signed('X'), signed('Y')],
    ...over,
  }
}

t.test('a draft has no derived state', async (t) => {
  t.same(derivedStates(anAgreement({ versions: [version(1, '2026-02-01', null, 'DRAFT')] }), noon('2026-06-01')), [])
})

t.test('it is not yet effective until London midnight of its first day, in force to the end of its last, then expired', async (t) => {
  const agreement = anAgreement()
  t.same(derivedStates(agreement, '2026-01-31T23:59:59.999Z'), ['NOT_YET_EFFECTIVE'])
  t.same(derivedStates(agreement, '2026-02-01T00:00:00Z'), ['IN_FORCE'])
  t.same(derivedStates(agreement, '2026-12-31T23:59:59.999Z'), ['IN_FORCE'])
  t.same(derivedStates(agreement, '2027-01-01T00:00:00Z'), ['EXPIRED'])
})

t.test('a last day in summer ends at 23:00 in UTC', async (t) => {
  const agreement = anAgreement({ versions: [version(1, '2026-02-01', '2026-06-30')] })
  t.same(derivedStates(agreement, '2026-06-30T22:59:59.999Z'), ['IN_FORCE'])
  t.same(derivedStates(agreement, '2026-06-30T23:00:00Z'), ['EXPIRED'])
})

t.test('an earlier version does not revive when the later one expires (LC-2)', async (t) => {
  const versions = [version(1, '2026-01-01', null), version(2, '2026-03-01', '2026-04-30')]
  const signatures = [signed('X'), signed('Y'), signed('X', 2), signed('Y', 2)]
  t.same(derivedStates(anAgreement({ versions, signatures }), noon('2026-05-01')), ['EXPIRED'])
})

t.test('a version that one party has not signed again is partly signed, and in force only where two have (LC-3)', async (t) => {
  const versions = [version(1, '2026-01-01', null), version(2, '2026-03-01', null)]
  const signatures = [signed('X'), signed('Y'), signed('Z'), signed('X', 2), signed('Y', 2)]
  const pairs = versions.map((one) => ({ ...one, terms: { ...one.terms, commencement: { rule: 'PAIRWISE' as const } } }))
  const three = anAgreement({ versions: pairs, signatures, parties: [party('X'), party('Y'), party('Z')] })
  const all = versions.map((one) => ({ ...one, terms: { ...one.terms, commencement: { rule: 'ALL_SIGNED' as const } } }))
  t.same(derivedStates({ ...three, versions: all }, noon('2026-03-01')), ['PARTIALLY_SIGNED'], 'where all must sign it is not in force')
  t.same(derivedStates(three, noon('2026-02-01')), ['IN_FORCE'])
  t.same(derivedStates(three, noon('2026-03-01')), ['IN_FORCE', 'PARTIALLY_SIGNED'])
  t.same(derivedStates(anAgreement({ versions, signatures: signatures.slice(0, 4) }), noon('2026-03-01')), ['PARTIALLY_SIGNED'])
})

t.test('a signature counts from its instant on, and of whoever has left no longer', async (t) => {
  const late = anAgreement({ signatures: [signed('X'), signed('Y', 1, '2026-06-01')] })
  t.same(derivedStates(late, '2026-06-01T11:59:59Z'), ['PARTIALLY_SIGNED'])
  t.same(derivedStates(late, noon('2026-06-01')), ['IN_FORCE'])
  const left = anAgreement({ parties: [party('X'), party('Y', noon('2026-06-01'))] })
  t.same(derivedStates(left, '2026-06-01T11:59:59Z'), ['IN_FORCE'])
  t.same(derivedStates(left, noon('2026-06-01')), [], 'one party alone shares with nobody')
})

t.test('suspended is the whole agreement only, from its first instant to before its last', async (t) => {
  const suspension = (over: Partial<Suspension>): Suspension => ({
    scope: 'AGREEMENT',
    party: null,
    flow: null,
    version: null,
    from: noon('2026-03-01'),
    to: noon('2026-04-01'),
    ...over,
  })
  const agreement = anAgreement({ suspensions: [suspension({})] })
  t.same(derivedStates(agreement, '2026-03-01T11:59:59.999Z'), ['IN_FORCE'])
  t.same(derivedStates(agreement, noon('2026-03-01')), ['SUSPENDED'])
  t.same(derivedStates(agreement, noon('2026-04-01')), ['IN_FORCE'])
  for (const scope of ['PARTY', 'FLOW'] as const)
    t.same(derivedStates(anAgreement({ suspensions: [suspension({ scope, to: null })] }), noon('2026-03-02')), ['IN_FORCE'], scope)
})

t.test('a review is overdue from the day after it was due, before its grace has run out', async (t) => {
  const agreement = anAgreement({ review_due: '2026-06-30', review_grace_days: 60 })
  t.same(derivedStates(agreement, noon('2026-06-30')), ['IN_FORCE'])
  t.same(derivedStates(agreement, noon('2026-07-01')), ['IN_FORCE', 'REVIEW_OVERDUE'])
})

t.test('what has ended is nothing else any more, from the instant of its end', async (t) => {
  const agreement = anAgreement({ terminated_at: noon('2026-06-01'), review_due: '2026-03-01', review_policy: 'WARN' })
  t.same(derivedStates(agreement, '2026-06-01T11:59:59Z'), ['IN_FORCE', 'REVIEW_OVERDUE'])
  t.same(derivedStates(agreement, noon('2026-06-01')), [])
})

t.test('the state of the assessment is that of its last change by then', async (t) => {
  const base = anAgreement()
  const dpia = {
    ...base.dpia,
    status_changes: [
      { at: noon('2026-03-01'), status: 'IN_REVIEW' },
      { at: noon('2026-02-01'), status: 'APPROVED' },
    ],
  }
  const agreement = { ...base, dpia }
  const stateOn = (day: string) => dpiaAt(agreement, lifecycleFacts(agreement), Date.parse(noon(day))).status
  t.equal(stateOn('2026-01-01'), 'DRAFT')
  t.equal(stateOn('2026-02-01'), 'APPROVED')
  t.equal(stateOn('2026-03-02'), 'IN_REVIEW')
})
