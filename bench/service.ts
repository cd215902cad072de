// The service as `npm start` runs it, as a process of its own, and beside it one operation that decides nothing: the floor to
// compare with. It passes every hook, the token, the contract and the log line, and serialises an answer of the same size.
import { once } from 'node:events'
import { Session } from 'node:inspector/promises'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { buildApp } from '../src/app.ts'
import type { Answer } from '../src/decisions/answer.ts'
import { callerOf } from '../src/identity/identity.plugin.ts'
import { parseConfig } from '../src/platform/config.ts'
import { operation } from '../src/platform/http/openapi.ts'
import { systemClock } from '../src/platform/kernel/clock.ts'
import { orThrow } from '../src/platform/kernel/refusal.ts'

/** What the parent sends. */
export interface BenchService {
  readonly databaseUrl: string
  readonly logKeyHex: string
  readonly trust: { readonly issuer: string; readonly audience: string; readonly keys: unknown }
  readonly config: Readonly<Record<string, string>>
}

const NOOP = '/v1/decisions/no-op'

const [settings] = (await once(process, 'message')) as [BenchService]
const parsed = parseConfig(settings.config)
if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusal))
const startedAt = performance.now()
const app = await buildApp({
  config: parsed.value,
  databaseUrl: settings.databaseUrl,
  publicUrl: new URL('http://127.0.0.1'),
  trust: settings.trust as never,
  logKey: Buffer.from(settings.logKeyHex, 'hex'),
  clock: systemClock,
  durability: 'D1',
})

let typical: ReturnType<typeof app.decisions.decide> | undefined
const decide = operation('decide')
// Hooks tell decisions by the name of the operation, and each operation has one route when the service starts.
const asDecide = { ...decide.config.operation, id: 'noOp' }
app.server.route({
  ...decide,
  url: NOOP,
  config: { operation: asDecide },
  async handler(request, reply) {
    const call = { caller: callerOf(request), bodies: [request.body as never], simulated: false, trace: null }
    typical ??= app.decisions.decide(call)
    const { evaluations, receipt } = orThrow(await typical)
    const { answer } = evaluations[0] as { readonly answer: Answer }
    request.logFields['decisionId'] = answer.decision_id
    request.logFields['decision'] = answer.decision
    reply.code(200).header('accord-receipt', receipt).header('content-type', 'application/json; charset=utf-8')
    return JSON.stringify(answer) as never
  },
})
await app.server.listen({ host: '127.0.0.1', port: 0 })
asDecide.id = 'decide'
const loadMs = performance.now() - startedAt
const tell = (message: unknown) => process.send?.(message)
tell({ port: (app.server.server.address() as AddressInfo).port, loadMs })
const profiler = new Session()
profiler.connect()
process.on('message', async (wanted: 'memory' | 'profile' | 'profiled') => {
  if (wanted === 'memory') {
    // The first collection finds what is free, the next gives it back.
    for (let time = 0; time < 3; time++) {
      globalThis.gc?.()
      await pause(500)
    }
    tell({ memory: process.memoryUsage() })
  } else if (wanted === 'profile') {
    await profiler.post('Profiler.enable')
    await profiler.post('Profiler.start')
    tell({ profile: null })
  } else tell({ profile: (await profiler.post('Profiler.stop')).profile })
})
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)))
process.on('disconnect', () => process.exit(1))
