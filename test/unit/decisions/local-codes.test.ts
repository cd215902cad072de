import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { overlaps } from '../../../src/agreements/model/overlap.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { expiresAt } from '../../../src/decisions/evaluation/expiry.ts'
import type { PolicyRecord } from '../../../src/decisions/policy/policy-index.ts'
import { remedies } from '../../../src/decisions/remedies/remedies.ts'
import { aDisclosureDecision, aFlow, anAgreement, aRequest, aSide, aVersion } from '../../support/builders/decision-world.ts'
import { AT, anEntry, indexOnLists, type LocalLists, localListsArb, said } from '../../support/builders/local-world.ts'
import { runs, tally } from '../../support/properties.ts'

// Local codes against everything that walks a hierarchy. What is right is written down a second time in `said`, from the lists alone.

const OPTIONS = runs(1000)
const EMERGENCY = {
  ...{ ground: 'PREVENT_SERIOUS_HARM', actor: 'A. Manager', justification: 'A child is in danger and nobody can be asked in time.' },
  ...{ art9: null, subject_incapable: null, sch1: [], sch8: [], transfer: null },
}

const agreementRecord = (flow: Parameters<typeof aFlow>[0], prohibited: readonly string[] = []): PolicyRecord => {
  const prohibitions = prohibited.length === 0 ? [] : [{ purposes: prohibited, note: null }]
  const law = { gateways: ['LAW'] }
  const legal = { provider: aSide(law), recipient: aSide(law) }
  const body = anAgreement({ versions: [aVersion({ terms: { flows: [aFlow({ legal, ...flow })], prohibitions } })] })
  return { kind: 'AGREEMENT', id: body.id, body }
}

/** One purpose, two items of a category, a law for everything, one local purpose. */
const small = {
  lists: {
    purposes: [anEntry('P', null, {})],
    items: ['A.I', 'A.J'].map((code) => anEntry(code, null, { class: 'ORDINARY' })),
    gateway: anEntry('LAW', null, { kind: 'POWER', provider_types: ['*'], recipient_types: ['*'], purposes: ['*'] }),
    local: [
      {
        ...{ list: 'PURPOSE', code: 'LOCAL:NORTH:NEW', owner_org: 'NORTH', label: 'New', broader: 'P' },
        ...{ valid_from: '2026-01-01', valid_to: null },
      },
    ],
  } satisfies LocalLists,
}

/** A number for each choice, so that lists and choices are drawn independently. */
const choices = fc.array(fc.nat(50), { minLength: 8, maxLength: 8 })
const purposeCodes = ({ purposes, local }: LocalLists) => [
  ...purposes.map(({ code }) => code),
  ...[...local, ...local, ...local].filter(({ list }) => list === 'PURPOSE').map(({ code }) => code),
]
const itemCodes = ({ items, local }: LocalLists) => [
  ...items.map(({ code }) => code),
  ...[...local, ...local, ...local].filter(({ list }) => list === 'DATA_ITEM').map(({ code }) => code),
]
const pick = (from: readonly string[], n: number | undefined): string => from[(n ?? 0) % from.length] as string

t.test('a local purpose is covered by its name alone, carried by the law of a broader one, and banned with any broader one', (t) => {
  const met = tally(t, {
    'PERMIT by name': 20,
    'DENY: only a broader one is agreed': 15,
    'DENY: a broader one is banned': 20,
    'DENY: no law': 5,
    'DENY: ended or to come': 40,
    'PERMIT by a broader law': 5,
    'PERMIT of a shipped one': 100,
  })
  fc.assert(
    fc.property(localListsArb, choices, fc.boolean(), (lists, [u, f, p, i, same], isBanned) => {
      const all = purposeCodes(lists)
      const { upwards, isLocal, counts } = said(lists)
      const [asked, agreed, banned] = [pick(all, u), pick(all, (same ?? 0) % 3 === 0 ? u : f), pick(all, p)]
      const item = pick(
        lists.items.map(({ code }) => code),
        i,
      )
      const index = indexOnLists(
        {
          ...lists,
          gateway: { ...lists.gateway, attributes: { ...lists.gateway.attributes, only_items: [], excludes_patient_information: false } },
        },
        [agreementRecord({ purpose: agreed, data_items: [item] }, isBanned ? [banned] : [])],
      )
      const carried = lists.gateway.attributes['purposes'] as string[]
      const isCovered = isLocal(asked) || isLocal(agreed) ? asked === agreed : upwards(asked).includes(agreed)
      const isCarried = carried.includes('*') || carried.some((code) => upwards(asked).includes(code))
      const isProhibited = isBanned && upwards(asked).includes(banned)
      const expected = counts(asked) && isCovered && isCarried && !isProhibited
      const outcome = evaluate(aRequest({ purpose: asked, data_items: [item] }), AT, index)
      assert.equal(outcome.decision, expected ? 'PERMIT' : 'DENY')
      if (!isLocal(asked)) return expected ? met.saw('PERMIT of a shipped one') : undefined
      if (!counts(asked)) {
        assert.equal(outcome.decision === 'DENY' && outcome.reasons[0]?.code, 'UNKNOWN_CODE')
        return met.saw('DENY: ended or to come')
      }
      if (expected) met.saw(carried.includes('*') ? 'PERMIT by name' : 'PERMIT by a broader law')
      else if (isProhibited && asked !== banned) met.saw('DENY: a broader one is banned')
      else if (!isCovered && upwards(asked).includes(agreed)) met.saw('DENY: only a broader one is agreed')
      else if (isCovered && !isCarried) met.saw('DENY: no law')
    }),
    OPTIONS,
  )
  met.check()
  t.end()
})

t.test('a local item is covered by its name alone: no grant of a category, no list of other items in a law reaches it', (t) => {
  const met = tally(t, {
    'PERMIT by name': 20,
    'DENY: granted only': 60,
    'DENY: the law is about other items': 20,
    'PERMIT of a granted one': 30,
  })
  fc.assert(
    fc.property(localListsArb, choices, fc.boolean(), (lists, [d, l, g, h], isListed) => {
      const all = itemCodes(lists)
      const { isLocal, counts } = said(lists)
      const asked = pick(all, d)
      const parent = lists.local.find(({ code }) => code === asked)?.broader ?? asked
      // Everything that a grant could say: codes, categories, the local code itself, the beginnings of it.
      const words = [
        ...all,
        ...all.flatMap((code) => code.split('.').slice(0, -1)),
        ...all.flatMap((code) => code.split(':').slice(0, -1)),
        parent,
        'A',
        'A.X',
        'B',
        'LOCAL',
      ]
      const grants = [pick(words, g), pick(words, h), parent]
      const listed = isListed
        ? [asked]
        : [
            pick(
              lists.items
                .map(({ code }) => code)
                .filter((code) => code !== asked)
                .concat('NOTHING'),
              l,
            ),
          ]
      const purpose = lists.purposes[0]?.code ?? ''
      const gateway = {
        ...lists.gateway,
        attributes: { ...lists.gateway.attributes, purposes: ['*'], excludes_patient_information: false },
      }
      const index = indexOnLists({ ...lists, gateway }, [agreementRecord({ purpose, data_items: listed, category_grant: grants })])
      const isGranted = !isLocal(asked) && grants.some((grant) => asked.startsWith(`${grant}.`))
      const only = lists.gateway.attributes['only_items'] as string[]
      const isCovered = listed.includes(asked) || isGranted
      const isCarried = only.length === 0 || only.includes(asked)
      const expected = counts(asked) && isCovered && isCarried
      const outcome = evaluate(aRequest({ purpose, data_items: [asked] }), AT, index)
      assert.equal(outcome.decision, expected ? 'PERMIT' : 'DENY')
      if (!isLocal(asked)) return expected && isGranted ? met.saw('PERMIT of a granted one') : undefined
      if (!counts(asked)) return
      if (expected) met.saw('PERMIT by name')
      else if (!isCovered) met.saw('DENY: granted only')
      else met.saw('DENY: the law is about other items')
    }),
    OPTIONS,
  )
  met.check()
  t.end()
})

t.test('a local item is as strict as the strictest of its parent and everything under that, each flag by itself', (t) => {
  const met = tally(t, { SPECIAL: 50, CRIMINAL: 50, 'of both': 10, confidential: 50, patients: 50, 'nothing of it': 5 })
  const conditions = {
    SPECIAL_CATEGORY_CONDITION_MISSING: 'special',
    CRIMINAL_OFFENCE_CONDITION_MISSING: 'criminal',
    CONFIDENTIALITY_BASIS_MISSING: 'confidential',
    GATEWAY_NOT_AVAILABLE: 'patients',
  } as const
  fc.assert(
    fc.property(localListsArb, choices, (lists, [d]) => {
      const locals = lists.local.filter(({ list, code }) => list === 'DATA_ITEM' && said(lists).counts(code))
      if (locals.length === 0) return
      const asked = pick(
        locals.map(({ code }) => code),
        d,
      )
      const flags = said(lists)
        .relatives(asked)
        .map(({ attributes }) => attributes)
      const has = {
        special: flags.some((one) => one['class'] === 'SPECIAL'),
        criminal: flags.some((one) => one['class'] === 'CRIMINAL'),
        confidential: flags.some((one) => one['duty_of_confidence'] === true),
        patients: flags.some((one) => one['patient_information'] === true),
      }
      const gateway = {
        ...lists.gateway,
        attributes: { ...lists.gateway.attributes, purposes: ['*'], only_items: [], excludes_patient_information: true },
      }
      const bare = { gateways: ['LAW'], art9: [], sch1: [], criminal: [] }
      const flow = {
        purpose: lists.purposes[0]?.code ?? '',
        data_items: [asked],
        confidentiality: null,
        legal: { provider: aSide(bare), recipient: aSide(bare) },
      }
      const index = indexOnLists({ ...lists, gateway }, [agreementRecord(flow)])
      const request = aRequest({ purpose: flow.purpose, data_items: [asked] })
      const outcome = evaluate(request, AT, index)
      const expected = Object.entries(conditions).flatMap(([code, flag]) => (has[flag] ? [code] : []))
      assert.deepEqual(outcome.decision === 'DENY' ? [...new Set(outcome.reasons.map(({ code }) => code))].sort() : [], expected.sort())
      const item = index.codes.items.get(asked)
      assert.equal(
        item?.healthInformation,
        flags.some((one) => one['health_information'] === true),
      )
      assert.deepEqual([...(item?.specialKinds ?? [])].sort(), [...new Set(flags.flatMap((one) => one['special_kind'] ?? []))].sort())
      assert.deepEqual([...(item?.origins ?? [])].sort(), [...new Set(flags.map((one) => one['origin']))].sort())
      // Breaking the glass asks for the condition of a special item too.
      const broken = evaluate({ ...request, mode: 'EMERGENCY', lawful_basis: '6(1)(d)', emergency: EMERGENCY }, AT, index)
      assert.equal(
        broken.decision,
        has.special || outcome.decision === 'PERMIT' ? (outcome.decision === 'PERMIT' ? 'PERMIT' : 'DENY') : 'PERMIT',
      )
      if (has.special) met.saw('SPECIAL')
      if (has.criminal) met.saw('CRIMINAL')
      if (has.special && has.criminal) met.saw('of both')
      if (has.confidential) met.saw('confidential')
      if (has.patients) met.saw('patients')
      if (expected.length === 0) met.saw('nothing of it')
    }),
    OPTIONS,
  )
  met.check()
  t.end()
})

t.test('a later change of a parent or of anything under it reaches the local item, and an older policy stays as it was', (t) => {
  const met = tally(t, { stricter: 100 })
  fc.assert(
    fc.property(localListsArb, choices, (lists, [d, n]) => {
      const locals = lists.local.filter(({ list, code }) => list === 'DATA_ITEM' && said(lists).counts(code))
      if (locals.length === 0) return
      const asked = pick(
        locals.map(({ code }) => code),
        d,
      )
      const relative = pick(
        said(lists)
          .relatives(asked)
          .map(({ code }) => code),
        n,
      )
      const harder = { class: 'SPECIAL', special_kind: 'GENETIC', duty_of_confidence: true, patient_information: true, origin: 'HMRC' }
      const items = lists.items.map((item) => (item.code === relative ? { ...item, attributes: harder } : item))
      const before = indexOnLists(lists, [])
      const was = before.codes.items.get(asked)
      const next = bareLists({ ...lists, items })
      const after = before.apply([{ kind: 'CODE_LISTS', id: 'current', body: { version: 'next', lists: next } }], {
        ...before.head,
        revision: 2,
      })
      const item = after.codes.items.get(asked)
      assert.ok(
        item?.classes.has('SPECIAL') &&
          item.specialKinds.has('GENETIC') &&
          item.confidential &&
          item.patientInformation &&
          item.origins.has('HMRC'),
      )
      assert.equal(before.codes.items.get(asked), was)
      assert.match(after.codeListVersion, /^next\+local\.[0-9a-f]{16}$/)
      met.saw('stricter')
    }),
    runs(500),
  )
  met.check()
  t.end()
})

t.test('a one-off decision covers a local purpose and local items by their names alone', (t) => {
  const met = tally(t, { 'PERMIT of a local one': 10, 'DENY of a local one': 100 })
  fc.assert(
    fc.property(localListsArb, choices, (lists, [u, v, d, e]) => {
      const [asked, decided] = [pick(purposeCodes(lists), u), pick(purposeCodes(lists), v)]
      const [item, covered] = [pick(itemCodes(lists), d), pick(itemCodes(lists), e)]
      const { isLocal, counts } = said(lists)
      const body = aDisclosureDecision({ purpose: decided, data_items: [covered] })
      const index = indexOnLists(lists, [{ kind: 'DISCLOSURE_DECISION', id: body.id, body }])
      const request = aRequest({ purpose: asked, data_items: [item], mode: 'AD_HOC', disclosure_decision_id: body.id })
      const expected = counts(asked) && counts(item) && asked === decided && item === covered
      const outcome = evaluate(request, AT, index)
      assert.equal(outcome.decision, expected ? 'PERMIT' : 'DENY')
      if (isLocal(asked) || isLocal(item)) met.saw(`${outcome.decision} of a local one`)
    }),
    OPTIONS,
  )
  met.check()
  t.end()
})

t.test('a setting that restricts a purpose restricts the local ones under it', (t) => {
  const met = tally(t, { 'at its own instant only': 20, longer: 20 })
  fc.assert(
    fc.property(localListsArb, choices, (lists, [u, r]) => {
      const asked = pick(purposeCodes(lists), u)
      const restricted = pick(purposeCodes(lists), r)
      const { upwards, isLocal, counts } = said(lists)
      if (!isLocal(asked) || !counts(asked)) return
      const item = lists.items[0]?.code ?? ''
      const gateway = {
        ...lists.gateway,
        attributes: { ...lists.gateway.attributes, purposes: ['*'], only_items: [], excludes_patient_information: false },
      }
      const index = indexOnLists({ ...lists, gateway }, [agreementRecord({ purpose: asked, data_items: [item] })])
      const outcome = evaluate(aRequest({ purpose: asked, data_items: [item] }), AT, index)
      assert.equal(outcome.decision, 'PERMIT')
      const isShort = expiresAt(outcome, { permitTtlSeconds: 300, restrictedPurposes: new Set([restricted]) }) === AT
      assert.equal(isShort, upwards(asked).includes(restricted))
      met.saw(isShort ? 'at its own instant only' : 'longer')
    }),
    OPTIONS,
  )
  met.check()
  t.end()
})

t.test('who looks for a share that exists is told of a broader agreement for a local purpose by no word that says it covers it', (t) => {
  const met = tally(t, { SAME: 20, NARROWER: 20, nothing: 50 })
  fc.assert(
    fc.property(localListsArb, choices, (lists, [u, f]) => {
      const [asked, agreed] = [pick(purposeCodes(lists), u), pick(purposeCodes(lists), f)]
      const { upwards, isLocal } = said(lists)
      if (!lists.local.every(({ code }) => said(lists).counts(code)) || (!isLocal(asked) && !isLocal(agreed))) return
      const record = agreementRecord({ purpose: agreed })
      assert.ok(record.kind === 'AGREEMENT')
      const question = { parties: ['NORTHBOROUGH', 'SOUTHBOROUGH'], purpose: asked, categories: [] }
      const [found] = overlaps([record.body], question, indexOnLists(lists, []).codes, AT)
      const relation = found?.matched.purposes[0]?.relation ?? 'nothing'
      assert.equal(relation, asked === agreed ? 'SAME' : upwards(agreed).includes(asked) ? 'NARROWER' : 'nothing')
      met.saw(relation)
    }),
    OPTIONS,
  )
  met.check()
  t.end()
})

t.test('what would make a refused local code a permit names it exactly, and is tried out', (t) => {
  const met = tally(t, { 'a remedy that names it': 20 })
  fc.assert(
    fc.property(localListsArb, choices, (lists, [u]) => {
      const locals = lists.local.filter(({ list, code }) => list === 'PURPOSE' && said(lists).counts(code))
      if (locals.length === 0) return
      const asked = pick(
        locals.map(({ code }) => code),
        u,
      )
      const parent = locals.find(({ code }) => code === asked)?.broader ?? ''
      const item = lists.items[0]?.code ?? ''
      const gateway = {
        ...lists.gateway,
        attributes: { ...lists.gateway.attributes, purposes: ['*'], only_items: [], excludes_patient_information: false },
      }
      const index = indexOnLists({ ...lists, gateway }, [agreementRecord({ purpose: parent, data_items: [item] })])
      const request = aRequest({ purpose: asked, data_items: [item] })
      const outcome = evaluate(request, AT, index)
      assert.ok(outcome.decision === 'DENY' && outcome.reasons[0]?.code === 'PURPOSE_NOT_COVERED')
      const found = remedies({ request, at: AT, askedAt: AT, isPastText: false, index, outcome }, () => true)
      const changes = found?.flatMap((remedy) => remedy.changes) ?? []
      assert.ok(changes.every(({ kind, values }) => kind !== 'ADD_FLOW' || values?.join() === asked))
      if (changes.some(({ kind }) => kind === 'ADD_FLOW')) met.saw('a remedy that names it')
    }),
    runs(200),
  )
  met.check()
  t.end()
})

function bareLists(lists: LocalLists) {
  return [
    { list: 'PURPOSE', entries: lists.purposes },
    { list: 'DATA_ITEM', entries: lists.items },
  ].map(({ list, entries }) => ({ list, title: list, description: list, edition: '2026-11-22', source: 'test', entries }))
}

t.test('a local code counts only while the code it stands under is in the list', async (t) => {
  const { lists } = small
  for (const [valid_to, expected] of [
    [null, 'PERMIT'],
    ['2026-06-15', 'PERMIT'],
    ['2026-06-14', 'UNKNOWN_CODE'],
  ] as const) {
    const purposes = lists.purposes.map((entry) => (entry.code === 'P' ? { ...entry, valid_to } : entry))
    const index = indexOnLists({ ...lists, purposes }, [agreementRecord({ purpose: 'LOCAL:NORTH:NEW', data_items: ['A.I'] })])
    const outcome = evaluate(aRequest({ purpose: 'LOCAL:NORTH:NEW', data_items: ['A.I'] }), AT, index)
    t.equal(outcome.decision === 'DENY' ? outcome.reasons[0]?.code : outcome.decision, expected, `the broader one until ${valid_to}`)
  }
})

t.test('whatever a local item is called, a grant of a category does not reach it', async (t) => {
  const { lists } = small
  const entry = {
    ...lists.items[0],
    code: 'A.NEW',
    label: 'New',
    broader: 'A.I',
    local: true,
    attributes: {},
  } as (typeof lists.items)[number]
  const index = indexOnLists({ ...lists, items: [...lists.items, entry] }, [
    agreementRecord({ purpose: 'P', data_items: ['A.I'], category_grant: ['A'] }),
  ])
  const codesFor = (item: string) => {
    const outcome = evaluate(aRequest({ purpose: 'P', data_items: [item] }), AT, index)
    return outcome.decision === 'DENY' ? outcome.reasons.map(({ code }) => code).join() : outcome.decision
  }
  t.equal(codesFor('A.NEW'), 'DATA_NOT_COVERED')
  t.equal(codesFor('A.J'), 'PERMIT', 'as it reaches what is shipped')
})
