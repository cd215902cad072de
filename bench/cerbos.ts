import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const PORT = 3592
const START_MS = 20_000

/** The most resources that Cerbos takes in one request: it starts with no more (`maxResourcesPerRequest must be between 1 and 500`). */
export const CERBOS_BATCH_MAX = 500

/** Permits exactly if the agreement is active and lists provider, recipient, purpose and category. */
const POLICY = `apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: data_share
  version: default
  rules:
    - name: share-under-active-agreement
      actions: ["share"]
      effect: EFFECT_ALLOW
      roles: ["*"]
      condition:
        match:
          all:
            of:
              - expr: R.attr.agreement.status == "active"
              - expr: R.attr.provider in R.attr.agreement.providers
              - expr: R.attr.recipient in R.attr.agreement.recipients
              - expr: R.attr.purpose in R.attr.agreement.purposes
              - expr: R.attr.category in R.attr.agreement.categories
`

/** A Cerbos that runs with its audit log written to a file. */
export interface Cerbos {
  readonly origin: string
  readonly pid: number
  close(): Promise<void>
}

/** Starts Cerbos (npm: `@cerbos/cerbos-linux-x64`). @throws Error when it is not installed or does not come up */
export async function startCerbos(): Promise<Cerbos> {
  const folder = mkdtempSync(join(tmpdir(), 'accord-bench-cerbos-'))
  mkdirSync(join(folder, 'policies'))
  writeFileSync(join(folder, 'policies/data_share.yaml'), POLICY)
  writeFileSync(
    join(folder, 'conf.yaml'),
    `server: { httpListenAddr: "127.0.0.1:${PORT}", grpcListenAddr: "127.0.0.1:${PORT + 1}", requestLimits: { maxResourcesPerRequest: ${CERBOS_BATCH_MAX} } }
storage: { driver: disk, disk: { directory: "${join(folder, 'policies')}", watchForChanges: true } }
audit: { enabled: true, accessLogsEnabled: true, decisionLogsEnabled: true, backend: file, file: { path: "${join(folder, 'audit.log')}" } }
telemetry: { disabled: true }
`,
  )
  const home = dirname(createRequire(import.meta.url).resolve('@cerbos/cerbos-linux-x64/package.json'))
  const child = spawn(join(home, 'cerbos-linux-x64'), ['server', `--config=${join(folder, 'conf.yaml')}`, '--log-level=error'], {
    stdio: 'ignore',
  })
  const origin = `http://127.0.0.1:${PORT}`
  await untilHealthy(origin, child)
  return {
    origin,
    pid: child.pid ?? 0,
    async close() {
      child.kill('SIGTERM')
      await new Promise((gone) => (child.exitCode === null ? child.once('exit', gone) : gone(undefined)))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function untilHealthy(origin: string, child: ChildProcess): Promise<void> {
  for (const until = performance.now() + START_MS; performance.now() < until && child.exitCode === null; await pause(100)) {
    const reply = await fetch(`${origin}/_cerbos/health`).catch(() => null)
    if (reply?.ok) return
  }
  throw new Error('Cerbos did not come up')
}

/** What a question of ours holds that Cerbos is asked too. */
interface Question {
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: readonly string[]
}

/** A question as Cerbos takes it over AuthZEN, with the agreement in it. */
export function asCerbosAsks(question: Question): string {
  return JSON.stringify({
    subject: { type: 'client', id: question.provider, properties: { roles: ['client'] } },
    action: { name: 'share' },
    resource: { type: 'data_share', id: idOf(question), properties: attributesOf(question) },
  })
}

/** Many questions as one request to check resources, each with the agreement in it. */
export function asCerbosChecks(caller: string, questions: readonly Question[]): string {
  return JSON.stringify({
    requestId: 'batch',
    principal: { id: caller, roles: ['client'] },
    resources: questions.map((question, at) => ({
      actions: ['share'],
      resource: { kind: 'data_share', id: `${idOf(question)}-${at}`, attr: attributesOf(question) },
    })),
  })
}

/** What may this recipient have for this purpose: as a request for the plan of a query, which leaves the agreements to the caller's database. */
export function asCerbosPlans({ recipient, purpose }: Pick<Question, 'recipient' | 'purpose'>): string {
  return JSON.stringify({
    requestId: 'search',
    principal: { id: recipient, roles: ['client'] },
    resource: { kind: 'data_share', attr: { recipient, purpose } },
    actions: ['share'],
  })
}

function idOf({ provider, recipient }: Question): string {
  return `${provider}-${recipient}`
}

function attributesOf({ provider, recipient, purpose, data_items }: Question) {
  const agreement = { status: 'active', providers: [provider], recipients: [recipient], purposes: [purpose], categories: data_items }
  return { provider, recipient, purpose, category: data_items[0], agreement }
}
