import type { Environment } from './environment.ts'
import type { Caller } from './identity/principal.ts'

/** The share that the demo agreement DEMO-CURL permits on any date, and one item more that it does not cover. */
const SHARE = {
  provider: 'LBC_CAMDEN',
  recipient: 'LBC_HACKNEY',
  purpose: 'HOMELESSNESS.PLACEMENT_NOTIFICATION',
  data_items: ['IDENTITY.NAME'],
  data_subjects: ['HOMELESS_APPLICANT'],
  method: 'API_MTLS',
  country: 'GB',
  mode: 'SYSTEMATIC',
}

const DEMO_CLIENT: Caller = {
  sub: 'urn:accord:demo:lbc_camden-client',
  org: 'LBC_CAMDEN',
  roles: ['API_CLIENT'],
  clientId: 'lbc_camden-client',
}

/** Tells whoever started the service that it runs, and, on the demo register, what to type first. */
export async function announce(started: {
  readonly say: (line: string) => void
  readonly address: string
  readonly environment: Environment
  readonly seconds: number
  readonly tokenTtlSeconds: number
  /** Where mail goes. */
  readonly mailsTo: string
}): Promise<void> {
  const { say, address, environment } = started
  say(`Accord listens on ${address} (ready after ${started.seconds.toFixed(1)} s). Documentation: ${address}/docs`)
  say(`Mail goes to ${started.mailsTo}.`)
  if (environment.browserSignIn) say(`Pages for people: ${address}/`)
  if (!environment.issuer) return
  const token = await environment.issuer.sign(DEMO_CLIENT, new Date(), started.tokenTtlSeconds)
  say('Demo register with sample data, keys made on this machine, plain http on loopback only: not for real records.')
  say('')
  say('Is this share permitted? The first asks for a name and is answered PERMIT, the second for a diagnosis and is answered DENY:')
  say(curl(address, token, SHARE))
  say(curl(address, token, { ...SHARE, data_items: ['IDENTITY.NAME', 'HEALTH.DIAGNOSIS'] }))
  say('')
  say(
    'The demo agreement DEMO-SIGN is in the middle of its sign-off: the SIRO of each party accepts the risk, then it is signed. A token for',
  )
  say('each of the next two people, who may do both (docs/walks.md):')
  say('  npm run --silent accord -- token --org LBC_CAMDEN --role SIRO --role SIGNATORY')
  say('  npm run --silent accord -- token --org LBC_ISLINGTON --role SIRO --role SIGNATORY')
}

function curl(address: string, token: string, body: unknown): string {
  return `curl -sS -X POST ${address}/v1/decisions -H 'authorization: Bearer ${token}' -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
}
