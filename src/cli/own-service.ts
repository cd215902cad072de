import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { type App, buildApp } from '../app.ts'
import { type DevelopmentIssuer, developmentIssuer } from '../identity/development-issuer.service.ts'
import type { Principal } from '../identity/principal.ts'
import { type Config, parseConfig } from '../platform/config.ts'
import { createDatabase, dropDatabase, urlOfDatabase } from '../platform/database/create-database.ts'
import { startEmbeddedPostgres } from '../platform/database/embedded-postgres.ts'
import { migrate } from '../platform/database/migrate.ts'
import { type Clock, systemClock } from '../platform/kernel/clock.ts'

/** A service of a command's own: a database made for it and dropped after, a free port, a throw-away issuer and log key. */
export interface OwnService {
  readonly app: App
  readonly url: string
  readonly databaseUrl: string
  token(principal: Omit<Principal, 'sub'> & { readonly sub?: string }): Promise<string>
  close(): Promise<void>
}

const TOKEN_TTL_SECONDS = 3600

/** Starts one beside anything that runs: on the server of DATABASE_URL (its role needs CREATEDB), else on the embedded one. */
export async function startOwnService(env: NodeJS.ProcessEnv, name: string, clock: Clock = systemClock): Promise<OwnService> {
  const parsed = parseConfig({ ACCORD_VAR: env['ACCORD_VAR'], LOG_LEVEL: env['LOG_LEVEL'] ?? 'error' })
  if (!parsed.ok) throw new Error(parsed.refusal.map(({ variable, message }) => `${variable}: ${message}`).join('; '))
  const config: Config = parsed.value
  const postgres = env['DATABASE_URL'] ? undefined : await startEmbeddedPostgres({ varDirectory: config.varDirectory })
  const serverUrl = env['DATABASE_URL'] ?? postgres?.url('postgres') ?? ''
  const database = `accord_${name}_${randomBytes(6).toString('hex')}`
  await createDatabase(serverUrl, database)
  const databaseUrl = urlOfDatabase(serverUrl, database)
  const removeDatabase = async () => {
    await dropDatabase(serverUrl, database)
    await postgres?.stop()
  }
  try {
    await migrate({ url: databaseUrl })
    const issuer = await throwAwayIssuer()
    const app = await buildApp({
      config,
      databaseUrl,
      publicUrl: new URL('http://127.0.0.1'),
      trust: { issuer: issuer.issuer, audience: issuer.audience, keys: issuer.jwks as never },
      logKey: randomBytes(32),
      clock,
    })
    await app.server.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.server.address() as AddressInfo
    return {
      app,
      databaseUrl,
      url: `http://127.0.0.1:${port}`,
      token: ({ sub = 'urn:accord:command', ...principal }) => issuer.sign({ sub, ...principal }, clock(), TOKEN_TTL_SECONDS),
      async close() {
        await app.close()
        await removeDatabase()
      },
    }
  } catch (error) {
    await removeDatabase()
    throw error
  }
}

function throwAwayIssuer(): Promise<DevelopmentIssuer> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return developmentIssuer(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })))
}
