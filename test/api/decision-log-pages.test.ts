import { parse } from 'csv-parse/sync'
import t from 'tap'
import { unescapeFormulas } from '../../src/platform/kernel/csv-cell.ts'
import { SHARE } from '../support/demo-share.ts'
import { type TestCaller, testService } from '../support/service.ts'

// Pages of the decision log as files for others: every cell is one cell, and a page is bounded whatever callers sent.

const service = await testService(t)
const AUDITOR: TestCaller = { org: 'LBC_BARNET', roles: ['AUDITOR'] }
const post = async (url: string, payload: unknown, caller: TestCaller) =>
  service.inject({ method: 'POST', url, headers: await service.as(caller), payload: payload as object })
const get = async (url: string, caller: TestCaller, accept = 'application/json') =>
  service.inject({ method: 'GET', url, headers: { ...(await service.as(caller)), accept } })
const search = async (query: string, caller: TestCaller): Promise<Readonly<Record<string, unknown>>[]> =>
  (await get(`/v1/decisions${query}`, caller)).json().decisions
const idsOf = (rows: readonly Readonly<Record<string, unknown>>[]) => rows.map((row) => row['decision_id'])

t.test('as CSV: whatever a cell holds, it is one cell, and no line of it is a formula', async (t) => {
  const breaks = ['\n', '\r', '\r\n', '\v', '\f', '\u0085', '\u2028', '\u2029']
  const skipped = ['', ' ', '\t', '\u200b', '\ufeff', '\u3000', '\u00a0']
  const cells = breaks.flatMap((mark) =>
    skipped.flatMap((skip) => ['=', '+', '-', '@', '＝'].map((sign) => `a${mark}${skip}${sign}1+1,"b"`)),
  )
  const asker = { org: 'LBC_ENFIELD', clientId: 'csv' }
  for (const recipient of cells)
    t.equal((await post('/v1/decisions/simulate', { ...SHARE, provider: 'LBC_ENFIELD', recipient }, asker)).statusCode, 200)
  const reply = await get('/v1/decisions?client=csv&limit=1000', asker, 'text/csv')
  const rows = parse(reply.body, { columns: true, relax_quotes: false }) as Record<string, string>[]
  t.equal(rows.length, cells.length, 'a line break ends no record')
  const wrong = rows.filter((row, at) => unescapeFormulas(row['recipient'] ?? '') !== cells.toReversed()[at])
  t.strictSame(wrong, [], 'and without the guard each is what was sent')
  const runs = rows.filter((row) =>
    (row['recipient'] ?? '').split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/).some((line) => /^[\s\u200b]*[=+\-@＝]/.test(line)),
  )
  t.strictSame(runs, [])
  const unquoted = reply.body.replaceAll(/"(?:[^"]|"")*"/g, '')
  t.notMatch(unquoted, /[\v\f\u0085\u2028\u2029]|(?<!\r)\n|\r(?!\n)/, 'no break stands outside quotation marks but the end of a record')
})

t.test('a page of an export is bounded by its bytes too, and says where it goes on', async (t) => {
  const asker = { org: 'LBC_BARKING_AND_DAGENHAM', clientId: 'large' }
  const long = Array.from({ length: 200 }, (_one, at) => `${'X'.repeat(95)}${at}`)
  const COUNT = 240
  const body = { ...SHARE, provider: 'LBC_BARKING_AND_DAGENHAM', data_items: long }
  for (let from = 0; from < COUNT; from += 20)
    await Promise.all(Array.from({ length: 20 }, () => post('/v1/decisions/simulate', body, asker)))
  const all = idsOf(await search('?client=large&limit=1000', asker))
  t.equal(all.length, COUNT)
  for (const format of ['adl', 'cloudevents']) {
    const joined: unknown[] = []
    let pages = 0
    for (let url = `/v1/decisions/export?format=${format}&client=large&limit=5000`; url !== ''; pages += 1) {
      const reply = await get(url, asker)
      t.equal(reply.statusCode, 200, reply.body.slice(0, 200))
      t.ok(reply.body.length < 16 * 1024 * 1024, `${reply.body.length} bytes`)
      const lines = reply.body.trim().split('\n')
      t.ok(lines.length > 0)
      joined.push(...lines.map((line) => JSON.parse(line)).map((record) => record.id ?? record.attributes['accord.decision_id']))
      url = /^<(.*)>; rel="next"$/.exec(String(reply.headers['link'] ?? ''))?.[1] ?? ''
    }
    t.strictSame(joined, all, 'pages joined are the whole')
    t.ok(pages > 1, `${pages} pages`)
  }
})

t.test('a cursor at which no page can have ended is refused on every list of the log', async (t) => {
  const cursorOf = (text: string) => Buffer.from(text).toString('base64url')
  for (const url of ['/v1/decisions?', '/v1/decisions/export?format=adl&', '/v1/break-glass?'])
    for (const cursor of ['999999.0', '1.999999999999999', '0.0', '1.-1', '1', 'a.b', '01.1e1', '']
      .map(cursorOf)
      .filter((one) => one !== ''))
      t.match(
        (await get(`${url}cursor=${cursor}`, AUDITOR)).json(),
        { status: 400, errors: [{ pointer: '/query/cursor' }] },
        `${url}${cursor}`,
      )
})
