import t from 'tap'
import { isOfNote, withoutApproval, withoutQuorum } from '../../../src/agreements/model/sign-off-effects.ts'
import type { SignOffEvent } from '../../../src/workflow/model/events.ts'
import { aFrozenAgreement, aHash, aSignature, aVersion } from '../../support/builders/draft.ts'

// What becomes of an agreement when approvals of one of its versions end without a signature.

const NOW = Date.parse('2026-11-22T12:00:00Z')
const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON'] as const
const orgs = [CAMDEN, HACKNEY, ISLINGTON]

t.test('a party that nothing binds takes no part any more; the others go on', async (t) => {
  t.strictSame(withoutApproval(aFrozenAgreement({ orgs }), HACKNEY, NOW), { to: 'AWAITING_SIGNATURE', abandons: [], endsAll: false })
})

t.test('where the text waits for all, or nobody is left to share with, it ends for everybody', async (t) => {
  const all = aFrozenAgreement({ orgs, commencement: { rule: 'ALL_SIGNED' } })
  t.match(withoutApproval(all, HACKNEY, NOW), { to: 'REJECTED', abandons: [1], endsAll: true })
  t.match(withoutApproval(aFrozenAgreement({ orgs: [CAMDEN, HACKNEY] }), HACKNEY, NOW), { to: 'REJECTED', endsAll: true })
})

t.test('a party that a standing text binds goes on under that one, and whoever keeps the text stays its keeper', async (t) => {
  const signatures = [aSignature(CAMDEN), aSignature(HACKNEY)]
  const versions = [1, 2].map((version) =>
    aVersion(orgs, { version, status: 'APPROVED', hash: aHash(version), effective_from: `2026-11-0${version}` }),
  )
  const amended = aFrozenAgreement({ orgs, versions, signatures, status: 'ACTIVE' })
  t.equal(withoutApproval(amended, HACKNEY, NOW), null, 'it is out when the next text begins, by not having signed it')
  t.equal(withoutApproval(aFrozenAgreement({ orgs }), CAMDEN, NOW), null)
})

t.test('a version that too many refused is given up with an agreement that binds nobody, and alone where another one binds', async (t) => {
  t.strictSame(withoutQuorum(aFrozenAgreement({ orgs }), 1, NOW), { to: 'REJECTED', abandons: [1], endsAll: true })
  const version = (number: number, effective_from: string) =>
    aVersion(orgs, { version: number, status: 'APPROVED', hash: aHash(number), effective_from })
  const signatures = [aSignature(CAMDEN), aSignature(HACKNEY)]
  const next = (from: string) =>
    aFrozenAgreement({ orgs, signatures, status: 'ACTIVE', versions: [version(1, '2026-11-01'), version(2, from)] })
  t.strictSame(withoutQuorum(next('2026-12-01'), 2, NOW), { to: 'ACTIVE', abandons: [2], endsAll: false })
  t.strictSame(withoutQuorum(next('2026-11-20'), 2, NOW), { to: 'ACTIVE', abandons: [], endsAll: false }, 'LC-2: what has begun stays')
  t.equal(withoutQuorum(next('2026-12-01'), 1, NOW), null, 'enough had signed before')
})

t.test('an agreement takes note of what completes, overrules or ends approvals, and of nothing else', async (t) => {
  const at = '2026-11-22T12:00:00.000Z'
  const ended = (how: 'REFUSED' | 'DECLINED' | 'LEFT' | 'LAPSED', org: string | null = HACKNEY): SignOffEvent => ({
    ...{ type: 'CHAIN_ENDED', org, how, by: null, reason: null, at },
  })
  const over = (how: 'COMPLETE' | 'REFUSED' | 'WITHDRAWN' | 'SUPERSEDED'): SignOffEvent => ({
    type: 'ENDED',
    how,
    reason: null,
    voids: [],
    at,
  })
  const noted: readonly (readonly [SignOffEvent, boolean])[] = [
    [{ type: 'CHAIN_READY', org: HACKNEY, at }, true],
    [ended('REFUSED'), true],
    [ended('DECLINED'), true],
    [ended('LAPSED'), true],
    [ended('LEFT'), false],
    [ended('REFUSED', null), false],
    [over('REFUSED'), true],
    [over('COMPLETE'), false],
    [over('WITHDRAWN'), false],
    [over('SUPERSEDED'), false],
    [{ type: 'HELD', reason: 'x', at }, false],
  ]
  for (const [event, expected] of noted) t.equal(isOfNote(event), expected, JSON.stringify(event))
})
