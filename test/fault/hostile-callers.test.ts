// Hostile callers of every kind, one kind at a time, beside a bystander that asks for decisions: nobody can stop the service for others.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { buildApp } from '../../src/app.ts'
import { PERMISSIONS, type Permission } from '../../src/identity/permissions.ts'
import type { Principal } from '../../src/identity/principal.ts'
import { readContract } from '../../src/platform/http/contract-document.ts'
import { loadRegister } from '../../src/register-loader.ts'
import { testDatabase } from '../support/database.ts'
import { SHARE } from '../support/demo-share.ts'
import { eventually } from '../support/eventually.ts'
import { type Attack, type AttackKind, type AttackReport, attackKinds, type HostileTarget } from '../support/hostile-callers.ts'
import { startNode } from '../support/nodes.ts'
import { demoContent, testConfig, throwAwayIssuer, trustIn } from '../support/service.ts'

/** Small and short, so that every limit is met within the seconds of a test. */
const CONFIG = {
  requestsInFlightMax: 64,
  requestTimeoutSeconds: 2,
  replyTimeoutSeconds: 2,
  lockTimeoutMs: 2_000,
  connectionsPerAddressMax: 256,
}
const ATTACK_MS = 3_000
/** Each operation of the contract has its turn. */
const LONG_ATTACK_MS = 60_000
const EVERY_MS = 50
const CALM_MS = 3_000
/** After the last attacker has left. */
const BACK_WITHIN_MS = 2_000
const LATENCY_MS = 500
const LATENCY_TIMES = 5
/** HOSTILE_CALLERS: some kinds only, separated by semicolons. */
const ONLY = process.env['HOSTILE_CALLERS']?.split(';') as readonly AttackKind[] | undefined

interface Asked {
  readonly status: number
  readonly ms: number
}

t.setTimeout(600_000)
const issuer = await throwAwayIssuer()
const database = await testDatabase(t)
const logKey = randomBytes(32)
const loader = await buildApp({
  config: testConfig(),
  databaseUrl: database.url,
  publicUrl: new URL('http://127.0.0.1'),
  trust: trustIn(issuer),
  logKey,
  clock: () => new Date(),
})
await loadRegister(demoContent(), loader.services)
await loader.close()
const node = await startNode(t, {
  databaseUrl: database.url,
  clockOffsetMs: 0,
  logKeyHex: logKey.toString('hex'),
  trust: { issuer: issuer.issuer, audience: issuer.audience, keys: issuer.jwks, isAuthoritative: true },
  config: CONFIG,
})
const { pool } = await database.openAs('session_user', 1)

const bearer = async (name: string, roles: Principal['roles'], org = 'LBC_CAMDEN') => {
  const clientId = roles.includes('API_CLIENT') ? name : null
  return `Bearer ${await issuer.sign({ sub: `urn:accord:test:${name}`, org, roles, clientId }, new Date(), 3_600)}`
}
const bystander = await bearer('bystander', ['API_CLIENT'])
const officer = await bearer('officer', ['IG_OFFICER'])
const agent = new Agent({ keepAlive: true })

function ask(method: string, path: string, authorization: string | undefined, body?: string, type = 'application/json') {
  return new Promise<Asked & { readonly text: string; readonly etag: string }>((done) => {
    const begun = performance.now()
    const end = (status: number, text = '', etag = '') => done({ status, ms: performance.now() - begun, text, etag })
    const headers = {
      ...(authorization ? { authorization } : {}),
      ...(body ? { 'content-type': type, 'content-length': Buffer.byteLength(body) } : {}),
    }
    const sent = request(`${node.url}${path}`, { method, agent, headers }, (reply) => {
      let text = ''
      reply.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      reply.on('end', () => end(reply.statusCode ?? 0, text, String(reply.headers.etag ?? '')))
      reply.on('error', () => end(0))
    })
    sent.on('error', () => end(0))
    sent.end(body)
  })
}

const decision = () => ask('POST', '/v1/decisions', bystander, JSON.stringify(SHARE))

/** Asks every 50 ms, whether the one before was answered or not, until the work is done. */
async function beside<T>(work: Promise<T>): Promise<{ readonly asked: readonly Asked[]; readonly value: T }> {
  const asked: Promise<Asked>[] = []
  const asking = setInterval(() => asked.push(decision()), EVERY_MS)
  const value = await work.finally(() => clearInterval(asking))
  return { asked: await Promise.all(asked), value }
}

function run(attack: Attack): Promise<AttackReport> {
  const script = new URL('../support/hostile-callers.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--import=tsx', script, JSON.stringify(attack)], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  return new Promise((done, failed) => {
    createInterface({ input: child.stdout }).on('line', (line) => done(JSON.parse(line)))
    child.once('exit', (code) => failed(new Error(`the callers ended with ${code} and said nothing`)))
  })
}

/** What is held, by what the service itself and its database say from outside: all 0 when nobody asks. */
async function held(): Promise<Readonly<Record<string, number>>> {
  const { text } = await ask('GET', '/metrics', undefined)
  const of = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{\\w+="([^"]*)"\\})? (\\d+)`, 'gm'))].map(([, label, value]) => [
      `${name} ${label ?? ''}`,
      Number(value),
    ])
  const found = Object.fromEntries([...of('accord_http_requests_held'), ...of('accord_database_pool_connections')])
  const { rows } = await pool.query(
    `select (select count(*)::int from pg_locks where not granted) as waiting,
      (select count(*)::int from pg_locks where locktype = 'advisory' and classid = 716611163) as keys,
      (select count(*)::int from public.idempotency_key where held_until > now()) as held`,
  )
  // Whoever looks holds a place itself.
  return { ...found, 'accord_http_requests_held probes': (found['accord_http_requests_held probes'] ?? 1) - 1, ...rows[0] }
}

const percentile = (values: readonly number[], part: number) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? 0

/** Addresses of every operation; a new one is among them by being in the contract. */
async function targets(): Promise<readonly HostileTarget[]> {
  const { operations } = readContract(readFileSync(new URL('../../src/platform/http/openapi.gen.json', import.meta.url), 'utf8'))
  const all: HostileTarget[] = []
  for (const { id, method, url, permission, mediaTypes } of operations.values()) {
    const [needed] = [permission].flat()
    const [role = 'IG_OFFICER'] = needed === 'none' || needed === undefined ? [] : PERMISSIONS[needed as Permission]
    const authorization = needed === 'none' ? undefined : await bearer(`hostile-${role}`, [role])
    const path = url.replace(
      /:(\w+)/g,
      (_, name: string) => ({ id: 'DEMO-CURL', list: 'purpose', code: 'LBC_CAMDEN', version: '1' })[name] ?? 'x',
    )
    all.push({ id, method, path, authorization, mediaType: mediaTypes[0] })
  }
  return all
}

t.test('no caller of any kind stops the service for others', { timeout: 600_000 }, async (t) => {
  const csv = 'Ref,Title,Partners,Start\n1,Agreement,LBC_CAMDEN,01/04/2025'
  const upload = await ask('POST', '/v1/imports', officer, csv, 'text/csv')
  const attack = {
    port: Number(new URL(node.url).port),
    officer,
    client: await bearer('client', ['API_CLIENT']),
    auditor: await bearer('auditor', ['AUDITOR']),
    importId: String(JSON.parse(upload.text).id),
    operations: await targets(),
  }
  t.ok(await eventually(async () => (await decision()).status === 200))
  await beside(sleep(CALM_MS / 3))
  const calm = (await beside(sleep(CALM_MS))).asked
  t.same(new Set(calm.map(({ status }) => status)), new Set([200]))
  const bound = Math.max(
    LATENCY_MS,
    LATENCY_TIMES *
      percentile(
        calm.map(({ ms }) => ms),
        0.99,
      ),
  )
  const lines = [row('callers', 'calls', 'ended', 'asked', 'refused', 'p50', 'p99', 'max', 'back')]
  lines.push(row('none', '', '', ...figures(calm), ''))
  for (const kind of ONLY ?? attackKinds) {
    const { asked, value } = await beside(run({ ...attack, kind, ms: kind === 'every operation' ? LONG_ATTACK_MS : ATTACK_MS }))
    const left = performance.now()
    const after = await decision()
    let standing = {}
    const isBack = await eventually(async () => {
      standing = await held()
      return Object.values(standing).every((count) => count === 0)
    }, BACK_WITHIN_MS)
    const backMs = Math.round(performance.now() - left)
    lines.push(row(kind, value.calls, ended(value), ...figures(asked), `${backMs} ms`))
    t.ok(value.calls > 0 && asked.length > 20, `${kind}: there were callers and a bystander`)
    t.same(
      asked.filter(({ status }) => status !== 200),
      [],
      `${kind}: no decision was refused`,
    )
    t.ok(Math.max(...asked.map(({ ms }) => ms)) <= bound, `${kind}: none waited for longer than ${Math.round(bound)} ms`)
    t.ok(after.status === 200 && after.ms <= BACK_WITHIN_MS, `${kind}: and at once when they had left`)
    t.ok(isBack, `${kind}: everything is given back: ${JSON.stringify(standing)}`)
    if (kind === 'every operation') everyOne(value)
  }
  for (const line of lines) t.comment(line)

  function everyOne({ operations }: AttackReport): void {
    const without = attack.operations.filter(({ id }) => !operations[id]).map(({ id }) => id)
    t.same(without, [], 'every operation had its calls')
    lines.push(
      `calls of each operation: ${Object.entries(operations)
        .map(([id, count]) => `${id} ${count}`)
        .join(', ')}`,
    )
  }
})

function figures(asked: readonly Asked[]): readonly (string | number)[] {
  const times = asked.map(({ ms }) => ms)
  const whole = [percentile(times, 0.5), percentile(times, 0.99), Math.max(...times)].map(Math.round)
  return [asked.length, asked.filter(({ status }) => status !== 200).length, ...whole]
}

function ended({ ends }: AttackReport): string {
  return Object.entries(ends)
    .map(([end, count]) => `${end}: ${count}`)
    .join(', ')
}

function row(kind: AttackKind | 'callers' | 'none', ...cells: readonly (string | number)[]): string {
  const [calls = '', ends = '', ...rest] = cells
  return `${kind.padEnd(28)} ${String(calls).padStart(6)}  ${String(ends).padEnd(44)} ${rest.map((cell) => String(cell).padStart(8)).join('')}`
}
