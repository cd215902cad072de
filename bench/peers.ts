// `npm run bench:peers`: durable, explained answers of ours beside those of Cerbos, whose log is not durable, in one run on one machine:
// single questions, batches beside its batches, searches beside its plan of a query. `-- --quick`: one round, and the larger batches and
// the searches one after the other alone. The last line is one JSON object; what is not measured is null.
import { CERBOS_BATCH_MAX, startCerbos } from './cerbos.ts'
import { batches, type PeerLoads, searches, singles } from './peer-loads.ts'
import { type Loads, measureRounds } from './rounds.ts'
import { publishAgreements } from './seed.ts'
import { openTestSystem } from './test-system.ts'

const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 1 : 3
const SECONDS = 5
const AGREEMENTS = 1056

const system = await openTestSystem()
const cerbos = await startCerbos()
try {
  const databaseUrl = await system.database('bench_peers')
  await publishAgreements(databaseUrl, 0, AGREEMENTS)
  const service = await system.service(databaseUrl)
  const peers = { system, service, cerbos, seconds: SECONDS }
  const loads: Loads = {
    ...sides('64', await singles(peers, 64)),
    ...sides('1', await singles(peers, 1)),
    ...(isQuick ? {} : sides('batches of 100', await batches(peers, 100), 100)),
    ...sides(`batches of ${CERBOS_BATCH_MAX}`, await batches(peers, CERBOS_BATCH_MAX), CERBOS_BATCH_MAX),
    ...(isQuick ? {} : sides('searches, 64', await searches(peers, 64))),
    ...sides('searches, 1', await searches(peers, 1)),
  }
  console.log(
    `\n${ROUNDS} interleaved rounds of ${SECONDS} s, ${AGREEMENTS} agreements; medians; processor time a decision. Our answer is recorded durably before it is given; Cerbos 0.55.0 writes its audit log to a file without waiting.
Batches: every question permitted, of one item; ours in short answers, each call one record. Searches: ours gives the first page of what is permitted, Cerbos the condition to put to a database, which is not asked.`,
  )
  const counted = { accord: service.pid, postgres: system.postgresPid, cerbos: cerbos.pid }
  const rows = await measureRounds(loads, { rounds: ROUNDS, warmSeconds: 2, counted })
  await service.close()
  const ratio = (what: string, figure: 'per s' | 'p50 ms') => {
    const [ours, theirs] = [rows[`Accord, ${what}`], rows[`Cerbos, ${what}`]]
    return ours && theirs ? ours[figure] / theirs[figure] : null
  }
  console.log(
    JSON.stringify({
      p50_1_over_cerbos: ratio('1', 'p50 ms'),
      rps_64_over_cerbos: ratio('64', 'per s'),
      batch_100_per_s_over_cerbos: ratio('batches of 100', 'per s'),
      batch_500_per_s_over_cerbos: ratio(`batches of ${CERBOS_BATCH_MAX}`, 'per s'),
      search_p50_1_over_cerbos_plan: ratio('searches, 1', 'p50 ms'),
      search_rps_64_over_cerbos_plan: ratio('searches, 64', 'per s'),
    }),
  )
} finally {
  await cerbos.close()
  await system.close()
}

function sides(what: string, { ours, theirs }: PeerLoads, decisions = 1): Loads {
  return { [`Accord, ${what}`]: { load: ours, decisions }, [`Cerbos, ${what}`]: { load: theirs, decisions } }
}
