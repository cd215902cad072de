/** Whole exports: to refuse and to accept. */
import { encodeEntryBundle } from '../../../src/audit/format/tile.ts'
import { bundle, type Case, D, governance, log, type Verifier } from './case-logs.ts'
import { TAMPERINGS } from './export-tamperings.ts'
import { exportOf, type Files, inMemory } from './generated-log.ts'

export const exportCases: Case[] = TAMPERINGS.map(({ name, files, check, names, vkey, old }) => ({
  name: `export: names ${name}`,
  holds: ({ verifyExport }) =>
    verifyExport(inMemory(files()), vkey ?? log.vkey, old).checks.some((c) => !c.ok && check.test(c.name) && names.test(c.detail)),
}))

const whole =
  (files: Files, vkey: string, old?: string) =>
  ({ verifyExport }: Verifier) => {
    const { checks } = verifyExport(inMemory(files), vkey, old)
    return checks.length > 0 && checks.every(({ ok }) => ok)
  }
const leftBehind = exportOf(log)
  .set(`${D}/tile/0/000.p/3`, (log.files.get(`${D}/tile/0/000`) ?? Buffer.alloc(0)).subarray(0, 96))
  .set(`${D}/tile/entries/001.p/1`, encodeEntryBundle(bundle(1).slice(0, 1)))

export const honestExports: readonly Case[] = [
  { name: 'export: one log with its key', holds: whole(exportOf(log), log.vkey) },
  { name: 'export: two logs with both keys', holds: whole(exportOf(log, governance), `${governance.vkey}\n${log.vkey}\n`) },
  { name: 'export: two logs with the key of one', holds: whole(exportOf(log, governance), log.vkey) },
  { name: 'export: older partial tiles left behind', holds: whole(leftBehind, log.vkey) },
  ...[0, 1, 255, 256, 257, 511, 512, 599, 600].map((size) => ({
    name: `export: extends its own checkpoint of ${size} leaves`,
    holds: whole(exportOf(log), log.vkey, log.checkpointAt(size)),
  })),
]
