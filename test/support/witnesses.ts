import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { witnessClient } from '../../src/audit/tree/witness-client.service.ts'
import { startWitness } from '../../src/cli/log/witness.ts'
import { openWitnessKey } from '../../src/cli/log/witness-files.ts'
import type { OwnLog } from './own-log.ts'
import type { Teardown } from './postgres.ts'

/** A witness of the logs of this service, as another organisation would run it; key and state lie in `folder`, by its name. */
export async function runningWitness(t: Teardown, own: OwnLog, name: string, folder: string) {
  const key = openWitnessKey(join(folder, name), `${name}.example/witness`)
  const originVkeys = own.audit.logs.map(({ vkey }) => `${vkey}\n`).join('')
  const server = await startWitness({ key, stateFile: join(folder, `${name}.state.json`), originVkeys, port: 0, host: '127.0.0.1' })
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  t.teardown(stop)
  return { key, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), vkey: key.vkey, stop }
}

/** What asks these witnesses, not started: a round is run by whoever needs one. */
export function clientOf(t: Teardown, own: OwnLog, ...witnesses: readonly { readonly url: URL; readonly vkey: string }[]) {
  const client = witnessClient({
    url: own.database.url,
    role: 'audit_integrator',
    witnesses,
    keeper: own.audit.keeper,
    now: () => new Date().toISOString(),
  })
  t.teardown(client.close)
  return client
}
