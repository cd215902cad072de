import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { log as logCommand } from '../../../src/cli/log/log.ts'
import { token } from '../../../src/cli/token.ts'
import { ownLog } from '../../support/own-log.ts'

// What the commands of the log say to whoever mistypes, and what they count.

const folder = mkdtempSync(join(tmpdir(), 'accord-commands-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const own = await ownLog(t)
let [out, err]: [string[], string[]] = [[], []]
const io = {
  env: { DATABASE_URL: own.database.url, ACCORD_VAR: join(folder, 'var') },
  out: (line: string) => void out.push(line),
  err: (line: string) => void err.push(line),
}
const run = (...args: string[]) => {
  ;[out, err] = [[], []]
  return logCommand(args, io)
}
const [decisions, governance] = own.audit.logs
const at = (name: string) => join(folder, name)
writeFileSync(at('vkey'), `${decisions?.vkey}\n`)
writeFileSync(at('both'), `${decisions?.vkey}\n${governance?.vkey}\n`)
const [id = ''] = await own.record(20)
await own.audit.keeper.round()
await run('export', at('export'))

t.test('a file or folder that is not there is named in one line, with exit 2', async (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['none', ['verify', at('export'), '--vkey', at('none')]],
    ['nowhere', ['verify', at('nowhere'), '--vkey', at('vkey')]],
    ['before', ['verify', at('export'), '--vkey', at('vkey'), '--old', at('before')]],
    ['receipts', ['verify', at('export'), '--vkey', at('vkey'), '--receipt', at('receipts')]],
    ['proof', ['verify', '--proof', at('proof'), '--leaf', at('vkey'), '--vkey', at('vkey')]],
    ['salt', ['verify', '--proof', at('vkey'), '--leaf', at('vkey'), '--vkey', at('vkey'), '--payload', at('vkey'), '--salt', at('salt')]],
    ['decision', ['verify', '--decision', at('decision'), '--vkey', at('vkey')]],
  ]
  for (const [missing, args] of cases) {
    t.equal(await run(...args), 2, missing)
    t.strictSame(err, [`${at(missing)}: there is no such file or folder`])
    t.strictSame(out, [])
  }
  t.equal(await run('verify', '--proof', at('vkey'), '--leaf', at('vkey'), '--vkey', at('vkey'), '--payload', at('vkey')), 2)
  t.match(err.join(), /usage/, 'a payload without its salt shows nothing')
})

t.test('a log that no given key speaks for is a warning and is not counted as passed; its faults are', async (t) => {
  t.equal(await run('verify', at('export'), '--vkey', at('both')), 0)
  const whole = Number(/^(\d+) checks passed, 0 failed$/.exec(out.at(-1) ?? '')?.[1])
  t.equal(await run('verify', at('export'), '--vkey', at('vkey')), 0)
  t.ok(out.some((line) => line.startsWith(`warning ${governance?.name}: no key you gave speaks for it`)))
  t.notOk(out.some((line) => line.startsWith(`ok   ${governance?.name}`)))
  t.ok(Number(/^(\d+) checks passed, 0 failed$/.exec(out.at(-1) ?? '')?.[1]) < whole)
  writeFileSync(join(at('export'), `${governance?.name}`, 'checkpoint'), 'nonsense')
  t.equal(await run('verify', at('export'), '--vkey', at('vkey')), 1)
  t.ok(out.some((line) => line.startsWith(`FAIL ${governance?.name}`)))
})

t.test('a day that does not exist, and a hold that ends before it begins, are refused in words', async (t) => {
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [['purge', '--before', '2026-13-45'], /^--before 2026-13-45: there is no such day/],
    [['purge', '--before', '2026-02-30'], /no such day/],
    [['hold', '--from', '2026-02-30', '--to', '2026-03-01', '--reference', 'X'], /^2026-02-30: there is no such day/],
    [['hold', '--from', '2026-03-02', '--to', '2026-03-01', '--reference', 'X'], /ends before it begins/],
  ]
  for (const [args, words] of refused) {
    t.equal(await run(...args), 2, args.join(' '))
    t.match(err.join('\n'), words)
  }
  t.equal(await run('hold'), 0)
  t.strictSame(out, [], 'nothing was held')
})

t.test('an erasure that erased nothing is not done', async (t) => {
  const foreign = '0199f0a4-0000-7000-8000-00000000abcd'
  t.equal(await run('erase', '--why', 'ERASURE_REQUEST', foreign), 1)
  t.match(err.join(), /1 of 1 identifiers name no payload/)
  t.equal(await run('erase', '--why', 'ERASURE_REQUEST', id, foreign), 0)
  t.strictSame(out, ['1 payloads erased'])
  t.match(err.join(), /1 of 2 identifiers/)
})

t.test('a client has one role: another one is refused, not dropped', async (t) => {
  ;[out, err] = [[], []]
  t.equal(await token(['--org', 'LBC_CAMDEN', '--role', 'AUDITOR', '--client'], { ...io, env: { ACCORD_VAR: join(folder, 'var') } }), 2)
  t.match(err.join(), /API_CLIENT and no other/)
  t.strictSame(out, [])
})

t.test('one altered leaf is named once, and the checkpoints it makes wrong are one line', async (t) => {
  for (let round = 0; round < 5; round++) {
    await own.record(2)
    await own.audit.keeper.round()
  }
  await own.close()
  const log = decisions?.logId
  await own.root.query(`set session_replication_role = replica; alter table audit.leaf drop constraint audit_leaf_hash_is_rfc6962;
    update audit.leaf set leaf = set_byte(leaf, 9, (get_byte(leaf, 9) + 1) % 128) where log_id = ${log} and idx = 7;
    set session_replication_role = origin`)
  t.equal(await run('fsck'), 1)
  const failed = out.filter((line) => line.startsWith('FAIL'))
  t.equal(failed.filter((line) => / leaf 7 /.test(line)).length, 1)
  t.notMatch(failed.join('\n'), /payload/, 'nothing can be said of its payload')
  const wrong = failed.filter((line) => line.includes(': checkpoints:'))
  t.equal(wrong.length, 1, out.join('\n'))
  t.match(wrong[0], /FORK: \d+ checkpoints, from \d+ to 31 leaves, have another root than the leaves/)
})
