import t from 'tap'
import { type ApiCaller, personOf } from '../support/api-caller.ts'
import { sayUnstated } from '../support/register-answers.ts'
import { testService } from '../support/service.ts'

const service = await testService(t)
await sayUnstated(await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER']))
const CSV = { 'content-type': 'text/csv' }
const bytesOf = (text: string) => Buffer.byteLength(text, 'utf8')
const send = (officer: ApiCaller, csv: string) => officer('POST', '/v1/imports', { body: csv, headers: CSV })
const schools = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `St Somebody's School no ${from + index}`)

/**
 * The most work that was done between two turns of the event loop, in milliseconds: no more than the clock went on, which it also does
 * while nothing is done on a busy machine, and no more than the processor worked, which it also did in the threads beside.
 */
async function watched<T>(work: () => Promise<T>): Promise<{ done: T; longestMs: number }> {
  let isOver = false
  let longestMs = 0
  const read = () => {
    const { user, system } = process.cpuUsage()
    return { clock: performance.now(), processor: (user + system) / 1000 }
  }
  let last = read()
  const look = () => {
    const now = read()
    longestMs = Math.max(longestMs, Math.min(now.clock - last.clock, now.processor - last.processor))
    last = now
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  const done = await work()
  isOver = true
  return { done, longestMs }
}

t.test('F7: the reply grows as the file does, however many unknown partners one cell names', async (t) => {
  const officer = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  for (const count of [300, 1000, 1100]) {
    const csv = `Ref,Title,Partners\nA-1,Schools,${schools(count).join(';')}\n`
    const reply = await send(officer, csv)
    t.equal(reply.status, 201, reply.text.slice(0, 300))
    t.ok(bytesOf(reply.text) < 100_000, `${count} names, ${bytesOf(csv)} bytes: a reply of ${bytesOf(reply.text)} bytes`)
    t.equal(reply.body.open_partners_total, count, 'every name is asked for')
    t.equal(reply.body.open_partners.length, 100, 'and shown a hundred at a time')
    t.ok(
      reply.body.rows[0].errors.every(({ cell }: { cell: string | null }) => cell === null || cell.length < 50),
      'a remark names its part of the cell',
    )
  }
})

t.test('F7: names are answered some at a time, and those that are answered are asked for no more', async (t) => {
  const officer = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const first = await send(officer, `Ref,Title,Partners\nA-1,Schools,Hackney;${schools(150).join(';')}\n`)
  const answers = (count: number) => Object.fromEntries(schools(count).map((name) => [name, null]))
  const put = (partners: object) =>
    officer('PUT', `/v1/imports/${first.body.id}/mapping`, { body: { columns: first.body.mapping.columns, partners }, ifMatch: '*' })
  t.match((await put(answers(100))).body, { open_partners_total: 50, rows: [{ status: 'REFUSED' }] })
  t.match((await put(answers(150))).body, { open_partners_total: 0, rows: [{ status: 'NEW', parties: ['LBC_CAMDEN', 'LBC_HACKNEY'] }] })
})

t.test('F7: a page of lines ends after so many bytes, and the next one follows', async (t) => {
  const officer = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const lines = Array.from({ length: 120 }, (_, index) => `A-${index},Agreement ${index},Hackney,"${'words '.repeat(5000)}"`)
  const csv = `Ref,Title,Partners,Notes\n${lines.join('\n')}\n`
  const first = await send(officer, csv)
  const seen: number[] = first.body.rows.map(({ row }: { row: number }) => row)
  t.ok(bytesOf(first.text) < 1_500_000, `${bytesOf(csv)} bytes in, ${bytesOf(first.text)} out`)
  for (let after = first.body.next_after; after !== null; ) {
    const page = await officer('GET', `/v1/imports/${first.body.id}?after=${after}`)
    seen.push(...page.body.rows.map(({ row }: { row: number }) => row))
    after = page.body.next_after
  }
  t.same(
    seen,
    Array.from({ length: 120 }, (_, index) => index + 2),
    'every line once, in order',
  )
})

t.test('F8: decisions go on while a register of 5 MB is read', { timeout: 300_000 }, async (t) => {
  const officer = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const files: Readonly<Record<string, string>> = {
    'unknown partners in every line': `Ref,Title,Partners\n${Array.from({ length: 2000 }, (_, row) => `A-${row},Agreement ${row},${schools(40, row * 40).join(';')}`).join('\n')}`,
    'long words in every line': `Ref,Title,Partners,Purpose,Data shared,Legal basis,Notes\n${Array.from({ length: 160 }, (_, row) => `A-${row},Agreement ${row},Hackney,${'word,'.repeat(1)}"${'a;'.repeat(7000)}",${'Art '.repeat(1200)},${'note '.repeat(1500)}`).join('\n')}`,
  }
  for (const [name, csv] of Object.entries(files)) {
    t.ok(bytesOf(csv) < 5 * 1024 * 1024)
    const { done, longestMs } = await watched(() => send(officer, csv))
    t.equal(done.status, 201, `${name}: ${done.text.slice(0, 300)}`)
    t.ok(bytesOf(done.text) < 1_500_000, `${name}: ${bytesOf(csv)} bytes in, ${bytesOf(done.text)} out`)
    t.ok(longestMs < 100, `${name}: at most ${longestMs.toFixed(1)} ms of work in one go`)
  }
})

t.test('F8: a file of blank lines is refused before much work is done', async (t) => {
  const officer = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const reply = await send(officer, `Ref,Title,Partners\nA-1,One,Hackney\n${'\n'.repeat(4_900_000)}`)
  t.match([reply.status, reply.body.detail], [413, /more than 50000 lines, empty ones among them/])
})

t.test('F14: the names that every object has are names like others: that line is refused, and no other', async (t) => {
  const officer = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'orThrow', '__defineGetter__', 'prototype']
  const lines = names.flatMap((name, index) => [`B-${index},Bad ${index},${name}`, `C-${index},Bad too ${index},${name}; Hackney`])
  const dry = await send(officer, `Ref,Title,Partners\nA-1,One,Hackney\n${lines.join('\n')}\n`)
  t.equal(dry.status, 201, dry.text.slice(0, 300))
  t.match(dry.body.counts, { NEW: 1, REFUSED: names.length * 2 })
  for (const { status, errors } of dry.body.rows.slice(1))
    t.match({ status, errors }, { status: 'REFUSED', errors: [{ detail: /Nobody in the register/ }] })
  t.match((await officer('POST', `/v1/imports/${dry.body.id}/commit`, { ifMatch: '*' })).body, {
    status: 'COMMITTED',
    counts: { committed: 1 },
  })
  const headers = await send(officer, 'Ref,Title,Partners,constructor,__proto__\nA-1,One,Hackney,a,b\n')
  t.equal(headers.status, 201, 'as headers too')
})

t.test('F27: an organisation that is not in the register brings no register along', async (t) => {
  const officer = await personOf(service, 'LBC_NOWHERE', ['IG_OFFICER'])
  const reply = await send(officer, 'Ref,Title,Partners\nA-1,One,Hackney\n')
  t.match([reply.status, reply.body.errors], [422, [{ code: 'UNKNOWN_ORGANISATION' }]])
})
