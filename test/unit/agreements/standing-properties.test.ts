import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Agreement, AgreementVersion, Party } from '../../../src/agreements/agreement.ts'
import { agreementSummary } from '../../../src/agreements/agreement-view.ts'
import { derivedStates } from '../../../src/agreements/model/derived-states.ts'
import { dpiaAt, partiesInForce } from '../../../src/agreements/model/in-force.ts'
import { lifecycleFacts } from '../../../src/agreements/model/lifecycle-facts.ts'
import { type Overlap, overlaps } from '../../../src/agreements/model/overlap.ts'
import { keeperOf, standingOf } from '../../../src/agreements/model/standing.ts'
import { evaluate } from '../../../src/decisions/evaluation/evaluate.ts'
import type { PolicyIndex } from '../../../src/decisions/policy/policy-index.ts'
import { isLifecycleOrParty } from '../../../src/decisions/rules/reason.ts'
import { aFlow, anAgreement, anOrganisation, aParty, aRequest, aVersion, indexOf } from '../../support/builders/decision-world.ts'
import { runs, tally } from '../../support/properties.ts'

// One lifecycle answers everywhere: histories by chance, asked at instants by chance.

const ORGS = ['A', 'B', 'C', 'D'] as const
const DAYS = ['2026-03-27', '2026-03-28', '2026-03-29', '2026-03-30', '2026-03-31', '2026-04-01'] as const
const FIRST = Date.parse('2026-03-27T00:00:00Z')
const LAST = Date.parse('2026-04-02T00:00:00Z')
/** From when every body accepts signatures that are attested. */
const SINCE = '2026-01-01T00:00:00.000Z'
const iso = (at: number) => new Date(at).toISOString()
const instant = fc.integer({ min: FIRST, max: LAST })

/** What somebody does to an agreement; the instants are those of a history, one after another. */
type Event =
  | {
      readonly kind: 'freeze'
      readonly from: string
      readonly days: number | null
      readonly rule: 'ALL_SIGNED' | 'PAIRWISE' | 'THRESHOLD'
      readonly isReviewed: boolean
    }
  | {
      readonly kind:
        | 'attest'
        | 'dispute'
        | 'sign'
        | 'leave'
        | 'leave_later'
        | 'stay'
        | 'invite'
        | 'uninvite'
        | 'suspend_party'
        | 'hand_over'
        | 'end_body'
      readonly org: string
    }
  | { readonly kind: 'suspend' | 'suspend_flow' | 'lift' | 'terminate_later' | 'go_on' | 'review' | 'drop' | 'approve' }

const eventArb: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('freeze' as const),
      from: fc.constantFrom(...DAYS),
      days: fc.option(fc.nat(3), { nil: null }),
      rule: fc.constantFrom('ALL_SIGNED' as const, 'PAIRWISE' as const, 'THRESHOLD' as const),
      isReviewed: fc.boolean(),
    }),
  },
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('sign' as const), org: fc.constantFrom(...ORGS) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'leave' as const,
        'leave_later' as const,
        'stay' as const,
        'invite' as const,
        'uninvite' as const,
        'suspend_party' as const,
        'hand_over' as const,
        'end_body' as const,
      ),
      org: fc.constantFrom(...ORGS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'suspend' as const,
        'suspend_flow' as const,
        'lift' as const,
        'terminate_later' as const,
        'go_on' as const,
        'review' as const,
        'drop' as const,
        'approve' as const,
      ),
    }),
  },
)

const byParty = (agreement: Agreement, org: string, change: (party: Party) => Party): Agreement => ({
  ...agreement,
  parties: agreement.parties.map((party) => (party.org === org ? change(party) : party)),
})

/** The record after an event at an instant, as the acts would write it. */
function after(agreement: Agreement, event: Event, at: number): Agreement {
  const now = iso(at)
  const party = 'org' in event ? agreement.parties.find(({ org }) => org === event.org) : undefined
  switch (event.kind) {
    case 'freeze': {
      const version = agreement.versions.length + 1
      const from = event.from < now.slice(0, 10) ? now.slice(0, 10) : event.from
      const to = event.days === null ? null : new Date(Date.parse(`${from}T12:00:00Z`) + event.days * 86_400_000).toISOString().slice(0, 10)
      const commencement = event.rule === 'THRESHOLD' ? { rule: event.rule, n: 3 } : { rule: event.rule }
      const flow = aFlow({ providers: ORGS, recipients: ORGS })
      const next: AgreementVersion = {
        ...aVersion({ version, effective_from: from, effective_to: to, terms: { commencement, flows: [flow] } }),
        frozen_at: now,
      }
      const drop = (known: AgreementVersion): AgreementVersion =>
        known.status === 'APPROVED' && (known.effective_from ?? '') > now.slice(0, 10)
          ? { ...known, status: 'SUPERSEDED', dropped_at: now }
          : known
      const approvals = event.isReviewed ? [...agreement.approvals, { org: 'A', version, complete_at: null }] : agreement.approvals
      return { ...agreement, approvals, versions: [...agreement.versions.map(drop), next] }
    }
    case 'sign': {
      const version = agreement.versions.findLast(({ status }) => status === 'APPROVED')?.version
      const has = agreement.signatures.some((one) => one.org === event.org && one.version === version)
      if (!party || version === undefined || has || (party.left_at !== null && Date.parse(party.left_at) <= at)) return agreement
      return { ...agreement, signatures: [...agreement.signatures, { org: event.org, version, signed_at: now }] }
    }
    case 'attest': {
      const version = agreement.versions.findLast(({ status }) => status === 'APPROVED')?.version
      const { attested = [] } = agreement
      const isOpen = attested.some((one) => one.org === event.org && one.version === version && one.to === null)
      if (!party || version === undefined || isOpen) return agreement
      return { ...agreement, attested: [...attested, { org: event.org, version, from: now, to: null, approved: false }] }
    }
    case 'dispute':
      return {
        ...agreement,
        attested: (agreement.attested ?? []).map((one) => (one.org === event.org && one.to === null ? { ...one, to: now } : one)),
      }
    case 'leave':
      return party && (party.left_at === null || Date.parse(party.left_at) > at)
        ? byParty(agreement, event.org, (known) => ({ ...known, left_at: now, left_how: 'LEFT' }))
        : agreement
    case 'leave_later':
      return party?.left_at === null
        ? byParty(agreement, event.org, (known) => ({ ...known, left_at: iso(at + 36 * 3_600_000), left_how: 'LEFT' }))
        : agreement
    case 'stay':
      return party?.left_at && Date.parse(party.left_at) > at
        ? byParty(agreement, event.org, (known) => ({ ...known, left_at: null, left_how: null }))
        : agreement
    case 'invite': {
      if (!party)
        return { ...agreement, parties: [...agreement.parties, aParty(event.org, { invited_at: now, accepts_attested_since: SINCE })] }
      if (party.left_at === null || Date.parse(party.left_at) > at || agreement.signatures.some(({ org }) => org === event.org))
        return agreement
      const { invited_at = null, left_at, left_how, earlier = [] } = party
      return byParty(agreement, event.org, (known) => ({
        ...{ ...known, invited_at: now, left_at: null, left_how: null },
        earlier: [...earlier, { invited_at, left_at, left_how: left_how ?? 'LEFT' }],
      }))
    }
    case 'uninvite':
      return party?.invited_at && party.left_at === null && !agreement.signatures.some(({ org }) => org === event.org)
        ? byParty(agreement, event.org, (known) => ({ ...known, left_at: now, left_how: 'UNINVITED' }))
        : agreement
    case 'hand_over': {
      const from = keeperOf(agreement, at)
      return { ...agreement, owner_org: event.org, keepers: [...(agreement.keepers ?? []), { at: now, from, to: event.org }] }
    }
    case 'end_body':
      return party && !party.active_to
        ? byParty(agreement, event.org, (known) => ({ ...known, active_to: now, succeeded_by: 'E' }))
        : agreement
    case 'suspend':
    case 'suspend_flow':
    case 'suspend_party': {
      const scope = event.kind === 'suspend' ? 'AGREEMENT' : event.kind === 'suspend_flow' ? 'FLOW' : 'PARTY'
      const about = { party: scope === 'PARTY' && 'org' in event ? event.org : null, flow: scope === 'FLOW' ? 'F1' : null, version: null }
      return { ...agreement, suspensions: [...agreement.suspensions, { scope, ...about, from: now, to: null }] }
    }
    case 'lift':
      return { ...agreement, suspensions: agreement.suspensions.map((held) => (held.to === null ? { ...held, to: now } : held)) }
    case 'terminate_later':
      return agreement.terminated_at === null ? { ...agreement, terminated_at: iso(at + 48 * 3_600_000) } : agreement
    case 'go_on':
      return agreement.terminated_at !== null && Date.parse(agreement.terminated_at) > at
        ? { ...agreement, terminated_at: null }
        : agreement
    case 'review':
      return {
        ...agreement,
        review_due: '2027-03-01',
        review_changes: [...(agreement.review_changes ?? []), { at: now, before: agreement.review_due }],
      }
    case 'drop': {
      const drop = (known: AgreementVersion): AgreementVersion =>
        known.status === 'APPROVED' ? { ...known, status: 'ABANDONED', dropped_at: now } : known
      return { ...agreement, versions: agreement.versions.map(drop) }
    }
    // Chains of approval are opened by the act that freezes; afterwards they are completed, never added.
    case 'approve':
      return { ...agreement, approvals: agreement.approvals.map((one) => ({ ...one, complete_at: one.complete_at ?? now })) }
  }
}

const ALL_SIGN: Event = { kind: 'freeze', from: DAYS[0], days: null, rule: 'ALL_SIGNED', isReviewed: false }
const of = (kind: Extract<Event, { readonly org: string }>['kind'], org: string): Event => ({ kind, org })

/** What happens to one body in turn, which chance alone seldom finds: invitations and what becomes of the text meanwhile. */
const storyArb = fc
  .tuple(
    fc.constantFrom(...ORGS),
    fc.constantFrom<readonly ((org: string) => Event)[]>(
      [(org) => of('invite', org), () => ALL_SIGN, (org) => of('uninvite', org)],
      [(org) => of('invite', org), () => ALL_SIGN, () => ({ kind: 'drop' }), (org) => of('uninvite', org)],
      [(org) => of('leave', org), (org) => of('invite', org), () => ALL_SIGN, (org) => of('uninvite', org), (org) => of('invite', org)],
      [(org) => of('invite', org), (org) => of('sign', org), () => ALL_SIGN, (org) => of('leave_later', org), (org) => of('stay', org)],
    ),
    fc.array(instant, { minLength: 5, maxLength: 5 }).map((instants) => instants.toSorted((a, b) => a - b)),
  )
  .map(([org, story, instants]) => story.map((event, i): [Event, number] => [event(org), instants[i] as number]))

const attestedArb = fc.record({ kind: fc.constantFrom('attest' as const, 'dispute' as const), org: fc.constantFrom(...ORGS) })

/** @param others what else happens besides */
const histories = (others: fc.Arbitrary<Event>) =>
  fc.record({
    reviewDue: fc.option(fc.constantFrom(...DAYS), { nil: null }),
    grace: fc.nat(2),
    start: fc.constantFrom('ALL_SIGNED' as const, 'PAIRWISE' as const, 'THRESHOLD' as const),
    events: fc
      .array(
        fc.oneof(
          { weight: 5, arbitrary: fc.tuple(fc.oneof({ weight: 4, arbitrary: eventArb }, others), instant).map((one) => [one]) },
          { weight: 1, arbitrary: storyArb },
        ),
        { minLength: 4, maxLength: 14 },
      )
      .map((parts) => parts.flat()),
  })

interface Beginning {
  readonly reviewDue: string | null
  readonly grace: number
  readonly start: 'ALL_SIGNED' | 'PAIRWISE' | 'THRESHOLD'
}

function begin({ reviewDue, grace, start }: Beginning): Agreement {
  const bare = anAgreement({
    parties: ['A', 'B', 'C'].map((org) => aParty(org, { accepts_attested_since: SINCE })),
    versions: [],
    signatures: [],
    owner_org: 'A',
    origin: 'ACCORD',
    ...{ review_due: reviewDue, review_grace_days: grace },
    apd: ORGS.map((party) => ({ party, conditions: ['SCH1_18'] })),
  })
  const frozen = after(bare, { kind: 'freeze', from: '2026-03-27', days: null, rule: start, isReviewed: false }, FIRST)
  return ['A', 'B', 'C'].slice(0, 2).reduce((known, org, i) => after(known, { kind: 'sign', org }, FIRST + i + 1), frozen)
}

/** Every state that the record went through, and the instant of each event. */
function tellHistory(history: Beginning & { events: readonly (readonly [Event, number])[] }) {
  const ordered = history.events.toSorted(([, a], [, b]) => a - b)
  let agreement = begin(history)
  const steps = [{ at: FIRST + 3, agreement }]
  let last = FIRST + 3
  for (const [event, when] of ordered) {
    last = Math.max(when, last + 1)
    agreement = after(agreement, event, last)
    steps.push({ at: last, agreement })
  }
  return steps
}

const world = (agreement: Agreement) =>
  indexOf({
    organisations: [...ORGS, 'E'].map((code) => {
      const ends = agreement.parties.find(({ org }) => org === code)?.active_to ?? null
      return anOrganisation({ code, active_to: ends, accepts_attested_since: SINCE })
    }),
    agreements: [agreement],
    disclosures: [],
  })

function lifecycleReasons(index: PolicyIndex, provider: string, recipient: string, at: number): string[] {
  const outcome = evaluate(aRequest({ provider, recipient }), at, index)
  if (outcome.decision === 'PERMIT') return []
  const codes = outcome.reasons.map(({ code }) => code)
  return codes.filter((code) => isLifecycleOrParty(code) || code === 'PARTY_INACTIVE' || code === 'NO_AGREEMENT')
}

const CODES = { purposes: { isWithin: (a: string, b: string) => a === b } } as never

t.test('in force in state, list and overlap: exactly where the decision has no reason of the lifecycle', async (t) => {
  const met = tally(t, {
    'in force': 450,
    'not in force': 11000,
    'ALL_SIGNED in force': 65,
    'THRESHOLD in force': 24,
    'more than two': 38,
    'overlaps compared': 5500,
  })
  fc.assert(
    fc.property(histories(eventArb), instant, (history, at) => {
      const agreement = tellHistory(history).at(-1)?.agreement
      assert.ok(agreement)
      const index = world(agreement)
      const able = partiesInForce(agreement, at)
      const pairs = ORGS.flatMap((a) => ORGS.filter((b) => b !== a).map((b) => [a, b] as const))
      for (const [a, b] of pairs) {
        const reasons = lifecycleReasons(index, a, b, at)
        const isInForce = able.includes(a) && able.includes(b)
        assert.equal(isInForce, reasons.length === 0, `${a} ${b} at ${iso(at)}: ${reasons.join()} ${JSON.stringify(agreement, null, 1)}`)
        met.saw(isInForce ? 'in force' : 'not in force')
        const found: Overlap | undefined = overlaps([agreement], { parties: [a, b], purpose: 'CARE', categories: [] }, CODES, at)[0]
        if (found && found.matched.parties.length === 2) {
          assert.equal(found.state === 'IN_FORCE', isInForce, `overlap of ${a} ${b}`)
          met.saw('overlaps compared')
        } else assert.ok(!isInForce, `${a} ${b} share and no overlap says so`)
      }
      const derived = derivedStates(agreement, at)
      assert.equal(derived.includes('IN_FORCE'), able.length > 1)
      assert.deepEqual(agreementSummary(agreement, iso(at), iso(at)).derived, derived, 'the list says the same')
      if (able.length > 2) met.saw('more than two')
      const rule = able.length > 1 && agreement.versions.findLast(({ status }) => status === 'APPROVED')?.terms.commencement.rule
      if (rule) met.saw(`${rule} in force`)
    }),
    runs(1000),
  )
  met.check()
})

t.test('what is said about a past instant never changes afterwards', async (t) => {
  const met = tally(t, { 'instants compared': 2000, 'in force then': 45, 'attested then': 35 })
  fc.assert(
    fc.property(histories(attestedArb), instant, (history, at) => {
      const steps = tellHistory(history)
      const said = (agreement: Agreement, index = world(agreement)) => ({
        derived: derivedStates(agreement, at),
        inForce: partiesInForce(agreement, at),
        standing: ORGS.map((org) => standingOf(agreement, org, at)),
        keeper: keeperOf(agreement, at),
        dpia: dpiaAt(agreement, lifecycleFacts(agreement), at).status,
        listed: agreementSummary(agreement, '', iso(at)).derived,
        overlaps: ORGS.flatMap((a) =>
          ORGS.filter((b) => b !== a).map(
            (b) => overlaps([agreement], { parties: [a, b], purpose: 'CARE', categories: [] }, CODES, at)[0]?.state === 'IN_FORCE',
          ),
        ),
        reasons: ORGS.flatMap((a) => ORGS.filter((b) => b !== a).map((b) => lifecycleReasons(index, a, b, at))),
      })
      const known = steps.filter((step) => step.at > at).length
      const then = steps.findLast((step) => step.at <= at)
      if (!then || known === 0) return
      const first = said(then.agreement)
      if (first.inForce.length > 1) met.saw('in force then')
      if (then.agreement.attested?.some(({ to }) => to === null || Date.parse(to) > at)) met.saw('attested then')
      for (const step of steps.filter((later) => later.at > at)) {
        met.saw('instants compared')
        assert.deepEqual(said(step.agreement), first, `at ${iso(at)}, after ${iso(step.at)}`)
      }
    }),
    runs(300),
  )
  met.check()
})

t.test('where all must sign, an invitation that is taken back commences the text from then on, and not before', async (t) => {
  const acts = [of('invite', 'D'), ALL_SIGN, of('sign', 'A'), of('sign', 'B'), of('sign', 'C'), of('uninvite', 'D')]
  const history = { reviewDue: null, grace: 0, start: 'ALL_SIGNED' as const, events: acts.map((act, i) => [act, FIRST + 10 + i] as const) }
  const [before, last] = tellHistory(history).slice(-2)
  assert.ok(before && last)
  const reasons = (agreement: Agreement, at: number) => lifecycleReasons(world(agreement), 'A', 'B', at)
  t.strictSame(reasons(before.agreement, last.at - 1), ['PARTY_NOT_SIGNED'], 'D has not signed')
  t.strictSame(reasons(last.agreement, last.at - 1), ['PARTY_NOT_SIGNED'], 'nor had it then')
  t.strictSame(partiesInForce(last.agreement, last.at - 1), [])
  t.strictSame(reasons(last.agreement, last.at), [])
  t.strictSame(partiesInForce(last.agreement, last.at), ['A', 'B', 'C'])
})
