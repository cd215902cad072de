import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DevelopmentIssuer, openDevelopmentIssuer } from '../../src/identity/development-issuer.service.ts'
import { createDatabase } from '../../src/platform/database/create-database.ts'
import { type CheckpointKeeper, checkpointKeeper } from './checkpoints.ts'
import { type Cluster, type ClusterOptions, freePort } from './cluster.ts'
import { AGREEMENT, type Governance, startGovernance } from './governance.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { type Load, startLoad } from './load.ts'
import { openRelay, type Relay } from './relay.ts'
import { type ServiceProcess, type ServiceSettings, startService } from './service-process.ts'

/** What rounds run on: a database that services reach through a relay, their keys, and what clients were told so far. */
export interface TestSystem {
  readonly folder: string
  readonly varDirectory: string
  readonly ledger: Ledger
  readonly checkpoints: CheckpointKeeper
  readonly relay: Relay
  readonly services: ServiceProcess[]
  readonly logKey: Uint8Array
  readonly password: string
  readonly tokens: { readonly asker: string; readonly suspender: string; readonly deputy: string; readonly lifter: string }
  /** The server that takes writes; a failover changes it. */
  primary: Cluster
  /** Where services that are ready can be called. */
  urls(): string[]
  /** Starts one more service, and waits until it listens. */
  addService(settings?: Partial<ServiceSettings>): Promise<ServiceProcess>
  /** Starts one without waiting. */
  launch(settings?: Partial<ServiceSettings>): Promise<ServiceProcess>
  /** Leaves exactly one plain service running. */
  oneService(): Promise<ServiceProcess>
  load(callers?: number): Load
  govern(holdMs?: number, restMs?: number): Governance
  close(): Promise<void>
}

export const DATABASE = 'accord_faults'
export const CALLERS = 12
const TOKEN_TTL_SECONDS = 36_000
/** Short, so that a round sees what happens after it; the limits of the product are longer. */
const CONFIG = { DECISION_DEADLINE_MS: '1500', CHECKPOINT_INTERVAL_MS: '250', LOCK_TIMEOUT_MS: '2000' }

/** A test system on a running primary; the services are started by the first round. */
export async function openTestSystem(options: {
  readonly folder: string
  readonly primary: Cluster
  readonly password: string
  readonly durability: 'D1' | 'D2'
  readonly logFile: string
}): Promise<TestSystem> {
  const { folder, durability, logFile } = options
  const keys = join(folder, 'keys')
  const varDirectory = join(folder, 'var')
  mkdirSync(varDirectory, { recursive: true })
  const issuer = await openDevelopmentIssuer(keys)
  const logKey = randomBytes(32)
  writeFileSync(join(keys, 'log-key'), logKey.toString('base64'), { mode: 0o600 })
  await createDatabase(options.primary.url('postgres'), DATABASE)
  const relay = await openRelay(options.primary.port)
  const ledger = openLedger(join(folder, 'acknowledged.jsonl'))
  const services: ServiceProcess[] = []
  const urls = () => services.filter((service) => service.isRunning() && service.isReady()).map(({ url }) => url)
  const tokens = await tokensOf(issuer)
  const databaseUrl = () => system.primary.url(DATABASE).replace(`:${system.primary.port}/`, `:${relay.port}/`)

  const system: TestSystem = {
    folder,
    varDirectory,
    ledger,
    checkpoints: checkpointKeeper(urls),
    relay,
    services,
    logKey,
    password: options.password,
    tokens,
    primary: options.primary,
    urls,
    async launch(settings = {}) {
      const { config, ...rest } = settings
      const own = { databaseUrl: databaseUrl(), port: await freePort(), keys, varDirectory, durability, clockOffsetMs: 0 }
      const service = startService({ ...own, ...rest, config: { ...CONFIG, ...config } }, logFile)
      services.push(service)
      return service
    },
    async addService(settings) {
      const service = await system.launch(settings)
      await service.ready()
      return service
    },
    async oneService() {
      for (const service of services.splice(1)) await service.kill()
      const [first] = services
      if (first?.isRunning()) return first
      services.length = 0
      return system.addService()
    },
    load: (callers = CALLERS) => startLoad({ ledger, token: tokens.asker, urls, callers }),
    govern: (holdMs = 60, restMs = 90) => startGovernance({ ledger, tokens, urls, standing: () => standing(system), holdMs, restMs }),
    async close() {
      await Promise.all(services.map((service) => service.kill()))
      await relay.close()
      ledger.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return system
}

/** A folder that the account of PostgreSQL may enter. */
export function openFolder(folder: string): string {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o755)
  return folder
}

/** The options of a cluster in a test system's folder. */
export async function clusterOptions(
  folder: string,
  name: string,
  bin: string,
  password: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ClusterOptions> {
  return { name, bin, directory: join(folder, name), password, port: await freePort(), settings }
}

async function standing(system: TestSystem): Promise<readonly string[]> {
  const sql = 'select id from public.suspension where agreement_id = $1 and lifted_at is null and (to_at is null or to_at > now())'
  return (await system.primary.ask<{ id: string }>(DATABASE, sql, [AGREEMENT])).map(({ id }) => id)
}

async function tokensOf(issuer: DevelopmentIssuer): Promise<TestSystem['tokens']> {
  const now = new Date()
  const person = (sub: string, role: 'IG_OFFICER' | 'SIRO', org = 'LBC_CAMDEN') =>
    issuer.sign({ sub: `urn:accord:faults:${sub}`, org, roles: [role], clientId: null }, now, TOKEN_TTL_SECONDS)
  const machine = { sub: 'urn:accord:faults:machine', org: 'LBC_CAMDEN', roles: ['API_CLIENT'], clientId: 'faults' } as const
  return {
    asker: await issuer.sign(machine, now, TOKEN_TTL_SECONDS),
    suspender: await person('suspender', 'IG_OFFICER'),
    deputy: await person('deputy', 'SIRO'),
    lifter: await person('lifter', 'SIRO', 'LBC_HACKNEY'),
  }
}
