import t from 'tap'
import { parseConfig } from '../../../src/platform/config.ts'

const real = {
  DATABASE_URL: 'postgres://accord@db.example/accord',
  PUBLIC_URL: 'https://accord.example',
  ISSUER_URL: 'https://login.example/realm',
  AUDIENCE: 'https://accord.example',
  JWKS_URL: 'https://login.example/realm/jwks',
  LOG_KEY_FILE: '/run/secrets/log_key',
}

/** The variables named by a refusal, each with the first fault found. */
function faults(environment: Record<string, string>): Record<string, string> {
  const parsed = parseConfig(environment)
  return parsed.ok ? {} : Object.fromEntries(parsed.refusal.map(({ variable, message }) => [variable, message]))
}

t.test('with nothing set it is the loopback demo on the embedded database', async (t) => {
  const parsed = parseConfig({})
  t.ok(parsed.ok)
  if (!parsed.ok) return
  t.same(parsed.value, {
    port: 3000,
    host: '127.0.0.1',
    databaseUrl: undefined,
    databasePasswordFile: undefined,
    varDirectory: './var',
    publicUrl: new URL('http://127.0.0.1:3000'),
    issuerUrl: undefined,
    audience: undefined,
    jwksUrl: undefined,
    jwksFile: undefined,
    issuerAuthoritative: 'off',
    logKeyFile: undefined,
    logLevel: 'info',
    bodyLimitBytes: 262144,
    requestTimeoutSeconds: 30,
    requestsInFlightMax: 256,
    signedReceipts: 'off',
    mailChannel: 'file',
    mailFrom: 'Accord <no-reply@accord.invalid>',
    smtpUrl: undefined,
    smtpPasswordFile: undefined,
    notify: undefined,
    webhookPrivateAddresses: 'refused',
    databasePoolMax: 10,
    statementTimeoutMs: 10000,
    lockTimeoutMs: 2000,
    decisionDeadlineMs: 2000,
    auditQueueMax: 4096,
    auditQueueAgeMs: 500,
    auditStallMs: 5000,
    auditBatchMax: 256,
    auditLanes: 2,
    durability: 'D1',
    checkpointIntervalMs: 1000,
    logRereadSeconds: 3600,
    checkpointWaitMaxMs: 5000,
    monitorIntervalMs: 60000,
    witnessIntervalMs: 10000,
    impactExaminedMax: 10000,
    witnesses: [],
    replyTimeoutSeconds: 30,
    callerSharePercent: 30,
    organisationSharePercent: 75,
    anonymousSharePercent: 10,
    decisionReservePercent: 25,
    connectionsMax: 2048,
    connectionsPerAddressMax: 512,
    trustedProxies: [],
    rateLimitPerMinute: undefined,
    refusedTokensPerMinute: 300,
    security: undefined,
    tokenTtlSeconds: 28800,
    liveAtToleranceSeconds: 60,
    permitTtlSeconds: 300,
    remedyWorkMs: 20,
    remedyWindowMs: 100,
    restrictedPurposes: [],
    filesAtOnceMax: 8,
    filesQuotaMebibytes: 5_120,
    sessionIdleSeconds: 1_800,
    sessionMaxSeconds: 28_800,
    demoIssuerPort: 3_001,
    shutdownGraceSeconds: 20,
  })
  t.ok(Object.isFrozen(parsed.value))
})

t.test('a database of ones own without issuer, audience, keys, log key or public address names each missing variable', async (t) => {
  const found = faults({ DATABASE_URL: real.DATABASE_URL })
  t.same(Object.keys(found).toSorted(), ['AUDIENCE', 'ISSUER_URL', 'JWKS_FILE', 'JWKS_URL', 'LOG_KEY_FILE', 'PUBLIC_URL'])
})

t.test('each missing variable alone is named alone', async (t) => {
  for (const variable of ['ISSUER_URL', 'AUDIENCE', 'LOG_KEY_FILE', 'PUBLIC_URL'] as const) {
    t.same(Object.keys(faults({ ...real, [variable]: '' })), [variable])
  }
  t.same(Object.keys(faults({ ...real, JWKS_URL: '' })), ['JWKS_URL', 'JWKS_FILE'])
  t.same(faults({ ...real, JWKS_URL: '', JWKS_FILE: '/etc/jwks.json' }), {})
  t.same(Object.keys(faults({ ...real, JWKS_FILE: '/etc/jwks.json' })), ['JWKS_FILE'])
})

t.test('a file of issuers stands in place of the variables of one, never beside them', async (t) => {
  const { ISSUER_URL, AUDIENCE, JWKS_URL, ...rest } = real
  t.same(faults({ ...rest, ISSUERS_FILE: '/etc/issuers.json' }), {})
  for (const [variable, value] of Object.entries({ ISSUER_URL, AUDIENCE, JWKS_URL, ISSUER_AUTHORITATIVE: 'on' }))
    t.same(Object.keys(faults({ ...rest, ISSUERS_FILE: '/etc/issuers.json', [variable]: value })), [variable])
  t.match(faults({ ISSUERS_FILE: '/etc/issuers.json' }), { ISSUERS_FILE: /DATABASE_URL/ })
})

t.test('a complete configuration is taken as it is written', async (t) => {
  const parsed = parseConfig({ ...real, PORT: '0', RESTRICTED_PURPOSES: 'PREVENT_CRIME, SAFEGUARDING', RATE_LIMIT_PER_MINUTE: '600' })
  t.match(parsed, {
    ok: true,
    value: { port: 0, issuerUrl: real.ISSUER_URL, restrictedPurposes: ['PREVENT_CRIME', 'SAFEGUARDING'], rateLimitPerMinute: 600 },
  })
})

t.test('each wrong value is refused under its own name', async (t) => {
  const table: readonly (readonly [string, string])[] = [
    ['PORT', '65536'],
    ['PORT', '80.5'],
    ['PORT', '-1'],
    ['PORT', 'http'],
    ['BODY_LIMIT_BYTES', '10'],
    ['TRUSTED_PROXIES', 'proxy.example'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.1, ::1/129'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8'],
    ['ANONYMOUS_SHARE_PERCENT', '0'],
    ['CALLER_SHARE_PERCENT', '101'],
    ['DATABASE_POOL_MAX', '0'],
    ['AUDIT_LANES', '1e3'],
    ['CHECKPOINT_WAIT_MAX_MS', '60001'],
    ['MONITOR_INTERVAL_MS', '0'],
    ['WITNESS_INTERVAL_MS', '10s'],
    ['IMPACT_EXAMINED_MAX', '0'],
    ['LOG_LEVEL', 'loud'],
    ['DURABILITY', 'D0'],
    ['RATE_LIMIT_PER_MINUTE', '0'],
    ['REMEDY_WORK_MS', '101'],
    ['REMEDY_WINDOW_MS', '0'],
    ['RESTRICTED_PURPOSES', 'prevent crime'],
    ['PUBLIC_URL', 'http://accord.example'],
    ['PUBLIC_URL', 'https://accord.example/app'],
    ['PUBLIC_URL', 'accord.example'],
    ['ISSUER_URL', 'http://login.example'],
    ['JWKS_URL', 'ftp://login.example/jwks'],
    ['DATABASE_URL', 'mysql://db/accord'],
  ]
  for (const [variable, value] of table) t.same(Object.keys(faults({ ...real, [variable]: value })), [variable], `${variable}=${value}`)
  const contact = { ...real, SECURITY_CONTACT: 'mailto:security@accord.example' }
  t.same(faults({ ...contact, SECURITY_EXPIRES: '2027-03-01T00:00:00Z' }), {})
  t.same(faults(contact), {}, 'without a day it counts from when it is read')
  for (const expires of ['tomorrow', '2027-02-30'])
    t.same(Object.keys(faults({ ...contact, SECURITY_EXPIRES: expires })), ['SECURITY_EXPIRES'])
  t.same(Object.keys(faults({ ...contact, SECURITY_CONTACT: 'me', SECURITY_EXPIRES: '2027-03-01T00:00:00Z' })), ['SECURITY_CONTACT'])
  t.same(Object.keys(faults({ DATABASE_PASSWORD_FILE: '/run/secrets/db' })), ['DATABASE_PASSWORD_FILE'])
})

t.test('plain http is taken for this machine only', async (t) => {
  for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '[::1]']) t.same(faults({ PUBLIC_URL: `http://${host}:3000` }), {}, host)
  for (const host of ['127.0.0.1.example', 'localhost.example', '10.0.0.1', '0.0.0.0'])
    t.same(Object.keys(faults({ PUBLIC_URL: `http://${host}` })), ['PUBLIC_URL'], host)
})

t.test('every fault is reported at once, and none repeats what was written', async (t) => {
  const parsed = parseConfig({ PORT: 'secret-value', LOG_LEVEL: 'secret-value', DATABASE_URL: 'secret-value' })
  t.equal(parsed.ok, false)
  if (parsed.ok) return
  t.ok(['PORT', 'LOG_LEVEL', 'DATABASE_URL', 'AUDIENCE'].every((name) => parsed.refusal.some(({ variable }) => variable === name)))
  t.notMatch(JSON.stringify(parsed.refusal), /secret-value/)
})

t.test('the name of the environment changes nothing', async (t) => {
  t.same(parseConfig({ NODE_ENV: 'production' }), parseConfig({ NODE_ENV: 'test' }))
})

t.test('a witness is an address and its key; anything else is named', async (t) => {
  const vkey = `w.example/witness+1a2b3c4d+${'A'.repeat(44)}`
  const parsed = parseConfig({ WITNESSES: `https://w.example ${vkey}, http://127.0.0.1:4000 ${vkey}` })
  t.ok(parsed.ok && parsed.value.witnesses.length === 2)
  for (const wrong of ['https://w.example', vkey, `http://w.example ${vkey}`, `https://w.example ${vkey} more`]) {
    const refused = parseConfig({ WITNESSES: wrong })
    t.same(!refused.ok && refused.refusal.map(({ variable }) => variable), ['WITNESSES'], wrong)
  }
})

t.test('a way of mail names what it needs, and a mail server holds no password in its address', async (t) => {
  t.same(Object.keys(faults({ MAIL_CHANNEL: 'smtp' })), ['SMTP_URL'])
  t.same(Object.keys(faults({ MAIL_CHANNEL: 'notify' })), ['NOTIFY_API_KEY_FILE', 'NOTIFY_TEMPLATE_ID'])
  t.same(Object.keys(faults({ MAIL_CHANNEL: 'pigeon' })), ['MAIL_CHANNEL'])
  t.same(faults({ MAIL_CHANNEL: 'smtp', SMTP_URL: 'smtps://accord@mail.example', SMTP_PASSWORD_FILE: '/run/secrets/smtp' }), {})
  for (const SMTP_URL of ['mail.example', 'https://mail.example', 'smtp://accord:secret@mail.example'])
    t.same(Object.keys(faults({ MAIL_CHANNEL: 'smtp', SMTP_URL })), ['SMTP_URL'], SMTP_URL)
  t.same(Object.keys(faults({ SMTP_PASSWORD_FILE: '/run/secrets/smtp' })), ['SMTP_PASSWORD_FILE'])
  for (const MAIL_FROM of ['nobody', 'Accord\r\nBcc: all@example.org <a@b.example>', '"x" <a@b.example>'])
    t.same(Object.keys(faults({ MAIL_FROM })), ['MAIL_FROM'], MAIL_FROM)
  t.same(Object.keys(faults({ NOTIFY_URL: 'http://notify.example' })), ['NOTIFY_URL'])
})
