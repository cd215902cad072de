import t from 'tap'
import type { AgreementVersion, Flow } from '../../../src/agreements/agreement.ts'
import { difference } from '../../../src/agreements/model/difference.ts'
import { isTypo } from '../../../src/agreements/model/typo.ts'
import { aFlow, aVersion, withLaw } from '../../support/builders/lawful-draft.ts'

const withFlow = (over: Partial<Flow>) => aVersion({}, { flows: [aFlow(over)] })
const withTerms = (over: Partial<AgreementVersion['terms']>) => aVersion({}, over)

t.test('nothing changed, or only the order of codes: no clause, and minor', async (t) => {
  t.same(difference(aVersion(), aVersion()), { clauses: [], change_class: 'MINOR' })
  t.same(difference(aVersion(), withFlow({ data_items: ['CONTACT.ADDRESS', 'IDENTITY.NAME'] })).clauses, [])
})

t.test('purpose, items, people, parties, basis, retention, method and country are material, each with its clause', async (t) => {
  const cases: readonly (readonly [string, AgreementVersion])[] = [
    ['/terms/flows/0/purpose', withFlow({ purpose: 'COUNCIL_TAX' })],
    ['/terms/flows/0/data_items', withFlow({ data_items: ['IDENTITY.NAME'] })],
    ['/terms/flows/0/data_subjects', withFlow({ data_subjects: ['CHILD'] })],
    ['/terms/flows/0/recipients', withFlow({ recipients: ['LBC_BRENT'] })],
    ['/terms/flows/0/legal/provider/art6', withFlow(withLaw({ art6: ['6(1)(c)'] }, 'provider'))],
    ['/terms/flows/0/retention_days', withFlow({ retention_days: 366 })],
    ['/terms/flows/0/methods', withFlow({ methods: ['SFTP'] })],
    ['/terms/flows/0/countries', withFlow({ countries: ['GB', 'FR'] })],
    ['/terms/flows/0/restriction_override', withFlow({ restriction_override: { ground: 'CONSENT', reason: 'Asked for.' } })],
    ['/terms/flows/0/standing_request_ref', withFlow({ standing_request_ref: 'Letter of 1 May 2026' })],
    ['/terms/commencement', withTerms({ commencement: { rule: 'ALL_SIGNED' } })],
    ['/terms/narrative/amendment_policy', withTerms({ narrative: { ...aVersion().terms.narrative, amendment_policy: 'MINOR_NO_SIGN' } })],
    ['/effective_to', aVersion({ effective_to: '2030-12-31' })],
    ['/effective_from', aVersion({ effective_from: '2020-01-01' })],
  ]
  for (const [pointer, after] of cases) {
    const found = difference(aVersion(), after)
    t.same([found.clauses.map((clause) => clause.pointer), found.change_class], [[pointer], 'MATERIAL'], pointer)
    t.ok(
      found.clauses.every(({ label }) => /^[A-Z]/.test(label)),
      `${pointer} has a label`,
    )
  }
})

t.test('a flow put in or taken out is one clause with the whole flow', async (t) => {
  const two = aVersion({}, { flows: [aFlow(), aFlow({ id: 'F2' })] })
  t.match(difference(aVersion(), two).clauses, [{ pointer: '/terms/flows/1', label: 'Flow F2', before: null, after: { id: 'F2' } }])
  t.match(difference(two, aVersion()).clauses, [{ pointer: '/terms/flows/1', label: 'Flow F2', before: { id: 'F2' }, after: null }])
})

t.test('a party that joins is material, its contacts are minor', async (t) => {
  const party = (org: string, dpo = 'a@b') => ({ org, role: 'CONTROLLER', capacities: [], contacts: { dpo } })
  const before = { ...aVersion(), parties: [party('A')] }
  t.match(difference(before, { ...aVersion(), parties: [party('A'), party('B')] }), {
    change_class: 'MATERIAL',
    clauses: [{ label: 'Party B' }],
  })
  t.match(difference(before, { ...aVersion(), parties: [party('A', 'c@d')] }), {
    change_class: 'MINOR',
    clauses: [{ pointer: '/parties/0/contacts' }],
  })
})

t.test('a slip of the pen is minor; a word put in, left out or replaced, and any number, never is', async (t) => {
  for (const [before, after] of [
    ['We recieve data.', 'We receive data.'],
    ['Acomodation', 'accommodation'],
    ['the  data', 'The data,'],
    ["'quoted'", '“quoted”'],
  ]) {
    t.ok(isTypo(before ?? '', after ?? ''), `${before} / ${after}`)
  }
  for (const [before, after] of [
    ['not shared', 'now shared'],
    ['lawful use', 'unlawful use'],
    ['24 hours', '42 hours'],
    ['is shared', 'is not shared'],
    ['approved', 'improved'],
    ['1,000', '1.000'],
    ['provider', 'provided'],
  ]) {
    t.notOk(isTypo(before ?? '', after ?? ''), `${before} / ${after}`)
  }
  const narrative = (security: string) => withTerms({ narrative: { ...aVersion().terms.narrative, security } })
  t.equal(difference(narrative('We recieve it.'), narrative('We receive it.')).change_class, 'MINOR')
  t.equal(difference(narrative('We receive it.'), narrative('We sell it.')).change_class, 'MATERIAL')
})
