import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { cases } from '../../src/cli/cases.ts'
import { ConfigurationError } from '../../src/cli/command.ts'
import { log } from '../../src/cli/log/log.ts'
import { replay } from '../../src/cli/replay.ts'
import { token } from '../../src/cli/token.ts'
import { ownLog } from '../support/own-log.ts'

// A command reaches the database as the service does, and says what is wrong with its settings as the service does.

const folder = mkdtempSync(join(tmpdir(), 'accord-password-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const own = await ownLog(t)
await own.record(3)
await own.audit.keeper.round()
await own.close()

const address = new URL(own.database.url)
writeFileSync(join(folder, 'password'), `${decodeURIComponent(address.password)}\n`)
address.password = ''
const io = (env: NodeJS.ProcessEnv) => ({ env, out: () => {}, err: () => {} })
const withFile = {
  DATABASE_URL: address.href,
  DATABASE_PASSWORD_FILE: join(folder, 'password'),
  ACCORD_VAR: join(folder, 'var'),
}

t.test('the password may stand in a file, for every command that works on the database', async (t) => {
  t.equal(await log(['fsck'], io(withFile)), 0)
  t.equal(await cases(['test/cases/obligations.json'], io(withFile)), 0)
  // The entries of this test are no decisions that could be replayed: the command has read them, and says so.
  const reports: string[] = []
  await replay(['--since', '2026-01-01'], { ...io(withFile), out: (line) => void reports.push(line) })
  t.match(reports.at(-1), /^\d+ replayed, \d+ mismatches$/)
  writeFileSync(join(folder, 'wrong'), 'wrong\n')
  const wrong = { ...withFile, DATABASE_PASSWORD_FILE: join(folder, 'wrong') }
  await t.rejects(replay(['--since', '2026-01-01'], io(wrong)), /password authentication failed/, 'and nowhere else')
})

t.test('a setting that is wrong is refused by name, whatever the command', async (t) => {
  const wrong = { ...withFile, LOG_LEVEL: 'loud', STATEMENT_TIMEOUT_MS: 'long' }
  await t.rejects(replay(['--since', '2026-01-01'], io(wrong)), new ConfigurationError(), 'replay')
  await t.rejects(replay(['--since', '2026-01-01'], io(wrong)), /^Error: LOG_LEVEL: must be one of|STATEMENT_TIMEOUT_MS: must be/)
  await t.rejects(cases(['test/cases/obligations.json'], io(wrong)), /LOG_LEVEL: must be one of/)
  await t.rejects(token(['--org', 'LBC_CAMDEN', '--role', 'DPO'], io({ LOG_LEVEL: 'loud' })), /LOG_LEVEL: must be one of/)
})
