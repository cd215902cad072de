import { randomBytes } from 'node:crypto'
import type { Agreement } from '../../src/agreements/agreement.ts'
import { newReference } from '../../src/agreements/model/reference-code.ts'
import { SIGNING_STATEMENTS } from '../../src/agreements/model/signed-text.ts'
import type { Role } from '../../src/identity/permissions.ts'
import type { Config } from '../../src/platform/config.ts'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import { type ApiReply, personOf } from './api-caller.ts'
import { approvingDesk } from './approving-desk.ts'
import { type AgreementOver, aDraftAgreement } from './builders/draft.ts'
import { SHARE } from './demo-share.ts'
import type { Teardown } from './postgres.ts'
import { type TestService, type TestServiceOptions, testService } from './service.ts'

/** Whom a test acts as: the organisation, a role, and which person. */
export interface Person {
  readonly org: string
  readonly role: Role
  readonly sub?: string
}

/** A service whose clock a test sets, and what officers of the parties do on it. */
export interface Desk {
  readonly service: TestService
  /** Sets the clock of the rules, ISO 8601. */
  at(instant: string): void
  call(
    person: Person,
    method: 'GET' | 'POST' | 'DELETE' | 'PUT',
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ApiReply>
  /** Stores a complete draft as its owner would have written it. */
  draft(over?: AgreementOver): Promise<Agreement>
  /** Freezes the draft and answers the hash. It goes by the route CONDENSED, and every party approves it at once, unless told otherwise. */
  freeze(
    agreement: Pick<Agreement, 'id' | 'owner_org'>,
    asked?: Readonly<Record<string, unknown>> & { readonly isApproved?: boolean },
  ): Promise<{ readonly version: number; readonly hash: string; readonly body: ApiReply['body'] }>
  /** Lets the people of a party approve a version, where that is still to be done here. */
  approve(id: string, org: string, version: number): Promise<void>
  /** Signs, once the people of the party have approved. */
  sign(id: string, org: string, version: number, hash: string, over?: { readonly sub?: string; readonly body?: object }): Promise<ApiReply>
  /** `PERMIT`, or `DENY` with its reasons, of a live decision asked by the provider. */
  ask(provider: string, recipient: string, over?: Readonly<Record<string, unknown>>): Promise<string>
  /** What the governance log holds of an agreement: counter, act, refused. */
  leaves(id: string): Promise<{ readonly cseq: number | null; readonly act: string; readonly refused: boolean }[]>
}

const CONTACTS = { signatory_post: 'Director', dpo: 'DPO', ig: 'IG team', complaint: 'Complaints', sar: 'SAR desk', breach: 'Duty desk' }

/** Opens a desk at an instant; gone when the test ends. */
export async function agreementDesk(
  t: Teardown,
  start = '2026-11-22T12:00:00.000Z',
  config: Partial<Config> = {},
  over: Pick<TestServiceOptions, 'webhookReach'> = {},
): Promise<Desk> {
  let now = new Date(start)
  const service = await testService(t, { clock: () => now, register: 'ORGANISATIONS', config, ...over })
  const desk = await deskOn(service, () => now)
  return {
    ...desk,
    at: (instant) => {
      now = new Date(instant)
    },
  }
}

/** What officers of the parties do on a service that runs, whoever sets its clock. */
export async function deskOn(service: TestService, now: () => Date = () => new Date()): Promise<Omit<Desk, 'at'>> {
  const owner = await service.database?.openAs('session_user', 2)

  const call: Desk['call'] = async ({ org, role, sub = `urn:test:${org}:${role}` }, method, url, body, headers = {}) =>
    (await personOf(service, org, [role], sub))(method, url, { body, headers })

  const signOff = approvingDesk(call)
  const approve: Desk['approve'] = async (id, org, version) => {
    const agreement = await call(signOff.people(org, 'IG_OFFICER'), 'GET', `/v1/agreements/${id}`)
    const found = agreement.body.versions?.find((one: { version: number }) => one.version === version)?.sign_off
    if (found) await signOff.complete(found, org)
  }

  return {
    service,
    approve,
    call,
    async draft(over = {}) {
      const agreement = aDraftAgreement({ id: newReference('2026-11-22', randomBytes(6)), ...over })
      const { db, agreements } = service.app.services
      await withTransactionAs(db, { kind: 'system' }, async (tx) => {
        await agreements.store(tx, agreement, { at: now().toISOString(), by: 'test', provenance: undefined })
      })
      await owner?.pool.query('update agreement_party set contacts = $2 where agreement_id = $1', [agreement.id, CONTACTS])
      await owner?.pool.query('update agreement set review_cycle_months = 12 where id = $1', [agreement.id])
      return agreement
    },
    async freeze({ id, owner_org }, { isApproved = true, ...asked } = {}) {
      const body = { route: 'CONDENSED', ...asked }
      const reply = await call({ org: owner_org ?? '', role: 'IG_OFFICER' }, 'POST', `/v1/agreements/${id}/freeze`, body, {
        'if-match': '*',
      })
      if (reply.status !== 200) throw new Error(`freeze: ${reply.status} ${JSON.stringify(reply.body)}`)
      if (isApproved) for (const org of reply.body.awaits) await signOff.complete(reply.body.sign_off, org)
      return { version: reply.body.version, hash: reply.body.version_hash, body: reply.body }
    },
    async sign(id, org, version, hash, { sub, body } = {}) {
      await approve(id, org, version)
      return call({ org, role: 'SIGNATORY', ...(sub ? { sub } : {}) }, 'POST', `/v1/agreements/${id}/signatures`, {
        ...{
          version,
          version_hash: hash,
          statements: SIGNING_STATEMENTS,
          name: 'A. Signatory',
          post: 'Director',
          authority: 'Delegation 3',
        },
        ...body,
      })
    },
    async ask(provider, recipient, over = {}) {
      const headers = { ...(await service.as({ org: provider })), 'content-type': 'application/json' }
      const payload = JSON.stringify({ ...SHARE, provider, recipient, ...over })
      const reply = await service.inject({ method: 'POST', url: '/v1/decisions', headers, payload })
      const body = reply.json()
      if (reply.statusCode !== 200) return `${reply.statusCode} ${body.detail}`
      return [body.decision, ...body.reasons.map(({ code }: { code: string }) => code)].join(' ')
    },
    async leaves(id) {
      const found = await owner?.pool.query<{ leaf: Buffer }>(
        `select l.leaf from audit.leaf l join audit.log g using (log_id) where g.kind = 'governance' order by l.idx`,
      )
      return (found?.rows ?? [])
        .map(({ leaf }) => JSON.parse(leaf.toString('utf8')) as Record<string, unknown>)
        .filter((leaf) => leaf['ctr'] === `urn:accord:agreement:${id}`)
        .map((leaf) => ({
          cseq: (leaf['cseq'] as number | undefined) ?? null,
          act: String(leaf['act']),
          refused: leaf['st'] === 'Refused',
        }))
    },
  }
}

/** An agreement that Camden keeps, in force from the first day of the desk: drafted, frozen, and signed by these (all of its parties). */
export async function inForce(
  desk: Desk,
  over: AgreementOver = {},
  signing?: readonly string[],
): Promise<Agreement & { readonly hash: string }> {
  const orgs = over.orgs ?? ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']
  const agreement = await desk.draft({ effectiveFrom: '2026-11-22', ...over, orgs })
  const { hash } = await desk.freeze(agreement)
  for (const org of signing ?? orgs) await desk.sign(agreement.id, org, 1, hash)
  return { ...agreement, hash }
}
