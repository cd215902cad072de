import { mkdtempSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
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

const folder = mkdtempSync(join(tmpdir(), 'accord-witness-'))

async function witnessOf(t: Teardown, own: OwnLog, name: string) {
  const key = openWitnessKey(join(folder, name), `${name}.example/witness`)
  const originVkeys = own.audit.logs.map(({ vkey }) => `${vkey}\n`).join('')
  const server = await startWitness({ key, stateFile: join(folder, `${name}.state.json`), originVkeys, port: 0, host: '127.0.0.1' })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { key, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), vkey: key.vkey }
}

const clientOf = (t: Teardown, own: OwnLog, witness: { url: URL; vkey: string }) => {
  const client = witnessClient({
    url: own.database.url,
    role: 'audit_integrator',
    witnesses: [witness],
    keeper: own.audit.keeper,
    now: () => new Date().toISOString(),
  })
  t.teardown(client.close)
  return client
}

t.test('a witness cosigns what grows, and the cosigned checkpoint is served', async (t) => {
  const own = await ownLog(t)
  const witness = await witnessOf(t, own, 'hackney')
  const client = clientOf(t, own, witness)
  const reading = logReading({ sql: (await own.database.openAs('audit_reader')).pool, keeper: own.audit.keeper })
  const { logId, name, vkey } = await own.log()
  for (const count of [5, 300, 1]) {
    await own.record(count)
    await own.audit.keeper.round()
    const before = client.ageMs(logId)
    await client.round()
    t.ok(client.ageMs(logId) < before, 'what is cosigned is young again')
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
})
