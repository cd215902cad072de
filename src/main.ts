import { announce } from './announcement.ts'
import { buildApp } from './app.ts'
import { demoRegister } from './demo/register-content.ts'
import { openEnvironment } from './environment.ts'
import { shippedOrganisations } from './parties/parties.service.ts'
import { parseConfig } from './platform/config.ts'
import { systemClock } from './platform/kernel/clock.ts'
import { shippedCodeLists } from './reference/reference.service.ts'
import { loadRegister } from './register-loader.ts'

const EXIT_CONFIGURATION = 78
const startedAt = performance.now()
const say = (line: string) => console.log(line)

const parsed = parseConfig(process.env)
if (!parsed.ok) {
  for (const { variable, message } of parsed.refusal) console.error(`${variable}: ${message}`)
  process.exit(EXIT_CONFIGURATION)
}
const config = parsed.value
const environment = await openEnvironment(config, say)
const app = await buildApp({
  config,
  databaseUrl: environment.databaseUrl,
  publicUrl: config.publicUrl ?? new URL('http://127.0.0.1'),
  trust: environment.trust,
  logKey: environment.logKey,
  clock: systemClock,
})
// An empty register gets the code lists and the London organisations; the embedded one a demo register besides.
if (app.services.policy.current().revision === 0) {
  const demo = environment.isEmbedded ? demoRegister() : { organisations: [], agreements: [], disclosureDecisions: [] }
  const organisations = [...shippedOrganisations(), ...demo.organisations]
  await loadRegister({ ...demo, lists: shippedCodeLists(), organisations }, app.services)
}
const address = await app.server.listen({ host: config.host, port: config.port })

let isStopping = false
async function stop(signal: string): Promise<void> {
  // A second signal while stopping changes nothing: the first one drains.
  if (isStopping) return
  isStopping = true
  say(`${signal}: stopping`)
  const limit = setTimeout(() => process.exit(1), config.shutdownGraceSeconds * 1000)
  limit.unref()
  await app.close()
  await environment.close()
  process.exit(0)
}
process.on('SIGTERM', () => void stop('SIGTERM'))
process.on('SIGINT', () => void stop('SIGINT'))

await announce({ say, address, environment, seconds: (performance.now() - startedAt) / 1000, tokenTtlSeconds: config.tokenTtlSeconds })
