import { exportReading } from '../../audit/reading/export-reading.service.ts'
import type { LogState, TreeRepository } from '../../audit/tree/tree.repository.ts'
import { inWords, SLICE } from '../../audit/watch/altered-payloads.service.ts'
import { type Inspected, inspection } from '../../audit/watch/inspection.service.ts'
import type { Check } from '../../verifier/check.ts'
import type { Command } from '../command.ts'
import { openLogDatabase } from './log-database.ts'
import { report } from './verify.ts'

/** `log fsck`: the database against its tiles against its checkpoints, every fault by name and index. Reads only. */
export const fsck: Command = async (args, io) => {
  if (args.length > 0) {
    io.err('usage: accord log fsck')
    return 2
  }
  const database = await openLogDatabase(io.env)
  try {
    const { repository } = exportReading((await database.open('audit_reader')).pool)
    const checks: Check[] = []
    for (const log of await repository.logs()) {
      const { findings, leaves, checkpoints } = await inspection(repository, log, database.highWater).run()
      const well: Readonly<Record<Inspected, string>> = {
        leaves: `${leaves}, none missing`,
        'leaf hashes': 'every leaf hashes to what the tree was built of',
        tiles: 'every tile is what the leaves hash to',
        tree: 'its edge and root are what the leaves hash to',
        checkpoints: `${checkpoints} signed by the log, each with the root of its leaves`,
        'high water': 'nothing published by this machine is missing',
      }
      for (const [name, detail] of Object.entries(well)) {
        const faults = findings.filter(({ check }) => check === name)
        if (faults.length === 0) checks.push({ name: `${log.name}: ${name}`, ok: true, detail })
        for (const fault of faults) checks.push({ name: `${log.name}: ${name}`, ok: false, detail: `${fault.why}: ${fault.detail}` })
      }
      checks.push(...(await payloadsOf(repository, log)))
    }
    return report(checks, io)
  } finally {
    await database.close()
  }
}

/** Every payload that is kept, compared with its entry where it lies: nobody's words leave the database for it. */
async function payloadsOf(repository: TreeRepository, log: LogState): Promise<Check[]> {
  const name = `${log.name}: payloads`
  const altered: Check[] = []
  for (let first = 0; first < log.size; first += SLICE) {
    const found = await repository.alteredPayloads(log.logId, first, SLICE)
    altered.push(...found.map((one) => ({ name, ok: false, detail: `ALTERED_PAYLOAD: ${inWords(one)}` })))
  }
  return altered.length > 0 ? altered : [{ name, ok: true, detail: 'each that is kept is the one its entry commits to' }]
}
