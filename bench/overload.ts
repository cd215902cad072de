import { once } from 'node:events'
import { denied, permitted } from './content.ts'
import type { Asked } from './path.ts'
import { type Load, measure, message, start } from './processes.ts'
import type { Storm, StormCall, StormResult } from './storm.ts'
import { table } from './table.ts'
import type { TestSystem } from './test-system.ts'

/** Of ten calls seven are AuthZEN evaluations, two first pages of searches for resources, one a batch of a hundred questions, answered in short. */
const MIX = [
  'evaluation',
  'search',
  'evaluation',
  'evaluation',
  'batch',
  'evaluation',
  'evaluation',
  'search',
  'evaluation',
  'evaluation',
] as const
const BATCH = 100
const TIMES = [2, 5]
/** More than are answered at once (`REQUESTS_IN_FLIGHT_MAX`), fewer than one address may have (`CONNECTIONS_PER_ADDRESS_MAX`). */
const CONNECTIONS = 400

/** The figures of a run: of the harder storm. */
export interface OverloadFigures {
  readonly overload_evaluation_p99_ms: number
  readonly overload_refused_p99_ms: number
  readonly overload_recovery_ms: number | null
}

/**
 * Twice and five times what the service can do, over AuthZEN, searches and batches mixed. The knee is the most that is answered in a second
 * by callers who wait for their answers, of 8, 32 and 128 connections.
 */
export async function measureOverload(
  system: TestSystem,
  databaseUrl: string,
  asked: readonly Asked[],
  seconds: number,
): Promise<OverloadFigures> {
  const service = await system.service(databaseUrl)
  const calls = asked.flatMap((_, turn) => MIX.map((kind, at) => callOf(kind, asked[(turn * MIX.length + at) % asked.length] as Asked)))
  const knee = await kneeOf(service.origin, calls, Math.min(5, seconds))
  const rows = []
  let last: StormResult | undefined
  for (const times of TIMES) {
    const order: Storm = {
      origin: service.origin,
      connections: CONNECTIONS,
      perSecond: knee * times,
      seconds,
      calls,
      probe: calls[0] as StormCall,
    }
    const child = start('./storm.ts', order)
    last = await message<StormResult>(child)
    if (child.exitCode === null) await once(child, 'exit')
    rows.push(rowOf(times, seconds, last))
    if (last.firstOther) console.log(`overload: ${last.others} replies neither answers nor refusals, the first: ${last.firstOther}`)
  }
  await service.close()
  console.log(
    `\noverload for ${seconds} s each: of ten calls seven AuthZEN evaluations, two searches, one batch of ${BATCH}; the knee is ${Math.round(knee)} calls a second`,
  )
  table(rows)
  return {
    overload_evaluation_p99_ms: last?.accepted['evaluation']?.p99 ?? 0,
    overload_refused_p99_ms: last?.refused.p99 ?? 0,
    overload_recovery_ms: last?.recoveryMs ?? null,
  }
}

async function kneeOf(origin: string, calls: readonly StormCall[], seconds: number): Promise<number> {
  const requests = calls.map(({ path, token, body }) => ({
    path,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }))
  const load: Load = { origin, method: 'POST', connections: 32, seconds, requests, status: 200, expected: '' }
  await measure(load, {})
  let knee = 0
  for (const connections of [8, 32, 128]) {
    const { perSecond, wrong, firstWrong } = await measure({ ...load, connections }, {})
    if (wrong > 0) console.log(`overload: ${wrong} not as expected at ${connections} connections, the first: ${firstWrong}`)
    knee = Math.max(knee, perSecond)
  }
  return knee
}

function callOf(kind: (typeof MIX)[number], { n, headers }: Asked): StormCall {
  const token = String(headers['authorization']).slice('Bearer '.length)
  const { provider, recipient, purpose, data_items: items, data_subjects, method, country } = permitted(n)
  const subject = { type: 'organisation', id: recipient }
  const action = { name: purpose, properties: { method, country } }
  if (kind === 'search')
    return { kind, token, path: '/access/v1/search/resource', body: { subject, action: { name: purpose }, resource: { type: 'data' } } }
  if (kind === 'batch') {
    const evaluations = Array.from({ length: BATCH }, (_, at) => (at % 5 === 0 ? denied(n) : permitted(n)))
    return { kind, token, path: '/v1/decisions/batch', body: { evaluations, answers: 'COMPACT' } }
  }
  const resource = { type: 'data', id: `${provider}/${items[0]}`, properties: { data_subjects } }
  return { kind, token, path: '/access/v1/evaluation', body: { subject, action, resource } }
}

function rowOf(times: number, seconds: number, { offered, accepted, refused, others, recoveryMs }: StormResult) {
  const of = (kind: string) => accepted[kind] ?? { answers: 0, p50: 0, p99: 0 }
  const [evaluation, search, batch] = [of('evaluation'), of('search'), of('batch')]
  return {
    'times the knee': times,
    'offered a s': Math.round(offered),
    'answered a s': Math.round((evaluation.answers + search.answers + batch.answers) / seconds),
    'evaluation p50 ms': evaluation.p50,
    'p99 ms': evaluation.p99,
    'search p99 ms': search.p99,
    'batch p99 ms': batch.p99,
    'refused a s': Math.round(refused.replies / seconds),
    'refused p50 ms': refused.p50,
    'refused p99 ms': refused.p99,
    'without Retry-After': refused.withoutRetryAfter,
    others,
    'recovery ms': recoveryMs === null ? 'none' : Math.round(recoveryMs),
  }
}
