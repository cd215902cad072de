import { join } from 'node:path'
import { announce } from './announcement.ts'
import { type App, buildApp } from './app.ts'
import { demoRegister } from './demo/register-content.ts'
import { type Environment, listeningOn, openEnvironment, WrongConfiguration } from './environment.ts'
import { shippedOrganisations } from './parties/shipped-organisations.service.ts'
import { type Config, parseConfig } from './platform/config.ts'
import { OtherMigrationsError } from './platform/database/migrate.ts'
import { CONNECTIONS_WAITING_MAX } from './platform/http/server.ts'
import { systemClock } from './platform/kernel/clock.ts'
import { unknownPurposes } from './reference/code-list.ts'
import { shippedCodeLists } from './reference/reference.service.ts'
import { renewEdition } from './register-edition.ts'
import { loadRegister } from './register-loader.ts'
import { startTimerWorker } from './timer-worker.ts'

const EXIT_CONFIGURATION = 78
const startedAt = performance.now()
const say = (line: string) => console.log(line)

const parsed = parseConfig(process.env)
if (!parsed.ok) {
  for (const { variable, message } of parsed.refusal) console.error(`${variable}: ${message}`)
  process.exit(EXIT_CONFIGURATION)
}
try {
  await start(parsed.value)
} catch (error) {
  if (error instanceof WrongConfiguration) console.error(error.message)
  else console.error(`Accord could not start: ${(error as Error).message}`)
  process.exit(error instanceof OtherMigrationsError || error instanceof WrongConfiguration ? EXIT_CONFIGURATION : 1)
}

async function start(config: Config): Promise<void> {
  const environment = await openEnvironment(config, say)
  try {
    const app = await buildApp({
      ...(environment.browserSignIn ? { browserSignIn: environment.browserSignIn } : {}),
      config,
      databaseUrl: environment.databaseUrl,
      publicUrl: config.publicUrl ?? new URL('http://127.0.0.1'),
      trust: environment.trust,
      furtherTrust: environment.furtherTrust,
      logKey: environment.logKey,
      clock: systemClock,
      durability: config.durability,
      highWaterDirectory: join(config.varDirectory, 'high-water'),
    })
    const unknown = unknownPurposes(config.restrictedPurposes, (await app.services.policy.codeLists())?.lists ?? shippedCodeLists())
    const strangers = unknownOrganisations(app, environment)
    if (unknown.length + strangers.length > 0) {
      if (unknown.length > 0) console.error(`RESTRICTED_PURPOSES: the code lists in use have no purpose ${unknown.join(', ')}`)
      if (strangers.length > 0) console.error(`ISSUERS_FILE: the register has no organisation ${strangers.join(', ')}`)
      await app.close()
      await environment.close()
      process.exit(EXIT_CONFIGURATION)
    }
    await fillRegister(app, environment)
    const worker = await startTimerWorker(app, environment.databaseUrl)
    const { host, port } = config
    const address = await listeningOn('PORT', port, () => app.server.listen({ host, port, backlog: CONNECTIONS_WAITING_MAX }))
    stopOnSignal(async () => {
      await worker.stop()
      await app.close()
      await environment.close()
    }, config.shutdownGraceSeconds * 1000)
    const seconds = (performance.now() - startedAt) / 1000
    await announce({ say, address, environment, seconds, tokenTtlSeconds: config.tokenTtlSeconds, mailsTo: app.services.mailing.where })
  } catch (error) {
    await environment.close()
    throw error
  }
}

/**
 * An empty register gets the code lists and the London organisations, the embedded one a demo register besides; any other
 * the edition of the lists that this release ships, where it is newer.
 */
async function fillRegister(app: App, environment: Environment): Promise<void> {
  if (app.services.policy.current().revision > 0) {
    return renewEdition({ lists: shippedCodeLists(), organisations: shippedOrganisations() }, app.services)
  }
  const demo = environment.isEmbedded ? demoRegister() : { organisations: [], agreements: [], disclosureDecisions: [] }
  const organisations = [...shippedOrganisations(), ...demo.organisations]
  await loadRegister({ ...demo, lists: shippedCodeLists(), organisations }, app.services)
}

/** Organisations for which issuers are said to act, and which the register neither holds nor gets now. */
function unknownOrganisations(app: App, { trust, furtherTrust }: Environment): string[] {
  const shipped = new Set(shippedOrganisations().map(({ code }) => code))
  const acting = [trust, ...furtherTrust].flatMap(({ entra }) => entra?.organisation ?? [])
  return acting.filter((code) => !shipped.has(code) && !app.services.policy.current().organisation(code))
}

function stopOnSignal(close: () => Promise<void>, graceMs: number): void {
  let isStopping = false
  const stop = async (signal: string) => {
    // A second signal while stopping changes nothing: the first one drains.
    if (isStopping) return
    isStopping = true
    say(`${signal}: stopping`)
    setTimeout(() => process.exit(1), graceMs).unref()
    await close()
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop('SIGTERM'))
  process.on('SIGINT', () => void stop('SIGINT'))
}
