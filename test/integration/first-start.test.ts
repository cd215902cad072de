import { randomBytes } from 'node:crypto'
import t from 'tap'
import { buildApp } from '../../src/app.ts'
import { loadRegister } from '../../src/register-loader.ts'
import { testDatabase } from '../support/database.ts'
import { demoContent, testConfig, throwAwayIssuer, trustIn } from '../support/service.ts'

// Several nodes are often started at the same moment, on a database that has nothing in it yet.

t.test('of three services that start at once on an empty database one loads the register, and all three serve it', async (t) => {
  const database = await testDatabase(t)
  const trust = trustIn(await throwAwayIssuer())
  const logKey = randomBytes(32)
  const start = async () => {
    const url = new URL('http://127.0.0.1')
    const app = await buildApp({ config: testConfig(), databaseUrl: database.url, publicUrl: url, trust, logKey, clock: () => new Date() })
    t.teardown(() => app.close())
    await loadRegister(demoContent(), app.services)
    return app.services
  }
  const nodes = await Promise.all([start(), start(), start()])
  t.strictSame(
    nodes.map(({ policy }) => policy.current().revision),
    [1, 1, 1],
  )
  t.equal(new Set(nodes.map(({ audit }) => audit.logs.map(({ logId }) => logId).join())).size, 1, 'into the same two logs')
  const { pool } = await database.openAs('session_user', 1)
  const { rows } = await pool.query(`select count(*)::int as n from audit.leaf where leaf like '%register.loaded%'::bytea`)
  t.equal(rows[0].n, 1, 'and it is in the log once')
})
