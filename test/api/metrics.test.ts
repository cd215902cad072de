import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import t from 'tap'
import { problemKinds } from '../../src/platform/http/refusals.ts'
import { isNear } from '../../src/platform/metrics/metrics.routes.ts'
import { DENIED_SHARE, SHARE } from '../support/demo-share.ts'
import { type TestCaller, testService } from '../support/service.ts'

// Numbers for Prometheus and one log line a request, both without a word about anybody.

const lines: string[] = []
const logStream = new Writable({
  write(chunk, _encoding, done) {
    lines.push(String(chunk))
    done()
  },
})
const service = await testService(t, { config: { logLevel: 'info' }, logStream })
const CAMDEN: TestCaller = { org: 'LBC_CAMDEN', sub: 'urn:person:jane-doe' }
const decide = async (payload: object) =>
  service.inject({ method: 'POST', url: '/v1/decisions', headers: await service.as(CAMDEN), payload })
const numbers = async () => (await service.inject({ method: 'GET', url: '/metrics' })).body
const numberOf = (text: string, line: string) => Number(new RegExp(`^${line} (\\S+)$`, 'm').exec(text)?.[1])

t.test('decisions are counted by outcome and reason, batches by size and time', async (t) => {
  await decide(SHARE)
  await decide(SHARE)
  await decide(DENIED_SHARE)
  const text = await numbers()
  t.equal(numberOf(text, 'accord_decisions_total\\{outcome="PERMIT",simulated="false"\\}'), 2)
  t.equal(numberOf(text, 'accord_decisions_total\\{outcome="DENY",simulated="false"\\}'), 1)
  t.equal(numberOf(text, 'accord_decision_reasons_total\\{reason="DATA_NOT_COVERED",simulated="false"\\}'), 1)
  t.equal(numberOf(text, 'accord_append_batch_size_sum'), 3)
  t.ok(numberOf(text, 'accord_append_seconds_sum') > 0)
  t.equal(numberOf(text, 'accord_policy_revision'), service.app.services.policy.current().revision)
  t.equal(numberOf(text, 'accord_policy_revisions_behind'), 0)
  t.equal(numberOf(text, 'accord_policy_losses'), 0)
  t.equal(numberOf(text, 'accord_append_queue_length'), 0)
  for (const { name } of service.app.services.audit.logs) {
    const age = numberOf(await numbers(), `accord_log_checkpoint_age_seconds\\{log="${name}"\\}`)
    t.ok(age >= 0 && age < 60, `the checkpoint of ${name} is ${age} s old`)
  }
  t.ok(numberOf(text, 'accord_nodejs_eventloop_lag_seconds') >= 0)
})

t.test('refusals are counted by operation and code', async (t) => {
  await service.inject({ method: 'POST', url: '/access/v1/evaluation', payload: {} })
  const text = await numbers()
  t.equal(numberOf(text, 'accord_http_refusals_total\\{operation="evaluateAccess",code="UNAUTHENTICATED"\\}'), 1)
})

t.test('every alarm of the runbook is about a number that is given, and leads to a section that is there', async (t) => {
  const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8')
  const rows =
    /## Alarms to set\n([^#]+)/
      .exec(runbook)?.[1]
      ?.split('\n')
      .filter((line) => line.startsWith('|')) ?? []
  t.ok(rows.length > 20)
  const text = await numbers()
  for (const name of rows.join().matchAll(/accord_\w+/g)) t.match(text, `# TYPE ${name[0]} `)
  for (const row of rows.slice(2)) t.match(runbook, `\n## ${row.split('|').at(-2)?.trim()}\n`)
  for (const [word] of rows.join().matchAll(/\b[A-Z]+(?:_[A-Z]+)*\b(?=["`])/g)) t.ok(word in problemKinds, word)
  const operations = readFileSync(new URL('../../src/platform/http/openapi.gen.json', import.meta.url), 'utf8')
  for (const [, word] of rows.join().matchAll(/`([a-z]+[A-Z]\w+)`/g)) t.match(operations, `"operationId": "${word}"`)
})

t.test('another module adds numbers of its own, and one that cannot be read is left out', async (t) => {
  service.app.services.metrics.read('accord_test_age_seconds', 'For this test.', () => 42)
  service.app.services.metrics.read('accord_test_broken', 'For this test.', () => Promise.reject(new Error('no')))
  const text = await numbers()
  t.equal(numberOf(text, 'accord_test_age_seconds'), 42)
  t.notMatch(text, /^accord_test_broken \S+$/m)
})

t.test('only this machine and private networks are answered', async (t) => {
  const strangers = await service.inject({ method: 'GET', url: '/metrics', remoteAddress: '203.0.113.9' })
  t.equal(strangers.statusCode, 404)
  t.strictSame(['127.0.0.1', '::1', '::ffff:10.1.2.3', '192.168.1.1', '8.8.8.8', '2001:db8::1', ''].map(isNear), [
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})

t.test('numbers name nobody', async (t) => {
  const text = await numbers()
  for (const word of ['LBC_CAMDEN', 'LBC_HACKNEY', 'DEMO-CURL', 'jane-doe', 'HOMELESSNESS']) t.notOk(text.includes(word), word)
})

t.test('one log line a request, and none of what was asked is in it', async (t) => {
  lines.length = 0
  const personal = {
    ...SHARE,
    correlation_id: 'case of Jane Doe 020 7946 0000',
    consent_ref: 'consent-of-jane',
    emergency: null,
    subject_count: 987654,
  }
  const reply = await decide(personal)
  t.equal(reply.statusCode, 200, reply.body)
  await decide({ ...personal, 'Jane Doe': 'jane@example.org' })
  await service.inject({ method: 'GET', url: '/v1/decisions?client=jane-doe-client', headers: await service.as(CAMDEN) })
  const text = lines.join('')
  t.equal(lines.length, 3)
  t.match(JSON.parse(lines[0] ?? ''), { route: '/v1/decisions', status: 200, decision: 'PERMIT', decisionId: reply.json().decision_id })
  for (const value of ['Jane', 'jane', '7946', '987654', 'LBC_', 'HOMELESS', 'IDENTITY', 'Bearer', 'eyJ', 'DEMO-CURL'])
    t.notOk(text.includes(value), value)
})
