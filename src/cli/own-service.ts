import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, buildApp } from '../app.ts'
import { type DevelopmentIssuer, developmentIssuer } from '../identity/development-issuer.service.ts'
import type { Caller } from '../identity/principal.ts'
import { createDatabase, dropDatabase } from '../platform/database/create-database.ts'
import { migrate } from '../platform/database/migrate.ts'
import { type Clock, systemClock } from '../platform/kernel/clock.ts'
import { commandConfig } from './command-config.ts'
import { openCommandDatabase } from './command-database.ts'

/** A service of a command's own: a database made for it and dropped after, a free port, a throw-away issuer and log key. */
export interface OwnService {
  readonly app: App
  readonly url: string
  readonly databaseUrl: string
  /** What it writes besides, mail among it; removed when it closes. */
  readonly folder: string
  token(principal: Omit<Caller, 'sub'> & { readonly sub?: string }): Promise<string>
  close(): Promise<void>
}

const TOKEN_TTL_SECONDS = 3600

/** Starts one beside anything that runs: on the server of DATABASE_URL (its role needs CREATEDB), else on the embedded one. */
export async function startOwnService(env: NodeJS.ProcessEnv, name: string, clock: Clock = systemClock): Promise<OwnService> {
  const config = commandConfig({ ...env, LOG_LEVEL: env['LOG_LEVEL'] ?? 'error' })
  const server = await openCommandDatabase(env, config.varDirectory)
  const serverUrl = server.named('postgres')
  const database = `accord_${name}_${randomBytes(6).toString('hex')}`
  await createDatabase(serverUrl, database)
  const databaseUrl = server.named(database)
  const folder = await mkdtemp(join(tmpdir(), 'accord-'))
  const removeDatabase = async () => {
    await rm(folder, { recursive: true, force: true })
    await dropDatabase(serverUrl, database)
    await server.close()
  }
  try {
    await migrate({ url: databaseUrl })
    const issuer = await throwAwayIssuer()
    const app = await buildApp({
      // Nothing of it leaves this machine: mail is files, and what it sends to is a story's own.
      config: { ...config, varDirectory: folder, mailChannel: 'file', webhookPrivateAddresses: 'allowed' },
      databaseUrl,
      publicUrl: new URL('http://127.0.0.1'),
      trust: { issuer: issuer.issuer, audience: issuer.audience, keys: issuer.jwks as never, isAuthoritative: true },
      logKey: randomBytes(32),
      clock,
    })
    await app.server.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.server.address() as AddressInfo
    return {
      app,
      ...{ databaseUrl, folder },
      url: `http://127.0.0.1:${port}`,
      // Tokens are judged by the machine's own clock, whatever day it is in a story.
      token: ({ sub = 'urn:accord:command', ...principal }) => issuer.sign({ sub, ...principal }, systemClock(), TOKEN_TTL_SECONDS),
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
