import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { canonicalJson } from '../../../src/audit/format/canonical-json.ts'
import { commitment } from '../../../src/audit/format/commitment.ts'
import { entryOf } from '../../../src/audit/format/entry.ts'
import type { Leaf } from '../../../src/audit/format/leaf.ts'
import { encodeLeaf, leafHash } from '../../../src/audit/format/leaf-bytes.ts'
import { leafCodes, urnOfAgreement, urnOfOrganisation } from '../../../src/audit/format/leaf-codes.ts'
import { runs } from '../../support/properties.ts'
import { aDecision, anAct, everyLeaf } from './leaf-examples.ts'

const without = (leaf: object, member: string) =>
  Object.fromEntries(Object.entries(leaf).filter(([name]) => name !== member)) as unknown as Leaf
const encode = (leaf: object) => encodeLeaf(leaf as Leaf)

t.test('writes a decision as sorted JSON without white space', async (t) => {
  const c = 'ab'.repeat(32)
  t.equal(
    Buffer.from(encodeLeaf(aDecision)).toString(),
    `{"c":"${c}","cfg":"sha256:${c}","ctr":"urn:accord:agreement:AGR-001","d":true,"id":"019aa0f0-1c2d-7abc-8def-0123456789ab","n":1,` +
      `"pol":"sha256:${c}","rc":["PURPOSE_NOT_COVERED","DATA_NOT_COVERED"],"rev":7,"sim":true,"span":"00f067aa0ba902b7","st":"Unset",` +
      `"t":"adl.access_evaluation","trace":"0af7651916cd43dd8448eb211c80319c","ts":1795374000123,"v":1}`,
  )
})

t.test('writes any decision as canonical JSON does', async () => {
  const hex = (length: number) => fc.stringMatching(new RegExp(`^[1-9a-f][0-9a-f]{${length - 1}}$`))
  const digest = hex(64).map((value) => `sha256:${value}`)
  const optional = <T>(value: fc.Arbitrary<T>, name: string) =>
    fc.option(value, { nil: undefined }).map((found) => (found === undefined ? {} : { [name]: found }))
  const decisions = fc
    .tuple(
      fc.record({
        c: hex(64),
        cfg: digest,
        id: fc.uuid({ version: 7 }),
        n: fc.integer({ min: 1, max: 50 }),
        pol: digest,
        rc: fc.uniqueArray(fc.stringMatching(/^[A-Z][A-Z0-9]{0,5}(_[A-Z]{1,8}){0,3}$/), { maxLength: 64 }),
        rev: fc.maxSafeNat(),
        span: hex(16),
        t: fc.constantFrom('adl.access_evaluation', 'adl.access_evaluations', 'adl.search_subject'),
        trace: hex(32),
        ts: fc.maxSafeNat(),
        v: fc.constant(1),
      }),
      fc.constantFrom('Unset', 'Ok', 'Error'),
      fc.boolean(),
      optional(fc.constantFrom('AGR-001', 'DEMO-CURL', 'Fräulein "x" of 1999').map(urnOfAgreement), 'ctr'),
      optional(fc.constant(true), 'sim'),
    )
    .map(([all, st, d, ctr, sim]) => ({ ...sim, ...all, st, ...ctr, ...(st !== 'Error' && all.t.startsWith('adl.access_') ? { d } : {}) }))
  fc.assert(fc.property(decisions, (leaf) => Buffer.from(encode(leaf)).toString('utf8') === canonicalJson(leaf)))
})

t.test('writes a governance act as sorted JSON without white space', async (t) => {
  const c = 'ab'.repeat(32)
  t.equal(
    Buffer.from(encodeLeaf(anAct)).toString(),
    `{"act":"sign","c":"${c}","cseq":12,"ctr":"urn:uuid:019aa0f0-1c2d-7abc-8def-0123456789ab","from":"AWAITING_SIGNATURE",` +
      `"id":"019aa0f0-1c2d-7abc-8def-0123456789ab","org":"urn:accord:organisation:LBC_CAMDEN","rev":7,"revh":"sha256:${c}","st":"Refused",` +
      `"t":"gov.agreement.signed","to":"ACTIVE","trace":"0af7651916cd43dd8448eb211c80319c","ts":1795374000123,"v":1}`,
  )
})

t.test('hashes a leaf behind a zero byte', async (t) => {
  const bytes = encodeLeaf(aDecision)
  t.strictSame(Buffer.from(leafHash(bytes)), createHash('sha256').update('\0').update(bytes).digest())
})

for (const leaf of everyLeaf) {
  t.test(`${leaf.t}: takes its own members and no other`, async (t) => {
    t.ok(encodeLeaf(leaf).length > 0)
    for (const extra of ['name', 'note', 'email', 'subject', 'reason', 'ip', 'user', '__proto__x', 'toString']) {
      t.throws(() => encode({ ...leaf, [extra]: 'x' }), new RegExp(`member ${extra} is not in the closed list`), extra)
    }
  })

  t.test(`${leaf.t}: refuses an undefined member`, async (t) => {
    for (const name of Object.keys(leaf)) t.throws(() => encode({ ...leaf, [name]: undefined }), `${name} undefined`)
  })

  t.test(`${leaf.t}: needs every member that is not optional`, async (t) => {
    const optional = ['ctr', 'cseq', 'from', 'org', 'revh', 'to', 'sim', 'prev', 'at', 'seen']
    if (leaf.t.startsWith('gov.')) optional.push('st')
    for (const name of Object.keys(leaf).filter((name) => !optional.includes(name))) t.throws(() => encode(without(leaf, name)), name)
    for (const name of optional) {
      if (name !== 'ctr') t.doesNotThrow(() => encode(without(leaf, name)), `without ${name}`)
    }
  })
}

t.test('refuses personal data in every member of every leaf', async (t) => {
  const name = fc
    .tuple(fc.constantFrom('Amara', 'Zoë', 'Mohammed'), fc.constantFrom('Okafor', "O'Brien", 'Smith-Jones'))
    .map((parts) => parts.join(' '))
  const personal = fc.oneof(
    name,
    name.map((who) => `${who.replace(/[^a-z]/gi, '.')}@camden.gov.uk`),
    fc.stringMatching(/^[0-9]{3} ?[0-9]{3} ?[0-9]{4}$/), // NHS number
    fc.stringMatching(/^[0-9]{9}$/), // citizen number
    fc.stringMatching(/^07[0-9]{3} ?[0-9]{6}$/), // telephone
    fc.stringMatching(/^[A-Z]{2} [0-9]{2} [0-9]{2} [0-9]{2} [A-D]$/), // national insurance number
    fc.stringMatching(/^NW[0-9] [0-9][A-Z]{2}$/), // postcode
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('child protection referral for the family at no. 12', 'Order, 3 March', 'line\nbreak', ''),
  )
  const places = everyLeaf.flatMap((leaf) => Object.keys(leaf).map((member) => ({ leaf, member })))
  const accepted: string[] = []
  fc.assert(
    fc.property(personal, (value) => {
      for (const { leaf, member } of places) {
        for (const item of [value, [value], { origin: value, root: value, size: 1 }]) {
          try {
            encode({ ...leaf, [member]: item })
            accepted.push(`${leaf.t} ${member}: ${JSON.stringify(item)}`)
          } catch {}
        }
      }
      return accepted.length === 0
    }),
    runs(80),
  )
  t.strictSame(accepted, [])
})

t.test('lets no string through that holds a space, an @, a quote or a control character', async () => {
  const freeText = fc.string({ unit: 'binary' }).filter((text) => /[\s@"'\p{Cc}]/u.test(text))
  fc.assert(
    fc.property(freeText, fc.constantFrom(...everyLeaf), (text, leaf) => {
      for (const member of Object.keys(leaf)) {
        let encoded = false
        try {
          encode({ ...leaf, [member]: text })
          encoded = true
        } catch {}
        if (encoded) return false
      }
      return true
    }),
  )
})

t.test('refuses a value outside its closed form', async (t) => {
  const wrong: Record<string, object> = {
    'a commitment in capitals': { c: 'AB'.repeat(32) },
    'an id of another version than 7': { id: '019aa0f0-1c2d-4abc-8def-0123456789ab' },
    'a time in seconds and parts': { ts: 1_795_374_000.5 },
    'a negative time': { ts: -1 },
    'version 2': { v: 2 },
    'a trace of zeros': { trace: '0'.repeat(32) },
    'a span of zeros': { span: '0'.repeat(16) },
    'a reason twice': { rc: ['A', 'A'] },
    'a reason in lower case': { rc: ['purpose-ok'] },
    'simulated false instead of absent': { sim: false },
    'an unknown status': { st: 'Refused' },
    'a decision that is a string': { d: 'true' },
    'an agreement that is no URN': { ctr: 'AGR-001' },
    'an agreement with a number of a person in it': { ctr: 'urn:accord:agreement:AGR-9434765919' },
  }
  for (const [name, members] of Object.entries(wrong)) t.throws(() => encode({ ...aDecision, ...members }), /closed form/, name)
})

t.test('refuses an unknown event', async (t) => {
  for (const event of [
    'adl.access',
    'gov.agreement',
    'gov.Agreement.signed',
    'gov.agreement.signed by Amara',
    'audit.log',
    'toString',
    '__proto__',
  ]) {
    t.throws(() => encode({ ...aDecision, t: event }), /unknown event/, event)
  }
})

t.test('an engine that could not decide gives no answer, and one that decided gives one', async (t) => {
  t.doesNotThrow(() => encode({ ...without(aDecision, 'd'), st: 'Error', n: 0 }))
  t.throws(() => encode({ ...aDecision, st: 'Error' }), /nothing was decided/)
  t.throws(() => encode(without(aDecision, 'd')), /d is missing/)
  t.throws(() => encode({ ...aDecision, n: 0 }), /n is 0/)
})

t.test('a search decides nothing', async (t) => {
  t.doesNotThrow(() => encode({ ...without(aDecision, 'd'), t: 'adl.search_resource', n: 0 }))
  t.throws(() => encode({ ...aDecision, t: 'adl.search_resource' }), /nothing was decided/)
})

t.test('a counter of acts needs the agreement it counts', async (t) => {
  t.throws(() => encode(without(anAct, 'ctr')), /cseq/)
})

t.test('names agreements and organisations by their codes', async (t) => {
  t.doesNotThrow(() => encode({ ...anAct, ctr: urnOfAgreement('AGR-2026-0001'), org: urnOfOrganisation('NHS_NCL_ICB') }))
})

t.test('a reference that is no code is named by a uuid of its own, always the same', async (t) => {
  for (const reference of ['agr-1', 'AGR 1', '20261234567', 'Amara Okafor', '', 'ä'.repeat(5000), '\u0000', '\ud800']) {
    t.match(urnOfAgreement(reference), /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    t.equal(urnOfAgreement(reference), urnOfAgreement(reference))
    t.not(urnOfAgreement(reference), urnOfOrganisation(reference))
    t.doesNotThrow(() => encode({ ...anAct, ctr: urnOfAgreement(reference), org: urnOfOrganisation(reference) }))
  }
  t.not(urnOfAgreement('agr-1'), urnOfAgreement('agr-2'))
  // In every build: it stands in leaves that stay for ever.
  t.equal(urnOfAgreement('agr-1'), 'urn:uuid:35ab9b34-0aef-8bce-9598-ce078d4bd2d5')
})

t.test('a code that has not the closed form is unlisted in the leaf, and said once', async (t) => {
  t.same(leafCodes(['NO_AGREEMENT', 'no such', 'Amara', 'NO_AGREEMENT']), ['NO_AGREEMENT', 'UNLISTED'])
  t.equal(leafCodes(Array.from({ length: 200 }, (_, i) => `CODE_${i}`)).length, 64)
})

t.test('no JSON a caller may send keeps a decision from being recorded', async (t) => {
  const bytes = (size: number) => new Uint8Array(size).fill(7)
  const { c, ...leaf } = aDecision
  t.match(c, /^[0-9a-f]{64}$/)
  for (const payload of [1.5, 1e300, { a: [0.1, -0, 2 ** 60, '\ud800', '\u0000', null] }, undefined]) {
    const entry = entryOf({ ...leaf, rc: ['DUPLICATE', 'DUPLICATE', 'lower case'] }, payload, bytes)
    t.equal(JSON.parse(Buffer.from(entry.leaf).toString()).c, commitment(entry.salt, entry.body))
    t.same(JSON.parse(Buffer.from(entry.body).toString()), JSON.parse(JSON.stringify(payload ?? null)))
  }
})
