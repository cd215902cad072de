import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { testDatabase } from '../support/database.ts'

// A setting that would protect nothing because of a slip of the pen stops the start, and says which.

t.test('a restricted purpose that is in no code list stops the start with exit 78 and its name', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'accord-start-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'jwks'), '{"keys":[]}')
  writeFileSync(join(folder, 'key'), randomBytes(32).toString('base64'))
  const { url } = await testDatabase(t)
  const { status, stderr } = spawnSync(process.execPath, ['--import=tsx', join(import.meta.dirname, '../../src/main.ts')], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      DATABASE_URL: url,
      ACCORD_VAR: folder,
      PUBLIC_URL: 'https://accord.example',
      ISSUER_URL: 'https://login.example',
      AUDIENCE: 'accord',
      JWKS_FILE: join(folder, 'jwks'),
      LOG_KEY_FILE: join(folder, 'key'),
      LOG_LEVEL: 'silent',
      RESTRICTED_PURPOSES: 'HOMELESSNESS,HOMELESNESS',
    },
  })
  t.equal(status, 78, stderr)
  t.match(stderr, /^RESTRICTED_PURPOSES: the code lists in use have no purpose HOMELESNESS$/m)
})
