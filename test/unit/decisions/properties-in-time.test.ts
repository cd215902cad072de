import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Agreement } from '../../../src/agreements/agreement.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import { expiresAt } from '../../../src/decisions/evaluation/expiry.ts'
import { nextLondonMidnight } from '../../../src/platform/kernel/london-day.ts'
import {
  aFlow,
  anAgreement,
  aParty,
  aRequest,
  aSuspension,
  aVersion,
  indexOf,
  indexWith,
  ORGANISATIONS,
} from '../../support/builders/decision-world.ts'
import { agreementArb, anInstant, ITEMS, requestArb, SUBJECTS, worldArb } from '../../support/builders/decisions.ts'
import { comparable, runs, tally } from '../../support/properties.ts'

// The invariants of the decision rules that are about time (domain reference, 6.9: INV-6, INV-11, INV-12). See properties.test.ts.

const PERMITS = { permitTtlSeconds: 300, restrictedPurposes: new Set<string>() }

t.test('INV-6: after a party has left or the agreement was terminated, nothing is permitted under it again', async (t) => {
  const met = tally(t, { 'PERMIT before': 25, 'DENY after': 25 })
  fc.assert(
    fc.property(
      agreementArb('AGR-1'),
      requestArb(),
      anInstant,
      anInstant,
      fc.constantFrom('left', 'terminated'),
      (agreement, request, end, at, how) => {
        const iso = new Date(end).toISOString()
        const ended: Agreement =
          how === 'terminated'
            ? { ...agreement, terminated_at: iso }
            : {
                ...agreement,
                parties: agreement.parties.map((party) => (party.org === request.provider ? { ...party, left_at: iso } : party)),
              }
        const before = evaluate(request, at, indexWith([{ ...agreement, terminated_at: null }]))
        const outcome = evaluate(request, at, indexWith([ended]))
        if (at < end) {
          if (outcome.decision === 'PERMIT' && before.decision === 'PERMIT') met.saw('PERMIT before')
          return
        }
        if (before.decision === 'PERMIT') met.saw('DENY after')
        assert.equal(outcome.decision, 'DENY')
      },
    ),
    runs(500),
  )
  met.check()
})

t.test('INV-6: a suspension of an agreement, a party or a flow stops exactly its interval', async (t) => {
  const met = tally(t, { 'PERMIT outside': 30, 'DENY inside': 20 })
  const scopes = [
    { scope: 'AGREEMENT' as const, reason: 'SUSPENDED' },
    { scope: 'PARTY' as const, party: 'SOUTHBOROUGH', reason: 'PARTY_SUSPENDED' },
    { scope: 'FLOW' as const, flow: 'F1', reason: 'SUSPENDED' },
  ]
  fc.assert(
    fc.property(
      requestArb(),
      anInstant,
      anInstant,
      anInstant,
      fc.constantFrom(...scopes),
      (request, at, one, other, { reason, ...what }) => {
        const plain = anAgreement({ versions: [aVersion({ terms: { flows: [aFlow({ data_items: ITEMS, data_subjects: SUBJECTS })] } })] })
        const [from, to] = one <= other ? [one, other] : [other, one]
        const suspension = aSuspension({ ...what, from: new Date(from).toISOString(), to: new Date(to).toISOString() })
        const before = evaluate(request, at, indexWith([plain]))
        const outcome = evaluate(request, at, indexWith([{ ...plain, suspensions: [suspension] }]))
        if (before.decision === 'DENY') return
        const isInside = from <= at && at < to
        met.saw(isInside ? 'DENY inside' : 'PERMIT outside')
        assert.deepEqual(comparable(outcome), isInside ? { ...(comparable(outcome) as object), agreement: plain.id } : comparable(before))
        assert.deepEqual(outcome.decision === 'DENY' ? outcome.reasons.map(({ code }) => code) : [], isInside ? [reason] : [])
      },
    ),
    runs(250),
  )
  met.check()
})

t.test('INV-11: a dated agreement begins and ends at midnight in London, whatever the clocks do', async (t) => {
  const day = fc.integer({ min: 0, max: 3650 }).map((offset) => new Date(Date.UTC(2020, 0, 1 + offset)).toISOString().slice(0, 10))
  fc.assert(
    fc.property(day, fc.nat(40), (first, length) => {
      const last = new Date(Date.parse(`${first}T00:00:00Z`) + length * 86_400_000).toISOString().slice(0, 10)
      const agreement = anAgreement({
        versions: [aVersion({ effective_from: first, effective_to: last })],
        signatures: ['NORTHBOROUGH', 'SOUTHBOROUGH'].map((org) => ({ org, version: 1, signed_at: '2019-01-01T00:00:00Z' })),
      })
      const codesAt = (at: number) => {
        const outcome = evaluate(aRequest(), at, indexWith([agreement]))
        return outcome.decision === 'DENY' ? outcome.reasons.map(({ code }) => code).join() : 'PERMIT'
      }
      // Midnight of a wall clock in London, found by asking the clock and not the code under test.
      const midnight = (of: string) => {
        const utc = Date.parse(`${of}T00:00:00Z`)
        const hour = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', hour: '2-digit', hourCycle: 'h23' }).format(utc)
        return utc - Number(hour) * 3_600_000
      }
      const dayAfter = new Date(Date.parse(`${last}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
      assert.equal(codesAt(midnight(first) - 1), 'NOT_YET_EFFECTIVE', first)
      assert.equal(codesAt(midnight(first)), 'PERMIT', first)
      assert.equal(codesAt(midnight(dayAfter) - 1), 'PERMIT', last)
      assert.equal(codesAt(midnight(dayAfter)), 'EXPIRED', last)
    }),
    runs(60),
  )
  t.pass('60 pairs of days')
})

t.test('INV-12: breaking the glass never gives longer than an agreement does', async (t) => {
  const met = tally(t, { BREAK_GLASS: 60, AGREEMENT: 30 })
  fc.assert(
    fc.property(worldArb, requestArb('EMERGENCY'), anInstant, (world, request, at) => {
      const outcome = evaluate(request, at, indexOf(world))
      if (outcome.decision === 'DENY') return
      met.saw(outcome.via)
      const given = expiresAt(outcome, PERMITS) ?? Number.POSITIVE_INFINITY
      assert.ok(given > at && given <= Math.min(at + 300_000, nextLondonMidnight(at)))
      if (outcome.via === 'BREAK_GLASS') {
        const endless = anAgreement({
          parties: ORGANISATIONS.map(({ code }) => aParty(code)),
          versions: [
            aVersion({ terms: { flows: [aFlow({ providers: [request.provider], recipients: [request.recipient], purpose: 'CARE' })] } }),
          ],
        })
        const plain = aRequest({ provider: request.provider, recipient: request.recipient })
        const underOne = evaluate(plain, at, indexWith([endless]))
        assert.equal(underOne.decision, 'PERMIT')
        assert.ok(given <= (expiresAt(underOne, PERMITS) ?? 0))
      } else {
        const asUsual = evaluate({ ...request, mode: 'SYSTEMATIC', emergency: null }, at, indexOf(world))
        assert.equal(given, expiresAt(asUsual, PERMITS), 'an agreement that permits answers an emergency as usual (EM-1)')
      }
    }),
    runs(250),
  )
  met.check()
})
