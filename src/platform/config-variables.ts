// Every variable that the service reads from its environment: what holds when it is absent, and between which bounds. Data.

/** The whole numbers: what holds when absent, and the bounds. */
export const numbers = {
  PORT: { fallback: 3000, min: 0, max: 65_535 },
  BODY_LIMIT_BYTES: { fallback: 262_144, min: 1_024, max: 16_777_216 },
  REQUEST_TIMEOUT_SECONDS: { fallback: 30, min: 1, max: 600 },
  /** How long a reply may take to be taken. */
  REPLY_TIMEOUT_SECONDS: { fallback: 30, min: 1, max: 600 },
  REQUESTS_IN_FLIGHT_MAX: { fallback: 256, min: 1, max: 100_000 },
  /** Of these for one caller, for one organisation, for everybody without a token, and kept for decisions. */
  CALLER_SHARE_PERCENT: { fallback: 30, min: 1, max: 100 },
  ORGANISATION_SHARE_PERCENT: { fallback: 75, min: 1, max: 100 },
  ANONYMOUS_SHARE_PERCENT: { fallback: 10, min: 1, max: 100 },
  DECISION_RESERVE_PERCENT: { fallback: 25, min: 0, max: 90 },
  CONNECTIONS_MAX: { fallback: 2_048, min: 1, max: 100_000 },
  CONNECTIONS_PER_ADDRESS_MAX: { fallback: 512, min: 1, max: 100_000 },
  /** Tokens that one address may send in a minute and that are refused. */
  REFUSED_TOKENS_PER_MINUTE: { fallback: 300, min: 1, max: 10_000_000 },
  DATABASE_POOL_MAX: { fallback: 10, min: 1, max: 200 },
  STATEMENT_TIMEOUT_MS: { fallback: 10_000, min: 100, max: 600_000 },
  LOCK_TIMEOUT_MS: { fallback: 2_000, min: 50, max: 60_000 },
  DECISION_DEADLINE_MS: { fallback: 2_000, min: 50, max: 60_000 },
  AUDIT_QUEUE_MAX: { fallback: 4_096, min: 1, max: 1_000_000 },
  AUDIT_QUEUE_AGE_MS: { fallback: 500, min: 10, max: 60_000 },
  AUDIT_STALL_MS: { fallback: 5_000, min: 200, max: 60_000 },
  AUDIT_BATCH_MAX: { fallback: 256, min: 1, max: 10_000 },
  AUDIT_LANES: { fallback: 2, min: 1, max: 32 },
  CHECKPOINT_INTERVAL_MS: { fallback: 1_000, min: 50, max: 60_000 },
  /** After this time a log is read again from its first entry, to see whether anything was changed. */
  LOG_REREAD_SECONDS: { fallback: 3_600, min: 60, max: 604_800 },
  CHECKPOINT_WAIT_MAX_MS: { fallback: 5_000, min: 0, max: 60_000 },
  MONITOR_INTERVAL_MS: { fallback: 60_000, min: 1_000, max: 3_600_000 },
  WITNESS_INTERVAL_MS: { fallback: 10_000, min: 1_000, max: 3_600_000 },
  IMPACT_EXAMINED_MAX: { fallback: 10_000, min: 1, max: 1_000_000 },
  TOKEN_TTL_SECONDS: { fallback: 28_800, min: 10, max: 86_400 },
  LIVE_AT_TOLERANCE_SECONDS: { fallback: 60, min: 0, max: 3_600 },
  /** Work that answers can do without, in each window. */
  REMEDY_WORK_MS: { fallback: 20, min: 0, max: 60_000 },
  REMEDY_WINDOW_MS: { fallback: 100, min: 10, max: 60_000 },
  PERMIT_TTL_SECONDS: { fallback: 300, min: 1, max: 86_400 },
  /** How long a session of a browser lasts without being used, and at most. */
  SESSION_IDLE_SECONDS: { fallback: 1_800, min: 60, max: 86_400 },
  SESSION_MAX_SECONDS: { fallback: 28_800, min: 300, max: 604_800 },
  /** Of the demo alone: where its own OpenID provider listens. */
  DEMO_ISSUER_PORT: { fallback: 3_001, min: 0, max: 65_535 },
  SHUTDOWN_GRACE_SECONDS: { fallback: 20, min: 1, max: 600 },
  /** Evidence files that are taken in at the same time, and what an organisation may keep of them in all. */
  FILES_AT_ONCE_MAX: { fallback: 8, min: 1, max: 1_000 },
  FILES_QUOTA_MEBIBYTES: { fallback: 5_120, min: 1, max: 100_000_000 },
} as const

/** The words that a variable may be. */
export const choices = {
  /** Whether the roles that the issuer's tokens claim for persons count, besides those that are recorded here. */
  ISSUER_AUTHORITATIVE: ['on', 'off'],
  LOG_LEVEL: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
  DURABILITY: ['D1', 'D2'],
  SIGNED_RECEIPTS: ['on', 'off'],
  /** How mail leaves: files under the var folder, a mail server, or GOV.UK Notify. */
  MAIL_CHANNEL: ['file', 'smtp', 'notify'],
  /** Whether webhooks may lead to this machine and its networks, without TLS: for a demo alone. */
  WEBHOOK_PRIVATE_ADDRESSES: ['allowed', 'refused'],
} as const

/** Every variable the service reads, with what holds when it is absent (empty: nothing). A guard keeps .env.example, docker-compose.yml and Dockerfile equal to it. */
export const variables = {
  ...(Object.fromEntries(Object.entries(numbers).map(([name, { fallback }]) => [name, String(fallback)])) as Record<
    keyof typeof numbers,
    string
  >),
  HOST: '127.0.0.1',
  DATABASE_URL: '',
  DATABASE_PASSWORD_FILE: '',
  ACCORD_VAR: './var',
  PUBLIC_URL: '',
  ISSUER_URL: '',
  AUDIENCE: '',
  JWKS_URL: '',
  JWKS_FILE: '',
  ISSUERS_FILE: '',
  ISSUER_AUTHORITATIVE: 'off',
  SIGN_IN_CLIENT_ID: '',
  SIGN_IN_CLIENT_SECRET_FILE: '',
  LOG_KEY_FILE: '',
  LOG_LEVEL: 'info',
  DURABILITY: 'D1',
  SIGNED_RECEIPTS: 'off',
  MAIL_CHANNEL: 'file',
  MAIL_FROM: 'Accord <no-reply@accord.invalid>',
  SMTP_URL: '',
  SMTP_PASSWORD_FILE: '',
  NOTIFY_URL: 'https://api.notifications.service.gov.uk',
  NOTIFY_API_KEY_FILE: '',
  NOTIFY_TEMPLATE_ID: '',
  NOTIFY_CALLBACK_TOKEN_FILE: '',
  WEBHOOK_PRIVATE_ADDRESSES: 'refused',
  RATE_LIMIT_PER_MINUTE: '',
  RESTRICTED_PURPOSES: '',
  TRUSTED_PROXIES: '',
  TRACES_URL: '',
  SECURITY_CONTACT: '',
  SECURITY_EXPIRES: '',
  WITNESSES: '',
  CLAMD: '',
} as const

export type Variable = keyof typeof variables
