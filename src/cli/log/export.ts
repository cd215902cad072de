import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { encodeEntryBundle, tilePath, tilesOfTree } from '../../audit/format/tile.ts'
import { exportReading } from '../../audit/reading/export-reading.service.ts'
import { operatorActs } from '../../audit/retention/operator-acts.service.ts'
import { systemClock } from '../../platform/kernel/clock.ts'
import { uuidv7Generator } from '../../platform/kernel/ids.ts'
import { type Command, usage } from '../command.ts'
import { openLogDatabase } from './log-database.ts'

/**
 * `log export DIR`: every log as files (C2SP tlog-tiles), entries included, under its newest signed checkpoint. Files are
 * written in the order of publication: entries, tiles, then the checkpoint. That it was taken out is recorded first.
 */
export const exportLogs: Command = async ([directory, ...more], io) => {
  if (directory === undefined || directory.startsWith('-') || more.length > 0) return usage(io, 'usage: accord log export DIR')
  const { env, out, err } = io
  const database = await openLogDatabase(env)
  try {
    const { pool } = await database.open('audit_reader')
    const reading = exportReading(pool)
    const logs = await reading.logs()
    if (logs.length === 0) {
      err('no log has a signed checkpoint yet')
      return 1
    }
    const { db } = await database.open('accord_app')
    const acts = operatorActs({ db, clock: systemClock, random: randomBytes, newId: uuidv7Generator(systemClock, randomBytes) })
    for (const log of logs) await acts.recordExport(log)
    for (const log of logs) {
      const write = (path: string, content: string | Uint8Array) => {
        const file = join(directory, log.name, path)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, content)
      }
      for (const tile of tilesOfTree(log.size)) {
        const bytes = tile.level === 'entries' ? encodeEntryBundle(await reading.entries(log, tile)) : await reading.tile(log, tile)
        write(tilePath(tile), bytes)
      }
      write('vkey', `${log.vkey}\n`)
      const witnessed = await reading.witnessed(log)
      if (witnessed !== undefined) write('checkpoint.witnessed', witnessed)
      write('checkpoint', log.note)
      err(`${log.name}: ${log.size} entries`)
    }
    const listed = logs.map(({ name, origin, size }) => ({ name, origin, size }))
    writeFileSync(join(directory, 'logs.json'), `${JSON.stringify({ logs: listed }, null, 2)}\n`)
    out(`${logs.length} logs exported`)
    return 0
  } finally {
    await database.close()
  }
}
