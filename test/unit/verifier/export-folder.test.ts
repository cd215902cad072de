import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { verifyExport } from '../../../src/verifier/export.ts'
import { exportFolder } from '../../../src/verifier/folder.ts'
import { exportOf, type Files, flipped, generateLog } from './generated-log.ts'

const root = mkdtempSync(join(tmpdir(), 'accord-export-'))
t.teardown(() => rmSync(root, { recursive: true }))

function write(name: string, files: Files): string {
  const directory = join(root, name)
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), bytes)
  }
  return directory
}

for (const size of [1, 255, 256, 257, 1000, 70_000]) {
  t.test(`a log of ${size} leaves, written to disk, holds; with one bit turned it does not`, async (t) => {
    const log = generateLog('decisions-2026', size)
    const directory = write(String(size), exportOf(log))
    const old = log.checkpointAt(Math.ceil(size / 2))
    const { checks } = verifyExport(exportFolder(directory), log.vkey, old)
    t.strictSame(
      checks.filter(({ ok }) => !ok),
      [],
    )
    t.ok(checks.some(({ name }) => name === 'decisions-2026: extends the old checkpoint'))
    const last = [...log.files.keys()].filter((path) => path.includes('/tile/entries/')).at(-1) ?? ''
    const bytes = log.files.get(last) ?? Buffer.alloc(0)
    writeFileSync(join(directory, last), flipped(bytes, bytes.length - 5))
    const damaged = verifyExport(exportFolder(directory), log.vkey, old).checks.filter(({ ok }) => !ok)
    t.strictSame(
      damaged.map(({ name }) => name).filter((name) => /hash tiles|root hash/.test(name)),
      ['decisions-2026: hash tiles', 'decisions-2026: root hash'],
    )
    t.match(damaged[0]?.detail, new RegExp(`index ${size - 1}`))
  })
}

t.test('an empty log holds', async (t) => {
  const log = generateLog('decisions-2026', 0)
  t.strictSame(
    verifyExport(exportFolder(write('0', exportOf(log))), log.vkey).checks.filter(({ ok }) => !ok),
    [],
  )
})

t.test('a link out of the folder is not followed', async (t) => {
  const log = generateLog('decisions-2026', 3)
  const directory = write('linked', exportOf(log))
  rmSync(join(directory, 'decisions-2026/tile/0/000.p/3'))
  symlinkSync(join(root, '1/decisions-2026/tile/0/000.p/1'), join(directory, 'decisions-2026/tile/0/000.p/3'))
  t.match(
    verifyExport(exportFolder(directory), log.vkey).checks.filter(({ ok }) => !ok),
    [{ detail: /000.p\/3: missing/ }],
  )
})
