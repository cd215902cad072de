import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { listeningOn } from '../../src/environment.ts'
import { createDatabase } from '../../src/platform/database/create-database.ts'
import { startEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { migrate } from '../../src/platform/database/migrate.ts'
import { freePort } from '../support/browser.ts'
import { testDatabase } from '../support/database.ts'
import { openFolder, ownPostgres, type Teardown } from '../support/postgres.ts'

// What would protect nothing because of a slip of the pen, or would be misread, stops the start, and it says which.

function start(env: NodeJS.ProcessEnv) {
  const main = join(import.meta.dirname, '../../src/main.ts')
  return spawnSync(process.execPath, ['--import=tsx', main], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'silent', ...env },
  })
}

function configuredAt(url: string, folder: string): NodeJS.ProcessEnv {
  writeFileSync(join(folder, 'jwks'), '{"keys":[]}')
  writeFileSync(join(folder, 'key'), randomBytes(32).toString('base64'))
  return {
    DATABASE_URL: url,
    ACCORD_VAR: folder,
    PUBLIC_URL: 'https://accord.example',
    ISSUER_URL: 'https://login.example',
    AUDIENCE: 'accord',
    JWKS_FILE: join(folder, 'jwks'),
    LOG_KEY_FILE: join(folder, 'key'),
  }
}

/** Makes a database as an earlier release would have: by a migration that this release does not have. */
async function makeOtherwise(t: Teardown, url: string): Promise<void> {
  const directory = openFolder('accord-test-migrations')
  t.teardown(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, '0003_tables.sql'), '-- Phase     expand\ncreate table thing (id bigint primary key);')
  await migrate({ url, directory })
}

t.test('a restricted purpose that is in no code list stops the start with exit 78 and its name', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'accord-start-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { url } = await testDatabase(t)
  const { status, stderr } = start({ ...configuredAt(url, folder), RESTRICTED_PURPOSES: 'HOMELESSNESS,HOMELESNESS' })
  t.equal(status, 78, stderr)
  t.match(stderr, /^RESTRICTED_PURPOSES: the code lists in use have no purpose HOMELESNESS$/m)
})

t.test('a file of issuers that is wrong stops the start with exit 78, and each place in it is named', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'accord-start-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { url } = await testDatabase(t)
  const { ISSUER_URL: _, AUDIENCE: __, JWKS_FILE: ___, ...env } = configuredAt(url, folder)
  const ISSUERS_FILE = join(folder, 'issuers.json')
  const missing = start({ ...env, ISSUERS_FILE })
  t.match(missing, { status: 78, stderr: /^ISSUERS_FILE: must be a file that can be read$/m })
  const tenant = '11111111-2222-4333-8444-555555555555'
  const issuer = `https://login.microsoftonline.com/${tenant}/v2.0`
  const entry = { issuer, audience: 'accord', tokens: 'ENTRA', tenant, organisation: 'LBC_CAMDEM' }
  writeFileSync(ISSUERS_FILE, JSON.stringify({ issuers: [entry, { ...entry, tenant: 'camden', audience: '' }] }))
  const wrong = start({ ...env, ISSUERS_FILE })
  t.equal(wrong.status, 78)
  t.match(wrong.stderr, /^ISSUERS_FILE: issuers\[1\] \.audience must be/m)
  t.match(wrong.stderr, /^ISSUERS_FILE: issuers\[1\] \.tenant must be/m)
  writeFileSync(ISSUERS_FILE, JSON.stringify({ issuers: [entry] }))
  t.match(start({ ...env, ISSUERS_FILE }), { status: 78, stderr: /^ISSUERS_FILE: the register has no organisation LBC_CAMDEM$/m })
})

t.test('a port that another program has stops the start with exit 78 and the variable that chooses another', async (t) => {
  const folder = openFolder('accord-test-var')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const listen = (port: number) =>
    new Promise<Server>((done, failed) => {
      const server = createServer()
      server.once('error', failed).listen(port, '127.0.0.1', () => done(server))
    })
  const taken = await listen(0)
  t.teardown(() => void taken.close())
  const { port } = taken.address() as AddressInfo
  const { status, stderr } = start({ ACCORD_VAR: folder, PORT: String(await freePort()), DEMO_ISSUER_PORT: String(port) })
  t.equal(status, 78)
  t.match(stderr, new RegExp(`^DEMO_ISSUER_PORT: port ${port} is in use`, 'm'))
  t.notMatch(stderr, /EADDRINUSE|could not start/)
  await t.rejects(
    listeningOn('PORT', port, () => listen(port)),
    { message: `PORT: port ${port} is in use: end the program that has it, or choose another port` },
    'and so does that of the service itself',
  )
})

t.test('an embedded database of other migrations is refused with exit 78, and the command it names deletes it', async (t) => {
  const folder = join(openFolder('accord-test-var'), "the var's")
  t.teardown(() => rmSync(dirname(folder), { recursive: true }))
  mkdirSync(folder)
  const postgres = await startEmbeddedPostgres({ varDirectory: folder, isDurable: false })
  t.teardown(() => postgres.stop())
  await createDatabase(postgres.url('postgres'), 'accord')
  await makeOtherwise(t, postgres.url('accord'))
  await postgres.stop()
  const { status, stderr } = start({ ACCORD_VAR: folder })
  t.equal(status, 78, stderr)
  const [said, reset = ''] = stderr.trim().split('\n')
  t.match(
    said,
    /^Accord could not start: the database was made by other migrations \(0003_tables\).* To delete everything in it and start anew:$/,
  )
  t.match(reset, /^ {2}rm -rf /)
  t.equal(spawnSync('sh', ['-c', reset]).status, 0)
  t.notOk(existsSync(folder) || existsSync(postgres.dataDirectory), 'nothing is left of it')
})

t.test('a database of DATABASE_URL that other migrations made is refused with the command for it, without its password', async (t) => {
  const folder = openFolder('accord-test-var')
  t.teardown(() => rmSync(folder, { recursive: true }))
  const postgres = await ownPostgres(t)
  const url = new URL(postgres.url('official'))
  await createDatabase(postgres.url('postgres'), 'official')
  await makeOtherwise(t, url.href)
  const { status, stderr } = start(configuredAt(url.href, folder))
  t.equal(status, 78, stderr)
  t.match(
    stderr,
    `psql 'postgres://accord@127.0.0.1:${url.port}/postgres' -c 'drop database "official" with (force)' -c 'create database "official"' && rm -rf '${folder}/high-water'`,
  )
  t.notMatch(stderr, url.password)
})
