import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { startEmbeddedPostgres } from '../../../src/platform/database/embedded-postgres.ts'
import { canEnter, OPEN_ROOT, postgresAccount } from '../../../src/platform/database/postgres-binaries.ts'
import { isAlive, runningPostmaster, waitForEnd } from '../../../src/platform/database/postmaster.ts'
import { openFolder, type Teardown } from '../../support/postgres.ts'

const binaries = process.env['TEST_POSTGRES_BINARIES']
const root = join(import.meta.dirname, '../../..')

function varDirectory(t: Teardown): string {
  const folder = openFolder('accord-test-embedded')
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** One cluster for most tests, each of which starts it and leaves it stopped: making a cluster is the slow part. */
const shared = varDirectory(t)

/** How long making the cluster took, milliseconds. */
let madeMs = 0

const start = (folder: string, over: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}) =>
  startEmbeddedPostgres({ varDirectory: folder, ...(binaries ? { binaries } : {}), ...over })

async function rows(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

t.test('a new cluster is durable, on loopback only, wants the password, and stops', async (t) => {
  const folder = shared
  const before = performance.now()
  const cluster = await start(folder)
  madeMs = performance.now() - before
  const url = cluster.url('postgres')
  const settings = `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, current_setting('listen_addresses') as listens,
    current_setting('unix_socket_directories') as sockets, current_setting('data_checksums') as checksums`
  t.same(await rows(url, settings), [{ fsync: 'on', commit: 'on', listens: '127.0.0.1', sockets: '', checksums: 'on' }])
  await t.rejects(rows(url.replace(/:[^:@]+@/, ':wrong@'), 'select 1'), /password authentication failed/)
  t.equal(statSync(join(folder, 'pg-password')).mode & 0o777, 0o600)
  t.notOk(existsSync(join(folder, `initdb-password-${process.pid}`)), 'no copy of the password is left')
  t.match(readFileSync(join(folder, 'postgres.log'), 'utf8'), /ready to accept connections/)
  await cluster.stop()
  t.notOk(isAlive(cluster.pid))
  await t.resolves(cluster.stop(), 'stopping twice is harmless')
})

t.test('a second start is quick and finds the data', async (t) => {
  const folder = shared
  const first = await start(folder)
  await rows(first.url('postgres'), 'create table found as select 42 as answer')
  await first.stop()
  const elapsed: number[] = []
  for (let round = 0; round < 3; round += 1) {
    const before = performance.now()
    const again = await start(folder)
    elapsed.push(performance.now() - before)
    t.same(await rows(again.url('postgres'), 'select answer from found'), [{ answer: 42 }])
    await again.stop()
  }
  // A busy machine is slow at both.
  t.ok(
    Math.min(...elapsed) < Math.max(1_000, madeMs / 2),
    `${elapsed.map(Math.round).join(', ')} ms, and ${Math.round(madeMs)} ms to make it`,
  )
})

t.test('after kill -9 of the server every committed row is there', async (t) => {
  const folder = shared
  const first = await start(folder)
  await rows(first.url('postgres'), 'create table kept (n int); insert into kept select generate_series(1, 100)')
  process.kill(first.pid, 'SIGKILL')
  await waitForEnd(first.pid, 5_000)
  const second = await start(folder)
  t.notOk(second.isReused)
  t.same(await rows(second.url('postgres'), 'select count(*)::int as n from kept'), [{ n: 100 }])
  await second.stop()
})

t.test('a server left behind by a killed service is used again, and stopped by its new owner', async (t) => {
  const folder = shared
  const script = `import { startEmbeddedPostgres } from ${JSON.stringify(join(root, 'src/platform/database/embedded-postgres.ts'))}
    const cluster = await startEmbeddedPostgres(${JSON.stringify({ varDirectory: folder, ...(binaries ? { binaries } : {}) })})
    console.log(cluster.pid); setInterval(() => {}, 1000)`
  const service = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(service.stdout, 'data')
  const pid = Number(String(line))
  service.kill('SIGKILL')
  await once(service, 'exit')
  t.ok(isAlive(pid), 'the server outlives the service')
  const heard: string[] = []
  const cluster = await start(folder, { say: (line) => heard.push(line) })
  t.same([cluster.isReused, cluster.pid], [true, pid])
  t.match(heard, [/runs on .* already/])
  t.same(await rows(cluster.url('postgres'), 'select 1 as one'), [{ one: 1 }])
  await cluster.stop()
  t.notOk(isAlive(pid))
})

t.test('a process that stops does not take the server away from another that uses it', async (t) => {
  const folder = shared
  const cluster = await start(folder)
  const script = `import { startEmbeddedPostgres } from ${JSON.stringify(join(root, 'src/platform/database/embedded-postgres.ts'))}
    const cluster = await startEmbeddedPostgres(${JSON.stringify({ varDirectory: folder, ...(binaries ? { binaries } : {}) })})
    console.log(cluster.isReused); await cluster.stop()`
  const other = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [[line]] = await Promise.all([once(other.stdout, 'data'), once(other, 'exit')])
  t.equal(String(line).trim(), 'true')
  t.ok(isAlive(cluster.pid))
  t.same(await rows(cluster.url('postgres'), 'select 1 as one'), [{ one: 1 }])
  await cluster.stop()
})

t.test('a process file that names a zombie, or another program, is no running server', async (t) => {
  const folder = shared
  const first = await start(folder)
  await first.stop()
  const pidFile = join(first.dataDirectory, 'postmaster.pid')
  const note = (pid: number) => writeFileSync(pidFile, `${pid}\n${first.dataDirectory}\n0\n5432\n\n127.0.0.1\n\nready   \n`)

  // A shell whose child ends while it sleeps without asking for it: the child stays a zombie.
  const parent = spawn('sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => void parent.kill('SIGKILL'))
  const [line] = await once(parent.stdout, 'data')
  const zombie = Number(String(line))
  while (!/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${zombie}/stat`, 'utf8'))) await sleep(5)
  t.doesNotThrow(() => process.kill(zombie, 0), 'it can still be signalled')
  for (const pid of [zombie, process.pid]) {
    note(pid)
    t.equal(runningPostmaster(first.dataDirectory), undefined)
    const again = await start(folder)
    t.notOk(again.isReused)
    await again.stop()
  }
})

t.test('a server that cannot start says why', async (t) => {
  const folder = shared
  await t.rejects(start(folder, { settings: { shared_buffers: 'nonsense' } }), /invalid value for parameter "shared_buffers"/)
})

t.test('data without its password is never thrown away', async (t) => {
  const folder = shared
  await (await start(folder)).stop()
  const password = join(folder, 'pg-password')
  copyFileSync(password, `${password}.kept`)
  rmSync(password)
  await t.rejects(start(folder), /pg-password is missing/)
  copyFileSync(`${password}.kept`, password)
  await (await start(folder)).stop()
})

t.test(
  'as root under a folder others cannot enter, the data goes to /var/lib/accord, and a person is told',
  { skip: process.getuid?.() !== 0 },
  async (t) => {
    const closed = join(varDirectory(t), 'home')
    mkdirSync(closed, { mode: 0o700 })
    const folder = join(closed, 'var')
    t.notOk(canEnter(postgresAccount(), folder))
    const heard: string[] = []
    const cluster = await start(folder, { say: (line) => heard.push(line) })
    t.teardown(() => rmSync(join(cluster.dataDirectory, '..'), { recursive: true, force: true }))
    t.ok(cluster.dataDirectory.startsWith(`${OPEN_ROOT}/`))
    t.match(heard, [/cannot enter .*: its data is kept in \/var\/lib\/accord/])
    t.same(await rows(cluster.url('postgres'), 'select 1 as one'), [{ one: 1 }])
    await cluster.stop()
  },
)
