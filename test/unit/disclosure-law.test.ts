import t from 'tap'
import { conditionFaults } from '../../src/disclosures/disclosure-law.ts'
import type { RegisteredOrganisation } from '../../src/parties/organisation.ts'
import { register } from '../support/builders/lawful-draft.ts'

// What whoever discloses once must state besides a lawful basis: for special category data (UK GDPR Art 9, DPA 2018 s10 and Sch 1), for
// criminal offence data (Art 10), and under Part 3 (s35(5) and Sch 8).

const codes = register.codes.on('2026-11-22')
const COUNCIL = { code: 'LBC_CAMDEN', public_authority: true, competent_authority: 'STATUTORY_FUNCTIONS' } as RegisteredOrganisation
const CHARITY = { code: 'HELP', public_authority: false, competent_authority: 'NONE' } as RegisteredOrganisation
const [DIAGNOSIS, CONVICTION] = ['HEALTH.DIAGNOSIS', 'CRIMINAL.CONVICTION']

const CASES: readonly (readonly [
  what: string,
  basis: string,
  items: readonly string[],
  conditions: readonly string[],
  ...rules: string[],
])[] = [
  ['ordinary data needs no condition', '6(1)(e)', ['IDENTITY.NAME'], []],
  ['special category data needs an Art 9 condition', '6(1)(e)', [DIAGNOSIS], [], 'SPECIAL_CATEGORY_CONDITION_MISSING'],
  ['a Schedule 1 condition alone is none', '6(1)(e)', [DIAGNOSIS], ['SCH1_18'], 'SPECIAL_CATEGORY_CONDITION_MISSING'],
  ['a condition of another law is none', '6(1)(e)', [DIAGNOSIS], ['SCH8_4'], 'SPECIAL_CATEGORY_CONDITION_MISSING'],
  ['vital interests stand by themselves', '6(1)(d)', [DIAGNOSIS], ['9(2)(c)']],
  ['substantial public interest needs its Schedule 1 condition', '6(1)(e)', [DIAGNOSIS], ['9(2)(g)'], 'SCHEDULE_1_CONDITION_MISSING'],
  ['one of another Art 9 condition does not go with it', '6(1)(e)', [DIAGNOSIS], ['9(2)(g)', 'SCH1_2'], 'SCHEDULE_1_CONDITION_MISSING'],
  ['with it, it is met', '6(1)(e)', [DIAGNOSIS], ['9(2)(g)', 'SCH1_18']],
  ['each Art 9 condition that is stated must be met', '6(1)(e)', [DIAGNOSIS], ['9(2)(c)', '9(2)(h)'], 'SCHEDULE_1_CONDITION_MISSING'],
  ['criminal offence data needs an Art 10 condition', '6(1)(e)', [CONVICTION], [], 'CRIMINAL_OFFENCE_CONDITION_MISSING'],
  ['an Art 9 condition is none', '6(1)(e)', [CONVICTION], ['9(2)(c)'], 'CRIMINAL_OFFENCE_CONDITION_MISSING'],
  ['a Schedule 1 condition is one', '6(1)(e)', [CONVICTION], ['SCH1_10']],
  ['official authority is one for a council', '6(1)(e)', [CONVICTION], ['OFFICIAL_AUTHORITY']],
  [
    'both kinds need both',
    '6(1)(e)',
    [DIAGNOSIS, CONVICTION],
    [],
    'SPECIAL_CATEGORY_CONDITION_MISSING',
    'CRIMINAL_OFFENCE_CONDITION_MISSING',
  ],
  ['one Schedule 1 condition may serve both', '6(1)(e)', [DIAGNOSIS, CONVICTION], ['9(2)(g)', 'SCH1_10']],
  ['under Part 3 criminal offence data needs nothing more', 'PART3_TASK', [CONVICTION], []],
  ['under Part 3 special category data needs a Schedule 8 condition', 'PART3_TASK', [DIAGNOSIS], ['9(2)(c)'], 'LED_CONDITION_MISSING'],
  ['with it, it is met', 'PART3_TASK', [DIAGNOSIS], ['SCH8_4']],
]

for (const [what, lawful_basis, data_items, conditions, ...rules] of CASES) {
  t.test(`a one-off disclosure: ${what}`, async (t) => {
    const found = conditionFaults({ data_items, lawful_basis, conditions }, codes, COUNCIL)
    t.strictSame(
      found.map(({ code }) => code),
      rules,
    )
    t.ok(found.every(({ pointer }) => pointer === '/content/conditions'))
  })
}

t.test('a charity has no official authority, and no law of Part 3', async (t) => {
  const rules = (lawful_basis: string, conditions: readonly string[]) =>
    conditionFaults({ data_items: [CONVICTION], lawful_basis, conditions }, codes, CHARITY).map(({ pointer, code }) => `${pointer} ${code}`)
  t.strictSame(rules('6(1)(f)', ['OFFICIAL_AUTHORITY']), ['/content/conditions CRIMINAL_OFFENCE_CONDITION_MISSING'])
  t.strictSame(rules('6(1)(f)', ['SCH1_10']), [])
  t.strictSame(rules('PART3_TASK', ['SCH8_1']), ['/content/lawful_basis LED_CONDITION_MISSING'])
})
