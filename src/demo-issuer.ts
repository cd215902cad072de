import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import type { Configuration, Provider } from 'oidc-provider'
import accounts from './demo/accounts.json' with { type: 'json' }
import type { SignInIssuer } from './identity/sessions/sign-in.service.ts'

/** A person of the demo. */
export type DemoPerson = (typeof accounts)[number]
export const demoAccounts: readonly DemoPerson[] = accounts

const CLIENT_ID = 'accord-pages'
/** On this machine alone: whoever reaches it signs in as anybody, which is what a demo is for. */
const LOOPBACK = '127.0.0.1'
const DAY_SECONDS = 86_400

/** An OpenID provider for the demo and the tests: real in its protocol, and asks nobody for a password. */
export interface DemoIssuer extends SignInIssuer {
  close(): Promise<void>
}

/**
 * Starts it on a port of this machine (0: any). It signs in the account that the sign-in page names (`login_hint`), and where none is
 * named the one that is signed in there; anybody else is nobody.
 */
export async function startDemoIssuer(port: number, callback: (address: string) => URL): Promise<DemoIssuer> {
  const server = createServer()
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(port, LOOPBACK, listening)
  })
  const issuer = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`
  const clientSecret = randomBytes(32).toString('base64url')
  const options = await configuration(callback(issuer), clientSecret)
  const provider = await withoutWarnings(async () => new (await import('oidc-provider')).default(issuer, options))
  const answer = provider.callback()
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/')) void signIn(provider, request, response)
    else void answer(request, response)
  })
  const claims = { key: '', name: 'Accounts of the demo', isAuthoritative: true }
  return { ...claims, issuer, clientId: CLIENT_ID, clientSecret, isLoopback: true, close: () => closed(server) }
}

/** The provider warns that it keeps everything in memory, which is what a demo wants; nobody who starts one should wonder. Loaded here alone: with a real issuer it is never there. */
async function withoutWarnings<T>(work: () => Promise<T>): Promise<T> {
  const { warn, info } = console
  console.warn = console.info = () => {}
  try {
    return await work()
  } finally {
    Object.assign(console, { warn, info })
  }
}

async function configuration(callback: URL, clientSecret: string): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'demo' }
  const named = new Map(accounts.map((account) => [account.id, account]))
  return {
    jwks: { keys: [key as never] },
    clients: [
      {
        ...{ client_id: CLIENT_ID, client_secret: clientSecret, redirect_uris: [callback.href], require_auth_time: true },
        ...{ response_types: ['code'], grant_types: ['authorization_code'], id_token_signed_response_alg: 'ES256' },
      },
    ],
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: DAY_SECONDS, IdToken: 300, Interaction: 900, Session: DAY_SECONDS },
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['name', 'org', 'roles'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    async findAccount(_context, id) {
      const account = named.get(id)
      if (!account) return undefined
      const { name, organisation: org, roles } = account
      return { accountId: id, claims: async () => ({ sub: id, name, org, roles }) }
    },
    // Nobody is asked for consent: the service is the only client there is.
    async loadExistingGrant({ oidc }) {
      if (!oidc.client || !oidc.session?.accountId) return undefined
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid profile')
      await grant.save()
      return grant
    },
    renderError(context, { error, error_description }) {
      context.type = 'text/plain'
      context.body = `${error}: ${error_description ?? ''}`
    },
  }
}

async function signIn(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const interaction = await provider.interactionDetails(request, response)
    const { params, session } = interaction
    const wanted = String(params['login_hint'] ?? session?.accountId ?? '')
    const known = accounts.some(({ id }) => id === wanted)
    if (known && session && session.accountId !== wanted) {
      // Who was signed in before is signed out; the provider would ask for that with a page that needs JavaScript.
      await (await provider.Session.findByUid(session.uid))?.destroy()
      delete interaction.session
      await interaction.persist()
    }
    const result = known
      ? { login: { accountId: wanted } }
      : { error: 'access_denied', error_description: 'Choose an account of the demo.' }
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
  } catch {
    response.writeHead(400, { 'content-type': 'text/plain' }).end('The sign-in took too long: begin again.')
  }
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((done) => {
    server.close(() => done())
  })
}
