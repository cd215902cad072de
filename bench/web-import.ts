// `npm run bench:import`: a register of 5,000 lines brought in with a real browser, from the file to what is missing in its records. The last line
// is one JSON object.
import type { FastifyPluginAsync } from 'fastify'
import { buildApp } from '../src/app.ts'
import { demoRegister } from '../src/demo/register-content.ts'
import { demoAccounts, startDemoIssuer } from '../src/demo-issuer.ts'
import { parseConfig } from '../src/platform/config.ts'
import { systemClock } from '../src/platform/kernel/clock.ts'
import { callbackAt } from '../src/web-services.ts'
import { freePort, openBrowser, signedInAs } from '../test/support/browser.ts'
import { emptyRegister } from './content.ts'
import { openTestSystem } from './test-system.ts'

const LINES = 5_000
const COMMIT_MAX_MS = 3_600_000
const HEADER = 'Ref,Name of agreement,Partner(s),Type,Purpose,Legal basis,Direction,Date signed,Start,Expiry,Review date,Status'
const line = (n: number) =>
  `ISA-${n},Sharing number ${n},${n % 2 ? 'Hackney' : 'Islington Council'},ISA,Homelessness,public task,Out,01/03/2025,01/04/2025,31/03/2030,01/04/2027,Live`

const system = await openTestSystem()
const publicUrl = new URL(`http://127.0.0.1:${await freePort()}`)
const client = await startDemoIssuer(0, () => callbackAt(publicUrl))
const ends: (() => unknown)[] = [() => system.close(), () => client.close()]
try {
  const [shipped, register] = [emptyRegister(), demoRegister()]
  const organisations = [...shipped.organisations, ...register.organisations]
  const url = await system.database('bench_import', { ...shipped, ...register, organisations })
  const config = parseConfig({ LOG_LEVEL: 'silent', RATE_LIMIT_PER_MINUTE: '1000000' })
  if (!config.ok) throw new Error(config.refusal.map(({ variable, message }) => `${variable}: ${message}`).join('; '))
  const pages: readonly FastifyPluginAsync[] = []
  const app = await buildApp({
    ...{ config: config.value, databaseUrl: url, publicUrl, trust: system.trust as never, logKey: system.logKey, clock: systemClock },
    ...{ browserSignIn: { issuers: [client], publicUrl, demoAccounts }, pages },
  })
  ends.push(() => app.close())
  const browser = await openBrowser({ teardown: (end) => void ends.push(end) }, { service: { app } as never, address: publicUrl.origin })
  const page = await signedInAs(browser, publicUrl.origin, 'Priya Raman')
  page.setDefaultTimeout(600_000)
  const took: Record<string, number> = {}
  const timed = async (what: string, work: () => Promise<unknown>) => {
    const began = performance.now()
    await work()
    took[what] = Math.round(performance.now() - began)
    console.log(`${String(took[what]).padStart(9)} ms   ${what}`)
  }
  const csv = `${[HEADER, ...Array.from({ length: LINES }, (_, n) => line(n))].join('\r\n')}\r\n`
  await page.goto('/imports/new')
  await page.locator('input[type=file]').setInputFiles({ name: 'register.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
  await timed('the file is sent, and every line read', async () => {
    await page.getByRole('button', { name: 'Send the file' }).click()
    await page.waitForURL(/\/imports\/[0-9a-f-]{36}$/)
  })
  const here = new URL(page.url()).pathname
  for (const [part, what] of [
    ['', 'its page'],
    ['/columns', 'what each column holds'],
    ['/answers', 'what it leaves open'],
    ['/lines', 'the first lines beside their records'],
    [`/lines?from=${LINES - 10}`, 'the last lines beside their records'],
  ] as const)
    await timed(what, () => page.goto(`${here}${part}`))
  await timed('its page, with what it still says to columns saved again', async () => {
    await page.goto(`${here}/columns`)
    await page.getByRole('button', { name: 'Save and continue' }).click()
    await page.waitForURL(/\/imports\/[0-9a-f-]{36}(\/answers)?$/)
  })
  await page.goto(here)
  await timed('the button is pressed until the page says how far it is', () => page.getByRole('button', { name: /^Bring in / }).click())
  await timed('how far it is, asked meanwhile', () => page.goto(here))
  await timed(`all ${LINES} records are in, each in an act of its own`, async () => {
    const isIn = () => page.getByText('What is missing in each record').isVisible()
    for (const began = performance.now(); !(await isIn()) && performance.now() - began < COMMIT_MAX_MS; await page.goto(here))
      await page.waitForTimeout(2_000)
  })
  await timed('what is missing in the first fifty', () => page.goto(`${here}/missing`))
  console.log(JSON.stringify({ lines: LINES, took_ms: took }))
} finally {
  for (const end of ends.toReversed()) await end()
}
