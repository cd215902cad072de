import { createPrivateKey, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { demoAccounts, startDemoIssuer } from './demo-issuer.ts'
import {
  DEVELOPMENT_AUDIENCE,
  DEVELOPMENT_ISSUER,
  type DevelopmentIssuer,
  openDevelopmentIssuer,
} from './identity/development-issuer.service.ts'
import type { TokenTrust } from './identity/issuers.ts'
import { type ConfiguredIssuer, parseIssuers } from './identity/issuers-file.service.ts'
import type { Config, ConfigError } from './platform/config.ts'
import { createDatabase, urlOfDatabase, urlWithPassword } from './platform/database/create-database.ts'
import { startEmbeddedPostgres } from './platform/database/embedded-postgres.ts'
import { migrate } from './platform/database/migrate.ts'
import { type BrowserSignIn, callbackAt } from './web-services.ts'

/** What stands around the service before it starts: a migrated database, keys, whom to trust. */
export interface Environment {
  readonly databaseUrl: string
  readonly trust: TokenTrust
  /** Whose tokens are trusted besides. */
  readonly furtherTrust: readonly TokenTrust[]
  readonly logKey: Uint8Array
  /** Null where a real issuer is configured: then we issue nothing. */
  readonly issuer: DevelopmentIssuer | null
  /** How people sign in with a browser; null: there are no pages. */
  readonly browserSignIn: BrowserSignIn | null
  /** Whether the database and keys are ours, under the var folder. */
  readonly isEmbedded: boolean
  close(): Promise<void>
}

const DATABASE = 'accord'
const LOG_KEY_BYTES = 32

/** Opens the environment of the configuration: the named database, or the embedded one with development keys. */
export async function openEnvironment(config: Config, say: (line: string) => void): Promise<Environment> {
  return config.databaseUrl === undefined
    ? openEmbedded(config, say)
    : openConfigured(config, urlWithPassword(config.databaseUrl, config.databasePasswordFile))
}

async function openEmbedded(config: Config, say: (line: string) => void): Promise<Environment> {
  const postgres = await startEmbeddedPostgres({ varDirectory: config.varDirectory, say })
  await createDatabase(postgres.url('postgres'), DATABASE)
  const databaseUrl = postgres.url(DATABASE)
  // On a port that the system chooses nobody knows yet where a browser is to come back to.
  const { publicUrl, demoIssuerPort } = config
  const opened = async () => {
    await migrate({ url: databaseUrl, say, reset: resetEmbedded(config.varDirectory, postgres.dataDirectory) })
    const listen = (url: URL) => startDemoIssuer(demoIssuerPort, () => callbackAt(url))
    return publicUrl ? listeningOn('DEMO_ISSUER_PORT', demoIssuerPort, () => listen(publicUrl)) : null
  }
  const people = await opened().catch(async (error: unknown) => {
    await postgres.stop()
    throw error
  })
  const keys = join(config.varDirectory, 'keys')
  const issuer = await openDevelopmentIssuer(keys)
  return {
    databaseUrl,
    trust: { issuer: DEVELOPMENT_ISSUER, audience: DEVELOPMENT_AUDIENCE, keys: issuer.jwks as never, isAuthoritative: true },
    logKey: config.logKeyFile ? readLogKey(config.logKeyFile) : openDevelopmentLogKey(join(keys, 'log-key')),
    issuer,
    furtherTrust: [],
    browserSignIn: people && publicUrl ? { issuers: [people], publicUrl, demoAccounts } : null,
    isEmbedded: true,
    async close() {
      await people?.close()
      await postgres.stop()
    },
  }
}

async function openConfigured(config: Config, databaseUrl: string): Promise<Environment> {
  const { logKeyFile, publicUrl } = config
  const [trust, ...furtherTrust] = configuredIssuers(config)
  if (!trust || !logKeyFile || !publicUrl) throw new Error('the configuration was not checked')
  await migrate({ url: databaseUrl, reset: resetConfigured(databaseUrl, config.varDirectory) })
  const signIns = [trust, ...furtherTrust].flatMap(({ signIn, ...of }) => {
    if (!signIn) return []
    const { key, name, clientId, clientSecretFile } = signIn
    const isLoopback = new URL(of.issuer).protocol === 'http:'
    return [{ ...of, key, name, clientId, clientSecret: firstLineOf(clientSecretFile), isLoopback }]
  })
  return {
    ...{ databaseUrl, trust, furtherTrust },
    logKey: readLogKey(logKeyFile),
    browserSignIn: signIns.length > 0 ? { issuers: signIns, publicUrl } : null,
    issuer: null,
    isEmbedded: false,
    close: async () => {},
  }
}

/** A configuration that only the files which it names show to be wrong. */
export class WrongConfiguration extends Error {
  constructor(faults: readonly ConfigError[]) {
    super(faults.map(({ variable, message }) => `${variable}: ${message}`).join('\n'))
  }
}

/** Listens on a port. @throws WrongConfiguration where another program has it: it names the variable that chooses another */
export async function listeningOn<T>(variable: ConfigError['variable'], port: number, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new WrongConfiguration([{ variable, message: `port ${port} is in use: end the program that has it, or choose another port` }])
  }
}

/** The issuers of the file, else the one of the variables. @throws WrongConfiguration */
export function configuredIssuers(config: Config): readonly ConfiguredIssuer[] {
  if (config.issuersFile !== undefined) {
    const parsed = parseIssuers(readConfigured('ISSUERS_FILE', config.issuersFile))
    if (!parsed.ok) throw new WrongConfiguration(parsed.refusal)
    return parsed.value
  }
  const { issuerUrl, audience, jwksUrl, jwksFile, signInClientId: clientId, signInClientSecretFile: clientSecretFile } = config
  if (!issuerUrl || !audience || !(jwksUrl || jwksFile)) throw new Error('the configuration was not checked')
  return [
    {
      ...{ issuer: issuerUrl, audience, isAuthoritative: config.issuerAuthoritative === 'on' },
      keys: jwksUrl ? new URL(jwksUrl) : JSON.parse(readFileSync(jwksFile as string, 'utf8')),
      ...(clientId && clientSecretFile ? { signIn: { key: '', name: 'Your work account', clientId, clientSecretFile } } : {}),
    },
  ]
}

function readConfigured(variable: ConfigError['variable'], file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new WrongConfiguration([{ variable, message: 'must be a file that can be read' }])
  }
}

/** The shell command that deletes the embedded database with its development keys, wherever its data lies. */
function resetEmbedded(varDirectory: string, dataDirectory: string): string {
  const isInside = !relative(resolve(varDirectory), dataDirectory).startsWith('..')
  return ['rm -rf', quote(resolve(varDirectory)), ...(isInside ? [] : [quote(dirname(dataDirectory))])].join(' ')
}

/** The shell command that empties the database of the configuration, with what this node remembers of its log. */
function resetConfigured(databaseUrl: string, varDirectory: string): string {
  const address = new URL(databaseUrl)
  address.password = ''
  const name = `"${decodeURIComponent(address.pathname.slice(1)).replaceAll('"', '""')}"`
  const statements = [`drop database ${name} with (force)`, `create database ${name}`].map((sql) => `-c ${quote(sql)}`)
  return `psql ${quote(urlOfDatabase(address.href, 'postgres'))} ${statements.join(' ')} && rm -rf ${quote(resolve(varDirectory, 'high-water'))}`
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

function firstLineOf(file: string): string {
  return readFileSync(file, 'utf8').split('\n')[0]?.trim() ?? ''
}

/** A secret of the log: an Ed25519 key in PEM, or at least 32 bytes in base64 on one line. */
export function readLogKey(file: string): Uint8Array {
  const text = readFileSync(file, 'utf8').trim()
  if (!text.startsWith('-----BEGIN')) return Buffer.from(text, 'base64')
  const { d } = createPrivateKey(text).export({ format: 'jwk' })
  if (!d) throw new Error(`${file} holds no private key that can be used`)
  return Buffer.from(d, 'base64url')
}

function openDevelopmentLogKey(file: string): Uint8Array {
  if (!existsSync(file)) {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(`${file}.new`, randomBytes(LOG_KEY_BYTES).toString('base64'), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  return readLogKey(file)
}
