import t from 'tap'
import { changesBetween } from '../../../src/agreements/drafting/draft-part.ts'
import { formatCursor, parseCursor } from '../../../src/agreements/finding/listing-cursor.ts'
import { newReference } from '../../../src/agreements/model/reference-code.ts'
import { visibleTo } from '../../../src/agreements/visibility.ts'
import { urnOfAgreement } from '../../../src/audit/format/leaf-codes.ts'
import { readerFor, writerFor } from '../../../src/identity/permissions.ts'
import { aDraftAgreement } from '../../support/builders/draft.ts'

t.test('a reference names its year and fits the closed form of a leaf, whatever the random bytes', async (t) => {
  // As audit/leaf.ts has it: no lower case, no run of seven digits.
  const leafForm = /^urn:accord:agreement:(?!.*[0-9]{7})[A-Z][A-Z0-9]{0,15}(?:[_-][A-Z0-9]{1,16}){0,6}$/
  for (let byte = 0; byte < 256; byte++) {
    const reference = newReference('2026-11-22', new Uint8Array(6).fill(byte))
    t.match(reference, /^DSA-2026-[0-9A-HJKMNP-TV-Z]{6}$/)
    t.match(urnOfAgreement(reference), leafForm)
  }
  t.equal(newReference('2027-01-01', Uint8Array.of(0, 1, 10, 18, 31, 32)), 'DSA-2027-01AJZ0')
})

t.test('a change is told with both values where they are short, else by name alone', async (t) => {
  t.same(changesBetween({ a: 1, b: 'x', c: [1] }, { a: 1, b: null, c: [2], d: {} }), {
    b: { from: 'x', to: null },
    c: 'changed',
    d: 'added',
  })
  t.same(changesBetween({ f: {} }, {}), { f: 'removed' })
  t.same(changesBetween({ a: { b: 1 } }, { a: { b: 1 } }), {})
  t.same(changesBetween({ long: '' }, { long: 'x'.repeat(2000) }), { long: 'changed' })
})

t.test('a cursor comes back as it was given, and nothing else passes for one', async (t) => {
  const place = { sort: 'title', key: 'é “quoted”', id: 'DSA-2026-7K3M9Q' }
  t.same(parseCursor(formatCursor(place), 'title'), place)
  t.equal(parseCursor(formatCursor(place), 'id'), undefined)
  for (const text of ['', 'x', 'bnVsbA', 'W10', formatCursor({ ...place, key: '\0' })]) t.equal(parseCursor(text, 'title'), undefined, text)
})

t.test('a party and the keeper of the text may know an agreement, others may not; an auditor writes as an organisation', async (t) => {
  const gone = { org: 'GONE', role: 'CONTROLLER', capacities: [], left_at: '2020-01-01T00:00:00Z' }
  const agreement = { ...aDraftAgreement(), owner_org: 'KEEPER', parties: [gone] }
  const sees = (org: string) => visibleTo({ kind: 'party', org }, agreement, Date.parse('2026-01-01T00:00:00Z')) !== undefined
  t.same([sees('KEEPER'), sees('GONE'), sees('OTHER'), sees('')], [true, true, false, false])
  t.equal(visibleTo({ kind: 'auditor' }, agreement, 0), agreement)
  const auditor = { issuer: 'i', sub: 's', org: 'OTHER', roles: ['AUDITOR'] as const, clientId: null }
  t.same(writerFor(auditor), { kind: 'party', org: 'OTHER' })
  t.same(readerFor(auditor), { kind: 'auditor' })
  t.same(readerFor({ ...auditor, roles: ['SIRO'] }), { kind: 'party', org: 'OTHER' })
})
