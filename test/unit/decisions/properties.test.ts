import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { evaluate, type Outcome } from '../../../src/decisions/evaluation/evaluate.ts'
import { withCodeLists } from '../../../src/decisions/policy/overlay.ts'
import { REASON_CODES } from '../../../src/decisions/rules/reason.ts'
import type { DecisionRequest } from '../../../src/decisions/rules/request.ts'
import { compileCodeLists } from '../../../src/reference/code-lists.ts'
import { answerTo } from '../../support/builders/answer.ts'
import { indexOf, LISTS, type World } from '../../support/builders/decision-world.ts'
import { agreementArb, anInstant, ITEMS, PURPOSES, requestArb, worldArb } from '../../support/builders/decisions.ts'
import { comparable, runs, tally } from '../../support/properties.ts'

// The invariants of the decision rules (domain reference, 6.9) over generated registers, questions and instants.
// Every property counts what it saw: one that never met the case it is about fails. Time: properties-in-time.test.ts.

const anyRequest = fc.oneof(
  { weight: 3, arbitrary: requestArb('SYSTEMATIC') },
  { weight: 1, arbitrary: requestArb('AD_HOC') },
  { weight: 1, arbitrary: requestArb('EMERGENCY') },
)
const question = fc.record({ world: worldArb, request: anyRequest, at: anInstant })
const underAgreement = fc.record({ world: worldArb, request: requestArb('SYSTEMATIC'), at: anInstant })

const isAgreementPermit = (outcome: Outcome) => outcome.decision === 'PERMIT' && outcome.via === 'AGREEMENT'

t.test('INV-1: the same question on the same register has the same answer, in whatever order the register was loaded', async (t) => {
  const met = tally(t, { PERMIT: 60, DENY: 60 })
  fc.assert(
    fc.property(question, ({ world, request, at }) => {
      const before = JSON.stringify([world, request])
      const outcome = evaluate(request, at, indexOf(world))
      const copy = JSON.parse(before) as [World, DecisionRequest]
      const reversed = { ...copy[0], agreements: copy[0].agreements.toReversed(), organisations: copy[0].organisations.toReversed() }
      const again = evaluate(copy[1], at, indexOf(reversed))
      assert.deepEqual(comparable(again), comparable(outcome))
      met.saw(outcome.decision)
      return JSON.stringify([world, request]) === before
    }),
    runs(),
  )
  met.check()
})

t.test('INV-2: asking for less than was permitted is permitted', async (t) => {
  const met = tally(t, { 'an item fewer': 30, 'a subject fewer': 30 })
  fc.assert(
    fc.property(question, fc.nat(), ({ world, request, at }, choice) => {
      const index = indexOf(world)
      if (evaluate(request, at, index).decision !== 'PERMIT') return
      const without = (codes: readonly string[]) => codes.filter((_code, position) => position !== choice % codes.length)
      const subjects = request.data_subjects ?? []
      if (request.data_items.length > 1) {
        met.saw('an item fewer')
        assert.equal(evaluate({ ...request, data_items: without(request.data_items) }, at, index).decision, 'PERMIT')
      }
      if (subjects.length > 1) {
        met.saw('a subject fewer')
        assert.equal(evaluate({ ...request, data_subjects: without(subjects) }, at, index).decision, 'PERMIT')
      }
    }),
    runs(300),
  )
  met.check()
})

t.test('INV-3: asking for more than was denied is denied', async (t) => {
  const met = tally(t, { DENY: 100 })
  fc.assert(
    fc.property(question, fc.constantFrom(...ITEMS), ({ world, request, at }, item) => {
      const index = indexOf(world)
      if (evaluate(request, at, index).decision !== 'DENY') return
      met.saw('DENY')
      assert.equal(evaluate({ ...request, data_items: [...new Set([...request.data_items, item])] }, at, index).decision, 'DENY')
    }),
    runs(),
  )
  met.check()
})

t.test('INV-4: a permit for a purpose is a permit for every narrower purpose, unless a prohibition names that one', async (t) => {
  const met = tally(t, { PERMIT: 50, 'prohibited by name': 50 })
  fc.assert(
    fc.property(underAgreement, ({ world, request, at }) => {
      const index = indexOf(world)
      if (!isAgreementPermit(evaluate(request, at, index))) return
      for (const narrower of PURPOSES.filter((purpose) => purpose.startsWith(`${request.purpose}.`))) {
        const codesIn = (known: typeof index) => {
          const outcome = evaluate({ ...request, purpose: narrower }, at, known)
          return outcome.decision === 'DENY' ? outcome.reasons.map(({ code }) => code) : []
        }
        const codes = codesIn(index)
        if (codes.length === 0) met.saw('PERMIT')
        else assert.deepEqual(codes, ['PROHIBITED_BY_AGREEMENT'])
        const prohibited = world.agreements.map((agreement) => ({
          ...agreement,
          versions: agreement.versions.map((version) => ({
            ...version,
            terms: { ...version.terms, prohibitions: [...version.terms.prohibitions, { purposes: [narrower], note: null }] },
          })),
        }))
        assert.deepEqual(codesIn(indexOf({ ...world, agreements: prohibited })), ['PROHIBITED_BY_AGREEMENT'])
        met.saw('prohibited by name')
      }
    }),
    runs(500),
  )
  met.check()
})

t.test('INV-5: no agreement permits before both have signed the version that governs', async (t) => {
  const met = tally(t, { PERMIT: 50, 'DENY for a signature': 35 })
  fc.assert(
    fc.property(underAgreement, ({ world, request, at }) => {
      const outcome = evaluate(request, at, indexOf(world))
      if (outcome.decision === 'DENY') {
        if (outcome.reasons.some(({ code }) => code === 'PARTY_NOT_SIGNED')) met.saw('DENY for a signature')
        return
      }
      if (outcome.via !== 'AGREEMENT') return
      met.saw('PERMIT')
      const { source } = outcome.finding.agreement
      for (const org of [request.provider, request.recipient]) {
        const has = source.signatures.some(
          (signed) => signed.org === org && signed.version === outcome.finding.version?.version && Date.parse(signed.signed_at) <= at,
        )
        assert.ok(has, `${org} signed in time`)
      }
    }),
    runs(750),
  )
  met.check()
})

t.test('INV-7: what may flow back says nothing about what may flow there', async (t) => {
  const met = tally(t, { 'PERMIT there, DENY back': 20, 'PERMIT both ways': 10 })
  fc.assert(
    fc.property(underAgreement, ({ world, request, at }) => {
      const there = evaluate(request, at, indexOf(world))
      const oneWay = {
        ...world,
        agreements: world.agreements.map((agreement) => ({
          ...agreement,
          versions: agreement.versions.map((version) => ({
            ...version,
            terms: {
              ...version.terms,
              flows: version.terms.flows.filter(
                ({ providers, recipients }) => providers.includes(request.provider) && recipients.includes(request.recipient),
              ),
            },
          })),
        })),
      }
      assert.deepEqual(comparable(evaluate(request, at, indexOf(oneWay))), comparable(there))
      const back = evaluate({ ...request, provider: request.recipient, recipient: request.provider }, at, indexOf(world))
      if (there.decision === 'PERMIT') met.saw(back.decision === 'DENY' ? 'PERMIT there, DENY back' : 'PERMIT both ways')
    }),
    runs(300),
  )
  met.check()
})

t.test('INV-8: two permitted shares are not one: no flow is spliced with another', async (t) => {
  const met = tally(t, { 'PERMIT by one flow': 60 })
  fc.assert(
    fc.property(underAgreement, requestArb(), ({ world, request, at }, second) => {
      const index = indexOf(world)
      const one = { ...request, lawful_basis: null, data_form: null }
      const other = { ...one, data_items: second.data_items, data_subjects: second.data_subjects }
      const both = {
        ...one,
        data_items: [...new Set([...one.data_items, ...other.data_items])],
        data_subjects: [...new Set([...(one.data_subjects ?? []), ...(other.data_subjects ?? [])])],
      }
      const outcome = evaluate(both, at, index)
      if (outcome.decision === 'PERMIT' && outcome.via === 'AGREEMENT') {
        met.saw('PERMIT by one flow')
        const flow = outcome.finding.flow?.source
        for (const item of both.data_items) {
          const isGranted = flow?.category_grant.some((grant) => item.startsWith(`${grant}.`))
          assert.ok(flow?.data_items.includes(item) || isGranted, `${item} is on the one flow`)
        }
      }
    }),
    runs(800),
  )
  met.check()
})

t.test('INV-9: a DENY says why, in canonical order and each reason once; a PERMIT has nothing against it', async (t) => {
  const met = tally(t, { PERMIT: 60, DENY: 60, 'more than one reason': 20 })
  fc.assert(
    fc.property(question, ({ world, request, at }) => {
      const index = indexOf(world)
      const answer = answerTo(evaluate(request, at, index), at, index)
      const codes = answer.reasons.map(({ code }) => code)
      met.saw(answer.decision)
      if (codes.length > 1) met.saw('more than one reason')
      assert.equal(codes.length === 0, answer.decision === 'PERMIT')
      assert.equal(answer.primary_reason, codes[0] ?? null)
      assert.deepEqual(
        codes,
        REASON_CODES.filter((code) => codes.includes(code)),
      )
      assert.equal(answer.expires_at === null, answer.decision === 'DENY')
      assert.equal(answer.obligations.length > 0, answer.decision === 'PERMIT')
    }),
    runs(),
  )
  met.check()
})

t.test('INV-10: an agreement that does not list both never matters, whatever its flows and prohibitions say', async (t) => {
  const met = tally(t, { PERMIT: 60, DENY: 60 })
  fc.assert(
    fc.property(question, agreementArb('AGR-0'), fc.boolean(), ({ world, request, at }, other, isProvider) => {
      const absent = isProvider ? request.provider : request.recipient
      const stranger = { ...other, parties: other.parties.filter(({ org }) => org !== absent) }
      const index = indexOf({ ...world, agreements: [stranger, ...world.agreements] })
      const outcome = evaluate(request, at, index)
      met.saw(outcome.decision)
      assert.deepEqual(comparable(outcome), comparable(evaluate(request, at, indexOf(world))))
    }),
    runs(),
  )
  met.check()
})

t.test('CK-13: restricted data goes by agreement on a recorded ground and reason alone, and the permit says so', async (t) => {
  const met = tally(t, { 'permitted on a ground': 15, refused: 15 })
  fc.assert(
    fc.property(underAgreement, ({ world, request, at }) => {
      const index = indexOf(world)
      const restricted = { ...request, subject_flags: [...new Set([...request.subject_flags, 'RESTRICTED'])] }
      const free = { ...request, subject_flags: request.subject_flags.filter((flag) => flag !== 'RESTRICTED') }
      const [without, outcome] = [evaluate(free, at, index), evaluate(restricted, at, index)]
      assert.ok(outcome.decision === 'DENY' || without.decision === 'PERMIT', 'a restriction opens nothing')
      const obligation = (one: Outcome) => answerTo(one, at, index).obligations.find(({ code }) => code === 'RESTRICTED_DATA')
      assert.equal(obligation(without), undefined)
      if (outcome.decision === 'DENY') {
        if (without.decision === 'PERMIT') met.saw('refused')
        return
      }
      assert.ok(outcome.via === 'AGREEMENT')
      const override = outcome.finding.flow?.source.restriction_override
      assert.ok(override && override.reason.trim() !== '' && ['CONSENT', 'LEGAL_CLAIMS'].includes(override.ground))
      assert.ok(override.ground !== 'CONSENT' || (request.consent_ref !== null && !request.subject_flags.includes('CONSENT_WITHDRAWN')))
      assert.deepEqual(obligation(outcome)?.parameters, { ground: override.ground })
      met.saw('permitted on a ground')
    }),
    runs(600),
  )
  met.check()
})

t.test('CK-7, CK-12: under Part 3 only competent authorities share, and abroad only by the list and mechanisms of Part 3', async (t) => {
  const met = tally(t, { 'a permit under Part 3': 20 })
  fc.assert(
    fc.property(underAgreement, ({ world, request, at }) => {
      const index = indexOf(world)
      const outcome = evaluate(request, at, index)
      if (outcome.decision !== 'PERMIT' || outcome.via !== 'AGREEMENT') return
      const { facts, finding } = outcome
      const { legal, transfers } = finding.flow?.source ?? assert.fail('a permit without a flow')
      const sides = [[legal.provider, facts.provider] as const, ...(legal.recipient ? [[legal.recipient, facts.recipient] as const] : [])]
      for (const [side, body] of sides) assert.ok(side.regime === 'UK_GDPR' || body.competent_authority !== 'NONE', body.code)
      if (legal.provider.regime !== 'PART_3') return
      met.saw('a permit under Part 3')
      const { country } = request
      assert.ok(country === null || ['GB', 'FR'].includes(country) || transfers[country]?.mechanism.startsWith('PART3_'), String(country))
    }),
    runs(1_500),
  )
  met.check()
})

t.test('whether an entry was checked against a source changes no outcome, and every code said not to be is one that was not', async (t) => {
  const met = tally(t, { 'said of a permit': 30 })
  const doubted = LISTS.map((list) => ({ ...list, entries: list.entries.map((entry) => ({ ...entry, verified: false })) }))
  const codes = new Set(doubted.flatMap((list) => list.entries.map(({ code }) => code)))
  const inDoubt = compileCodeLists(new Map(doubted.map((list) => [list.list, list])))
  fc.assert(
    fc.property(question, ({ world, request, at }) => {
      const index = indexOf(world)
      const doubtful = withCodeLists(index, inDoubt, 'doubtful')
      const outcome = evaluate(request, at, doubtful)
      assert.deepEqual(comparable(outcome), comparable(evaluate(request, at, index)))
      const { unverified_law } = answerTo(outcome, at, doubtful)
      assert.ok(unverified_law.every((code) => codes.has(code)))
      if (outcome.decision !== 'PERMIT') return
      assert.ok(unverified_law.includes(request.purpose), 'the purpose at least')
      met.saw('said of a permit')
    }),
    runs(),
  )
  met.check()
})
