import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { formatReceipt } from '../../../src/audit/format/receipt.ts'
import { treeRepository } from '../../../src/audit/store/tree.repository.ts'
import { log as logCommand } from '../../../src/cli/log/log.ts'
import { ownLog } from '../../support/own-log.ts'

const root = mkdtempSync(join(tmpdir(), 'accord-receipts-'))
t.teardown(() => rmSync(root, { recursive: true }))

t.test('a receipt is not proven by a log that somebody put in place of the recorded one and signed with a key of their own', async (t) => {
  const honest = await ownLog(t)
  const forger = await ownLog(t, { logKey: Buffer.alloc(32, 9) })
  const lines: string[] = []
  const run = (url: string, ...args: string[]) => {
    lines.length = 0
    return logCommand(args, {
      env: { DATABASE_URL: url, ACCORD_VAR: join(root, 'var') },
      out: (line) => void lines.push(line),
      err: () => {},
    })
  }
  const folders = { honest: join(root, 'honest'), forged: join(root, 'forged') }
  for (const [own, folder] of [
    [honest, folders.honest],
    [forger, folders.forged],
  ] as const) {
    await own.record(5)
    await own.audit.keeper.round()
    t.equal(await run(own.database.url, 'export', folder), 0)
  }
  const { logId, name, origin } = await forger.log()
  const [leaf] = await treeRepository(forger.root).leaves(logId, 3, 1)
  writeFileSync(join(root, 'receipt'), `${formatReceipt({ origin, index: 3, leafHash: leaf?.leafHash ?? Buffer.alloc(32), at: 1 })}\n`)
  rmSync(join(folders.honest, name), { recursive: true })
  cpSync(join(folders.forged, name), join(folders.honest, name), { recursive: true })
  const verify = (vkeys: readonly (string | undefined)[]) => {
    writeFileSync(join(root, 'vkeys'), vkeys.map((vkey) => `${vkey}\n`).join(''))
    return run('', 'verify', folders.honest, '--vkey', join(root, 'vkeys'), '--receipt', join(root, 'receipt'))
  }
  const [decisions, acts] = honest.audit.logs.map(({ vkey }) => vkey)
  t.equal(await verify([acts]), 1, 'whoever has the key of the log of acts alone is shown nothing of decisions')
  t.match(lines.join('\n'), `FAIL receipt 1: no key you gave speaks for ${origin}`)
  t.equal(await verify([decisions, acts]), 1)
  t.match(lines.join('\n'), `FAIL ${name}: key: ${name}/vkey: not the key you gave for ${origin}`)
})
