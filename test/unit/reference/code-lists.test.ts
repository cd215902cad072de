import t from 'tap'
import { type CodeList, type CodeListEntry, isValidOn } from '../../../src/reference/code-list.ts'
import { compileCodeLists } from '../../../src/reference/code-lists.ts'
import { readGateway } from '../../../src/reference/gateway.ts'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'

function entry(code: string, over: Partial<CodeListEntry> = {}): CodeListEntry {
  const none = { citation: null, valid_from: null, valid_to: null, verified: true, source: null, replaced_by: null, broader: null }
  return { code, label: code, attributes: {}, ...none, ...over }
}

function compiled(lists: Readonly<Record<string, readonly CodeListEntry[]>>) {
  const made = Object.entries(lists).map(([list, entries]): [string, CodeList] => [
    list,
    { list, title: list, description: list, edition: '2026-11-22', source: 'test', entries },
  ])
  return compileCodeLists(new Map(made))
}

t.test('a code is within itself and everything above it, at any depth, and never within what is below it', async (t) => {
  const { purposes } = compiled({ PURPOSE: [entry('A'), entry('A.B', { broader: 'A' }), entry('A.B.C', { broader: 'A.B' }), entry('AB')] })
  t.ok(purposes.isWithin('A', 'A'))
  t.ok(purposes.isWithin('A.B.C', 'A'))
  t.ok(purposes.isWithin('A.B.C', 'A.B'))
  t.notOk(purposes.isWithin('A', 'A.B'), 'broader is not within narrower')
  t.notOk(purposes.isWithin('AB', 'A'), 'names mean nothing, only the list says what is narrower')
  t.notOk(purposes.isWithin('A.B.X', 'A'), 'a code that is in no list is within nothing')
  t.notOk(purposes.isWithin('X', 'X'), 'not even within itself')
})

t.test('a circle in the data hangs no decision', async (t) => {
  const { purposes } = compiled({ PURPOSE: [entry('A', { broader: 'B' }), entry('B', { broader: 'A' }), entry('C')] })
  t.notOk(purposes.isWithin('A', 'C'))
  t.ok(purposes.isWithin('A', 'B'))
})

t.test('an item whose kind cannot be read is protected as a special one', async (t) => {
  const { items } = compiled({
    DATA_ITEM: [entry('NONE'), entry('ODD', { attributes: { class: 'SECRET' } }), entry('PLAIN', { attributes: { class: 'ORDINARY' } })],
  })
  t.equal([...(items.get('NONE')?.classes ?? [])].join(), 'SPECIAL')
  t.equal([...(items.get('ODD')?.classes ?? [])].join(), 'SPECIAL')
  t.equal(items.get('PLAIN')?.classes.size, 0)
})

t.test('a Schedule 1 condition whose need of a policy document cannot be read needs one', async (t) => {
  const { schedule1 } = compiled({ SCHEDULE_1_CONDITION: [entry('SCH1_99')] })
  t.equal(schedule1.get('SCH1_99'), 'REQUIRED')
})

t.test('adequacy counts from its day', async (t) => {
  const { adequacy } = compiled({
    COUNTRY: [
      entry('FR', { attributes: { adequacy: 'FULL', adequacy_from: null } }),
      entry('KR', { attributes: { adequacy: 'FULL', adequacy_from: '2022-12-19' } }),
      entry('IN'),
    ],
  })
  t.equal(adequacy('KR', '2022-12-18'), null)
  t.equal(adequacy('KR', '2022-12-19'), 'FULL')
  t.equal(adequacy('FR', '1999-01-01'), 'FULL')
  t.equal(adequacy('IN', '2026-01-01'), null)
  t.equal(adequacy('XX', '2026-01-01'), null)
})

t.test('a list that is missing allows nothing', async (t) => {
  const codes = compiled({})
  t.notOk(codes.purposes.has('CARE'))
  t.equal(codes.items.size + codes.methods.size + codes.gateways.size + codes.countries.size, 0)
})

t.test('a gateway that does not say for whom is for nobody', async (t) => {
  const gateway = readGateway(entry('ACT_S1', { attributes: { kind: 'POWER' } }))
  t.strictSame([gateway.providerTypes, gateway.recipientTypes, gateway.purposes], [[], [], []])
  t.notOk(gateway.requiresConsent)
})

t.test('days of validity include both ends', async (t) => {
  t.ok(isValidOn('2026-03-01', '2026-03-01', '2026-03-01'))
  t.notOk(isValidOn('2026-02-28', '2026-03-01', null))
  t.notOk(isValidOn('2026-03-02', null, '2026-03-01'))
  t.ok(isValidOn('2026-03-02', null, null))
})

t.test('the shipped lists compile into everything that rules ask', async (t) => {
  const codes = compileCodeLists(new Map(shippedCodeLists().map((list) => [list.list, list])))
  t.strictSame(
    codes.forms,
    ['IDENTIFIABLE', 'PSEUDONYMISED', 'DE_IDENTIFIED_FOR_RESEARCH', 'AGGREGATE', 'ANONYMOUS'],
    'most identifying first',
  )
  t.ok(codes.art46Mechanisms.has('IDTA'))
  t.notOk(codes.art46Mechanisms.has('ART49_F'), 'an exception carries no flow')
  t.equal(codes.reasonTexts.size, 54)
  t.strictSame([...codes.subjectFlags].toSorted(), ['CONSENT_WITHDRAWN', 'OBJECTED', 'RESTRICTED'])
  t.ok(codes.art9.get('9(2)(g)')?.has('SCH1_18'))
  t.equal(codes.art9.get('9(2)(c)'), null, 'vital interests need no Schedule 1 condition')
})
