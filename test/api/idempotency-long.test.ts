import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { sha256Hex } from '../../src/audit/format/canonical-json.ts'
import { keyTurns } from '../../src/commands/key-turns.ts'
import { onceOnly } from '../../src/commands/once.service.ts'
import type { Principal } from '../../src/identity/principal.ts'
import { answered, type Refusal } from '../../src/platform/kernel/refusal.ts'
import { ok, type Result } from '../../src/platform/kernel/result.ts'
import { databaseOf, personOf } from '../support/api-caller.ts'
import { testDatabase } from '../support/database.ts'
import { SHARE } from '../support/demo-share.ts'
import { eventually } from '../support/eventually.ts'
import { testService } from '../support/service.ts'

const principal: Principal = {
  issuer: 'https://login.example',
  sub: 'urn:someone',
  org: 'LBC_CAMDEN',
  roles: ['IG_OFFICER'],
  clientId: null,
}
const keyOf = (key: string, body = 'a') => ({ key, requestHash: body.repeat(64) })
const refusalOf = (work: Promise<Result<unknown, Refusal>>) => work.then((done) => (done.ok ? 'done' : done.refusal.code), String)

t.test('long work under an idempotency key', async (t) => {
  const database = await testDatabase(t)
  const { db, pool } = await database.openAs('accord_app', 2)
  const once = (heldMs?: number) => onceOnly({ db, clock: () => new Date(), newId: randomUUID, ...(heldMs ? { heldMs } : {}) })
  const reply = (outcome: unknown) => ({ outcome, version: '1' })
  const done = (outcome: unknown) => ok(reply(outcome))

  t.test('holds no connection and no transaction while it goes on, however long', async (t) => {
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const first = once()(principal, keyOf('long'), async () => {
      await ended
      return done('done')
    })
    t.ok(await eventually(async () => (await pool.query(`select from public.idempotency_key where held_until > now()`)).rowCount === 1))
    t.ok(await eventually(() => pool.idleCount === pool.totalCount))
    const begun = performance.now()
    const storm = await Promise.all(
      Array.from({ length: 12 }, () => refusalOf(once()(principal, keyOf('long'), async () => done('twice')))),
    )
    t.same(storm, Array(12).fill('IDEMPOTENCY_KEY_IN_USE'))
    t.ok(performance.now() - begun < 8_000, 'told at once and not after a time-out')
    t.equal(await refusalOf(once()(principal, keyOf('long', 'b'), async () => done('other'))), 'IDEMPOTENCY_KEY_REUSED')
    end()
    t.same(await first, done('done'))
    t.same(await once()(principal, keyOf('long'), async () => done('twice')), done('done'), 'and the reply is kept')
  })

  t.test('that is refused leaves its key free, also for another request', async (t) => {
    const refuse = once()(principal, keyOf('refused'), async () => {
      throw new Error('no')
    })
    await t.rejects(refuse, { message: 'no' })
    t.same(await once()(principal, keyOf('refused', 'b'), async () => done('done')), done('done'))
  })

  t.test('that goes on for longer than a key is held without word keeps it', async (t) => {
    const first = once(300)(principal, keyOf('slow'), async () => {
      await sleep(1_200)
      return done('done')
    })
    await sleep(900)
    t.equal(await refusalOf(once(300)(principal, keyOf('slow'), async () => done('twice'))), 'IDEMPOTENCY_KEY_IN_USE')
    t.same(await first, done('done'))
  })

  t.test('whose process broke off leaves its key to the same request, once nothing was heard of it', async (t) => {
    // What a process that was killed leaves behind: a claim, and no more word.
    await pool.query(
      `insert into public.idempotency_key (org, sub, key, request_hash, at, holder, held_until)
       values ($1, $2, 'killed', $3, now(), gen_random_uuid(), now() + interval '400 milliseconds')`,
      [principal.org, principal.sub, sha256Hex(`${principal.issuer}\n${keyOf('killed').requestHash}`)],
    )
    t.equal(await refusalOf(once()(principal, keyOf('killed'), async () => done('too early'))), 'IDEMPOTENCY_KEY_IN_USE')
    await sleep(500)
    t.same(await once()(principal, keyOf('killed'), async () => done('done')), done('done'))
  })

  t.test('that lost its key to another call does not overwrite the reply of that call', async (t) => {
    const first = once()(principal, keyOf('lost'), async () => {
      await pool.query(`update public.idempotency_key set held_until = now() where key = 'lost'`)
      t.same(await once()(principal, keyOf('lost'), async () => done('second')), done('second'))
      return done('first')
    })
    t.same(await first, done('first'), 'what was done is answered')
    t.same(await once()(principal, keyOf('lost'), async () => done('third')), done('second'))
  })
})

t.test('turns: calls with one key do their work one after the other, and who waits too long is told so', async (t) => {
  const turns = keyTurns(200)
  const order: string[] = []
  const work = (name: string, ms: number) => async () => {
    order.push(`${name} begins`)
    await sleep(ms)
    order.push(`${name} ends`)
    return name
  }
  const other = turns(principal, keyOf('other'), work('other', 1))
  const all = [
    turns(principal, keyOf('k'), work('a', 100)),
    turns(principal, keyOf('k'), work('b', 600)),
    turns(principal, keyOf('k'), work('c', 1)),
  ]
  t.same(await Promise.all([other, ...all.map((one) => refusalOf(answered(() => one)))].map(async (one) => one)), [
    'other',
    'done',
    'done',
    'IDEMPOTENCY_KEY_IN_USE',
  ])
  t.same(
    order.filter((line) => !line.startsWith('other')),
    ['a begins', 'a ends', 'b begins', 'b ends'],
  )
  t.same(await turns(principal, keyOf('k'), work('d', 1)), 'd', 'and later the key is free')
})

t.test('many calls at once with idempotency keys hold up no decision, and every one of them is answered', async (t) => {
  const service = await testService(t, { config: { lockTimeoutMs: 2_000, databasePoolMax: 4 } })
  const officer = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER'])
  const client = await service.as({ org: 'LBC_CAMDEN' })
  const csv = 'Ref,Title,Partners,Start\n1,Agreement,LBC_CAMDEN,01/04/2025'
  const upload = await officer('POST', '/v1/imports', { body: csv, headers: { 'content-type': 'text/csv' } })
  t.equal(upload.status, 201)
  const commit = (key: string) => officer('POST', `/v1/imports/${upload.body.id}/commit`, { key, ifMatch: upload.etag })
  t.equal((await commit('first')).status, 200)
  const storm = Promise.all(Array.from({ length: 24 }, (_, i) => commit(`key-${i}`)))
  let isOver = false
  void storm.finally(() => {
    isOver = true
  })
  const asked: number[] = []
  while (!isOver || asked.length < 5) {
    asked.push((await service.inject({ method: 'POST', url: '/v1/decisions', headers: client, payload: SHARE })).statusCode)
  }
  t.same(new Set(asked), new Set([200]))
  t.same(new Set((await storm).map(({ status }) => status)), new Set([200]))
  const { pool } = await databaseOf(service).openAs('session_user', 1)
  const { rows } = await pool.query(
    `select count(*)::int as held from public.idempotency_key where outcome is null or held_until is not null`,
  )
  t.same(rows, [{ held: 0 }])
})
