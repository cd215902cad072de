// Hostile callers, as a process of their own: `node --import=tsx hostile-callers.ts JSON`. One kind a run, bounded in count and time.
// Prints one line of JSON: how many calls were made, and how each ended.
import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the parent hands over. */
export interface Attack {
  readonly kind: AttackKind
  readonly port: number
  readonly ms: number
  /** `Authorization` of people and clients that may do something. */
  readonly officer: string
  readonly client: string
  readonly auditor: string
  /** An import of the officer's that is committed already, with its `ETag`. */
  readonly importId: string
  /** Operations of the contract, as addresses that exist. */
  readonly operations: readonly HostileTarget[]
}

export interface HostileTarget {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  /** Undefined: it takes no body. */
  readonly mediaType: string | undefined
}

/** How many calls were made, and how they ended: statuses, and `none` where no reply came. */
export interface AttackReport {
  readonly calls: number
  readonly ends: Readonly<Record<string, number>>
  /** Calls of each operation. */
  readonly operations: Readonly<Record<string, number>>
}

const isProcess = process.argv[1] === import.meta.filename
const attack = JSON.parse((isProcess && process.argv[2]) || '{}') as Attack
const until = performance.now() + attack.ms
const ends: Record<string, number> = {}
const perOperation: Record<string, number> = {}
let calls = 0

const isGoing = () => performance.now() < until
const head = (method: string, path: string, headers: Readonly<Record<string, string | number>> = {}) =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`

interface Manners {
  readonly reads?: boolean
  readonly resets?: boolean
  /** How long to stay when nothing comes back. */
  readonly staysMs?: number
  /** Sent a piece at a time. */
  readonly drip?: string
  /** Sent as fast as it is taken. */
  readonly flood?: Buffer
}

/** One connection: sends, waits until it is answered or ended, and leaves. */
function call(bytes: string | Buffer, { reads = true, resets = false, staysMs = attack.ms, drip, flood }: Manners = {}): Promise<void> {
  calls += 1
  return new Promise((done) => {
    const socket = connect(attack.port, '127.0.0.1')
    let heard = ''
    const left = setTimeout(() => leave(), Math.min(staysMs, Math.max(1, until - performance.now())))
    const dripping = drip === undefined ? undefined : setInterval(() => socket.writable && socket.write(drip), 100)
    socket.on('error', () => {})
    if (reads)
      socket.on('data', (data) => {
        heard = (heard + data.toString('latin1')).slice(0, 4_000)
        if (/^HTTP\/1\.1 (?!100)\d{3}/.test(heard)) leave()
      })
    else socket.pause()
    socket.once('close', () => {
      clearTimeout(left)
      clearInterval(dripping)
      const end = /^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1] ?? 'none'
      ends[end] = (ends[end] ?? 0) + 1
      done()
    })
    socket.write(bytes)
    if (flood) pour(socket, flood)
    function leave() {
      if (resets) socket.resetAndDestroy()
      else socket.destroy()
    }
  })
}

function pour(socket: Socket, piece: Buffer): void {
  while (socket.writable && isGoing() && socket.write(piece));
  if (socket.writable && isGoing()) socket.once('drain', () => pour(socket, piece))
}

/** So many callers, each calling again and again. */
async function crowd(size: number, work: (index: number) => Promise<void>, pauseMs = 0): Promise<void> {
  await Promise.all(
    Array.from({ length: size }, async (_, index) => {
      while (isGoing()) {
        await work(index)
        await sleep(pauseMs)
      }
    }),
  )
}

function withBody(target: HostileTarget, body: string | Buffer, length = Buffer.byteLength(body)): Buffer {
  perOperation[target.id] = (perOperation[target.id] ?? 0) + 1
  const headers = {
    ...(target.authorization ? { Authorization: target.authorization } : {}),
    'Content-Type': target.mediaType ?? 'application/json',
    'Content-Length': length,
    'If-Match': '"1"',
  }
  return Buffer.concat([Buffer.from(head(target.method, target.path, headers)), Buffer.from(body as string)])
}

const decide: HostileTarget = {
  id: 'decide',
  method: 'POST',
  path: '/v1/decisions',
  authorization: attack.client,
  mediaType: 'application/json',
}
const flows: HostileTarget = {
  ...decide,
  id: 'putFlows',
  method: 'PUT',
  path: '/v1/agreements/NO-SUCH/draft/flows',
  authorization: attack.officer,
}
const imports: HostileTarget = {
  ...decide,
  id: 'importRegister',
  path: '/v1/imports',
  authorization: attack.officer,
  mediaType: 'text/csv',
}
const deep = (depth: number) => `${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`
const faults = (count: number) => `{"flows":[${Array(count).fill('{"compatibility":0,"volume_limit":0}').join(',')}]}`
const commit = (key: string) =>
  head('POST', `/v1/imports/${attack.importId}/commit`, {
    Authorization: attack.officer,
    'If-Match': '"1"',
    'Idempotency-Key': key,
    'Content-Length': 0,
  })
const oneKey = randomUUID()

const kinds = {
  'headers that do not end': () => crowd(60, () => call('GET / HTTP/1.1\r\nX: ', { drip: 'a' })),
  'connections that say nothing': () => crowd(300, () => call('')),
  'bodies that do not end': () =>
    crowd(60, (index) => call(withBody({ ...decide, authorization: index % 2 ? attack.client : attack.officer }, '{', 100))),
  'replies that nobody reads': () => crowd(30, () => call(head('GET', '/docs/static/swagger-ui-bundle.js').repeat(4), { reads: false })),
  'records that nobody reads': () =>
    crowd(30, () => call(head('GET', '/v1/decisions?limit=100', { Authorization: attack.auditor }).repeat(4), { reads: false })),
  'pipelined and reset': () => crowd(4, () => call(head('GET', '/').repeat(300), { resets: true, staysMs: 5 }), 20),
  'asked and reset': () =>
    crowd(
      10,
      () => call(head('GET', '/v1/agreements?limit=100', { Authorization: attack.officer }).repeat(8), { resets: true, staysMs: 15 }),
      50,
    ),
  'bodies without measure': () => crowd(10, () => call(withBody(flows, '{', 1e9), { flood: Buffer.alloc(65_536, 'x') }), 20),
  'tokens guessed': () => crowd(10, () => call(head('GET', '/v1/agreements', { Authorization: `Bearer ${randomUUID()}` })), 10),
  'deep JSON': () => crowd(2, () => call(withBody(decide, deep(10_000))), 50),
  'many faults': () => crowd(2, () => call(withBody(flows, faults(2_000))), 50),
  'keys, all different': () => crowd(24, () => call(commit(randomUUID())), 50),
  'keys, all the same': () => crowd(24, () => call(commit(oneKey)), 50),
  'awkward files': () =>
    crowd(
      2,
      () =>
        call(
          withBody(
            imports,
            `Ref,Title,Partners,Start\n1,A,${Array.from({ length: 200 }, (_, i) => `School no ${i}`).join(';')},01/04/2025`,
          ),
        ),
      200,
    ),
  exports: () => crowd(3, () => call(head('GET', '/v1/decisions/export?format=adl&limit=5000', { Authorization: attack.auditor })), 100),
  'every operation': everyOperation,
} as const

export type AttackKind = keyof typeof kinds

/** Each operation of the contract: a body that does not end, many faults, deep JSON, a huge one, bytes that are no UTF-8; without a body: an odd query. */
async function everyOperation(): Promise<void> {
  const bodies = (target: HostileTarget): readonly Buffer[] =>
    target.mediaType === undefined
      ? ['?limit=1e9', '?%ff=%00', `?${'a=1&'.repeat(2_000)}`].map((query) => {
          perOperation[target.id] = (perOperation[target.id] ?? 0) + 1
          return Buffer.from(head(target.method, target.path + query, target.authorization ? { Authorization: target.authorization } : {}))
        })
      : [
          withBody(target, '{', 100),
          withBody(target, `{${Array.from({ length: 3_000 }, (_, i) => `"x${i}":1`).join(',')}}`),
          withBody(target, deep(5_000)),
          withBody(target, '{', 1e9),
          withBody(target, Buffer.from([0x7b, 0x22, 0xff, 0xc0, 0x22, 0x3a, 0x31, 0x7d])),
        ]
  const waiting = [...attack.operations]
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      for (let target = waiting.shift(); target; target = waiting.shift())
        await Promise.all(bodies(target).map((bytes) => call(bytes, { staysMs: 1_000 })))
    }),
  )
}

if (isProcess) {
  await kinds[attack.kind]()
  console.log(JSON.stringify({ calls, ends, operations: perOperation } satisfies AttackReport))
}

/** Every kind, in the order in which they run. */
export const attackKinds = Object.keys(kinds) as readonly AttackKind[]
