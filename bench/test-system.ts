import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Profiler } from 'node:inspector'
import manifest from '../package.json' with { type: 'json' }
import { buildApp } from '../src/app.ts'
import type { RegisterContent } from '../src/demo/register-content.ts'
import { developmentIssuer } from '../src/identity/development-issuer.service.ts'
import type { Role } from '../src/identity/permissions.ts'
import { parseConfig } from '../src/platform/config.ts'
import { createDatabase, urlOfDatabase } from '../src/platform/database/create-database.ts'
import { migrate } from '../src/platform/database/migrate.ts'
import { systemClock } from '../src/platform/kernel/clock.ts'
import { loadRegister } from '../src/register-loader.ts'
import { throwAwayPostgres } from '../test/support/postgres.ts'
import { emptyRegister } from './content.ts'
import { end, message, start } from './processes.ts'
import type { BenchService } from './service.ts'

/** What `npm start` tells the runtime, besides how to read TypeScript. */
const OPTIONS_OF_START = manifest.scripts.start.split(' ').filter((word) => word.startsWith('--max-'))

/** PostgreSQL with `fsync=on`, databases on it, services on those, tokens for them. */
export type TestSystem = Awaited<ReturnType<typeof openTestSystem>>

/** A service that runs: where, how long it took from its start until it listened (the policy loaded), and its process. */
export interface RunningService {
  readonly origin: string
  readonly loadMs: number
  readonly pid: number
  /** Bytes of the process after a collection. */
  memory(): Promise<NodeJS.MemoryUsage>
  /** Where its processor time goes while `work` runs. */
  profile(work: () => Promise<unknown>): Promise<Profiler.Profile>
  close(): Promise<void>
}

export async function openTestSystem() {
  const postgres = await throwAwayPostgres({ isDurable: true })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = await developmentIssuer(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  const trust = { issuer: issuer.issuer, audience: issuer.audience, keys: issuer.jwks, isAuthoritative: true }
  const logKey = randomBytes(32)
  return {
    postgresPid: postgres.pid,
    /** A fresh database with this register; absent: the shipped lists and organisations. */
    async database(name: string, register: RegisterContent = emptyRegister()): Promise<string> {
      await createDatabase(postgres.url('postgres'), name)
      const databaseUrl = urlOfDatabase(postgres.url('postgres'), name)
      await migrate({ url: databaseUrl })
      const config = parseConfig({ LOG_LEVEL: 'silent' })
      if (!config.ok) throw new Error('the default configuration is wrong')
      const publicUrl = new URL('http://127.0.0.1')
      const app = await buildApp({ config: config.value, databaseUrl, publicUrl, trust: trust as never, logKey, clock: systemClock })
      await loadRegister(register, app.services)
      await app.close()
      return databaseUrl
    },
    async service(databaseUrl: string): Promise<RunningService> {
      const settings: BenchService = { databaseUrl, logKeyHex: logKey.toString('hex'), trust, config: {} }
      const child = start('./service.ts', settings, [...OPTIONS_OF_START, '--expose-gc'])
      const { port, loadMs } = await message<{ port: number; loadMs: number }>(child)
      return {
        origin: `http://127.0.0.1:${port}`,
        loadMs,
        pid: child.pid ?? 0,
        async memory() {
          child.send('memory')
          return (await message<{ memory: NodeJS.MemoryUsage }>(child)).memory
        },
        async profile(work) {
          child.send('profile')
          await message(child)
          await work()
          child.send('profiled')
          return (await message<{ profile: Profiler.Profile }>(child)).profile
        },
        close: () => end(child),
      }
    },
    /** A token of an API client of this organisation; each number is another client. */
    clientToken: (org: string, n: number) =>
      issuer.sign({ sub: `urn:accord:bench:${org}-${n}`, org, roles: ['API_CLIENT'], clientId: `bench-${n}` }, new Date(), 3600),
    /** A token of a person. */
    personToken: (org: string, role: 'IG_OFFICER' | 'SIRO') =>
      issuer.sign({ sub: `urn:accord:bench:${org}-${role}`, org, roles: [role], clientId: null }, new Date(), 3600),
    /** The same of somebody in particular. */
    personOf: (org: string, role: Role, sub: string) => issuer.sign({ sub, org, roles: [role], clientId: null }, new Date(), 3600),
    trust,
    logKey,
    close: () => postgres.remove(),
  }
}
