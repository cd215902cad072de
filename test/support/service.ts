import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { type App, type AppOptions, buildApp } from '../../src/app.ts'
import { demoRegister, type RegisterContent } from '../../src/demo/register-content.ts'
import { type DevelopmentIssuer, developmentIssuer } from '../../src/identity/development-issuer.service.ts'
import type { TokenTrust } from '../../src/identity/issuers.ts'
import type { Principal } from '../../src/identity/principal.ts'
import { shippedOrganisations } from '../../src/parties/shipped-organisations.service.ts'
import { type Config, parseConfig } from '../../src/platform/config.ts'
import { watchSecondConnections } from '../../src/platform/database/database.ts'
import { type Clock, systemClock } from '../../src/platform/kernel/clock.ts'
import { shippedCodeLists } from '../../src/reference/reference.service.ts'
import { loadRegister } from '../../src/register-loader.ts'
import { serverUrl, type TestDatabase, testDatabase } from './database.ts'
import type { Teardown } from './postgres.ts'
import { buildLoadedTemplate, LOADED_TEMPLATES } from './template.ts'

/** How a test wants its service; everything has a fallback. */
export interface TestServiceOptions {
  /** Time of the rules; tokens are always judged by the real time. */
  readonly clock?: Clock
  /** What the register holds; absent: the shipped lists, the organisations and the agreements of the demo. 'ORGANISATIONS': no agreements, since the beginning of 2026. */
  readonly register?: RegisterContent | 'ORGANISATIONS'
  readonly config?: Partial<Config>
  /** Where its log lines go; absent: standard output, at the level of `config`. */
  readonly logStream?: AppOptions['logStream']
  /** Pages of the test's own, and whom their sessions are of. */
  readonly pages?: AppOptions['pages']
  /** The pages of the service, and how people sign in to them. */
  readonly browserSignIn?: NonNullable<AppOptions['browserSignIn']>
  readonly principalOfSession?: AppOptions['principalOfSession']
  /** How its webhooks reach others. */
  readonly webhookReach?: AppOptions['webhookReach']
  /** Whom it trusts; absent: the issuer behind `token`. */
  readonly trust?: TokenTrust
  readonly furtherTrust?: readonly TokenTrust[]
  /** A database of the test's own making, for what a shared server cannot show. */
  readonly databaseUrl?: string
}

/** Who a test calls as. A machine by default; name roles for a person. */
export interface TestCaller {
  readonly org: string
  readonly roles?: Principal['roles']
  readonly clientId?: string | null
  readonly sub?: string
}

/** The whole service on a database of the test's own. */
export interface TestService {
  readonly app: App
  /** The database, with pools for looking behind the service's back; undefined when the test brought its own. */
  readonly database: TestDatabase | undefined
  readonly databaseUrl: string
  readonly issuer: DevelopmentIssuer
  /** Secret of its log keys. */
  readonly logKey: Uint8Array
  /** A bearer token, valid for an hour. */
  token(caller: TestCaller): Promise<string>
  /** `{ authorization }` of the caller. */
  as(caller: TestCaller): Promise<{ readonly authorization: string }>
  inject(options: InjectOptions): Promise<LightMyRequestResponse>
  /** Closes it before the test ends. */
  close(): Promise<void>
}

const TOKEN_TTL_SECONDS = 3600

watchSecondConnections()

/** The shipped lists, the London organisations and the demo register: what `npm start` begins with. */
export function demoContent(): RegisterContent {
  const demo = demoRegister()
  return { ...demo, lists: shippedCodeLists(), organisations: [...shippedOrganisations(), ...demo.organisations] }
}

/**
 * Limits that a busy machine meets by itself, set wide: a test of one of them sets its own. What the service does every minute
 * without being asked (canaries, looks of the monitor) stays away from tests that count rows.
 */
const UNHURRIED = {
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 20_000,
  decisionDeadlineMs: 20_000,
  auditQueueAgeMs: 20_000,
  checkpointWaitMaxMs: 20_000,
  monitorIntervalMs: 3_600_000,
  remedyWorkMs: 3_600_000,
  remedyWindowMs: 3_600_000,
} as const

/** The settings of a service that nobody configured, silent and in no hurry. */
export function testConfig(over: Partial<Config> = {}): Config {
  const parsed = parseConfig({ LOG_LEVEL: 'silent' })
  if (!parsed.ok) throw new Error(parsed.refusal.map(({ variable, message }) => `${variable}: ${message}`).join('; '))
  return { ...parsed.value, ...UNHURRIED, ...over }
}

/** An issuer with a key nobody else has. */
export function throwAwayIssuer(): Promise<DevelopmentIssuer> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return developmentIssuer(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })))
}

/** The trust that believes this issuer alone. */
export function trustIn({ issuer, audience, jwks }: DevelopmentIssuer): TokenTrust & Pick<DevelopmentIssuer, 'audience'> {
  return { issuer, audience, keys: jwks as never, isAuthoritative: true }
}

/** Secret of the logs in the templates, which go on in every copy. */
const TEMPLATE_LOG_KEY = Buffer.alloc(32, 'template')

/** What the templates with a register hold, and since when: a copy is for clocks that are later. */
const LOADED: Readonly<Record<keyof typeof LOADED_TEMPLATES, { readonly content: () => RegisterContent; readonly clock: Clock }>> = {
  DEMO: { content: demoContent, clock: systemClock },
  ORGANISATIONS: {
    content: () => ({ ...demoContent(), agreements: [], disclosureDecisions: [] }),
    clock: () => new Date('2026-01-01T00:00:00Z'),
  },
}
const building = new Map<string, Promise<void>>()

/** A copy of a template with a register, which the first that needs it builds. */
async function loadedDatabase(t: Teardown, which: keyof typeof LOADED): Promise<TestDatabase> {
  const template = LOADED_TEMPLATES[which]
  const adminUrl = await serverUrl()
  const fill = async (databaseUrl: string) => {
    const { content, clock } = LOADED[which]
    const trust = trustIn(await throwAwayIssuer())
    const publicUrl = new URL('http://127.0.0.1')
    const app = await buildApp({ config: testConfig(), databaseUrl, publicUrl, trust, logKey: TEMPLATE_LOG_KEY, clock })
    await loadRegister(content(), app.services).finally(app.close)
  }
  const built = building.get(which) ?? buildLoadedTemplate(adminUrl, template, fill)
  building.set(which, built)
  await built
  return testDatabase(t, { template })
}

/** Which template a service is a copy of; undefined: it loads what it holds itself. */
function templateFor({ register, clock, databaseUrl }: TestServiceOptions): keyof typeof LOADED | undefined {
  if (register === 'ORGANISATIONS') return register
  // A clock of the test's own may be earlier than the loading.
  return register || clock || databaseUrl !== undefined ? undefined : 'DEMO'
}

/**
 * Builds the whole service as `main` does, on a fresh database: throw-away issuer and log key, register loaded, every reply
 * checked against the contract. Gone when the test ends.
 */
export async function testService(t: Teardown, options: TestServiceOptions = {}): Promise<TestService> {
  const issuer = await throwAwayIssuer()
  const template = templateFor(options)
  const ownDatabase = () => (template ? loadedDatabase(t, template) : testDatabase(t))
  const database = options.databaseUrl === undefined ? await ownDatabase() : undefined
  const databaseUrl = options.databaseUrl ?? database?.url ?? ''
  const logKey = template ? TEMPLATE_LOG_KEY : randomBytes(32)
  const app = await buildApp({
    config: testConfig(options.config),
    ...(options.config?.durability ? { durability: options.config.durability } : {}),
    databaseUrl,
    publicUrl: options.browserSignIn?.publicUrl ?? new URL('http://127.0.0.1'),
    trust: options.trust ?? trustIn(issuer),
    ...(options.furtherTrust ? { furtherTrust: options.furtherTrust } : {}),
    logKey,
    clock: options.clock ?? systemClock,
    checkReplies: true,
    ...(options.logStream ? { logStream: options.logStream } : {}),
    ...(options.pages ? { pages: options.pages } : {}),
    ...(options.browserSignIn ? { browserSignIn: options.browserSignIn } : {}),
    ...(options.principalOfSession ? { principalOfSession: options.principalOfSession } : {}),
    ...(options.webhookReach ? { webhookReach: options.webhookReach } : {}),
  })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= app.close()
    return closing
  }
  t.teardown(close)
  if (!template) await loadRegister((options.register as RegisterContent | undefined) ?? demoContent(), app.services)
  await app.server.ready()
  const token = ({ org, roles, clientId, sub }: TestCaller) => {
    const isMachine = roles === undefined || roles.includes('API_CLIENT')
    const client = clientId === undefined ? (isMachine ? 'test-client' : null) : clientId
    const principal = {
      org,
      roles: roles ?? (['API_CLIENT'] as const),
      clientId: client,
      sub: sub ?? `urn:accord:test:${org.toLowerCase()}`,
    }
    return issuer.sign(principal, new Date(), TOKEN_TTL_SECONDS)
  }
  return {
    app,
    database,
    databaseUrl,
    issuer,
    logKey,
    token,
    as: async (caller) => ({ authorization: `Bearer ${await token(caller)}` }),
    inject: (request) => app.server.inject(request),
    close,
  }
}
