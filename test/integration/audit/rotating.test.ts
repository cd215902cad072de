import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { logSigner } from '../../../src/audit/format/log-keys.ts'
import { formatVkey } from '../../../src/audit/format/signed-note.ts'
import { treeRepository } from '../../../src/audit/store/tree.repository.ts'
import { log as logCommand } from '../../../src/cli/log/log.ts'
import { lifecycleOn, ownLog } from '../../support/own-log.ts'

// R28: a key is changed inside a period by ending the log with the announcement of the next one's key, under the old signature.

const NEXT = randomBytes(32)

t.test('a log ends by announcing the key of the next one, which only a service with that key opens', async (t) => {
  const own = await ownLog(t)
  await own.record(5)
  const before = await own.log()
  const announced = await lifecycleOn(own).announceKey('decisions', NEXT)
  t.equal(announced, formatVkey(logSigner(NEXT, `${before.origin}-2`)), 'the key of the next incarnation')
  await own.audit.keeper.round()
  t.equal(own.audit.keeper.published(before.logId)?.size, before.size + 2, 'the old key signs the announcement')
  await t.rejects(own.record(1), { name: 'NotRecordedError' }, 'a service with the old key takes nothing more')
  t.match(own.audit.faults().join(), /ended for a change of its key: give this service the new one/, 'and health says why')
  const root = await treeRepository(own.root).leaves(before.logId, before.size, 2)
  t.match(
    root.map(({ leaf }) => JSON.parse(String(leaf))),
    [
      { t: 'audit.key.added', vkey: announced },
      { t: 'audit.log.closed', why: 'PERIOD', size: before.size + 2 },
    ],
  )
  t.equal((await own.log()).logId, before.logId, 'nor does it open the next log')
  await lifecycleOn(own).announceKey('governance', NEXT)
  await own.audit.keeper.round()
  await own.close()

  const renewed = await ownLog(t, { on: own.database, logKey: NEXT })
  const after = await renewed.log()
  t.match(after, { name: `${before.name}-2`, vkey: announced })
  await renewed.record(2)
  await renewed.audit.keeper.round()
  t.same(renewed.audit.faults(), [])
  const first = await treeRepository(own.root).leaves(after.logId, 0, 2)
  t.match(
    first.map(({ leaf }) => JSON.parse(String(leaf))),
    [
      { t: 'audit.log.opened', why: 'PERIOD', vkey: announced, prev: { origin: before.origin, size: before.size + 2 } },
      { t: 'audit.key.removed', vkey: before.vkey },
    ],
  )
})

t.test('the old key is not announced as the new one, and a log that has ended announces none', async (t) => {
  const own = await ownLog(t)
  await t.rejects(lifecycleOn(own).announceKey('decisions', Buffer.alloc(32, 7)), /is the old one/)
  await own.record(1)
  await lifecycleOn(own).announceKey('decisions', NEXT)
  await t.rejects(lifecycleOn(own).announceKey('decisions', NEXT), /no log of decisions that takes entries/)
})

t.test('where the announced key is lost the log goes on under a third one, and whoever checks is told, not alarmed', async (t) => {
  const own = await ownLog(t)
  await own.record(5)
  const before = await own.log()
  const vkeys = own.audit.logs.map(({ vkey }) => vkey)
  for (const kind of ['decisions', 'governance'] as const) await lifecycleOn(own).announceKey(kind, NEXT)
  await own.audit.keeper.round()
  await own.close()
  const third = Buffer.alloc(32, 9)
  for (const kind of ['decisions', 'governance'] as const) await lifecycleOn(own, { logKey: third }).reopen(kind, { why: 'KEY_COMPROMISE' })
  const after = await ownLog(t, { on: own.database, logKey: third })
  await after.record(3)
  await after.audit.keeper.round()

  const root = mkdtempSync(join(tmpdir(), 'accord-rotated-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  writeFileSync(join(root, 'vkeys'), [...vkeys, ...after.audit.logs.map(({ vkey }) => vkey)].map((vkey) => `${vkey}\n`).join(''))
  const link = `ok   ${before.name}-2: continues the log before: ${before.name} at ${before.size + 2} leaves, under another key than it announced`
  for (const args of [['export', join(root, 'export')], ['verify', join(root, 'export'), '--vkey', join(root, 'vkeys')], ['fsck']]) {
    const lines: string[] = []
    const env = { DATABASE_URL: own.database.url, ACCORD_VAR: join(root, 'var') }
    t.equal(await logCommand(args, { env, out: (line) => void lines.push(line), err: () => {} }), 0, lines.join('\n'))
    if (args[0] !== 'export') t.ok(lines.includes(link), `${args[0]} says so`)
  }
})
