import t from 'tap'
import type { Agreement } from '../../../src/agreements/agreement.ts'
import type { ActingPerson, LifecycleCommand, StatedSignature } from '../../../src/agreements/model/command.ts'
import { partiesInForce } from '../../../src/agreements/model/in-force.ts'
import { knownUntil } from '../../../src/agreements/model/known-until.ts'
import { decide } from '../../../src/agreements/model/lifecycle.ts'
import { standingOf } from '../../../src/agreements/model/standing.ts'
import type { Role } from '../../../src/identity/permissions.ts'
import { aFrozenAgreement, aHash, aParty, aSignature, aVersion } from '../../support/builders/draft.ts'

const [CAMDEN, HACKNEY, ISLINGTON, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON', 'LBC_BARNET'] as const
const at = (instant: string) => Date.parse(instant)
const NOW = at('2026-12-10T12:00:00.000Z')
const FROZEN = '2026-12-01T09:00:00.000Z'
const ISSUER = 'https://login.example'
const person = (org: string, sub = `officer of ${org}`, role: Role = 'IG_OFFICER'): ActingPerson => ({
  issuer: ISSUER,
  sub,
  org,
  roles: [role],
})

const orgs = [CAMDEN, HACKNEY, ISLINGTON]
const version = { ...aVersion(orgs, { effective_from: '2026-12-01', frozen_at: FROZEN }), status: 'APPROVED' as const, hash: aHash(1) }
const agreement = (over: Partial<Agreement> = {}): Agreement => ({
  ...aFrozenAgreement({ orgs, versions: [version], signatures: [aSignature(CAMDEN, 1, FROZEN)] }),
  ...over,
})
const STATE = { type: 'state', org: HACKNEY, version: 1, hash: aHash(1), signedOn: '2026-12-05', isSignatory: false, stated: [] } as const
const STATED: StatedSignature = {
  ...{ org: HACKNEY, heldBy: CAMDEN, version: 1, isAttested: false, isDisputed: false },
  statedBy: { issuer: ISSUER, sub: 'first' },
}
const said = (command: LifecycleCommand, by: ActingPerson, on = agreement(), now = NOW) => {
  const result = decide(command, on, by, now)
  return result.ok ? 'OK' : `${result.refusal.code} ${result.refusal.rule}`
}

t.test('who may state, attest and dispute a signature that was given elsewhere, and of which text', async (t) => {
  const signed = agreement({ signatures: [aSignature(CAMDEN, 1, FROZEN), aSignature(HACKNEY, 1, FROZEN)] })
  const gone = agreement({ parties: [aParty(CAMDEN), { ...aParty(HACKNEY), left_at: FROZEN }, aParty(ISLINGTON)] })
  const draft = agreement({ versions: [version, aVersion(orgs, { version: 2 })] })
  const disputed = [{ ...STATED, isDisputed: true }]
  const [camden, hackney] = [person(CAMDEN), person(HACKNEY)]
  const attest = (statement: Partial<StatedSignature> = {}, isSignatory = false) =>
    ({ type: 'attest', statement: { ...STATED, ...statement }, isSignatory }) as const
  const dispute = (statement: Partial<StatedSignature> = {}) => ({ type: 'dispute', statement: { ...STATED, ...statement } }) as const
  const table: readonly (readonly [what: string, LifecycleCommand, ActingPerson, string, Agreement?])[] = [
    ['another party states it', STATE, camden, 'OK'],
    ['the party itself states its own', STATE, hackney, 'OK'],
    ['a body that was only invited states it', STATE, person(ISLINGTON), 'OK'],
    ['a stranger', STATE, person(BARNET), 'FORBIDDEN PARTY'],
    ['a DPO, who holds no approving step (SD-2)', STATE, person(CAMDEN, 'dpo', 'DPO'), 'FORBIDDEN ROLE'],
    ['of no party', { ...STATE, org: BARNET }, camden, 'UNPROCESSABLE PARTY'],
    ['of one that has left', STATE, camden, 'UNPROCESSABLE PARTY', gone],
    ['of another text', { ...STATE, hash: aHash(2) }, camden, 'UNPROCESSABLE HASH'],
    ['of a draft', { ...STATE, version: 2 }, camden, 'ILLEGAL_STATE VERSION_STATE', draft],
    ['of no version', { ...STATE, version: 3 }, camden, 'UNPROCESSABLE UNKNOWN_VERSION'],
    ['of who has signed here', STATE, camden, 'CONFLICT SIGNED', signed],
    ['on the day of the freeze', { ...STATE, signedOn: '2026-12-01' }, camden, 'OK'],
    ['the day before the freeze', { ...STATE, signedOn: '2026-11-30' }, camden, 'UNPROCESSABLE SIGNED_ON'],
    ['today', { ...STATE, signedOn: '2026-12-10' }, camden, 'OK'],
    ['tomorrow', { ...STATE, signedOn: '2026-12-11' }, camden, 'UNPROCESSABLE SIGNED_ON'],
    ['a second time', { ...STATE, stated: [STATED] }, camden, 'CONFLICT STATED'],
    ['anew by others once it was disputed', { ...STATE, stated: disputed }, camden, 'CONFLICT DISPUTED'],
    ['anew by the party that disputed it', { ...STATE, stated: disputed }, hackney, 'OK'],
    ['by whoever signed', { ...STATE, isSignatory: true }, camden, 'UNPROCESSABLE SD-1'],
    ['of an agreement that was withdrawn', STATE, camden, 'ILLEGAL_STATE STATE', agreement({ status: 'WITHDRAWN' })],

    ['a second person of the same organisation attests it', attest(), camden, 'OK'],
    ['the same person', attest(), person(CAMDEN, 'first'), 'UNPROCESSABLE SD-4'],
    ['the same name of another issuer is somebody else', attest(), { ...person(CAMDEN, 'first'), issuer: 'https://other.example' }, 'OK'],
    ['a person of the party named', attest(), hackney, 'FORBIDDEN HELD'],
    ['a third time', attest({ isAttested: true }), camden, 'CONFLICT ATTESTED'],
    ['once it was disputed', attest({ isDisputed: true }), camden, 'ILLEGAL_STATE DISPUTED'],
    ['once the party has signed', attest(), camden, 'CONFLICT SIGNED', signed],
    ['whoever signed attests it', attest({}, true), camden, 'UNPROCESSABLE SD-1'],

    ['the party named disputes it', dispute({ isAttested: true }), hackney, 'OK'],
    ['before it is attested', dispute(), hackney, 'OK'],
    ['its DPO does', dispute(), person(HACKNEY, 'dpo', 'DPO'), 'OK'],
    ['others do', dispute(), camden, 'FORBIDDEN NAMED'],
    ['twice', dispute({ isDisputed: true }), hackney, 'CONFLICT DISPUTED'],
    ['once it has signed', dispute(), hackney, 'CONFLICT SIGNED', signed],
  ]
  for (const [what, command, by, expected, on] of table) t.equal(said(command, by, on), expected, what)
})

t.test('an attested signature is a standing of its own, from the second attestation until it is disputed or the party signs', async (t) => {
  const attested = [{ org: HACKNEY, version: 1, from: '2026-12-06T10:00:00.000Z', to: '2026-12-08T10:00:00.000Z', approved: true }]
  const standing = (instant: string, over: Partial<Agreement> = {}) => standingOf(agreement({ attested, ...over }), HACKNEY, at(instant))
  t.strictSame(
    ['2026-12-06T09:59:59.999Z', '2026-12-06T10:00:00.000Z', '2026-12-08T09:59:59.999Z', '2026-12-08T10:00:00.000Z'].map((one) =>
      standing(one),
    ),
    ['INVITED', 'ATTESTED', 'ATTESTED', 'INVITED'],
  )
  t.equal(
    standing('2026-12-07T10:00:00.000Z', { signatures: [aSignature(HACKNEY, 1, '2026-12-07T10:00:00.000Z')] }),
    'BOUND',
    'its own signature counts alone',
  )
  const known = knownUntil(agreement({ attested }), at('2026-12-07T10:00:00.000Z'), undefined)
  t.strictSame(known.attested, [{ ...attested[0], to: null }], 'whoever left meanwhile knows of no dispute')
  t.strictSame(knownUntil(agreement({ attested }), at('2026-12-05T10:00:00.000Z'), undefined).attested, [])
})

t.test('in force is told between those who accept it, and between no others', async (t) => {
  const attested = [{ org: HACKNEY, version: 1, from: FROZEN, to: null, approved: false }]
  const accepting = (...who: readonly string[]) =>
    orgs.map((org) => ({ ...aParty(org), ...(who.includes(org) ? { accepts_attested_since: FROZEN } : {}) }))
  const inForce = (parties: Agreement['parties'], signed: readonly string[]) =>
    partiesInForce(agreement({ attested, parties, signatures: signed.map((org) => aSignature(org, 1, FROZEN)) }), NOW)
  t.strictSame(inForce(accepting(CAMDEN, HACKNEY), [CAMDEN]), [CAMDEN, HACKNEY])
  for (const who of [[], [CAMDEN], [HACKNEY]]) t.strictSame(inForce(accepting(...who), [CAMDEN]), [], who.join())
  t.strictSame(inForce(accepting(HACKNEY), [CAMDEN, ISLINGTON]), [CAMDEN, ISLINGTON], 'those who signed share whatever others accept')
  t.strictSame(inForce(accepting(...orgs), [CAMDEN, ISLINGTON]), [CAMDEN, HACKNEY, ISLINGTON])
})
