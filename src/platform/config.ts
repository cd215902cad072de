// The configuration: environment variables in, one frozen object out. Pure: it reads no file and opens nothing.
// Words: variable (a name in the environment), fallback (what holds when it is absent), unit (always in the name or here).
// It must never invent a secret or a key, and never ask what kind of environment it is in.
import { type ClamdAddress, camel, clamdAddress, instantOf, listOf, mailServer, secureUrl, wholeNumber } from './config-values.ts'
import { choices, numbers, type Variable, variables } from './config-variables.ts'
import { isAddressOrNetwork } from './http/addresses.ts'
import { ok, type Result, refuse } from './kernel/result.ts'

/** A variable that is missing or wrong; `message` says what it must be and never repeats the value. */
export interface ConfigError {
  readonly variable: Variable
  readonly message: string
}

/** The name of a setting: `PORT` is `port`, `BODY_LIMIT_BYTES` is `bodyLimitBytes`. */
type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<Camel<Tail>>}`
  : Lowercase<Name>
type Numbers = { readonly [Name in keyof typeof numbers as Camel<Name>]: number }
type Choices = { readonly [Name in keyof typeof choices as Camel<Name>]: (typeof choices)[Name][number] }

/** How GOV.UK Notify is reached, and how its receipts are known. */
export interface NotifyConfig {
  readonly url: URL
  readonly apiKeyFile: string
  /** A template of the subject `((subject))` and the body `((body))`. */
  readonly templateId: string
  readonly callbackTokenFile: string | undefined
}

/** Every setting of the service, checked. Times carry their unit in the name. */
export interface Config extends Numbers, Choices {
  readonly host: string
  /** Undefined: the embedded PostgreSQL under `varDirectory`, for demos and development. */
  readonly databaseUrl: string | undefined
  readonly databasePasswordFile: string | undefined
  readonly varDirectory: string
  /** Undefined only for the embedded demo on a port the system chooses (`PORT=0`). */
  readonly publicUrl: URL | undefined
  readonly issuerUrl: string | undefined
  readonly audience: string | undefined
  readonly jwksUrl: string | undefined
  readonly jwksFile: string | undefined
  /** Several issuers, in place of the one of the variables. */
  readonly issuersFile: string | undefined
  readonly logKeyFile: string | undefined
  /** As which client people sign in with a browser at the issuer; undefined: there are no pages. */
  readonly signInClientId: string | undefined
  readonly signInClientSecretFile: string | undefined
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  /** Where a span of each request is sent (OTLP over HTTP); undefined: nowhere. */
  readonly tracesUrl: URL | undefined
  /** Who cosigns checkpoints: where each listens, and the key its cosignatures are checked with. */
  readonly witnesses: readonly { readonly url: URL; readonly vkey: string }[]
  /** Where files are scanned (clamd): a host and its port, or the path of a socket; undefined: nowhere, and files say so. */
  readonly clamd: ClamdAddress | undefined
  readonly rateLimitPerMinute: number | undefined
  /** Whom to write to about a weakness, and until when that holds; absent: no such address is published. */
  readonly security: { readonly contacts: readonly string[]; readonly expires: Date | undefined } | undefined
  /** Who mail comes from: an address, or a name with one. */
  readonly mailFrom: string
  /** `smtps:`, or `smtp:` with STARTTLS; undefined: no mail server is used. */
  readonly smtpUrl: URL | undefined
  readonly smtpPasswordFile: string | undefined
  /** Undefined: GOV.UK Notify is not used. */
  readonly notify: NotifyConfig | undefined
  /** Codes of purposes whose permits are restricted further, narrower purposes with them. */
  readonly restrictedPurposes: readonly string[]
}

/**
 * Reads the configuration and reports every fault at once. An empty variable counts as absent.
 *
 * With `DATABASE_URL` the service is for real: issuer, audience, keys, log key and public address have no fallback and are each named
 * when missing. Addresses are https unless their host is this machine. `main` exits 78 (EX_CONFIG of sysexits.h) on a refusal.
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Result<Config, readonly ConfigError[]> {
  const errors: ConfigError[] = []
  const fault = (variable: Variable, message: string): undefined => void errors.push({ variable, message })
  const text = (variable: Variable): string | undefined => environment[variable]?.trim() || variables[variable] || undefined
  const numberOf = (variable: keyof typeof numbers): number => {
    const { min, max, fallback } = numbers[variable]
    return wholeNumber(text(variable), min, max) ?? fault(variable, `must be a whole number from ${min} to ${max}`) ?? fallback
  }
  const choiceOf = (variable: keyof typeof choices): string =>
    choices[variable].find((choice) => choice === text(variable)) ??
    fault(variable, `must be one of ${choices[variable].join(', ')}`) ??
    variables[variable]
  const address = (variable: Variable): URL | undefined => {
    const value = text(variable)
    return value === undefined ? undefined : (secureUrl(value) ?? fault(variable, 'must be an https address (http only for this machine)'))
  }

  const databaseUrl = text('DATABASE_URL')
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\/./.test(databaseUrl)) fault('DATABASE_URL', 'must begin with postgres://')
  if (databaseUrl !== undefined) {
    const ofOneIssuer = text('ISSUERS_FILE') ? [] : (['ISSUER_URL', 'AUDIENCE'] as const)
    for (const variable of [...ofOneIssuer, 'LOG_KEY_FILE', 'PUBLIC_URL'] as const) {
      if (text(variable) === undefined) fault(variable, 'is required with DATABASE_URL')
    }
    if (text('WEBHOOK_PRIVATE_ADDRESSES') === 'allowed') fault('WEBHOOK_PRIVATE_ADDRESSES', 'must not be allowed with DATABASE_URL')
    if (!text('JWKS_URL') && !text('JWKS_FILE') && !text('ISSUERS_FILE')) {
      fault('JWKS_URL', 'or JWKS_FILE is required with DATABASE_URL')
      fault('JWKS_FILE', 'or JWKS_URL is required with DATABASE_URL')
    }
  }
  if (text('JWKS_URL') && text('JWKS_FILE')) fault('JWKS_FILE', 'must be absent when JWKS_URL is given')
  if (text('SIGN_IN_CLIENT_ID') && !text('SIGN_IN_CLIENT_SECRET_FILE'))
    fault('SIGN_IN_CLIENT_SECRET_FILE', 'is required with SIGN_IN_CLIENT_ID')
  if (text('SIGN_IN_CLIENT_SECRET_FILE') && !text('SIGN_IN_CLIENT_ID'))
    fault('SIGN_IN_CLIENT_ID', 'is required with SIGN_IN_CLIENT_SECRET_FILE')
  if (text('SIGN_IN_CLIENT_ID') && !databaseUrl) fault('SIGN_IN_CLIENT_ID', 'needs DATABASE_URL: the demo has accounts of its own')
  if (text('ISSUERS_FILE')) {
    if (!databaseUrl) fault('ISSUERS_FILE', 'needs DATABASE_URL: the demo has an issuer of its own')
    for (const variable of ['ISSUER_URL', 'AUDIENCE', 'JWKS_URL', 'JWKS_FILE', 'SIGN_IN_CLIENT_ID'] as const)
      if (text(variable)) fault(variable, 'must be absent when ISSUERS_FILE is given')
    if (text('ISSUER_AUTHORITATIVE') === 'on')
      fault('ISSUER_AUTHORITATIVE', 'must be absent when ISSUERS_FILE is given: it says so of each')
  }
  if (text('DATABASE_PASSWORD_FILE') && !databaseUrl) fault('DATABASE_PASSWORD_FILE', 'needs DATABASE_URL')

  const settings = {
    ...Object.fromEntries(Object.keys(numbers).map((name) => [camel(name), numberOf(name as keyof typeof numbers)])),
    ...Object.fromEntries(Object.keys(choices).map((name) => [camel(name), choiceOf(name as keyof typeof choices)])),
  } as Numbers & Choices
  const publicUrl = address('PUBLIC_URL')
  if (publicUrl && (publicUrl.pathname !== '/' || publicUrl.search || publicUrl.hash || publicUrl.username)) {
    fault('PUBLIC_URL', 'must be an origin: scheme, host and port only')
  }
  if (settings.remedyWorkMs > settings.remedyWindowMs) fault('REMEDY_WORK_MS', 'must not be more than REMEDY_WINDOW_MS')
  const rateLimit = text('RATE_LIMIT_PER_MINUTE')
  const rateLimitPerMinute = wholeNumber(rateLimit, 1, 10_000_000)
  if (rateLimit !== undefined && rateLimitPerMinute === undefined)
    fault('RATE_LIMIT_PER_MINUTE', 'must be a whole number from 1 to 10000000')
  const restrictedPurposes = listOf(text('RESTRICTED_PURPOSES'))
  if (!restrictedPurposes.every((code) => /^[A-Z][A-Z0-9_]*(\.[A-Z][A-Z0-9_]*)*$/.test(code)))
    fault('RESTRICTED_PURPOSES', 'must be purpose codes separated by commas')

  const trustedProxies = listOf(text('TRUSTED_PROXIES'))
  if (!trustedProxies.every(isAddressOrNetwork))
    fault('TRUSTED_PROXIES', 'must be addresses or networks (CIDR) separated by commas, for example 10.0.0.0/8')
  const tracesUrl = address('TRACES_URL') ?? undefined
  const contacts = listOf(text('SECURITY_CONTACT'))
  const expires = instantOf(text('SECURITY_EXPIRES'))
  if (!contacts.every((contact) => /^(mailto:[^\s@]+@[^\s@]+|tel:\+[\d-]+|https:\/\/\S+)$/.test(contact)))
    fault('SECURITY_CONTACT', 'must be mailto:, tel: or https: addresses separated by commas')
  if (text('SECURITY_EXPIRES') && !expires) fault('SECURITY_EXPIRES', 'must be an instant such as 2027-03-01T00:00:00Z')
  if (contacts.length === 0 && text('SECURITY_EXPIRES')) fault('SECURITY_CONTACT', 'is required with SECURITY_EXPIRES')

  const witnesses = (text('WITNESSES') ?? '').split(',').flatMap((entry) => {
    if (entry.trim() === '') return []
    const [where = '', vkey = '', ...rest] = entry.trim().split(/\s+/)
    const url = secureUrl(where)
    if (url && rest.length === 0 && /^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/.test(vkey)) return [{ url, vkey }]
    fault('WITNESSES', 'must be addresses (https) each followed by its key, separated by commas')
    return []
  })

  const mailFrom = text('MAIL_FROM') ?? variables.MAIL_FROM
  if (!/^([^<>\r\n"]+ )?<?[^\s<>@]+@[^\s<>@]+>?$/.test(mailFrom)) fault('MAIL_FROM', 'must be an address, or a name and an address in <>')
  const smtp = text('SMTP_URL')
  const smtpUrl = smtp === undefined ? undefined : mailServer(smtp)
  if (smtp !== undefined && !smtpUrl) fault('SMTP_URL', 'must be smtps://user@host:port or smtp://user@host:port, without a password')
  if (settings.mailChannel === 'smtp' && smtp === undefined) fault('SMTP_URL', 'is required with MAIL_CHANNEL=smtp')
  if (text('SMTP_PASSWORD_FILE') && !smtpUrl?.username) fault('SMTP_PASSWORD_FILE', 'needs SMTP_URL with a user')
  const notifyUrl = address('NOTIFY_URL')
  const [apiKeyFile, templateId] = [text('NOTIFY_API_KEY_FILE'), text('NOTIFY_TEMPLATE_ID')]
  if (settings.mailChannel === 'notify')
    for (const variable of ['NOTIFY_API_KEY_FILE', 'NOTIFY_TEMPLATE_ID'] as const)
      if (text(variable) === undefined) fault(variable, 'is required with MAIL_CHANNEL=notify')

  const clamd = clamdAddress(text('CLAMD'))
  if (text('CLAMD') && !clamd) fault('CLAMD', 'must be a host and its port (scanner:3310), or the path of a socket (/run/clamav/clamd.ctl)')

  const config: Config = {
    ...settings,
    host: text('HOST') ?? variables.HOST,
    databaseUrl,
    databasePasswordFile: text('DATABASE_PASSWORD_FILE'),
    varDirectory: text('ACCORD_VAR') ?? variables.ACCORD_VAR,
    publicUrl: publicUrl ?? (databaseUrl === undefined && settings.port !== 0 ? new URL(`http://127.0.0.1:${settings.port}`) : undefined),
    // The issuer is compared with the `iss` of tokens letter by letter, so it stays as it was written.
    issuerUrl: address('ISSUER_URL') && text('ISSUER_URL'),
    audience: text('AUDIENCE'),
    jwksUrl: address('JWKS_URL')?.href,
    jwksFile: text('JWKS_FILE'),
    issuersFile: text('ISSUERS_FILE'),
    logKeyFile: text('LOG_KEY_FILE'),
    signInClientId: text('SIGN_IN_CLIENT_ID'),
    signInClientSecretFile: text('SIGN_IN_CLIENT_SECRET_FILE'),
    trustedProxies: Object.freeze(trustedProxies),
    tracesUrl,
    witnesses: Object.freeze(witnesses),
    clamd,
    rateLimitPerMinute,
    security: contacts.length > 0 ? Object.freeze({ contacts, expires }) : undefined,
    mailFrom,
    smtpUrl,
    smtpPasswordFile: text('SMTP_PASSWORD_FILE'),
    notify:
      notifyUrl && apiKeyFile && templateId
        ? Object.freeze({ url: notifyUrl, apiKeyFile, templateId, callbackTokenFile: text('NOTIFY_CALLBACK_TOKEN_FILE') })
        : undefined,
    restrictedPurposes: Object.freeze(restrictedPurposes),
  }
  return errors.length > 0 ? refuse(errors) : ok(Object.freeze(config))
}
