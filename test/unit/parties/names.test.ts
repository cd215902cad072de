import fc from 'fast-check'
import t from 'tap'
import { finder } from '../../../src/parties/find.ts'
import { asIdentifier, identifiersIn } from '../../../src/parties/identifiers.ts'
import { nameKey, placeKey } from '../../../src/parties/name-key.ts'
import { asRegistered } from '../../../src/parties/organisation.ts'
import { shippedOrganisations } from '../../../src/parties/shipped-organisations.service.ts'
import { runs, tally } from '../../support/properties.ts'

const ONE_NAME: readonly (readonly [string, string])[] = [
  ['London Borough of Camden', 'LB of Camden'],
  ['London Borough of Camden', 'Camden Council'],
  ['London Borough of Camden', 'Camden, London Borough of'],
  ['The Mayor and Burgesses of the London Borough of Camden', 'LB Camden'],
  ['HAVERING LONDON BOROUGH COUNCIL', 'London Borough of Havering'],
  ['Barking & Dagenham', 'Barking and Dagenham'],
  ['St. Mary’s School', "Saint Mary's School"],
  ['Example Homes Limited', 'EXAMPLE HOMES LTD.'],
  ['Café Nord', 'Cafe Nord'],
  ['Royal Free London NHS FT', 'Royal Free London NHS Foundation Trust'],
]

t.test('two ways of writing one name are one name', async (t) => {
  for (const [one, other] of ONE_NAME) t.equal(placeKey(one), placeKey(other), `${one} = ${other}`)
})

t.test('two names stay two names', async (t) => {
  const two = [
    ['Camden Town Practice', 'Camden Road Practice'],
    ['Example Homes Limited', 'Example Homes'],
    ['London Borough of Sutton', 'Sutton Housing Society'],
    ['City of London Police', 'City of London Corporation'],
  ] as const
  for (const [one, other] of two) t.not(placeKey(one), placeKey(other), `${one} is not ${other}`)
})

t.test('how a name is written never decides what it is', async (t) => {
  const met = tally(t, { 'a name with an accent': 20, 'a name with an apostrophe': 20 })
  const word = fc.stringMatching(/^[A-Za-zéüßÇŁøñ'’&.-]{1,9}$/)
  const name = fc
    .array(word, { minLength: 1, maxLength: 6 })
    .map((words) => words.join(' '))
    .filter((text) => nameKey(text) !== '' && nameKey(text) !== 'the')
  const written: readonly ((text: string) => string)[] = [
    (text) => text.toUpperCase(),
    (text) => text.toLowerCase(),
    (text) => text.normalize('NFD'),
    (text) => text.normalize('NFC'),
    (text) => `  ${text.replaceAll(' ', '  ')}\u00a0`,
    (text) => text.replaceAll("'", '’'),
    (text) => text.replaceAll('’', "'"),
    (text) => text.replaceAll('&', ' and '),
    (text) => `The ${text}`,
    (text) => `${text}.`,
    (text) => `${text},`,
  ]
  fc.assert(
    fc.property(name, fc.constantFrom(...written), (text, write) => {
      if (/[éüÇñ]/.test(text)) met.saw('a name with an accent')
      if (/['’]/.test(text)) met.saw('a name with an apostrophe')
      return (
        nameKey(write(text)) === nameKey(text) && nameKey(nameKey(text)) === nameKey(text) && placeKey(placeKey(text)) === placeKey(text)
      )
    }),
    runs(),
  )
  met.check()
})

t.test('Ltd and Limited, plc and public limited company are one', async () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z]{3,12}$/).filter((text) => text !== 'the'),
      (name) => {
        return (
          nameKey(`${name} Limited`) === nameKey(`${name} LTD`) && nameKey(`${name} Public Limited Company`) === nameKey(`${name} PLC.`)
        )
      },
    ),
    runs(),
  )
})

t.test('every organisation that is shipped is found by its code, and by each of its names unless another has that name too', async (t) => {
  const organisations = shippedOrganisations().map(asRegistered)
  const find = finder(organisations)
  for (const { code, legal_name, short_name, aliases } of organisations) {
    for (const name of [code, legal_name, short_name, ...aliases]) {
      const reading = find.read(name)
      t.ok(
        reading.found === 'ONE' ? reading.code === code : reading.found === 'SEVERAL' && reading.codes.includes(code),
        `${name} is ${code}`,
      )
    }
  }
  t.same(find.read('Metropolitan Police Service (MPS)'), { found: 'ONE', code: 'MPS', by: 'NAME' })
  t.same(find.read('HAVERING LONDON BOROUGH COUNCIL'), { found: 'ONE', code: 'LBC_HAVERING', by: 'NAME' })
  t.equal(find.read('Nobody at all').found, 'NONE')
})

t.test('identifiers have one form, whatever people write', async (t) => {
  const cases = [
    ['company_number', '123456', '00123456'],
    ['company_number', ' oc 301234 ', 'OC301234'],
    ['company_number', 'IP15558R', 'IP15558R'],
    ['company_number', '123456789', undefined],
    ['charity_number', '1089464', '1089464'],
    ['charity_number', '1089464-2', '1089464-2'],
    ['charity_number', 'SC 012345', 'SC012345'],
    ['charity_number', '12345', undefined],
    ['ods', 'f83004', 'F83004'],
    ['ods', 'F8', undefined],
    ['gss', 'e09000007', 'E09000007'],
    ['gss', 'E0900000', undefined],
    ['ico_registration_no', 'z 1234567', 'Z1234567'],
    ['ico_registration_no', 'ZA12345', undefined],
  ] as const
  for (const [kind, written, kept] of cases) t.equal(asIdentifier(kind, written), kept, `${kind} ${written}`)
  t.same(
    identifiersIn('Company number: 123456').filter(({ kind }) => kind === 'company_number'),
    [{ kind: 'company_number', value: '00123456' }],
  )
})

t.test('a department is a name of its body and never a body', async (t) => {
  const [camden] = shippedOrganisations().filter(({ code }) => code === 'LBC_CAMDEN')
  const [islington] = shippedOrganisations().filter(({ code }) => code === 'LBC_ISLINGTON')
  if (!camden || !islington) throw new Error('both are shipped')
  const find = finder([
    { ...asRegistered(camden), departments: ['Adult Social Care', 'Camden Family Hubs'] },
    { ...asRegistered(islington), departments: ['Adult Social Care'] },
  ])
  for (const name of ['Camden Adult Social Care', 'Adult Social Care, London Borough of Camden', 'camden family hubs'])
    t.same(find.read(name), { found: 'ONE', code: 'LBC_CAMDEN', by: 'DEPARTMENT' }, name)
  t.same(find.read('Adult Social Care'), { found: 'SEVERAL', codes: ['LBC_CAMDEN', 'LBC_ISLINGTON'] })
})
