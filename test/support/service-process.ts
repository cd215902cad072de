// One node of a service, as a process of its own, for tests of several at once: `node --import=tsx service-process.ts JSON`.
// Its clock may be wrong by a fixed time, which no setting of the real service can make it. Prints its port and ends on SIGTERM.
import type { AddressInfo } from 'node:net'
import { buildApp } from '../../src/app.ts'
import type { Config } from '../../src/platform/config.ts'
import { CONNECTIONS_WAITING_MAX } from '../../src/platform/http/server.ts'
import { startTimerWorker } from '../../src/timer-worker.ts'
import { testConfig } from './service.ts'

/** What the parent hands over. */
export interface NodeOptions {
  readonly databaseUrl: string
  /** Milliseconds by which its clock is ahead; negative: behind. */
  readonly clockOffsetMs: number
  readonly logKeyHex: string
  /** Settings that are not those of every test. */
  readonly config?: Partial<Config>
  /** Whether it runs the worker that wakes timers; absent: no. */
  readonly hasWorker?: boolean
  readonly trust: { readonly issuer: string; readonly audience: string; readonly keys: unknown; readonly isAuthoritative: boolean }
}

const options = JSON.parse(process.argv[2] ?? '{}') as NodeOptions
const app = await buildApp({
  config: testConfig(options.config),
  databaseUrl: options.databaseUrl,
  publicUrl: new URL('http://127.0.0.1'),
  trust: options.trust as never,
  logKey: Buffer.from(options.logKeyHex, 'hex'),
  clock: () => new Date(Date.now() + options.clockOffsetMs),
})
await app.server.listen({ host: '127.0.0.1', port: 0, backlog: CONNECTIONS_WAITING_MAX })
const worker = options.hasWorker ? await startTimerWorker(app, options.databaseUrl) : undefined
console.log(`port ${(app.server.server.address() as AddressInfo).port}`)
process.on('SIGTERM', async () => {
  await worker?.stop()
  await app.close()
  process.exit(0)
})
