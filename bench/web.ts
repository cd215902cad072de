// `npm run bench:web`: how long the service takes for its pages with 3,000 agreements and 100,000 decisions, each beside a page of the same size that
// stands in memory, asked in turn. The last line is one JSON object.
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { FastifyPluginAsync } from 'fastify'
import { buildApp } from '../src/app.ts'
import { demoRegister } from '../src/demo/register-content.ts'
import { demoAccounts, startDemoIssuer } from '../src/demo-issuer.ts'
import { parseConfig } from '../src/platform/config.ts'
import { systemClock } from '../src/platform/kernel/clock.ts'
import { callbackAt } from '../src/web-services.ts'
import { signIn, visitorOf } from '../test/support/visitor.ts'
import { emptyRegister, permitted } from './content.ts'
import { copyAgreement, lagOf } from './seed.ts'
import { median } from './table.ts'
import { openTestSystem } from './test-system.ts'

const AGREEMENTS = 3_000
const DECISIONS = 100_000
const EVALUATIONS_A_CALL = 100
const ROUNDS = 40
/** The first ones count for nothing: the compiler and the templates have to be there. */
const WARM = 10
const AIM = { medianMs: 50, compressedKb: 100 }
const LONDON = 'SAMPLE-LONDON-CHILD-SAFEGUARDING'

const system = await openTestSystem()
const publicUrl = new URL('http://127.0.0.1')
const client = await startDemoIssuer(0, () => callbackAt(publicUrl))
try {
  const register = demoRegister()
  const shipped = emptyRegister()
  const url = await system.database('bench_web', {
    ...{ ...shipped, ...register },
    organisations: [...shipped.organisations, ...register.organisations],
  })
  const copied = register.agreements.find(({ agreement }) => agreement.id === 'DEMO-CURL')
  if (copied) await copyAgreement(url, copied.agreement, AGREEMENTS - register.agreements.length)
  const config = parseConfig({ LOG_LEVEL: 'silent', RATE_LIMIT_PER_MINUTE: '1000000' })
  if (!config.ok) throw new Error(config.refusal.map(({ variable, message }) => `${variable}: ${message}`).join('; '))
  const still = new Map<string, Buffer>()
  const staticPages: FastifyPluginAsync = async (app) => {
    app.get('/still/:name', { config: { access: 'public' } }, async (request, reply) =>
      reply.type('text/html; charset=utf-8').send(still.get((request.params as { readonly name: string }).name)),
    )
  }
  const app = await buildApp({
    ...{ config: config.value, databaseUrl: url, publicUrl, trust: system.trust as never, logKey: system.logKey, clock: systemClock },
    ...{ browserSignIn: { issuers: [client], publicUrl, demoAccounts }, pages: [staticPages] },
  })
  await app.server.ready()
  try {
    const caller = { sub: 'bench', org: 'LBC_CAMDEN', roles: ['API_CLIENT'], clientId: 'bench' } as const
    const question = { ...permitted(0), provider: 'LBC_CAMDEN', recipient: 'LBC_HACKNEY' }
    const bodies = Array.from({ length: EVALUATIONS_A_CALL }, () => question)
    for (let made = 0; made < DECISIONS; made += bodies.length) {
      const decided = await app.decisions.decide({ caller, bodies: bodies as never, simulated: false, trace: null })
      if (!decided.ok) throw new Error(decided.refusal.detail)
    }
    // What was decided is in its tree and in the search before anything counts.
    for (let lag = await lagOf(url); lag.tree + lag.search > 0; lag = await lagOf(url)) await setTimeout(500)
    const visitors = new Map<string, ReturnType<typeof visitorOf>>()
    const visitor = async (account: string) => {
      const known = visitors.get(account) ?? visitorOf({ service: app.server as never, address: publicUrl.origin })
      if (!visitors.has(account)) await signIn(known, account)
      visitors.set(account, known)
      return known
    }
    const review = /\/reviews\/[0-9a-f-]+/.exec((await (await visitor('demo-camden-dpo')).go('/agreements/DEMO-ADMISSIONS')).text)?.[0]
    const authorization = `Bearer ${await system.personToken('LBC_CAMDEN', 'IG_OFFICER')}`
    const copy = { title: 'Safeguarding, drafted anew', instrument_type: 'CONTROLLER_TO_CONTROLLER', from_agreement: LONDON }
    const drafted = await app.server.inject({ method: 'POST', url: '/v1/agreements', headers: { authorization }, payload: copy })
    if (drafted.statusCode !== 201) throw new Error(`no draft: ${drafted.body}`)
    const draft = `/agreements/${drafted.json().id}/draft`
    const pages: readonly (readonly [path: string, account: string])[] = [
      ['/', 'demo-camden-ig'],
      ['/work', 'demo-camden-ig'],
      ['/agreements', 'demo-camden-ig'],
      ['/agreements?q=homelessness', 'demo-camden-ig'],
      ['/agreements?state=IN_FORCE&partner=LBC_HACKNEY', 'demo-camden-ig'],
      ['/agreements/DEMO-CURL', 'demo-camden-ig'],
      [`/agreements/${LONDON}`, 'demo-camden-ig'],
      ['/agreements/DEMO-CURL/history', 'demo-camden-ig'],
      ['/agreements/DEMO-CURL/acts/suspend', 'demo-camden-siro'],
      [review ?? '/no-review', 'demo-camden-dpo'],
      [`${review}/progress`, 'demo-camden-dpo'],
      ['/agreements/DEMO-SIGN', 'demo-camden-siro'],
      ['/agreements/new', 'demo-camden-ig'],
      ['/agreements/new/check?partner=LBC_HACKNEY&purpose=HOMELESSNESS', 'demo-camden-ig'],
      [draft, 'demo-camden-ig'],
      [`${draft}/parties`, 'demo-camden-ig'],
      [`${draft}/check`, 'demo-camden-ig'],
    ]
    console.log(
      `\n${AGREEMENTS} agreements, ${DECISIONS} decisions; each page ${ROUNDS} times in turn with one of the same size from memory\n`,
    )
    console.log('median ms   of memory   ratio   kB compressed   page')
    const figures: { readonly path: string; readonly ms: number; readonly ratio: number; readonly kb: number }[] = []
    for (const [index, [path, account]] of pages.entries()) {
      const who = await visitor(account)
      const first = await who.go(path)
      if (first.status !== 200)
        throw new Error(
          `${path}: ${first.status} ${first.text
            .slice(first.text.indexOf('<main'))
            .replaceAll(/<[^>]*>/g, ' ')
            .slice(0, 600)}`,
        )
      still.set(String(index), Buffer.from(first.text))
      const [made, read]: [number[], number[]] = [[], []]
      for (let round = 0; round < ROUNDS + WARM; round += 1)
        for (const [times, address] of [
          [made, path],
          [read, `/still/${index}`],
        ] as const) {
          const began = performance.now()
          await who.go(address)
          if (round >= WARM) times.push(performance.now() - began)
        }
      const [ms, memory] = [median(made), median(read)]
      const figure = { path, ms, ratio: ms / memory, kb: gzipSync(first.text).length / 1000 }
      figures.push(figure)
      console.log(
        `${ms.toFixed(1).padStart(9)}   ${memory.toFixed(1).padStart(9)}   ${figure.ratio.toFixed(0).padStart(5)}   ${figure.kb.toFixed(1).padStart(13)}   ${path}`,
      )
    }
    const [slowest, largest] = [Math.max(...figures.map(({ ms }) => ms)), Math.max(...figures.map(({ kb }) => kb))]
    const ratio = Math.max(...figures.map((figure) => figure.ratio))
    console.log(
      `\nslowest median ${slowest.toFixed(1)} ms (aim ${AIM.medianMs}), largest ${largest.toFixed(1)} kB compressed (aim ${AIM.compressedKb})`,
    )
    console.log(JSON.stringify({ pages: figures.length, slowest_median_ms: slowest, largest_kb: largest, largest_ratio: ratio }))
  } finally {
    await app.close()
  }
} finally {
  await client.close()
  await system.close()
}
