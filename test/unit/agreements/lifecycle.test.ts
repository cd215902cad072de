import t from 'tap'
import type { Actor, Command, CommandType, HeldSuspension } from '../../../src/agreements/acts/command.ts'
import { commandsFor, decide, type Rule, WHITELIST } from '../../../src/agreements/acts/lifecycle.ts'
import { addMonths } from '../../../src/agreements/acts/review-cycle.ts'
import type { Agreement } from '../../../src/agreements/agreement.ts'
import { PERMISSIONS, type Role } from '../../../src/identity/permissions.ts'
import { aFrozenAgreement, aHash, aParty, aSignature, aVersion } from '../../support/builders/draft.ts'

const NOW = '2026-11-22T12:00:00.000Z'
const LATER = '2026-11-23T12:00:00.000Z'
const BEFORE = '2026-11-21T12:00:00.000Z'
const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const ISLINGTON = 'LBC_ISLINGTON'
const STATES = ['DRAFT', 'IN_REVIEW', 'AWAITING_SIGNATURE', 'ACTIVE', 'TERMINATED', 'REJECTED', 'WITHDRAWN'] as const

const HELD: HeldSuspension = { scope: 'AGREEMENT', party: null, flow: null, from: BEFORE, to: null, suspendedBy: 'suspender' }

/** One command of each kind that its own rules let pass on a fitting agreement. */
const COMMANDS: { readonly [T in CommandType]: Extract<Command, { type: T }> } = {
  freeze: { type: 'freeze', advice: [] },
  sign: { type: 'sign', version: 1, hash: aHash(1), hasDrafted: false, hasSignedForAnother: false, isRecordedElsewhere: false },
  confirm: { type: 'confirm', version: 1, recorded: 'UNCONFIRMED' },
  amend: { type: 'amend' },
  abandon: { type: 'abandon' },
  suspend: { type: 'suspend', scope: 'AGREEMENT', party: null, flow: null, until: null, isBorough: false },
  lift: { type: 'lift', suspension: HELD, isBorough: false },
  leave: { type: 'leave', at: null },
  invite: { type: 'invite', org: ISLINGTON, isActive: true },
  terminate: { type: 'terminate', at: null },
  renew: { type: 'renew' },
  confirm_review: { type: 'confirm_review', cycleMonths: 12 },
  withdraw_draft: { type: 'withdraw_draft' },
  reject: { type: 'reject' },
}
const TYPES = Object.keys(WHITELIST) as CommandType[]

function actor(org: string, ...roles: Role[]): Actor {
  return { sub: `${org}-${roles.join()}`, org, roles }
}

/** Whoever may give the command as far as role goes. */
function entitled(type: CommandType, org = CAMDEN): Actor {
  return actor(org, PERMISSIONS[WHITELIST[type].permission][0] as Role)
}

/** An agreement in a state in which the command makes sense. */
function fitting(type: CommandType, status: Agreement['status']): Agreement {
  const orgs = [CAMDEN, HACKNEY]
  const frozen = { ...aVersion(orgs), status: 'APPROVED' as const, hash: aHash(1) }
  const draft = aVersion(orgs, { version: 2 })
  const versions = type === 'freeze' || type === 'abandon' ? [frozen, draft] : [frozen]
  return aFrozenAgreement({ status, versions, origin: type === 'confirm' ? 'ELSEWHERE' : 'ACCORD' })
}

function ruleOf(command: Command, agreement: Agreement, by: Actor, now = NOW): string {
  const result = decide(command, agreement, by, now)
  return result.ok ? 'OK' : `${result.refusal.code} ${result.refusal.rule}`
}

t.test('the table of states, roles and commands is a whitelist', async (t) => {
  for (const type of TYPES) {
    const { states, whose, permission }: Rule = WHITELIST[type]
    for (const status of STATES) {
      const given = ruleOf(COMMANDS[type], fitting(type, status), entitled(type))
      t.equal(given, states.includes(status) ? 'OK' : 'ILLEGAL_STATE STATE', `${type} while ${status}`)
    }
    const status = states[0] ?? 'ACTIVE'
    const carriers: readonly Role[] = PERMISSIONS[permission]
    for (const role of ['REQUESTER', 'IG_OFFICER', 'DPO', 'SIRO', 'SIGNATORY', 'AUDITOR', 'REGISTER_ADMIN', 'API_CLIENT'] as const) {
      const given = ruleOf(COMMANDS[type], fitting(type, status), actor(CAMDEN, role))
      t.equal(given, carriers.includes(role) ? 'OK' : 'FORBIDDEN ROLE', `${type} by ${role}`)
    }
    t.equal(ruleOf(COMMANDS[type], fitting(type, status), entitled(type, 'LBC_BARNET')), `FORBIDDEN ${whose}`, `${type} by a stranger`)
    if (whose === 'OWNER') t.equal(ruleOf(COMMANDS[type], fitting(type, status), entitled(type, HACKNEY)), 'FORBIDDEN OWNER')
  }
})

t.test('nothing can be done to an agreement that has ended, was rejected or withdrawn', async (t) => {
  const everyRole = Object.values(PERMISSIONS).flat() as Role[]
  for (const status of ['TERMINATED', 'REJECTED', 'WITHDRAWN'] as const) {
    t.strictSame(commandsFor(aFrozenAgreement({ status }), actor(CAMDEN, ...everyRole), NOW), [], status)
  }
  const ended = aFrozenAgreement({ status: 'ACTIVE', terminated_at: NOW })
  t.strictSame(commandsFor(ended, actor(CAMDEN, ...everyRole), NOW), [], 'its end has come, whatever is stored')
  t.ok(commandsFor(ended, actor(CAMDEN, ...everyRole), BEFORE).includes('suspend'), 'until then it can be suspended')
})

t.test('a party that has left does nothing more', async (t) => {
  const parties = [aParty(CAMDEN), { ...aParty(HACKNEY), left_at: NOW }]
  const agreement = { ...aFrozenAgreement({ status: 'ACTIVE' }), parties }
  t.equal(ruleOf(COMMANDS.sign, agreement, actor(HACKNEY, 'SIGNATORY')), 'FORBIDDEN PARTY')
  t.equal(ruleOf(COMMANDS.sign, agreement, actor(HACKNEY, 'SIGNATORY'), BEFORE), 'OK', 'the instant before it leaves')
})

t.test('LC-1: only a complete draft that begins today or later becomes a text', async (t) => {
  const owner = actor(CAMDEN, 'IG_OFFICER')
  const draft = (over: object) => ({ ...fitting('freeze', 'DRAFT'), versions: [aVersion([CAMDEN, HACKNEY], over)] })
  t.equal(ruleOf(COMMANDS.freeze, draft({ effective_from: null }), owner), 'UNPROCESSABLE INCOMPLETE')
  t.equal(ruleOf(COMMANDS.freeze, draft({ effective_from: '2026-11-21' }), owner), 'UNPROCESSABLE INCOMPLETE')
  t.equal(ruleOf(COMMANDS.freeze, draft({ effective_from: '2026-11-22' }), owner), 'OK')
  t.equal(ruleOf(COMMANDS.freeze, { ...draft({ effective_from: '2020-01-01' }), origin: 'ELSEWHERE' }, owner), 'OK', 'made elsewhere')
  t.equal(
    ruleOf(COMMANDS.freeze, draft({ effective_from: '2026-06-15' }), owner, '2026-06-15T22:59:59.999Z'),
    'OK',
    'London is an hour ahead in summer',
  )
  t.equal(ruleOf(COMMANDS.freeze, draft({ effective_from: '2026-06-15' }), owner, '2026-06-15T23:00:00.000Z'), 'UNPROCESSABLE INCOMPLETE')
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
    const versions = agreement.versions.map((version) => ({ ...version, status }))
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
  const siro = actor(HACKNEY, 'SIRO')
  t.equal(ruleOf({ ...COMMANDS.lift, suspension: { ...HELD, suspendedBy: siro.sub } }, agreement, siro), 'UNPROCESSABLE SD-4')
  t.equal(ruleOf({ ...COMMANDS.lift, suspension: { ...HELD, suspendedBy: null } }, agreement, siro), 'OK')
})

t.test('LC-4: who joins late exists, is new, and does not undo an agreement that all must sign', async (t) => {
  const by = actor(CAMDEN, 'IG_OFFICER')
  const agreement = aFrozenAgreement({ status: 'ACTIVE' })
  t.equal(ruleOf({ ...COMMANDS.invite, isActive: false }, agreement, by), 'UNPROCESSABLE UNKNOWN_PARTY')
  t.equal(ruleOf({ ...COMMANDS.invite, org: HACKNEY }, agreement, by), 'CONFLICT PARTY_KNOWN')
  const parties = [aParty(CAMDEN), { ...aParty(HACKNEY), left_at: BEFORE }]
  t.equal(ruleOf({ ...COMMANDS.invite, org: HACKNEY }, { ...agreement, parties }, by), 'CONFLICT PARTY_LEFT')
  const all = { commencement: { rule: 'ALL_SIGNED' } } as const
  t.equal(ruleOf(COMMANDS.invite, aFrozenAgreement(all), by), 'ILLEGAL_STATE ALL_SIGNED')
  t.equal(ruleOf(COMMANDS.invite, aFrozenAgreement({ status: 'ACTIVE', ...all }), by), 'OK')
})

t.test('LC-5: an end lies now or later, and can only be brought forward', async (t) => {
  const agreement = aFrozenAgreement({ status: 'ACTIVE' })
  const owner = actor(CAMDEN, 'SIRO')
  t.equal(ruleOf({ type: 'terminate', at: BEFORE }, agreement, owner), 'UNPROCESSABLE PAST')
  t.equal(ruleOf({ type: 'leave', at: BEFORE }, agreement, owner), 'UNPROCESSABLE PAST')
  t.match(decide({ type: 'terminate', at: null }, agreement, owner, NOW), { ok: true, value: { to: 'TERMINATED', at: NOW } })
  t.match(decide({ type: 'terminate', at: LATER }, agreement, owner, NOW), { ok: true, value: { to: 'ACTIVE', at: LATER } })
  t.equal(ruleOf({ type: 'terminate', at: LATER }, { ...agreement, terminated_at: LATER }, owner), 'CONFLICT ENDING')
  t.equal(ruleOf({ type: 'terminate', at: null }, agreement, actor(HACKNEY, 'SIRO')), 'OK', 'either of the last two parties')
  t.equal(
    ruleOf(
      { type: 'terminate', at: null },
      aFrozenAgreement({ status: 'ACTIVE', orgs: [CAMDEN, HACKNEY, ISLINGTON] }),
      actor(HACKNEY, 'SIRO'),
    ),
    'FORBIDDEN OWNER',
  )
})

t.test('LC-6: a party suspends the agreement, itself, or a flow it takes part in', async (t) => {
  const agreement = aFrozenAgreement({ status: 'ACTIVE' })
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
  t.equal(ruleOf({ ...onFlow, isBorough: true }, { ...agreement, versions }, by), 'OK')
  const ofCamden = { ...HELD, scope: 'PARTY', party: CAMDEN } as const
  t.equal(ruleOf({ ...COMMANDS.lift, suspension: ofCamden }, agreement, actor(HACKNEY, 'SIRO')), 'FORBIDDEN AFFECTED')
  t.equal(ruleOf({ ...COMMANDS.lift, suspension: { ...HELD, to: NOW } }, agreement, actor(HACKNEY, 'SIRO')), 'ILLEGAL_STATE ENDED')
})

t.test('an amendment copies what governs, or what will be first to', async (t) => {
  const version = (number: number, effective_from: string) => ({
    ...aVersion([CAMDEN, HACKNEY], { version: number, effective_from }),
    status: 'APPROVED' as const,
  })
  const by = actor(CAMDEN, 'IG_OFFICER')
  const copied = (...versions: ReturnType<typeof version>[]) => {
    const result = decide({ type: 'amend' }, aFrozenAgreement({ status: 'ACTIVE', versions }), by, NOW)
    return result.ok && result.value.type === 'amend' ? [result.value.copyOf, result.value.version] : result
  }
  t.strictSame(copied(version(1, '2026-01-01'), version(2, '2027-01-01')), [1, 3])
  t.strictSame(copied(version(1, '2027-06-01'), version(2, '2027-01-01')), [2, 3])
})

t.test('a review cycle ends on the same day of a later month, or on its last', async (t) => {
  t.equal(addMonths('2026-11-22', 12), '2027-11-22')
  t.equal(addMonths('2026-01-31', 1), '2026-02-28')
  t.equal(addMonths('2027-12-31', 2), '2028-02-29')
})
