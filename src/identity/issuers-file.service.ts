import type { ConfigError } from '../platform/config.ts'
import { secureUrl } from '../platform/config-values.ts'
import { jsonFault } from '../platform/http/repeated-member.ts'
import { isUuid } from '../platform/kernel/ids.ts'
import { ok, type Result, refuse } from '../platform/kernel/result.ts'
import type { RolesBy, TokenTrust } from './issuers.ts'
import { isRole, type Role } from './permissions.ts'

/** An issuer of the file of issuers: whose tokens are trusted, and as which client people sign in there. */
export interface ConfiguredIssuer extends TokenTrust {
  /** Absent: nobody signs in there with a browser. */
  readonly signIn?: { readonly key: string; readonly name: string; readonly clientId: string; readonly clientSecretFile: string }
}

type Json = Readonly<Record<string, unknown>>
type Fault = (message: string) => undefined

/** Part of the address that the issuer sends a browser back to: each has its own (RFC 9700, 4.4.2.2). */
const KEY = /^[a-z0-9-]{1,40}$/
const CODE = /^[A-Z0-9_]{1,64}$/
const MEMBERS = ['issuer', 'audience', 'jwks', 'tokens', 'tenant', 'organisation', 'authoritative', 'roles', 'sign_in']
const ISSUERS_MAX = 200

/**
 * Reads the file that `ISSUERS_FILE` names: `{ "issuers": [...] }`, each as `docs/identity.md` says. All faults at once, each with the place
 * in the file. Pure.
 */
export function parseIssuers(text: string): Result<readonly ConfiguredIssuer[], readonly ConfigError[]> {
  const errors: ConfigError[] = []
  const faultAt =
    (place: string): Fault =>
    (message) =>
      void errors.push({ variable: 'ISSUERS_FILE', message: `${place} ${message}` })
  const entries = entriesOf(text)
  if (typeof entries === 'string') return refuse([{ variable: 'ISSUERS_FILE', message: entries }])
  const issuers = entries.flatMap((entry, index) => issuerOf(entry, faultAt(`issuers[${index}]`)) ?? [])
  const isTwice = (names: readonly string[]) => new Set(names).size < names.length
  if (isTwice(issuers.map(({ issuer }) => issuer))) faultAt('issuers')('name one issuer twice')
  if (isTwice(issuers.flatMap(({ signIn }) => signIn?.key ?? []))) faultAt('issuers')('give one sign_in.key twice')
  return errors.length > 0 ? refuse(errors) : ok(issuers)
}

function entriesOf(text: string): readonly unknown[] | string {
  try {
    const file = JSON.parse(text) as Json | null
    const fault = jsonFault(text, file)
    if (fault !== undefined) return 'gives a member twice'
    const issuers = file !== null && typeof file === 'object' ? file['issuers'] : undefined
    return Array.isArray(issuers) && issuers.length > 0 && issuers.length <= ISSUERS_MAX
      ? issuers
      : `must be { "issuers": [...] } with 1 to ${ISSUERS_MAX} of them`
  } catch {
    return 'must be JSON'
  }
}

function issuerOf(entry: unknown, fault: Fault): ConfiguredIssuer | undefined {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return fault('must be an object')
  const of = entry as Json
  const before = { wrong: false }
  const wrong: Fault = (message) => {
    before.wrong = true
    return fault(message)
  }
  for (const name of Object.keys(of)) if (!MEMBERS.includes(name)) wrong(`has no member ${name}`)
  const issuer = secureAddress(of['issuer']) ?? wrong('.issuer must be an https address (http only for this machine)')
  const audience = audienceOf(of['audience']) ?? wrong('.audience must be a name, or a list of names')
  const keys = of['jwks'] === undefined ? ('DISCOVERED' as const) : asUrl(of['jwks'])
  if (!keys) wrong('.jwks must be an https address (http only for this machine)')
  const tokens = of['tokens'] ?? 'RFC9068'
  if (tokens !== 'RFC9068' && tokens !== 'ENTRA') wrong('.tokens must be RFC9068 or ENTRA')
  const entra = tokens === 'ENTRA' ? entraOf(of, wrong) : undefined
  const organisation = entra ? undefined : of['organisation']
  if (tokens !== 'ENTRA' && of['tenant'] !== undefined) wrong('.tenant is for tokens of ENTRA')
  if (tokens !== 'ENTRA' && organisation !== undefined && !isCode(organisation)) wrong('.organisation must be the code of an organisation')
  const isAuthoritative = of['authoritative'] ?? false
  if (typeof isAuthoritative !== 'boolean') wrong('.authoritative must be true or false')
  const rolesBy = of['roles'] === undefined ? undefined : rolesByOf(of['roles'], wrong)
  if (of['roles'] !== undefined && isAuthoritative !== true) wrong('.roles needs "authoritative": true')
  if (entra && isAuthoritative === true && !rolesBy) wrong('.roles must say which groups or app roles are which role')
  const signIn = of['sign_in'] === undefined ? undefined : signInOf(of['sign_in'], wrong)
  if (entra && signIn && audience?.includes(signIn.clientId))
    wrong('.sign_in.client_id must not be the audience: its ID tokens would be for us as well')
  if (before.wrong || !issuer || !audience || !keys) return undefined
  return {
    ...{ issuer, audience, keys, isAuthoritative: isAuthoritative === true },
    ...(entra ? { entra } : {}),
    ...(isCode(organisation) ? { organisation } : {}),
    ...(rolesBy ? { rolesBy } : {}),
    ...(signIn ? { signIn } : {}),
  }
}

function entraOf({ issuer, tenant, organisation }: Json, fault: Fault) {
  if (typeof tenant !== 'string' || !isUuid(tenant)) return fault('.tenant must be the identifier of a tenant (tid)')
  if (typeof issuer === 'string' && !issuer.includes(tenant)) fault('.issuer must be that of the tenant: it has the tid in it')
  if (!isCode(organisation)) return fault('.organisation must be the code of an organisation')
  return { tenant, organisation }
}

function rolesByOf(value: unknown, fault: Fault): RolesBy | undefined {
  const { claim, codes } = (value ?? {}) as Json
  if (typeof claim !== 'string' || claim === '' || codes === null || typeof codes !== 'object')
    return fault('.roles must be { "claim": NAME, "codes": { VALUE: ROLE } }')
  const pairs = Object.entries(codes as Json)
  for (const [name, role] of pairs)
    if (typeof role !== 'string' || !isRole(role) || role === 'API_CLIENT') fault(`.roles.codes.${name} must be a role of people`)
  return { claim, codes: new Map(pairs as [string, Role][]) }
}

function signInOf(value: unknown, fault: Fault): ConfiguredIssuer['signIn'] {
  const { key, name, client_id: clientId, client_secret_file: clientSecretFile } = (value ?? {}) as Json
  if (!isText(key) || !KEY.test(key)) return fault('.sign_in.key must be lower case letters, digits and hyphens')
  if (!isText(name) || !isText(clientId) || !isText(clientSecretFile))
    return fault('.sign_in must have name, client_id and client_secret_file')
  return { key, name, clientId, clientSecretFile }
}

function audienceOf(value: unknown): readonly string[] | undefined {
  const list = [value].flat()
  return list.length > 0 && list.every(isText) ? (list as readonly string[]) : undefined
}

/** As it was written: an issuer is compared letter by letter. */
function secureAddress(value: unknown): string | undefined {
  return typeof value === 'string' && secureUrl(value) ? value : undefined
}

function asUrl(value: unknown): URL | undefined {
  return typeof value === 'string' ? secureUrl(value) : undefined
}

function isCode(value: unknown): value is string {
  return typeof value === 'string' && CODE.test(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
