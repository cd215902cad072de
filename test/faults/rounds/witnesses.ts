import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { between, judged, type Round, type RoundContext, sleep, underLoad } from '../round.ts'
import { DATABASE, type TestSystem } from '../test-system.ts'
import { startWitnessProcess, type WitnessProcess } from '../witness-process.ts'
import { instant, until } from '../words.ts'

/** A service asks its witnesses every ten seconds, and each of two starts at a moment of its own. */
const WITNESSED_WITHIN_MS = 25_000

/** The connection that signs gives its server half a minute; the log promises a checkpoint within a minute. */
const SIGNED_WITHIN_MS = 45_000

/**
 * FM-24, FM-25: two services on one database, two witnesses; one service is killed and another comes in its place. Whoever asks a
 * witness, and how far another has brought it, is no fork: the log is cosigned by both, goes on, and no service calls it wrong.
 */
export const witnessedNodes: Round = { kind: 'witnessed-nodes', faults: 'F24, F25', on: 'single', run }

async function run({ system, random }: RoundContext) {
  await system.oneService()
  const vkeys = join(system.folder, 'witnessed-vkeys')
  const logs = await system.primary.ask<{ vkey: string }>(DATABASE, 'select vkey from audit.log')
  writeFileSync(vkeys, logs.map(({ vkey }) => `${vkey}\n`).join(''))
  const start = (name: string) => startWitnessProcess(join(system.folder, name), vkeys, join(system.folder, `${name}.log`))
  const witnesses: WitnessProcess[] = [await start('witness-1'), await start('witness-2')]
  for (const service of system.services.splice(0)) await service.kill()
  const config = { WITNESSES: witnesses.map(({ setting }) => setting).join(',') }
  let [isCosigned, isReady] = [false, false]
  try {
    await system.addService({ config })
    const second = await system.addService({ config })
    const loaded = await underLoad(
      system,
      async () => {
        await sleep(between(random, 500, 2_000))
        await second.kill()
        system.services.splice(system.services.indexOf(second), 1)
        await system.addService({ config })
        const from = await newest(system)
        isCosigned = await until(async () => (await cosigned(system, from)) === 2, WITNESSED_WITHIN_MS, 500)
        isReady = await until(async () => allReady(system), 3_000, 100)
      },
      { callers: 4, afterMs: 300 },
    )
    const findings = [
      !isCosigned && 'not both witnesses cosigned what two services signed',
      !isReady && 'a service is not ready: it takes its witness for wrong',
    ]
    return judged(loaded, { findings, notes: { cosigned: isCosigned ? 'by both' : 'no' } })
  } finally {
    for (const service of system.services.splice(0)) await service.kill()
    for (const witness of witnesses) await witness.kill()
  }
}

async function newest(system: TestSystem): Promise<number> {
  const [row] = await system.primary.ask<{ size: number }>(DATABASE, 'select max(size)::int as size from audit.checkpoint where log_id = 1')
  return row?.size ?? 0
}

/** Witnesses that cosigned the log of decisions at a size beyond the one given. */
async function cosigned(system: TestSystem, from: number): Promise<number> {
  const sql = 'select count(distinct witness)::int as n from audit.cosignature where log_id = 1 and size > $1'
  return (await system.primary.ask<{ n: number }>(DATABASE, sql, [from]))[0]?.n ?? 0
}

async function allReady(system: TestSystem): Promise<boolean> {
  const replies = await Promise.all(
    system.urls().map((url) =>
      fetch(`${url}/health/ready`)
        .then(({ status }) => status)
        .catch(() => 0),
    ),
  )
  return replies.length === 2 && replies.every((status) => status === 200)
}

/** R19: the database's host dies without a word while callers ask, and is back seconds later under the same address. */
export const silentHost: Round = {
  kind: 'silent-host',
  faults: 'R19',
  on: 'single',
  async run({ system, random }) {
    await system.oneService()
    let [silentAt, backAt] = [0, 0]
    let [isBack, isSigned] = [false, false]
    const loaded = await underLoad(
      system,
      async () => {
        await sleep(between(random, 300, 1_200))
        system.relay.fallSilent()
        silentAt = instant()
        await sleep(between(random, 1_000, 6_000))
        backAt = instant()
        system.relay.wake()
        const client = system.load(2)
        isBack = await until(() => client.seen.answers.some(({ begun }) => begun > backAt), 40_000, 100)
        await client.stop()
        const from = await newest(system)
        isSigned = await until(async () => (await newest(system)) > from, SIGNED_WITHIN_MS, 250)
      },
      { callers: 6, afterMs: 500 },
    )
    const meanwhile = loaded.seen.answers.filter(({ begun, received }) => begun > silentAt && received < backAt).length
    const findings = [
      meanwhile > 0 && `${meanwhile} answers while the database could not be heard`,
      !isSigned && `nothing was signed within ${SIGNED_WITHIN_MS / 1000} s of the first answer`,
      !isBack && 'no answer within 40 s of the database being heard again',
    ]
    return judged(loaded, { findings, notes: { silent_ms: Math.round(backAt - silentAt) } })
  },
}
