import t from 'tap'
import type { Agreement } from '../../../src/agreements/agreement.ts'
import type { ActingPerson, HeldSuspension, LifecycleCommand, StatedSignature } from '../../../src/agreements/model/command.ts'
import { addMonths } from '../../../src/agreements/model/dates.ts'
import { decide } from '../../../src/agreements/model/lifecycle.ts'
import { type Standing, standingOf } from '../../../src/agreements/model/standing.ts'
import { ACT_RULES, type ActName, type ActRule, actsOpenTo } from '../../../src/agreements/model/standing-acts.ts'
import { PERMISSIONS, type Role } from '../../../src/identity/permissions.ts'
import { aFrozenAgreement, aHash, aParty, aSignature, aVersion } from '../../support/builders/draft.ts'

const iso = (at: number) => new Date(at).toISOString()
const NOW = Date.parse('2026-11-22T12:00:00.000Z')
const LATER = Date.parse('2026-11-23T12:00:00.000Z')
const BEFORE = Date.parse('2026-11-21T12:00:00.000Z')
const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const ISLINGTON = 'LBC_ISLINGTON'
const STATES = ['DRAFT', 'IN_REVIEW', 'AWAITING_SIGNATURE', 'ACTIVE', 'TERMINATED', 'REJECTED', 'WITHDRAWN'] as const
const BOTH = [aSignature(CAMDEN, 1, iso(BEFORE)), aSignature(HACKNEY, 1, iso(BEFORE))]
const ISSUER = 'https://login.example'
const NOBODY: ReadonlySet<string> = new Set()

const HELD: HeldSuspension = {
  ...{ scope: 'AGREEMENT', party: null, flow: null, from: iso(BEFORE), to: null },
  ...{ suspendedBy: { issuer: ISSUER, sub: 'suspender' }, suspendedOrg: CAMDEN, agreed: null },
}

/** Stated by a person of Camden of a signature of Hackney. */
const STATED: StatedSignature = {
  ...{ org: HACKNEY, heldBy: CAMDEN, version: 1, isAttested: false, isDisputed: false },
  statedBy: { issuer: ISSUER, sub: 'first' },
}

/** One command of each kind that its own rules let pass on a fitting agreement. */
const COMMANDS: { readonly [T in ActName]: Extract<LifecycleCommand, { type: T }> } = {
  freeze: { type: 'freeze', advice: [] },
  sign: { type: 'sign', version: 1, hash: aHash(1), hasDrafted: false, hasSignedForAnother: false, isRecordedElsewhere: false },
  confirm: { type: 'confirm', version: 1, recorded: 'UNCONFIRMED', hasRecorded: false, hasSignedForAnother: false },
  amend: { type: 'amend', days: {} },
  abandon: { type: 'abandon' },
  suspend: { type: 'suspend', scope: 'AGREEMENT', party: null, flow: null, until: null, boroughs: NOBODY },
  lift: { type: 'lift', suspension: HELD, boroughs: NOBODY },
  leave: { type: 'leave', at: null, keeper: null },
  stay: { type: 'stay' },
  invite: { type: 'invite', org: ISLINGTON, isActive: true },
  uninvite: { type: 'uninvite', org: ISLINGTON },
  hand_over: { type: 'hand_over', org: HACKNEY },
  terminate: { type: 'terminate', at: null },
  go_on: { type: 'go_on', setBy: CAMDEN },
  renew: { type: 'renew', days: {} },
  confirm_review: { type: 'confirm_review', cycleMonths: 12 },
  withdraw_draft: { type: 'withdraw_draft' },
  reject: { type: 'reject' },
  dispose: {
    ...{ type: 'dispose', how: 'DELETED', flows: null, on: '2026-11-22', law: null, keepUntil: null },
    ...{ confirmed: new Map(), boroughs: NOBODY },
  },
  dispose_in_place: {
    ...{ type: 'dispose_in_place', how: 'DELETED', flows: null, on: '2026-11-22', law: null, keepUntil: null },
    ...{ confirmed: new Map(), boroughs: NOBODY },
  },
  attach: { type: 'attach' },
  state: { type: 'state', org: HACKNEY, version: 1, hash: aHash(1), signedOn: '2026-11-22', isSignatory: false, stated: [] },
  attest: { type: 'attest', statement: STATED, isSignatory: false },
  dispute: { type: 'dispute', statement: { ...STATED, isAttested: true } },
}
const TYPES = Object.keys(ACT_RULES) as ActName[]
/** Acts whose rules want the actor, Hackney here, not to have signed. */
const UNSIGNED: ReadonlySet<ActName> = new Set(['sign', 'confirm', 'reject', 'state', 'attest', 'dispute'])
/** Acts that the keeper leaves to others, or that others than the keeper are meant by. */
const BY_HACKNEY: ReadonlySet<ActName> = new Set(['sign', 'confirm', 'leave', 'stay', 'reject', 'dispose', 'dispose_in_place', 'dispute'])

function actor(org: string, ...roles: Role[]): ActingPerson {
  return { issuer: ISSUER, sub: `${org}-${roles.join()}`, org, roles }
}

/** Whoever may give the command as far as role goes. */
function entitled(type: ActName, org = BY_HACKNEY.has(type) ? HACKNEY : CAMDEN): ActingPerson {
  return actor(org, PERMISSIONS[ACT_RULES[type].permission][0] as Role)
}

/** What of Hackney's leaving, or its end, the command acts on. */
const LEAVING: { readonly [T in ActName]?: { readonly left_at: string; readonly active_to?: string } } = {
  stay: { left_at: iso(LATER) },
  dispose: { left_at: iso(NOW) },
  dispose_in_place: { left_at: iso(NOW), active_to: iso(NOW) },
}

/** An agreement in a state in which the command makes sense. */
function fitting(type: ActName, status: Agreement['status']): Agreement {
  const orgs = [CAMDEN, HACKNEY]
  const effective_from = type === 'dispose' || type === 'dispose_in_place' ? '2026-01-01' : '2026-12-01'
  const frozen = { ...aVersion(orgs, { effective_from }), status: 'APPROVED' as const, hash: aHash(1) }
  const draft = aVersion(orgs, { version: 2 })
  const versions = type === 'freeze' || type === 'abandon' ? [frozen, draft] : [frozen]
  const invited = { ...aParty(ISLINGTON), invited_at: iso(BEFORE) }
  const parties = [aParty(CAMDEN), { ...aParty(HACKNEY), ...LEAVING[type] }]
  return {
    ...aFrozenAgreement({ status, versions, origin: type === 'confirm' ? 'ELSEWHERE' : 'ACCORD' }),
    parties: type === 'uninvite' ? [...parties, invited] : parties,
    signatures: UNSIGNED.has(type) ? BOTH.slice(0, 1) : BOTH,
    terminated_at: type === 'go_on' ? iso(LATER) : null,
  }
}

function ruleOf(command: LifecycleCommand, agreement: Agreement, by: ActingPerson, now = NOW): string {
  const result = decide(command, agreement, by, now)
  return result.ok ? 'OK' : `${result.refusal.code} ${result.refusal.rule}`
}

t.test('the table of states, roles and acts is a whitelist', async (t) => {
  for (const type of TYPES) {
    const { states, permission }: ActRule = ACT_RULES[type]
    for (const status of STATES) {
      const given = ruleOf(COMMANDS[type], fitting(type, status), entitled(type))
      t.equal(given, states.includes(status) ? 'OK' : 'ILLEGAL_STATE STATE', `${type} while ${status}`)
    }
    const status = states[0] ?? 'ACTIVE'
    const carriers: readonly Role[] = PERMISSIONS[permission]
    for (const role of ['REQUESTER', 'IG_OFFICER', 'DPO', 'SIRO', 'SIGNATORY', 'AUDITOR', 'REGISTER_ADMIN', 'API_CLIENT'] as const) {
      const given = ruleOf(COMMANDS[type], fitting(type, status), actor(entitled(type).org, role))
      t.equal(given, carriers.includes(role) ? 'OK' : 'FORBIDDEN ROLE', `${type} by ${role}`)
    }
  }
})

t.test('rights follow signatures: the table of standing and act', async (t) => {
  const at = (org: string, over: object) => ({ ...aParty(org), ...over })
  const agreement: Agreement = {
    ...aFrozenAgreement({ status: 'ACTIVE', versions: [{ ...aVersion([CAMDEN, HACKNEY]), status: 'APPROVED', hash: aHash(1) }] }),
    owner_org: 'KEEPER',
    parties: [
      ...[at(CAMDEN, {}), at(HACKNEY, {}), at('INVITED', { invited_at: iso(BEFORE) })],
      ...[at('LEFT', { left_at: iso(BEFORE) }), at('ENDED', { active_to: iso(BEFORE), succeeded_by: 'SUCCESSOR' })],
    ],
    signatures: [...BOTH, aSignature('LEFT', 1, iso(BEFORE)), aSignature('ENDED', 1, iso(BEFORE))],
  }
  const draft: Agreement = { ...agreement, status: 'DRAFT', versions: [aVersion([CAMDEN, HACKNEY])], signatures: [] }
  const bodies: readonly (readonly [string, Standing, Agreement])[] = [
    ['DRAFTER', 'DRAFTING', { ...draft, parties: [aParty('DRAFTER'), aParty(CAMDEN)] }],
    ['INVITED', 'INVITED', agreement],
    [HACKNEY, 'BOUND', agreement],
    ['LEFT', 'LEFT', agreement],
    ['ENDED', 'ENDED', agreement],
    ['SUCCESSOR', 'SUCCESSOR', agreement],
    ['KEEPER', 'NONE', agreement],
    ['STRANGER', 'NONE', agreement],
  ]
  let cells = 0
  for (const [org, standing, where] of bodies) {
    t.equal(standingOf(where, org, NOW), standing, org)
    for (const type of TYPES) {
      const { by }: ActRule = ACT_RULES[type]
      const given = ruleOf(COMMANDS[type], where, entitled(type, org))
      const mayAct = by.includes(standing) || (org === 'KEEPER' && by.includes('KEEPER'))
      const isRefusedByTable = /^FORBIDDEN (OWNER|PARTY)$/.test(given) || (standing === 'DRAFTING' && given === 'ILLEGAL_STATE STATE')
      // Its own rules may still refuse what the table lets pass.
      if (!mayAct) t.ok(isRefusedByTable, `${type} by ${org}: ${given}`)
      else if (type !== 'terminate' && type !== 'hand_over') t.notOk(isRefusedByTable, `${type} by ${org}: ${given}`)
      cells += 1
    }
  }
  t.equal(cells, bodies.length * TYPES.length)
})

t.test(
  'nothing can be done to an agreement that has ended, was rejected or withdrawn, but to say what became of the data and to attach evidence',
  async (t) => {
    const everyRole = Object.values(PERMISSIONS).flat() as Role[]
    for (const status of ['TERMINATED', 'REJECTED', 'WITHDRAWN'] as const) {
      const open = status === 'TERMINATED' ? ['attach'] : []
      t.strictSame(actsOpenTo(aFrozenAgreement({ status }), actor(CAMDEN, ...everyRole), NOW), open, status)
    }
    const ended = aFrozenAgreement({ status: 'ACTIVE', terminated_at: iso(NOW), signatures: BOTH })
    t.strictSame(actsOpenTo(ended, actor(CAMDEN, ...everyRole), NOW), ['dispose', 'attach'], 'its end has come, whatever is stored')
    t.ok(actsOpenTo(ended, actor(CAMDEN, ...everyRole), BEFORE).includes('suspend'), 'until then it can be suspended')
  },
)

t.test('a party that has left does nothing more but say what became of what it received', async (t) => {
  const parties = [aParty(CAMDEN), { ...aParty(HACKNEY), left_at: iso(NOW) }]
  const agreement = { ...aFrozenAgreement({ status: 'ACTIVE' }), parties }
  t.equal(ruleOf(COMMANDS.sign, agreement, actor(HACKNEY, 'SIGNATORY')), 'FORBIDDEN PARTY')
  t.equal(ruleOf(COMMANDS.sign, agreement, actor(HACKNEY, 'SIGNATORY'), BEFORE), 'OK', 'the instant before it leaves')
  const everyRole = Object.values(PERMISSIONS).flat() as Role[]
  t.strictSame(actsOpenTo({ ...agreement, signatures: BOTH }, actor(HACKNEY, ...everyRole), NOW), ['dispose'])
})

t.test('LC-1: only a complete draft that begins today or later becomes a text', async (t) => {
  const owner = actor(CAMDEN, 'IG_OFFICER')
  const draft = (over: object) => ({ ...fitting('freeze', 'DRAFT'), versions: [aVersion([CAMDEN, HACKNEY], over)] })
  t.equal(ruleOf(COMMANDS.freeze, draft({ effective_from: null }), owner), 'UNPROCESSABLE INCOMPLETE')
  t.equal(ruleOf(COMMANDS.freeze, draft({ effective_from: '2026-11-21' }), owner), 'UNPROCESSABLE INCOMPLETE')
  t.equal(ruleOf(COMMANDS.freeze, draft({ effective_from: '2026-11-22' }), owner), 'OK')
  t.equal(ruleOf(COMMANDS.freeze, { ...draft({ effective_from: '2020-01-01' }), origin: 'ELSEWHERE' }, owner), 'OK', 'made elsewhere')
  t.equal(
    ruleOf(COMMANDS.freeze, draft({ effective_from: '2026-06-15' }), owner, Date.parse('2026-06-15T22:59:59.999Z')),
    'OK',
    'London is an hour ahead in summer',
  )
  t.equal(
    ruleOf(COMMANDS.freeze, draft({ effective_from: '2026-06-15' }), owner, Date.parse('2026-06-15T23:00:00.000Z')),
    'UNPROCESSABLE INCOMPLETE',
  )
  const advice = [{ pointer: '/title', detail: 'is missing', code: 'FIELD_MISSING' }]
  const refused = decide({ type: 'freeze', advice }, draft({}), owner, NOW)
  t.match(refused, { ok: false, refusal: { errors: advice } })
  t.equal(ruleOf(COMMANDS.freeze, fitting('sign', 'ACTIVE'), owner), 'ILLEGAL_STATE NO_DRAFT')
})

t.test('LC-2a: freezing replaces what has not begun, and never what has governed', async (t) => {
  const version = (number: number, effective_from: string, status: 'APPROVED' | 'DRAFT' = 'APPROVED') =>
    ({ ...aVersion([CAMDEN, HACKNEY], { version: number, effective_from }), status }) as const
  const versions = [
    version(1, '2026-01-01'),
    version(2, '2026-11-22'),
    version(3, '2026-11-23'),
    version(4, '2027-01-01'),
    version(5, '2026-12-01', 'DRAFT'),
  ]
  const change = decide(COMMANDS.freeze, aFrozenAgreement({ status: 'ACTIVE', versions }), actor(CAMDEN, 'IG_OFFICER'), NOW)
  t.match(change, { ok: true, value: { version: 5, supersedes: [3, 4], to: 'ACTIVE' } })
})

t.test('the first signature that completes the commencement makes the agreement active', async (t) => {
  const orgs = [CAMDEN, HACKNEY, ISLINGTON]
  const signing = (commencement: Parameters<typeof aFrozenAgreement>[0], signed: readonly string[]) => {
    const agreement = { ...aFrozenAgreement({ orgs, ...commencement }), signatures: signed.map((org) => aSignature(org)) }
    const result = decide(COMMANDS.sign, agreement, actor(ISLINGTON, 'SIGNATORY'), NOW)
    return result.ok ? result.value.to : result.refusal.rule
  }
  t.equal(signing({ commencement: { rule: 'PAIRWISE' } }, []), 'AWAITING_SIGNATURE')
  t.equal(signing({ commencement: { rule: 'PAIRWISE' } }, [CAMDEN]), 'ACTIVE')
  t.equal(signing({ commencement: { rule: 'ALL_SIGNED' } }, [CAMDEN]), 'AWAITING_SIGNATURE')
  t.equal(signing({ commencement: { rule: 'ALL_SIGNED' } }, [CAMDEN, HACKNEY]), 'ACTIVE')
  t.equal(signing({ commencement: { rule: 'THRESHOLD', n: 3 } }, [CAMDEN]), 'AWAITING_SIGNATURE')
  t.equal(signing({ commencement: { rule: 'THRESHOLD', n: 3 } }, [CAMDEN, HACKNEY]), 'ACTIVE')
  t.equal(signing({ commencement: { rule: 'THRESHOLD', n: 1 } }, []), 'AWAITING_SIGNATURE', 'one signature never binds a pair')
})

t.test('LC-3: a signature is on one version that can still govern, on its hash, once', async (t) => {
  const by = actor(HACKNEY, 'SIGNATORY')
  const agreement = aFrozenAgreement({ status: 'ACTIVE' })
  t.equal(ruleOf({ ...COMMANDS.sign, hash: aHash(2) }, agreement, by), 'CONFLICT LC-1')
  t.equal(ruleOf({ ...COMMANDS.sign, version: 9 }, agreement, by), 'UNPROCESSABLE UNKNOWN_VERSION')
  t.equal(ruleOf(COMMANDS.sign, { ...agreement, signatures: [aSignature(HACKNEY)] }, by), 'CONFLICT SIGNED')
  t.equal(ruleOf(COMMANDS.sign, { ...agreement, signatures: [aSignature(CAMDEN)] }, by), 'OK', 'another party’s signature is its own')
  for (const status of ['DRAFT', 'SUPERSEDED', 'ABANDONED'] as const) {
    const standing = { ...aVersion([CAMDEN, HACKNEY], { version: 2 }), status: 'APPROVED' as const, hash: aHash(2) }
    const versions = [...agreement.versions.map((version) => ({ ...version, status })), standing]
    t.equal(ruleOf(COMMANDS.sign, { ...agreement, versions }, by), 'ILLEGAL_STATE VERSION_STATE', status)
  }
  const ending = aFrozenAgreement({ status: 'ACTIVE', effectiveFrom: '2026-01-01', effectiveTo: '2026-11-22' })
  t.equal(ruleOf(COMMANDS.sign, ending, by), 'OK', 'the last day still counts')
  t.equal(ruleOf(COMMANDS.sign, ending, by, LATER), 'ILLEGAL_STATE EXPIRED')
  const [first] = aFrozenAgreement({ effectiveFrom: '2026-01-01' }).versions
  const second = {
    ...aVersion([CAMDEN, HACKNEY], { version: 2, effective_from: '2026-11-22' }),
    status: 'APPROVED' as const,
    hash: aHash(2),
  }
  t.equal(ruleOf(COMMANDS.sign, { ...agreement, versions: [first ?? second, second] }, by), 'ILLEGAL_STATE LC-2')
})

t.test('separation of duties: SD-1 and SD-6 at the signature, SD-4 at the lifting', async (t) => {
  const agreement = aFrozenAgreement({ status: 'ACTIVE' })
  const by = actor(HACKNEY, 'SIGNATORY')
  t.equal(ruleOf({ ...COMMANDS.sign, hasDrafted: true }, agreement, by), 'UNPROCESSABLE SD-1')
  t.equal(ruleOf({ ...COMMANDS.sign, hasSignedForAnother: true }, agreement, by), 'UNPROCESSABLE SD-6')
  t.equal(
    ruleOf({ ...COMMANDS.confirm, hasRecorded: true }, { ...agreement, origin: 'ELSEWHERE' }, actor(HACKNEY, 'IG_OFFICER')),
    'UNPROCESSABLE SD-1',
  )
  const siro = actor(HACKNEY, 'SIRO')
  const bound = { ...agreement, signatures: BOTH }
  t.equal(ruleOf({ ...COMMANDS.lift, suspension: { ...HELD, suspendedBy: siro } }, bound, siro), 'UNPROCESSABLE SD-4')
  const namesake = { issuer: 'https://other.example', sub: siro.sub }
  t.equal(ruleOf({ ...COMMANDS.lift, suspension: { ...HELD, suspendedBy: namesake } }, bound, siro), 'OK', 'of another issuer')
})

t.test('LC-6: a whole agreement goes on when the suspender and a bound party across a flow have both said so', async (t) => {
  const orgs = [CAMDEN, HACKNEY, ISLINGTON]
  const signatures = [...BOTH, aSignature(ISLINGTON, 1, iso(BEFORE))]
  const base = aFrozenAgreement({ status: 'ACTIVE', orgs, signatures })
  const flows = base.versions[0]?.terms.flows.map((flow) => ({ ...flow, providers: [CAMDEN], recipients: [HACKNEY] })) ?? []
  const agreement = { ...base, versions: base.versions.map((version) => ({ ...version, terms: { ...version.terms, flows } })) }
  const lift = (org: string, suspension: Partial<HeldSuspension> = {}, over: Partial<Agreement> = {}) => {
    const result = decide({ ...COMMANDS.lift, suspension: { ...HELD, ...suspension } }, { ...agreement, ...over }, actor(org, 'SIRO'), NOW)
    return result.ok ? (result.value.type === 'lift' && result.value.isEnded ? 'ENDS' : 'AGREED') : result.refusal.rule
  }
  const agreed = (org: string) => ({ agreed: { by: { issuer: ISSUER, sub: `other-${org}` }, org } })
  t.equal(lift(CAMDEN), 'AGREED')
  t.equal(lift(HACKNEY), 'AGREED')
  t.equal(lift(ISLINGTON), 'LC-6', 'across no flow from the suspender')
  t.equal(lift(HACKNEY, agreed(CAMDEN)), 'ENDS')
  t.equal(lift(CAMDEN, agreed(HACKNEY)), 'ENDS')
  t.equal(lift(CAMDEN, agreed(CAMDEN)), 'LC-6', 'one party twice')
  t.equal(lift(ISLINGTON, agreed(CAMDEN)), 'LC-6')
  t.equal(
    lift('LBC_BRENT', agreed(CAMDEN), { parties: [...agreement.parties, { ...aParty('LBC_BRENT'), invited_at: iso(BEFORE) }] }),
    'PARTY',
  )
  const gone = agreement.parties.map((party) => (party.org === CAMDEN ? { ...party, left_at: iso(BEFORE) } : party))
  t.equal(lift(HACKNEY, {}, { parties: gone }), 'AGREED', 'the suspender has left: another bound party stands in')
})

t.test('LC-4: who joins late exists, is new, and does not undo an agreement that all must sign', async (t) => {
  const by = actor(CAMDEN, 'IG_OFFICER')
  const agreement = aFrozenAgreement({ status: 'ACTIVE' })
  t.equal(ruleOf({ ...COMMANDS.invite, isActive: false }, agreement, by), 'UNPROCESSABLE UNKNOWN_PARTY')
  t.equal(ruleOf({ ...COMMANDS.invite, org: HACKNEY }, agreement, by), 'CONFLICT PARTY_KNOWN')
  const parties = [aParty(CAMDEN), { ...aParty(HACKNEY), left_at: iso(BEFORE) }]
  t.equal(ruleOf({ ...COMMANDS.invite, org: HACKNEY }, { ...agreement, parties, signatures: BOTH }, by), 'CONFLICT PARTY_LEFT')
  t.equal(ruleOf({ ...COMMANDS.invite, org: HACKNEY }, { ...agreement, parties }, by), 'OK', 'it had signed nothing')
  const all = { commencement: { rule: 'ALL_SIGNED' } } as const
  t.equal(ruleOf(COMMANDS.invite, aFrozenAgreement(all), by), 'ILLEGAL_STATE ALL_SIGNED')
  t.equal(ruleOf(COMMANDS.invite, aFrozenAgreement({ status: 'ACTIVE', ...all }), by), 'OK')
})

t.test('LC-5: an end lies now or later, can be brought forward, and is taken back by whoever set it', async (t) => {
  const agreement = aFrozenAgreement({ status: 'ACTIVE', signatures: BOTH })
  const owner = actor(CAMDEN, 'SIRO')
  t.equal(ruleOf({ type: 'terminate', at: BEFORE }, agreement, owner), 'UNPROCESSABLE PAST')
  t.equal(ruleOf({ ...COMMANDS.leave, at: BEFORE }, agreement, owner), 'UNPROCESSABLE PAST')
  t.match(decide({ type: 'terminate', at: null }, agreement, owner, NOW), { ok: true, value: { to: 'TERMINATED', at: NOW } })
  t.match(decide({ type: 'terminate', at: LATER }, agreement, owner, NOW), { ok: true, value: { to: 'ACTIVE', at: LATER } })
  const ending = { ...agreement, terminated_at: iso(LATER) }
  t.equal(ruleOf({ type: 'terminate', at: LATER }, ending, owner), 'CONFLICT ENDING')
  t.equal(ruleOf(COMMANDS.go_on, ending, owner), 'OK')
  t.equal(ruleOf(COMMANDS.go_on, ending, actor(HACKNEY, 'SIRO')), 'FORBIDDEN SET_BY')
  t.equal(ruleOf(COMMANDS.go_on, agreement, owner), 'ILLEGAL_STATE ENDING')
  t.equal(ruleOf(COMMANDS.terminate, agreement, actor(HACKNEY, 'SIRO')), 'OK', 'either of the last two parties')
  const three = aFrozenAgreement({ status: 'ACTIVE', orgs: [CAMDEN, HACKNEY, ISLINGTON], signatures: BOTH })
  t.equal(ruleOf(COMMANDS.terminate, three, actor(HACKNEY, 'SIRO')), 'OK', 'a third that has not signed does not count')
  const signed = { ...three, signatures: [...BOTH, aSignature(ISLINGTON, 1, iso(BEFORE))] }
  t.equal(ruleOf(COMMANDS.terminate, signed, actor(HACKNEY, 'SIRO')), 'FORBIDDEN OWNER')
  t.equal(ruleOf(COMMANDS.terminate, { ...signed, signatures: signed.signatures.slice(1) }, owner), 'FORBIDDEN PARTY', 'a keeper not bound')
  t.equal(ruleOf(COMMANDS.terminate, { ...signed, signatures: [] }, owner), 'OK', 'nobody is bound')
})

t.test('the keeper leaves once somebody else keeps the text, and only a party can', async (t) => {
  const agreement = aFrozenAgreement({ status: 'ACTIVE', orgs: [CAMDEN, HACKNEY, ISLINGTON], signatures: BOTH })
  const siro = actor(CAMDEN, 'SIRO')
  t.equal(ruleOf(COMMANDS.leave, agreement, siro), 'CONFLICT KEEPER')
  t.equal(ruleOf({ ...COMMANDS.leave, keeper: ISLINGTON }, agreement, siro), 'UNPROCESSABLE KEEPER', 'it has not signed')
  t.equal(ruleOf({ ...COMMANDS.leave, keeper: HACKNEY }, agreement, siro), 'OK')
  t.equal(ruleOf({ ...COMMANDS.leave, keeper: CAMDEN }, agreement, actor(HACKNEY, 'SIRO')), 'FORBIDDEN OWNER')
  const officer = actor(HACKNEY, 'IG_OFFICER')
  t.equal(ruleOf(COMMANDS.hand_over, agreement, officer), 'FORBIDDEN OWNER', 'it cannot be taken')
  const gone = { ...agreement, parties: [{ ...aParty(CAMDEN), left_at: iso(BEFORE) }, aParty(HACKNEY), aParty(ISLINGTON)] }
  t.equal(ruleOf(COMMANDS.hand_over, gone, officer), 'OK', 'where the keeper is gone a bound party takes it up')
  t.equal(
    ruleOf(COMMANDS.freeze, { ...gone, versions: [...gone.versions, aVersion([CAMDEN], { version: 2 })] }, actor(CAMDEN, 'IG_OFFICER')),
    'FORBIDDEN OWNER',
  )
})

t.test('CK-2: leaving before a text that all must sign commences ends that text, and nobody waits', async (t) => {
  const orgs = [CAMDEN, HACKNEY, ISLINGTON]
  const all = aFrozenAgreement({ orgs, commencement: { rule: 'ALL_SIGNED' }, signatures: BOTH })
  const leave = (over: Partial<Agreement>, org = ISLINGTON, at: number | null = null) => {
    const result = decide({ ...COMMANDS.leave, at }, { ...all, ...over }, actor(org, 'SIRO'), NOW)
    return result.ok ? result.value : result.refusal.rule
  }
  t.match(leave({}), { to: 'REJECTED', abandons: [1], endsAll: true })
  t.match(leave({}, HACKNEY), { to: 'REJECTED', endsAll: true }, 'whether it has signed or not')
  t.equal(leave({}, ISLINGTON, LATER), 'ALL_SIGNED', 'not at an instant to come')
  const [first] = all.versions
  const second = { ...aVersion(orgs, { version: 2, effective_from: '2027-01-01' }), status: 'APPROVED' as const, hash: aHash(2) }
  const later = { ...second, terms: { ...second.terms, commencement: { rule: 'ALL_SIGNED' } as const } }
  const signatures = [...BOTH, aSignature(ISLINGTON, 1, iso(BEFORE))]
  const governs = { ...first, effective_from: '2026-01-01' } as typeof later
  t.match(leave({ status: 'ACTIVE', signatures, versions: [governs, later] }), { to: 'ACTIVE', abandons: [2], endsAll: false })
  const pairs = { status: 'AWAITING_SIGNATURE' as const, versions: aFrozenAgreement({ orgs }).versions }
  t.match(leave(pairs), { to: 'AWAITING_SIGNATURE', abandons: [] }, 'two that remain can still bind each other')
  t.match(leave({ ...pairs, parties: [aParty(CAMDEN), aParty(ISLINGTON)] }), { to: 'REJECTED' }, 'one alone cannot')
})

t.test('who has signed withdraws instead of rejecting', async (t) => {
  const agreement = aFrozenAgreement({ commencement: { rule: 'ALL_SIGNED' }, signatures: BOTH.slice(1) })
  t.equal(ruleOf(COMMANDS.reject, agreement, actor(HACKNEY, 'SIRO')), 'CONFLICT SIGNED')
  t.equal(ruleOf(COMMANDS.reject, { ...agreement, signatures: [] }, actor(HACKNEY, 'SIRO')), 'OK')
})

t.test('LC-6: a party suspends the agreement, itself, or a flow it takes part in', async (t) => {
  const agreement = aFrozenAgreement({ status: 'ACTIVE', signatures: BOTH })
  const by = actor(HACKNEY, 'DPO')
  const suspend = (over: object) => ruleOf({ ...COMMANDS.suspend, ...over }, agreement, by)
  t.equal(suspend({ scope: 'PARTY', party: HACKNEY }), 'OK')
  t.equal(suspend({ scope: 'PARTY', party: CAMDEN }), 'UNPROCESSABLE OWN_PARTY')
  t.equal(suspend({ scope: 'AGREEMENT', party: HACKNEY }), 'UNPROCESSABLE SCOPE')
  t.equal(suspend({ scope: 'FLOW', flow: 'F1' }), 'OK')
  t.equal(suspend({ scope: 'FLOW', flow: 'F2' }), 'UNPROCESSABLE UNKNOWN_FLOW')
  t.equal(suspend({ until: NOW }), 'UNPROCESSABLE UNTIL')
  const flows =
    agreement.versions[0]?.terms.flows.map((flow) => ({ ...flow, providers: ['ALL_SIGNED_BOROUGHS'], recipients: [CAMDEN] })) ?? []
  const versions = agreement.versions.map((version) => ({ ...version, terms: { ...version.terms, flows } }))
  const onFlow = { ...COMMANDS.suspend, scope: 'FLOW', flow: 'F1' } as const
  t.equal(ruleOf(onFlow, { ...agreement, versions }, by), 'UNPROCESSABLE OWN_FLOW')
  t.equal(ruleOf({ ...onFlow, boroughs: new Set([HACKNEY]) }, { ...agreement, versions }, by), 'OK')
  const ofCamden = { ...HELD, scope: 'PARTY', party: CAMDEN } as const
  t.equal(ruleOf({ ...COMMANDS.lift, suspension: ofCamden }, agreement, actor(HACKNEY, 'SIRO')), 'FORBIDDEN LC-6')
  t.equal(ruleOf({ ...COMMANDS.lift, suspension: { ...HELD, to: iso(NOW) } }, agreement, actor(HACKNEY, 'SIRO')), 'ILLEGAL_STATE ENDED')
})

t.test('an amendment copies what governs, or what will be first to', async (t) => {
  const version = (number: number, effective_from: string) => ({
    ...aVersion([CAMDEN, HACKNEY], { version: number, effective_from }),
    status: 'APPROVED' as const,
  })
  const by = actor(CAMDEN, 'IG_OFFICER')
  const copied = (...versions: ReturnType<typeof version>[]) => {
    const result = decide(COMMANDS.amend, aFrozenAgreement({ status: 'ACTIVE', versions }), by, NOW)
    return result.ok && result.value.type === 'amend' ? [result.value.copyOf, result.value.version] : result
  }
  t.strictSame(copied(version(1, '2026-01-01'), version(2, '2027-01-01')), [1, 3])
  t.strictSame(copied(version(1, '2027-06-01'), version(2, '2027-01-01')), [2, 3])
})

t.test('the end that was agreed goes on, or is named anew', async (t) => {
  const agreement = aFrozenAgreement({ status: 'ACTIVE', effectiveFrom: '2026-01-01', effectiveTo: '2027-03-31' })
  const days = (named: object, type: 'amend' | 'renew' = 'amend') => {
    const result = decide({ type, days: named }, agreement, actor(CAMDEN, 'IG_OFFICER'), NOW)
    if (!result.ok) return result.refusal.errors?.[0]?.code
    return result.value.type === type ? [result.value.effectiveFrom, result.value.effectiveTo] : result.value
  }
  t.strictSame(days({ effective_from: '2027-01-01' }), ['2027-01-01', '2027-03-31'])
  t.equal(days({ effective_from: '2028-01-01' }), 'END_NOT_NAMED')
  t.strictSame(days({ effective_from: '2028-01-01', effective_to: null }), ['2028-01-01', null])
  for (const type of ['amend', 'renew'] as const) {
    t.equal(days({ effective_from: '2028-01-01', effective_to: '2027-01-01' }, type), 'ENDS_BEFORE_IT_BEGINS', type)
  }
})

t.test('a review cycle ends on the same day of a later month, or on its last', async (t) => {
  t.equal(addMonths('2026-11-22', 12), '2027-11-22')
  t.equal(addMonths('2026-01-31', 1), '2026-02-28')
  t.equal(addMonths('2027-12-31', 2), '2028-02-29')
})
