import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { appoint } from '../../src/cli/appoint.ts'
import { ownerPool } from '../support/leaves.ts'
import { testService, throwAwayIssuer, trustIn } from '../support/service.ts'

t.test('an organisation gets its first administrator by a command, with a leaf, and no second one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'accord-appoint-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const issuer = await throwAwayIssuer()
  const service = await testService(t, { register: 'ORGANISATIONS', trust: { ...trustIn(issuer), isAuthoritative: false } })
  writeFileSync(join(folder, 'key'), Buffer.from(service.logKey).toString('base64'))
  const address = 'https://login.example/camden'
  writeFileSync(
    join(folder, 'issuers'),
    JSON.stringify({ issuers: [{ issuer: address, audience: 'accord', jwks: 'https://login.example/keys' }] }),
  )
  const env = {
    ...{ DATABASE_URL: service.databaseUrl, PUBLIC_URL: 'http://127.0.0.1', LOG_LEVEL: 'silent', ACCORD_VAR: folder },
    ...{ LOG_KEY_FILE: join(folder, 'key'), ISSUERS_FILE: join(folder, 'issuers') },
  }
  const said: string[] = []
  const io = { env, out: (line: string) => void said.push(line), err: (line: string) => void said.push(line) }
  const run = (over: Readonly<Record<string, string>> = {}) => {
    const asked = {
      organisation: 'LBC_CAMDEN',
      role: 'SIRO',
      issuer: address,
      subject: 'oid-1',
      reason: 'The chief executive said so',
      ...over,
    }
    return appoint(
      Object.entries(asked).flatMap(([name, value]) => [`--${name}`, value]),
      io,
    )
  }
  t.equal(await run({ role: 'DPO' }), 2, 'only a role that records further ones')
  t.equal(await run({ issuer: 'https://evil.example' }), 1)
  t.equal(await run({ organisation: 'NOBODY_HERE' }), 1)
  t.equal(await run(), 0, said.join('\n'))
  t.match(said.at(-1), /oid-1 is SIRO of LBC_CAMDEN/)
  t.equal(await run({ subject: 'oid-2' }), 1)
  t.match(said.at(-1), /LBC_CAMDEN has a SIRO already/)
  const { rows } = await (await ownerPool(service)).query(
    `select a.reason, a.actor_sub, a.leaf_id, p.issuer, p.subject from held_role_act a join held_role r on r.id = a.held_role_id join person p on p.id = r.person_id`,
  )
  t.match(rows, [{ reason: 'The chief executive said so', actor_sub: 'operator', issuer: address, subject: 'oid-1' }])
  t.equal(rows.length, 1)
})
