import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Agreement, AttestedSignature } from '../../../src/agreements/agreement.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { answerTo } from '../../support/builders/answer.ts'
import { anAgreement, aParty, aRequest, indexOf, ORGANISATIONS, type World } from '../../support/builders/decision-world.ts'
import { anInstant, requestArb, worldArb } from '../../support/builders/decisions.ts'
import { comparable, runs, tally } from '../../support/properties.ts'

// CK-2 with signatures that were given elsewhere: each counts for a provider and a recipient who both accept such, and for nobody else.

const NOON = Date.parse('2026-07-01T11:00:00.000Z')
const [P, R] = ['NORTHBOROUGH', 'SOUTHBOROUGH'] as const
const FROM = '2026-06-01T10:00:00.000Z'
const attested = (org: string, over: Partial<AttestedSignature> = {}): AttestedSignature => ({
  org,
  version: 1,
  from: FROM,
  to: null,
  approved: true,
  ...over,
})

/** A register in which these bodies accept attested signatures. */
function world(agreements: readonly Agreement[], accepting: readonly string[], since = '2026-01-01T00:00:00.000Z'): World {
  const organisations = ORGANISATIONS.map((one) => (accepting.includes(one.code) ? { ...one, accepts_attested_since: since } : one))
  return { organisations, agreements, disclosures: [] }
}

function decided(agreement: Agreement, accepting: readonly string[], at = NOON, since?: string): string {
  const index = indexOf(world([agreement], accepting, since))
  const answer = answerTo(evaluate(aRequest(), at, index), at, index)
  const found = answer.obligations.find(({ code }) => code === 'ATTESTED_SIGNATURE')
  const rests = found ? ` on ${(found.parameters['parties'] as string[]).join()}${found.mandatory ? ' mandatory' : ''}` : ''
  return `${answer.decision} ${answer.reasons.map(({ code }) => code).join()}`.trim() + rests
}

const signedBy = (agreement: Agreement, ...orgs: readonly string[]) => agreement.signatures.filter(({ org }) => orgs.includes(org))

t.test('an attested signature permits only between two who accept such, and the permit says whose it rests on', async (t) => {
  const whole = anAgreement()
  const under = (signed: readonly string[], given: readonly AttestedSignature[], over: Partial<Agreement> = {}): Agreement => ({
    ...whole,
    signatures: signedBy(whole, ...signed),
    attested: given,
    ...over,
  })
  const all = { ...whole, parties: [...whole.parties, aParty('CHARITY')] }
  const third = (rule: 'ALL_SIGNED' | 'PAIRWISE') => ({
    parties: all.parties,
    versions: whole.versions.map((version) => ({ ...version, terms: { ...version.terms, commencement: { rule } } })),
  })
  const awaiting = (org: string) => ({ approvals: [{ org, version: 1, complete_at: null }] })
  const table: readonly (readonly [what: string, Agreement, accepting: readonly string[], expected: string])[] = [
    ['both accept, the recipient is attested', under([P], [attested(R)]), [P, R], `PERMIT on ${R}`],
    ['both accept, the provider is attested', under([R], [attested(P)]), [P, R], `PERMIT on ${P}`],
    ['both are attested', under([], [attested(R), attested(P)]), [P, R], `PERMIT on ${P},${R}`],
    ['nobody accepts', under([P], [attested(R)]), [], 'DENY PARTY_NOT_SIGNED'],
    ['the provider alone accepts', under([P], [attested(R)]), [P], 'DENY PARTY_NOT_SIGNED'],
    ['the recipient alone accepts', under([P], [attested(R)]), [R], 'DENY PARTY_NOT_SIGNED'],
    ['nothing is attested', under([P], []), [P, R], 'DENY PARTY_NOT_SIGNED'],
    ['it is disputed', under([P], [attested(R, { to: '2026-06-20T10:00:00.000Z' })]), [P, R], 'DENY PARTY_NOT_SIGNED'],
    [
      'attested anew after a dispute',
      under([P], [attested(R, { to: '2026-06-20T10:00:00.000Z' }), attested(R, { from: '2026-06-21T10:00:00.000Z' })]),
      [P, R],
      `PERMIT on ${R}`,
    ],
    ['of another version', under([P], [attested(R, { version: 2 })]), [P, R], 'DENY PARTY_NOT_SIGNED'],
    ['the party has signed since', under([P, R], [attested(R)]), [P, R], 'PERMIT'],
    ['the party has signed since, and nobody accepts', under([P, R], [attested(R)]), [], 'PERMIT'],
    ['approvals given elsewhere', under([P], [attested(R)], awaiting(R)), [P, R], `PERMIT on ${R}`],
    ['approvals awaited here', under([P], [attested(R, { approved: false })], awaiting(R)), [P, R], 'DENY COMMENCEMENT_NOT_MET'],
    ['approvals of whoever signed are awaited all the same', under([P], [attested(R)], awaiting(P)), [P, R], 'DENY COMMENCEMENT_NOT_MET'],
    ['all must sign, and a third is attested', under([P, R], [attested('CHARITY')], third('ALL_SIGNED')), [P, R], 'PERMIT on CHARITY'],
    [
      'all must sign, a third is attested, one does not accept',
      under([P, R], [attested('CHARITY')], third('ALL_SIGNED')),
      [P],
      'DENY PARTY_NOT_SIGNED',
    ],
    ['pairs begin by themselves, and a third is attested', under([P, R], [attested('CHARITY')], third('PAIRWISE')), [P, R], 'PERMIT'],
  ]
  for (const [what, agreement, accepting, expected] of table) t.equal(decided(agreement, accepting), expected, what)
})

t.test('it counts from the second attestation, from when both accept, and until the dispute, to the millisecond', async (t) => {
  const whole = anAgreement()
  const agreement = { ...whole, signatures: signedBy(whole, P), attested: [attested(R, { to: '2026-07-01T11:00:00.000Z' })] }
  const at = (instant: string, since?: string) => decided(agreement, [P, R], Date.parse(instant), since).split(' ')[0]
  t.strictSame([at('2026-06-01T09:59:59.999Z'), at(FROM)], ['DENY', 'PERMIT'])
  t.strictSame([at('2026-07-01T10:59:59.999Z'), at('2026-07-01T11:00:00.000Z')], ['PERMIT', 'DENY'])
  const accepted = '2026-06-15T00:00:00.000Z'
  t.strictSame([at('2026-06-14T23:59:59.999Z', accepted), at(accepted, accepted)], ['DENY', 'PERMIT'])
  const anew = { ...agreement, attested: [...agreement.attested, attested(R, { from: '2026-07-02T11:00:00.000Z' })] }
  const twice = ['2026-06-01T09:59:59.999Z', FROM, '2026-07-01T11:00:00.000Z', '2026-07-02T11:00:00.000Z'].map(
    (instant) => decided(anew, [P, R], Date.parse(instant)).split(' ')[0],
  )
  t.strictSame(twice, ['DENY', 'PERMIT', 'DENY', 'PERMIT'], 'one that is attested anew leaves what was said before the dispute as it was')
})

t.test('where both accept it is as if signed, ban and all; where one does not, or it is disputed, as if it were not there', async (t) => {
  const met = tally(t, { 'an obligation says so': 10, 'the same without': 60 })
  fc.assert(
    fc.property(worldArb, requestArb('SYSTEMATIC'), anInstant, fc.constantFrom('BOTH', 'ONE', 'NONE'), (given, request, at, who) => {
      // Half of the signatures of each agreement were given elsewhere.
      const from = (one: Agreement) => one.signatures.filter((_one, place) => place % 2 === 1)
      const elsewhere = (to: string | null) =>
        given.agreements.map((one) => ({
          ...one,
          signatures: one.signatures.filter((_one, place) => place % 2 === 0),
          attested: from(one).map(({ org, version, signed_at }) => ({ org, version, from: signed_at, to: to ?? null, approved: false })),
        }))
      const accepting = { BOTH: [request.provider, request.recipient], ONE: [request.provider], NONE: [] as string[] }[who]
      const organisations = given.organisations.map((one) =>
        accepting.includes(one.code) ? { ...one, accepts_attested_since: '1990-01-01T00:00:00.000Z' } : one,
      )
      const outcome = (agreements: readonly Agreement[]) => evaluate(request, at, indexOf({ ...given, organisations, agreements }))
      const found = outcome(elsewhere(null))
      const without = given.agreements.map((one) => ({ ...one, signatures: one.signatures.filter((_one, place) => place % 2 === 0) }))
      const same = who === 'BOTH' ? given.agreements : without
      const said = (one: typeof found) =>
        JSON.stringify([one.decision, one.decision === 'DENY' ? one.reasons.map(({ code }) => code) : one.via])
      assert.equal(said(found), said(outcome(same)))
      const disputed = new Date(at).toISOString()
      assert.equal(said(outcome(elsewhere(disputed))), said(outcome(without)), 'from the instant of the dispute')
      const index = indexOf({ ...given, organisations, agreements: elsewhere(null) })
      const says = answerTo(found, at, index).obligations.some(({ code }) => code === 'ATTESTED_SIGNATURE')
      assert.ok(!says || (who === 'BOTH' && found.decision === 'PERMIT'))
      met.saw(says ? 'an obligation says so' : 'the same without')
      return comparable(found) !== undefined
    }),
    runs(),
  )
  met.check()
})
