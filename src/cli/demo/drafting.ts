import { SIGNING_STATEMENTS } from '../../agreements/model/signed-text.ts'
import { systemClock } from '../../platform/kernel/clock.ts'
import { addDays, londonDay } from '../../platform/kernel/london-day.ts'
import { approveAll } from './approvals.ts'
import { contactsOf, NARRATIVE, placementFlow } from './placement-text.ts'
import type { Actor, Demo, DemoSession } from './session.ts'

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const ISLINGTON = 'LBC_ISLINGTON'
const PARTIES = [CAMDEN, HACKNEY, ISLINGTON, 'LBC_HARINGEY', 'LBC_ENFIELD']
/** Joins when the others have long signed. */
const BARNET = 'LBC_BARNET'
/** Is invited by mistake. */
const BRENT = 'LBC_BRENT'

const officer: Actor = { name: 'officer-camden', org: CAMDEN, role: 'IG_OFFICER' }
const partner: Actor = { name: 'officer-hackney', org: HACKNEY, role: 'IG_OFFICER' }
const FIRST_ITEMS = ['IDENTITY.NAME', 'CONTACT.ADDRESS']
const MORE_ITEMS = [...FIRST_ITEMS, 'CONTACT.PHONE']

/** An agreement from its empty draft to a permit, through everything that can happen to it. */
export const drafting: Demo = async (session) => {
  const id = await draft(session)
  const { hash: first, signOff } = await freeze(session, id, [HACKNEY])
  await signFirst(session, id, first, signOff)
  const second = await amend(session, id)
  await suspendAndLift(session, id)
  await joinLate(session, id, second)
  await takeBack(session, id)
  await leave(session, id)
  await handOver(session, id)
  await lookBack(session, id, first)
}

async function draft(session: DemoSession): Promise<string> {
  const begun = await session.act({
    ...{ by: officer, does: 'begins an empty draft', method: 'POST', path: '/v1/agreements', expect: 201 },
    body: { title: 'Homelessness placements in North London', instrument_type: 'CONTROLLER_TO_CONTROLLER' },
  })
  const id = String(begun.body['id'])
  await session.act({
    by: partner,
    does: 'looks for it before Hackney is a party',
    method: 'GET',
    path: `/v1/agreements/${id}`,
    expect: 404,
  })
  await session.decide({ from: CAMDEN, to: HACKNEY, expect: 'DENY NO_AGREEMENT' })
  let etag = begun.etag ?? ''
  const write = async (by: Actor, does: string, part: string, body: unknown) => {
    const reply = await session.act({ by, does, method: 'PUT', path: `/v1/agreements/${id}/${part}`, body, ifMatch: etag, expect: 200 })
    etag = reply.etag ?? etag
  }
  const parties = PARTIES.map((org) => ({
    org,
    role: 'CONTROLLER',
    capacities: ['HOUSING_AUTHORITY'],
    contacts: org === HACKNEY ? {} : contactsOf(org),
  }))
  await write(officer, 'names five boroughs as parties', 'draft/parties', { parties })
  await session.act({
    ...{
      by: officer,
      does: 'tries to freeze it half written',
      method: 'POST',
      path: `/v1/agreements/${id}/freeze`,
      ifMatch: etag,
      expect: 422,
    },
  })
  const stale = etag
  await write(partner, 'fills in the contacts of Hackney', `parties/${HACKNEY}/contacts`, contactsOf(HACKNEY))
  await session.act({
    ...{ by: officer, does: 'writes on what was read before that', method: 'PUT', path: `/v1/agreements/${id}/draft/narrative` },
    ...{ body: NARRATIVE, ifMatch: stale, expect: 412 },
  })
  await write(officer, 'writes the sections', 'draft/narrative', NARRATIVE)
  await write(officer, 'describes the flow and its law', 'draft/flows', { flows: [placementFlow(FIRST_ITEMS)] })
  await write(officer, 'lets each pair begin when both have signed', 'draft/commencement', { rule: 'PAIRWISE' })
  await write(officer, 'asks for a new signature on every change', 'draft/amendment-policy', { amendment_policy: 'RE_SIGN_REQUIRED' })
  const dpia = { required: false, status: 'SCREENED_OUT', residual: null, prior_consultation: null, review_due: null }
  await write(officer, 'records the screening: no DPIA needed', 'draft/dpia', dpia)
  const today = londonDay(systemClock().getTime())
  await write(officer, 'sets title and review', 'draft/details', {
    ...{ title: 'Homelessness placements in North London', instrument_type: 'CONTROLLER_TO_CONTROLLER', review_due: addDays(today, 365) },
    ...{ review_policy: 'BLOCK_AFTER_GRACE', review_grace_days: 60, review_cycle_months: 12 },
  })
  await write(officer, 'lets it begin today in London', 'draft/dates', { effective_from: today, effective_to: addDays(today, 3 * 365) })
  return id
}

/** Freezes the text and lets every party but these approve it. */
async function freeze(
  session: DemoSession,
  id: string,
  but: readonly string[] = [],
): Promise<{ readonly hash: string; readonly signOff: string }> {
  const path = `/v1/agreements/${id}/freeze`
  const body = { route: 'CONDENSED' }
  const frozen = await session.act({ by: officer, does: 'freezes the text', method: 'POST', path, body, ifMatch: '*', expect: 200 })
  const awaits = frozen.body['awaits'] as readonly string[]
  session.check(`  ${String(frozen.body['review_note'])}`, awaits.length === PARTIES.length)
  const hash = String(frozen.body['version_hash'])
  const signOff = String(frozen.body['sign_off'])
  await approveAll(
    session,
    signOff,
    hash,
    awaits.filter((org) => !but.includes(org)),
  )
  return { hash, signOff }
}

function sign(
  session: DemoSession,
  id: string,
  who: { readonly org: string; readonly version: number; readonly hash: string; readonly expect?: number },
) {
  const by: Actor = { name: `signatory-${who.org}`, org: who.org, role: 'SIGNATORY' }
  const declared = {
    statements: SIGNING_STATEMENTS,
    name: `Signatory of ${who.org}`,
    post: 'Director of Housing',
    authority: 'Scheme of delegation',
  }
  return session.act({
    ...{ by, does: `signs version ${who.version}`, method: 'POST', path: `/v1/agreements/${id}/signatures`, expect: who.expect ?? 201 },
    body: { version: who.version, version_hash: who.hash, ...declared },
  })
}

async function signFirst(session: DemoSession, id: string, hash: string, signOff: string): Promise<void> {
  await sign(session, id, { org: CAMDEN, version: 1, hash: 'f'.repeat(64), expect: 409 })
  await session.decide({ from: CAMDEN, to: HACKNEY, expect: 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET' })
  await sign(session, id, { org: HACKNEY, version: 1, hash, expect: 422 })
  await approveAll(session, signOff, hash, [HACKNEY])
  await session.decide({ from: CAMDEN, to: HACKNEY, expect: 'DENY PARTY_NOT_SIGNED' })
  await sign(session, id, { org: CAMDEN, version: 1, hash })
  await session.decide({ from: CAMDEN, to: HACKNEY, expect: 'DENY PARTY_NOT_SIGNED' })
  const second = await sign(session, id, { org: HACKNEY, version: 1, hash })
  session.check('  the agreement is active', second.body['to'] === 'ACTIVE')
  await session.decide({ from: CAMDEN, to: HACKNEY, expect: 'PERMIT' })
  await session.decide({ from: CAMDEN, to: ISLINGTON, expect: 'DENY PARTY_NOT_SIGNED' })
  for (const org of PARTIES.slice(2)) await sign(session, id, { org, version: 1, hash })
  await session.decide({ from: CAMDEN, to: ISLINGTON, expect: 'PERMIT' })
  await sign(session, id, { org: CAMDEN, version: 1, hash, expect: 409 })
}

async function amend(session: DemoSession, id: string): Promise<string> {
  const today = londonDay(systemClock().getTime())
  const body = { reason: 'Officers need to ring the household', effective_from: today }
  await session.act({
    by: officer,
    does: 'begins version 2',
    method: 'POST',
    path: `/v1/agreements/${id}/amendments`,
    body,
    ifMatch: '*',
    expect: 201,
  })
  const path = `/v1/agreements/${id}/draft/flows`
  await session.act({
    ...{ by: officer, does: 'adds telephone numbers to the flow', method: 'PUT', path, ifMatch: '*', expect: 200 },
    body: { flows: [placementFlow(MORE_ITEMS)] },
  })
  await session.decide({ from: CAMDEN, to: ISLINGTON, expect: 'PERMIT' })
  await session.decide({ from: CAMDEN, to: HACKNEY, items: ['CONTACT.PHONE'], expect: 'DENY DATA_NOT_COVERED' })
  const { hash, signOff } = await freeze(session, id)
  const differences = await session.act({
    ...{ by: partner, does: 'reads what changes', method: 'GET', path: `/v1/agreements/${id}/versions/2/differences?from=1`, expect: 200 },
  })
  session.check('  the change is material: every party signs again', differences.body['change_class'] === 'MATERIAL')
  for (const org of PARTIES.filter((code) => code !== ISLINGTON)) await sign(session, id, { org, version: 2, hash })
  await session.decide({ from: CAMDEN, to: HACKNEY, items: ['CONTACT.PHONE'], expect: 'PERMIT' })
  await session.decide({ from: CAMDEN, to: ISLINGTON, expect: 'DENY PARTY_NOT_SIGNED' })
  await session.decide({ from: ISLINGTON, to: HACKNEY, expect: 'DENY PARTY_NOT_SIGNED' })
  await sign(session, id, { org: ISLINGTON, version: 2, hash })
  await session.decide({ from: CAMDEN, to: ISLINGTON, items: ['CONTACT.PHONE'], expect: 'PERMIT' })
  return signOff
}

async function suspendAndLift(session: DemoSession, id: string): Promise<void> {
  const siro: Actor = { name: 'siro-hackney', org: HACKNEY, role: 'SIRO' }
  const suspended = await session.act({
    ...{
      by: siro,
      does: 'stops all sharing after a message went astray',
      method: 'POST',
      path: `/v1/agreements/${id}/suspensions`,
      expect: 201,
    },
    body: { scope: 'AGREEMENT', reason: 'A message went to the wrong mailbox' },
  })
  await session.decide({ from: CAMDEN, to: ISLINGTON, expect: 'DENY SUSPENDED' })
  const { id: suspension } = suspended.body['suspension'] as { readonly id: string }
  const lift = {
    method: 'POST',
    path: `/v1/agreements/${id}/suspensions/${suspension}/lift`,
    body: { reason: 'Corrected and tested' },
  } as const
  await session.act({ by: siro, does: 'tries to lift it alone', ...lift, expect: 422 })
  await session.act({ by: { name: 'siro-camden', org: CAMDEN, role: 'SIRO' }, does: 'agrees that it is lifted', ...lift, expect: 200 })
  await session.decide({ from: CAMDEN, to: ISLINGTON, expect: 'DENY SUSPENDED' })
  await session.act({ by: { name: 'deputy-siro-hackney', org: HACKNEY, role: 'SIRO' }, does: 'agrees too: it ends', ...lift, expect: 200 })
  await session.decide({ from: CAMDEN, to: ISLINGTON, expect: 'PERMIT' })
}

async function joinLate(session: DemoSession, id: string, signOff: string): Promise<void> {
  await session.decide({ from: CAMDEN, to: BARNET, expect: 'DENY NO_AGREEMENT' })
  const invited = await session.act({
    ...{ by: officer, does: 'invites Barnet', method: 'POST', path: `/v1/agreements/${id}/accessions`, expect: 201 },
    body: { org: BARNET, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] },
  })
  await session.decide({ from: CAMDEN, to: BARNET, expect: 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET' })
  await approveAll(session, signOff, String(invited.body['version_hash']), [BARNET])
  await sign(session, id, { org: BARNET, version: 2, hash: String(invited.body['version_hash']) })
  await session.decide({ from: CAMDEN, to: BARNET, items: ['CONTACT.PHONE'], expect: 'PERMIT' })
  const notices = await session.act({ by: partner, does: 'reads the notices of Hackney', method: 'GET', path: '/v1/notices', expect: 200 })
  const kinds = (notices.body['notices'] as readonly { readonly kind: string }[]).map(({ kind }) => kind)
  session.check('  Hackney was told that Barnet joined', kinds[0] === 'PARTY_JOINED')
}

/** An invitation gives no right before the signature, and is taken back while nobody relies on it. */
async function takeBack(session: DemoSession, id: string): Promise<void> {
  const path = `/v1/agreements/${id}`
  const siro: Actor = { name: 'siro-brent', org: BRENT, role: 'SIRO' }
  const body = { org: BRENT, role: 'CONTROLLER', capacities: ['HOUSING_AUTHORITY'] }
  await session.act({ by: officer, does: 'invites Brent by mistake', method: 'POST', path: `${path}/accessions`, body, expect: 201 })
  await session.act({
    ...{ by: siro, does: 'tries to stop the others, bound by nothing', method: 'POST', path: `${path}/suspensions`, expect: 403 },
    body: { scope: 'AGREEMENT', reason: 'Because' },
  })
  const reason = { reason: 'Brent was not meant' }
  const revocation = `${path}/accessions/${BRENT}/revocation`
  await session.act({ by: officer, does: 'takes the invitation back', method: 'POST', path: revocation, body: reason, expect: 200 })
  await session.act({ by: siro, does: 'finds nothing any more', method: 'GET', path, expect: 404 })
  await session.decide({ from: CAMDEN, to: BRENT, expect: 'DENY NO_AGREEMENT' })
}

/** The organisation that keeps the text leaves, and somebody else keeps it from then on. */
async function handOver(session: DemoSession, id: string): Promise<void> {
  const path = `/v1/agreements/${id}`
  const by: Actor = { name: 'siro-camden', org: CAMDEN, role: 'SIRO' }
  const leaving = { reason: 'Camden lets others lead' }
  await session.act({ by, does: 'tries to leave with the text', method: 'POST', path: `${path}/withdrawals`, body: leaving, expect: 409 })
  await session.act({
    ...{ by, does: 'leaves and names Hackney as the keeper', method: 'POST', path: `${path}/withdrawals`, expect: 201 },
    body: { ...leaving, keeper: HACKNEY },
  })
  await session.decide({ from: CAMDEN, to: HACKNEY, expect: 'DENY PARTY_WITHDRAWN' })
  await session.decide({ from: HACKNEY, to: ISLINGTON, expect: 'PERMIT' })
  const amendment = { method: 'POST', path: `${path}/amendments`, ifMatch: '*', body: { reason: 'The next version' } } as const
  await session.act({ by: officer, does: 'tries to amend what Camden keeps no more', ...amendment, expect: 403 })
  await session.act({ by: partner, does: 'begins the next version', ...amendment, expect: 201 })
  await session.act({ by: officer, does: 'does not read what is drafted since', method: 'GET', path: `${path}/versions/3`, expect: 404 })
  await session.act({ by: officer, does: 'reads what it signed', method: 'GET', path: `${path}/versions/2`, expect: 200 })
}

async function leave(session: DemoSession, id: string): Promise<void> {
  const by: Actor = { name: 'siro-enfield', org: 'LBC_ENFIELD', role: 'SIRO' }
  const body = { reason: 'The service moves to another body' }
  await session.act({ by, does: 'leaves the agreement', method: 'POST', path: `/v1/agreements/${id}/withdrawals`, body, expect: 201 })
  await session.decide({ from: CAMDEN, to: 'LBC_ENFIELD', expect: 'DENY PARTY_WITHDRAWN' })
  await session.decide({ from: CAMDEN, to: HACKNEY, expect: 'PERMIT' })
}

async function lookBack(session: DemoSession, id: string, firstHash: string): Promise<void> {
  const text = await session.act({
    by: partner,
    does: 'reads version 1 as it was signed',
    method: 'GET',
    path: `/v1/agreements/${id}/versions/1`,
    expect: 200,
  })
  session.check(
    '  its hash is the one that five parties signed',
    text.body['hash'] === firstHash && (text.body['signatures'] as unknown[]).length === 5,
  )
  const history = await session.act({
    by: partner,
    does: 'reads the history',
    method: 'GET',
    path: `/v1/agreements/${id}/history?limit=200`,
    expect: 200,
  })
  const sequences = (history.body['acts'] as readonly { readonly sequence: number }[]).map(({ sequence }) => sequence)
  session.check(
    `  ${sequences.length} acts, one leaf of the log each, without a gap`,
    sequences.every((sequence, index) => sequence === index + 1),
  )
  const auditor: Actor = { name: 'auditor', org: 'LBC_BRENT', role: 'AUDITOR' }
  await session.act({ by: auditor, does: 'reads it too', method: 'GET', path: `/v1/agreements/${id}/history`, expect: 200 })
  const stranger: Actor = { name: 'officer-brent', org: 'LBC_BRENT', role: 'IG_OFFICER' }
  await session.act({ by: stranger, does: 'is told there is nothing', method: 'GET', path: `/v1/agreements/${id}/history`, expect: 404 })
}
