// A service process of the harness: the same application as `main`, on a database, a port and keys that are given to it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildApp } from '../../src/app.ts'
import { demoRegister } from '../../src/demo/register-content.ts'
import { openDevelopmentIssuer } from '../../src/identity/development-issuer.service.ts'
import { shippedOrganisations } from '../../src/parties/shipped-organisations.service.ts'
import { parseConfig } from '../../src/platform/config.ts'
import { migrate } from '../../src/platform/database/migrate.ts'
import { CONNECTIONS_WAITING_MAX } from '../../src/platform/http/server.ts'
import { shippedCodeLists } from '../../src/reference/reference.service.ts'
import { loadRegister } from '../../src/register-loader.ts'
import type { ServiceSettings } from './service-process.ts'

const settings = JSON.parse(process.env['FAULTS_SERVICE'] ?? '{}') as ServiceSettings
const parsed = parseConfig({ LOG_LEVEL: 'error', ...settings.config })
if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusal))
const offset = settings.clockOffsetMs
const issuer = await openDevelopmentIssuer(settings.keys)
await migrate({ url: settings.databaseUrl, ...(settings.migrations ? { directory: settings.migrations } : {}) })
const app = await buildApp({
  config: parsed.value,
  databaseUrl: settings.databaseUrl,
  publicUrl: new URL('http://127.0.0.1'),
  trust: { issuer: issuer.issuer, audience: issuer.audience, keys: issuer.jwks as never, isAuthoritative: true },
  logKey: Buffer.from(readFileSync(join(settings.keys, 'log-key'), 'utf8'), 'base64'),
  clock: () => new Date(Date.now() + offset),
  durability: settings.durability,
  highWaterDirectory: join(settings.varDirectory, 'high-water'),
})
if (app.services.policy.current().revision === 0) {
  const demo = demoRegister()
  const organisations = [...shippedOrganisations(), ...demo.organisations]
  await loadRegister({ ...demo, lists: shippedCodeLists(), organisations }, app.services)
}
await app.server.listen({ host: '127.0.0.1', port: settings.port, backlog: CONNECTIONS_WAITING_MAX })
process.stdout.write('ready\n')

let isStopping = false
process.on('SIGTERM', () => {
  if (isStopping) return
  isStopping = true
  void app.close().then(() => process.exit(0))
})
// Ends with the harness, however that ended.
process.on('disconnect', () => process.exit(1))
