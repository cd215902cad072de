import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { log as logCommand } from '../../src/cli/log/log.ts'
import { startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { openFolder } from '../support/postgres.ts'

const ROUNDS = 3
t.setTimeout(500_000)
const SHARE = {
  provider: 'LBC_CAMDEN',
  recipient: 'LBC_HACKNEY',
  purpose: 'HOMELESSNESS.PLACEMENT_NOTIFICATION',
  data_items: ['IDENTITY.NAME'],
}
const REQUEST = { ...SHARE, data_subjects: ['HOMELESS_APPLICANT'], method: 'API_MTLS', country: 'GB', mode: 'SYSTEMATIC' }

interface Running {
  readonly child: ChildProcess
  readonly url: string
  readonly token: string
}

/** `npm start`, until it says how to ask it. */
async function start(varDirectory: string): Promise<Running> {
  const env = {
    ...process.env,
    ACCORD_VAR: varDirectory,
    PORT: '0',
    PUBLIC_URL: 'http://127.0.0.1:3000',
    LOG_LEVEL: 'silent',
    DATABASE_URL: '',
  }
  const child = spawn(process.execPath, ['--import=tsx', 'src/main.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the service did not start: ${said}`)))
    child.stdout.on('data', (part) => {
      said += part
      const [, url, token] = /^curl .*? (http:\/\/[^/]+)\/v1\/decisions -H 'authorization: Bearer ([^']+)'/m.exec(said) ?? []
      if (url && token) resolve({ child, url, token })
    })
  })
}

/** Asks until the service is gone; remembers each answer it was given. */
async function load({ url, token }: Running, answered: Map<string, string>): Promise<void> {
  const ask = async () => {
    for (;;) {
      const reply = await fetch(`${url}/v1/decisions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(REQUEST),
      }).catch(() => undefined)
      if (!reply) return
      const body = (await reply.json().catch(() => undefined)) as { decision_id?: string; decision?: string } | undefined
      if (!body) return
      if (reply.status === 200 && body.decision_id) answered.set(body.decision_id, body.decision ?? '')
    }
  }
  await Promise.all(Array.from({ length: 8 }, ask))
}

t.test(
  'F1, F2: a service killed under load has recorded every answer it gave, leaves no gap, and its log still verifies',
  { timeout: 480_000 },
  async (t) => {
    const varDirectory = mkdtempSync(join(openFolder('accord-kill'), 'var-'))
    const answered = new Map<string, string>()
    for (let round = 0; round < ROUNDS; round++) {
      const running = await start(varDirectory)
      const asking = load(running, answered)
      const enough = answered.size + 20
      while (answered.size < enough) await sleep(10)
      await sleep(Math.random() * 500)
      const over = new Promise((resolve) => running.child.once('exit', resolve))
      running.child.kill('SIGKILL')
      await Promise.all([over, asking])
    }
    t.ok(answered.size >= 20 * ROUNDS, `${answered.size} answers in ${ROUNDS} rounds`)
    const last = await start(varDirectory)
    await sleep(1_200)
    const postgres = await startEmbeddedPostgres({ varDirectory })
    const client = new pg.Client({ connectionString: postgres.url('accord') })
    await client.connect()
    const { rows } = await client.query<{ id: string; d: boolean }>(
      `select l.event_id as id, (convert_from(l.leaf, 'UTF8')::json ->> 'd')::boolean as d from audit.leaf l join audit.log g using (log_id) where g.kind = 'decisions'`,
    )
    const recorded = new Map(rows.map(({ id, d }) => [id, d ? 'PERMIT' : 'DENY']))
    t.same(
      [...answered].filter(([id, decision]) => recorded.get(id) !== decision),
      [],
      'no answer without its leaf',
    )
    t.comment(`${answered.size} answers, ${recorded.size - answered.size} leaves whose answer did not arrive`)
    await client.end()
    const lines: string[] = []
    const io = { env: { ACCORD_VAR: varDirectory }, out: (line: string) => void lines.push(line), err: () => {} }
    t.equal(await logCommand(['fsck'], io), 0, lines.filter((line) => line.startsWith('FAIL')).join('; '))
    const ended = new Promise((resolve) => last.child.once('exit', resolve))
    last.child.kill('SIGTERM')
    t.equal(await ended, 0)
    await postgres.stop()
  },
)
