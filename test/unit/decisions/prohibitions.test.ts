import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Agreement } from '../../../src/agreements/agreement.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { anAgreement, aRequest, aVersion, indexWith } from '../../support/builders/decision-world.ts'
import { runs, tally } from '../../support/properties.ts'

// A prohibition ends only by a version that the bound parties have signed.

const T = Date.parse('2026-11-22T12:00:00.000Z')
const request = aRequest()
const [NORTH, SOUTH] = [request.provider, request.recipient]
const BANNED = [{ purposes: [request.purpose], note: null }]
const codes = (agreement: Agreement, at = T) => {
  const outcome = evaluate(request, at, indexWith([agreement]))
  return outcome.decision === 'DENY' ? outcome.reasons.map(({ code }) => code) : []
}
const isBanned = (agreement: Agreement, at = T) => codes(agreement, at).includes('PROHIBITED_BY_AGREEMENT')

/** A version of a text, and who had signed it by T. */
interface Text {
  readonly bans: boolean
  /** London day, by number from long ago to far ahead. */
  readonly from: string
  readonly signed: readonly string[]
}

function agreementOf(texts: readonly Text[], over: Partial<Agreement> = {}): Agreement {
  const model = aVersion()
  return anAgreement({
    versions: texts.map(({ bans, from }, at) =>
      aVersion({
        ...{ version: at + 1, status: 'APPROVED', effective_from: from, effective_to: '2030-12-31' },
        terms: { ...model.terms, prohibitions: bans ? BANNED : [] },
      }),
    ),
    signatures: texts.flatMap(({ signed }, at) => signed.map((org) => ({ org, version: at + 1, signed_at: '2024-06-01T10:00:00.000Z' }))),
    ...over,
  })
}
const BOTH = [NORTH, SOUTH]

t.test('which text of an agreement prohibits', async (t) => {
  const old = { bans: true, from: '2025-01-01', signed: BOTH }
  const table: readonly (readonly [what: string, later: readonly Text[], isBanned: boolean])[] = [
    ['the one that both signed', [], true],
    ['it goes on under a later text that nobody signed', [{ bans: false, from: '2026-01-01', signed: [] }], true],
    ['or that one of them signed', [{ bans: false, from: '2026-01-01', signed: [NORTH] }], true],
    ['or that has not begun', [{ bans: false, from: '2026-11-23', signed: BOTH }], true],
    ['it ends with one that both signed', [{ bans: false, from: '2026-11-22', signed: BOTH }], false],
    [
      'and does not come back with a third that nobody signed',
      [
        { bans: false, from: '2026-01-01', signed: BOTH },
        { bans: false, from: '2026-02-01', signed: [] },
      ],
      false,
    ],
    [
      'a third that nobody signed prohibits nothing itself',
      [
        { bans: false, from: '2026-01-01', signed: BOTH },
        { bans: true, from: '2026-02-01', signed: [SOUTH] },
      ],
      false,
    ],
    ['a later text that both signed goes on with it', [{ bans: true, from: '2026-01-01', signed: BOTH }], true],
  ]
  for (const [what, later, expected] of table) t.equal(isBanned(agreementOf([old, ...later])), expected, what)
  const unsigned = { bans: false, from: '2026-01-01', signed: [] }
  const terminated = agreementOf([old, unsigned], { terminated_at: '2026-11-22T12:00:00.000Z' })
  t.strictSame([isBanned(terminated, T - 1), isBanned(terminated)], [true, false], 'it ends with the agreement')
})

const textArb: fc.Arbitrary<Text> = fc.record({
  bans: fc.boolean(),
  from: fc.constantFrom('2025-01-01', '2025-06-01', '2026-01-01', '2026-11-22', '2026-11-23', '2027-06-01'),
  signed: fc.constantFrom(BOTH, BOTH, [NORTH], [SOUTH], []),
})

t.test('whoever keeps the text changes nothing of what is prohibited by freezing versions that a pair has not signed', async (t) => {
  const met = tally(t, { banned: 60, 'not banned': 60 })
  fc.assert(
    fc.property(
      fc.array(textArb, { minLength: 1, maxLength: 3 }),
      fc.array(
        fc.record({ bans: fc.boolean(), from: fc.constantFrom('2026-01-01', '2026-11-22'), signed: fc.constantFrom([NORTH], [SOUTH], []) }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      (texts, frozenAlone) => {
        const before = isBanned(agreementOf(texts))
        met.saw(before ? 'banned' : 'not banned')
        assert.equal(isBanned(agreementOf([...texts, ...frozenAlone])), before)
      },
    ),
    runs(),
  )
  met.check()
})

t.test('of the texts that have begun and that both have signed the latest says what is prohibited, and no other', async (t) => {
  const met = tally(t, { banned: 60, 'not banned': 60 })
  fc.assert(
    fc.property(fc.array(textArb, { minLength: 1, maxLength: 5 }), (texts) => {
      const binding = texts
        .map((text, at) => ({ ...text, at }))
        .filter(({ from, signed }) => from <= '2026-11-22' && signed.length === 2)
        .toSorted((a, b) => (a.from === b.from ? a.at - b.at : a.from < b.from ? -1 : 1))
      const expected = binding.at(-1)?.bans ?? false
      met.saw(expected ? 'banned' : 'not banned')
      assert.equal(isBanned(agreementOf(texts)), expected)
    }),
    runs(),
  )
  met.check()
})
