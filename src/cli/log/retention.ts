import { randomBytes } from 'node:crypto'
import { fileReference } from '../../audit/format/leaf-forms.ts'
import { operatorActs } from '../../audit/retention/operator-acts.service.ts'
import { systemClock } from '../../platform/kernel/clock.ts'
import { isUuid, uuidv7Generator } from '../../platform/kernel/ids.ts'
import { isDay } from '../../platform/kernel/london-day.ts'
import { type Command, type Io, readOptions, usage } from '../command.ts'
import { openLogDatabase } from './log-database.ts'

const HOLD_USAGE = 'usage: accord log hold [--from DAY --to DAY --reference CODE | --lift N]'
const GROUNDS = ['ERASURE_REQUEST', 'COURT_ORDER', 'RECORDED_IN_ERROR'] as const

/** `log purge --before DAY [--simulated]`: deletes payload that is past its retention time; leaves and proofs stay as they are. */
export const purge: Command = async (args, io) => {
  const { before, simulated = false, rest } = readOptions(args, { before: { type: 'string' }, simulated: { type: 'boolean' } }) ?? {}
  if (before === undefined || rest?.length !== 0) return usage(io, 'usage: accord log purge --before YYYY-MM-DD [--simulated]')
  if (!isDay(before)) return usage(io, `--before ${before}: there is no such day (YYYY-MM-DD)`)
  return withActs(io, async (acts) => {
    const purged = await acts.purge(before, { simulated })
    io.out(purged ? `${purged.count} payloads purged, of ${purged.first} to ${purged.last}` : '0 payloads purged')
    const { left } = simulated ? { left: 0 } : await acts.dropEmptyDays(before)
    if (left > 0) io.out(`${left} empty days were in use and stand until the next purge`)
    return 0
  })
}

/** `log erase --why GROUND ID...`: erases the payload of single entries; exit 1 when there was none to erase. */
export const erase: Command = async (args, io) => {
  const [flag, why, ...ids] = args
  const ground = GROUNDS.find((one) => one === why)
  if (flag !== '--why' || !ground || ids.length === 0 || !ids.every(isUuid))
    return usage(io, `usage: accord log erase --why ${GROUNDS.join('|')} ID [ID ...]`)
  return withActs(io, async (acts) => {
    const count = await acts.erase(ids, ground)
    io.out(`${count} payloads erased`)
    if (count < ids.length) io.err(`${ids.length - count} of ${ids.length} identifiers name no payload that is kept here`)
    return count > 0 ? 0 : 1
  })
}

/** `log hold [--from DAY --to DAY --reference CODE | --lift N]`: places or lifts a legal hold, or lists those that stand. */
export const hold: Command = async (args, io) => {
  const text = { type: 'string' } as const
  const asked = readOptions(args, { from: text, to: text, reference: text, lift: text })
  if (!asked || asked.rest.length > 0) return usage(io, HOLD_USAGE)
  const { from, to, reference, lift } = asked
  if (lift !== undefined && /^\d+$/.test(lift)) {
    return withActs(io, async (acts) => {
      const lifted = await acts.liftHold(Number(lift))
      io.out(lifted ? `hold ${lift} lifted` : `no hold ${lift}`)
      return lifted ? 0 : 1
    })
  }
  if (from && to && reference) {
    const wrong = [from, to].find((day) => !isDay(day))
    if (wrong !== undefined) return usage(io, `${wrong}: there is no such day (YYYY-MM-DD)`)
    if (from > to) return usage(io, `a hold from ${from} to ${to} ends before it begins`)
    if (!fileReference(reference)) return usage(io, 'a reference is that of a file: capitals, digits, _ / and -, not seven digits in a row')
    return withActs(io, async (acts) => {
      io.out(`hold ${await acts.placeHold(from, to, reference)} placed`)
      return 0
    })
  }
  if (args.length > 0) return usage(io, HOLD_USAGE)
  return withActs(io, async (acts) => {
    for (const one of await acts.holds()) io.out(`hold ${one.id}: ${one.first} to ${one.last}, ${one.reference}`)
    return 0
  })
}

async function withActs(io: Io, work: (acts: ReturnType<typeof operatorActs>) => Promise<number>): Promise<number> {
  const database = await openLogDatabase(io.env)
  try {
    const { db } = await database.open('audit_retention')
    return await work(operatorActs({ db, clock: systemClock, random: randomBytes, newId: uuidv7Generator(systemClock, randomBytes) }))
  } finally {
    await database.close()
  }
}
