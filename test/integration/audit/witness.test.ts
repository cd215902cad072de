import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openCheckpoint } from '../../../src/audit/format/checkpoint.ts'
import { parseVkey } from '../../../src/audit/format/signed-note.ts'
import { logReading } from '../../../src/audit/reading/log-reading.service.ts'
import { witnessClient } from '../../../src/audit/tree/witness-client.service.ts'
import { startWitness } from '../../../src/cli/log/witness.ts'
import { openWitnessKey } from '../../../src/cli/log/witness-files.ts'
import { type OwnLog, ownLog } from '../../support/own-log.ts'
import type { Teardown } from '../../support/postgres.ts'
import { clientOf, runningWitness } from '../../support/witnesses.ts'

const folder = mkdtempSync(join(tmpdir(), 'accord-witness-'))

const witnessOf = (t: Teardown, own: OwnLog, name: string) => runningWitness(t, own, name, folder)

t.test('a witness cosigns what grows, and the cosigned checkpoint is served', async (t) => {
  const own = await ownLog(t)
  const witness = await witnessOf(t, own, 'hackney')
  const client = clientOf(t, own, witness)
  const reading = logReading({ sql: (await own.database.openAs('audit_reader')).pool, keeper: own.audit.keeper })
  const { logId, name, vkey } = await own.log()
  for (const count of [5, 300, 1]) {
    await own.record(count)
    await own.audit.keeper.round()
    const asked = performance.now()
    await client.round()
    t.ok(client.ageMs(logId) <= performance.now() - asked, 'what is cosigned is young again')
    const { checkpoint, signatures } = openCheckpoint((await reading.witnessed(name)) ?? '', [parseVkey(vkey), parseVkey(witness.vkey)])
    t.equal(checkpoint.size, (await own.log()).size)
    t.equal(signatures.length, 2, 'the log and the witness')
  }
  const state = JSON.parse(readFileSync(join(folder, 'hackney.state.json'), 'utf8'))
  t.equal(Object.values(state).length, 2, 'both logs')
})

t.test('F24: a witness that is away costs nothing', async (t) => {
  const own = await ownLog(t)
  const client = clientOf(t, own, { url: new URL('http://127.0.0.1:9'), vkey: openWitnessKey(join(folder, 'away'), 'away/witness').vkey })
  const { logId } = await own.log()
  await own.audit.keeper.round()
  const before = client.ageMs(logId)
  await client.round()
  t.same(client.incidents(), [])
  t.ok(client.ageMs(logId) > before, 'but the age of what is cosigned')
})

t.test('a witness that falls silent is missed, although another one cosigns on', async (t) => {
  const own = await ownLog(t)
  const [silent, steady] = [await witnessOf(t, own, 'merton'), await witnessOf(t, own, 'newham')]
  const client = clientOf(t, own, silent, steady)
  const { logId } = await own.log()
  /** Whether every witness has cosigned in a round that the log has grown before. */
  const cosign = async () => {
    await own.record(1)
    await own.audit.keeper.round()
    const before = performance.now()
    await client.round()
    return client.ageMs(logId) <= performance.now() - before
  }
  t.ok(await cosign(), 'both have cosigned: that is young')
  await silent.stop()
  t.notOk(await cosign(), 'one has not: the age is that of its last cosignature')
  t.ok(sizesHeld('newham').includes((await own.log()).size), 'while the other one has')
})

t.test('a witness that was started again remembers what it signed, and signs no other history of that size', async (t) => {
  const own = await ownLog(t)
  await own.record(4)
  await own.audit.keeper.round()
  const first = await witnessOf(t, own, 'barnet')
  await clientOf(t, own, first).round()
  await first.stop()
  const again = await witnessOf(t, own, 'barnet')
  t.equal(again.vkey, first.vkey)
  const other = await ownLog(t)
  await other.record(4)
  await other.audit.keeper.round()
  const forked = clientOf(t, other, again)
  await forked.round()
  t.ok(forked.incidents().some(({ why, log }) => why === 'FORK' && log.startsWith('decisions')))
  await own.record(1)
  await own.audit.keeper.round()
  const client = clientOf(t, own, again)
  await client.round()
  t.same(client.incidents(), [], 'while the one it knows grows on')
  t.ok(sizesHeld('barnet').includes((await own.log()).size))
})

t.test('of two witnesses on one state the second does not start, in this process or in another, and a dead one is replaced', async (t) => {
  const own = await ownLog(t)
  const first = await witnessOf(t, own, 'brent')
  await t.rejects(witnessOf(t, own, 'brent'), { name: 'StateHeldError', message: /in use by another witness/ })
  const keys = join(folder, 'brent.vkeys')
  writeFileSync(keys, own.audit.logs.map(({ vkey }) => `${vkey}\n`).join(''))
  copyFileSync(join(folder, 'brent'), join(folder, 'brent2'))
  const args = ['--import=tsx', 'src/cli.ts', 'log', 'witness', '--port', '0', '--key', join(folder, 'brent2'), '--origin-vkey', keys]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const second = spawnSync(process.execPath, args, { encoding: 'utf8' })
  t.equal(second.status, 1)
  t.match(second.stderr, /in use by another witness/)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const key = openWitnessKey(join(folder, 'brent2'), 'any')
  const options = { key, stateFile: join(folder, 'brent2.state.json'), originVkeys: readFileSync(keys, 'utf8'), port: 0, host: '127.0.0.1' }
  const replaced = await startWitness(options)
  t.ok(replaced.listening)
  writeFileSync(`${options.stateFile}.lock`, 'another 1 1 x')
  const { port } = replaced.address() as AddressInfo
  const body = `old 0\n\n${own.audit.keeper.published(own.audit.logs[0]?.logId ?? 0)?.note ?? ''}`
  const late = await fetch(`http://127.0.0.1:${port}/add-checkpoint`, { method: 'POST', body })
  t.equal(late.status, 500, 'and one whose state was taken over signs nothing more')
  await new Promise((resolve) => replaced.close(resolve).closeAllConnections())
  await first.stop()
})

t.test('whoever does not send a request to its end holds up nobody else, and one that is too large is told so', async (t) => {
  const own = await ownLog(t)
  await own.audit.keeper.round()
  const witness = await witnessOf(t, own, 'ealing')
  const slow = connect(Number(witness.url.port), '127.0.0.1')
  t.teardown(() => slow.destroy())
  slow.write('POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: 100\r\n\r\nold 0')
  await new Promise((passed) => setTimeout(passed, 100))
  // Who is not answered within some seconds gives up, and then nothing is cosigned.
  await clientOf(t, own, witness).round()
  t.ok(
    sizesHeld('ealing').every((size) => size > 0),
    'both logs are cosigned meanwhile',
  )
  const large = await fetch(new URL('/add-checkpoint', witness.url), { method: 'POST', body: 'x'.repeat(70_000) })
  t.equal(large.status, 413)
})

t.test('F25: a witness that has seen more, or another history, stops us', async (t) => {
  const own = await ownLog(t)
  const witness = await witnessOf(t, own, 'camden')
  await own.record(10)
  await own.audit.keeper.round()
  await clientOf(t, own, witness).round()
  const shorter = await ownLog(t)
  await shorter.record(2)
  await shorter.audit.keeper.round()
  const behind = clientOf(t, shorter, witness)
  await behind.round()
  t.match(
    behind.incidents().map(({ why }) => why),
    ['ROLLBACK'].concat(behind.incidents().length > 1 ? ['FORK'] : []),
  )
  await shorter.record(20)
  await shorter.audit.keeper.round()
  const forked = clientOf(t, shorter, witness)
  await forked.round()
  t.ok(forked.incidents().some(({ why }) => why === 'FORK'))
  const { logId, name } = await shorter.log()
  const signed = shorter.audit.keeper.published(logId)?.size
  await shorter.record(1)
  await shorter.audit.keeper.round()
  t.equal(shorter.audit.keeper.published(logId)?.size, signed, 'nothing more is signed')
  t.match(shorter.audit.faults().join(), name, 'and health says which log')
})

t.test('a client that has forgotten what its witness holds, or a second node, is no fork', async (t) => {
  const own = await ownLog(t)
  const witness = await witnessOf(t, own, 'islington')
  await own.record(3)
  await own.audit.keeper.round()
  await clientOf(t, own, witness).round()
  for (const again of ['after a restart', 'once more']) {
    const client = clientOf(t, own, witness)
    await client.round()
    t.same(client.incidents(), [], again)
    t.ok(client.ageMs((await own.log()).logId) < 60_000, `${again}: cosigned`)
    await own.record(1)
    await own.audit.keeper.round()
    await client.round()
    t.same(client.incidents(), [], `${again}: and it goes on`)
  }
  t.ok(sizesHeld('islington').includes((await own.log()).size))
})

t.test('a witness that another node has brought further than this one is no rollback', async (t) => {
  const own = await ownLog(t)
  const witness = await witnessOf(t, own, 'haringey')
  await own.record(3)
  await own.audit.keeper.round()
  const behind = new Map(own.audit.logs.map(({ logId }) => [logId, own.audit.keeper.published(logId)]))
  const slow = witnessClient({
    url: own.database.url,
    role: 'audit_integrator',
    witnesses: [witness],
    keeper: { published: (logId) => behind.get(logId), stop: () => {} },
    now: () => new Date().toISOString(),
  })
  t.teardown(slow.close)
  await own.record(4)
  await own.audit.keeper.round()
  await clientOf(t, own, witness).round()
  const { logId } = await own.log()
  const before = slow.ageMs(logId)
  await slow.round()
  t.same(slow.incidents(), [])
  t.ok(slow.ageMs(logId) < before, 'nor is it silent')
})

t.test('a witness that holds our size under another root is a fork, whichever status it says so with', async (t) => {
  for (const status of [409, 422]) {
    const own = await ownLog(t)
    await own.record(3)
    await own.audit.keeper.round()
    const { size } = await own.log()
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (part) => {
        body += part
      })
      request.on('end', () => {
        // As version 1.0.0 of the specification says it, and as its later drafts do.
        const old = Number(/^old (\d+)/.exec(body)?.[1])
        response.writeHead(old === size ? status : 409).end(`${size}\n`)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const client = clientOf(t, own, { url, vkey: openWitnessKey(join(folder, `fork-${status}`), 'fork/witness').vkey })
    await client.round()
    t.ok(
      client.incidents().some(({ why, log }) => why === 'FORK' && log.startsWith('decisions')),
      String(status),
    )
  }
})

function sizesHeld(name: string): number[] {
  const state = JSON.parse(readFileSync(join(folder, `${name}.state.json`), 'utf8')) as Record<string, { size: number }>
  return Object.values(state).map(({ size }) => size)
}
