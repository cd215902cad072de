import { createHash } from 'node:crypto'
import t from 'tap'
import { agreementDesk } from '../support/agreement-desk.ts'

const CAMDEN = 'LBC_CAMDEN'
const HACKNEY = 'LBC_HACKNEY'
const OFFICER = { org: CAMDEN, role: 'IG_OFFICER' } as const

t.test('texts, history and state', async (t) => {
  const desk = await agreementDesk(t)
  const agreement = await desk.draft({ title: '<script>alert("x")</script> & others', effectiveFrom: '2026-12-01' })
  const { id } = agreement
  desk.at('2026-11-22T12:10:00.000Z')
  const { hash } = await desk.freeze(agreement)
  desk.at('2026-11-22T12:20:00.000Z')
  await desk.sign(id, CAMDEN, 1, hash)
  desk.at('2026-11-22T12:30:00.000Z')
  await desk.sign(id, HACKNEY, 1, hash)
  desk.at('2026-11-22T12:40:00.000Z')
  const suspension = await desk.call({ org: HACKNEY, role: 'DPO' }, 'POST', `/v1/agreements/${id}/suspensions`, {
    scope: 'AGREEMENT',
    reason: 'Breach',
  })
  desk.at('2026-11-22T12:50:00.000Z')
  for (const org of [HACKNEY, CAMDEN]) {
    await desk.call({ org, role: 'SIRO' }, 'POST', `/v1/agreements/${id}/suspensions/${suspension.body.suspension.id}/lift`, {
      reason: 'Put right',
    })
  }
  desk.at('2026-11-22T13:00:00.000Z')

  await t.test('the history says who did what, when, to which hash, and names the leaf of the log', async (t) => {
    const { body } = await desk.call(OFFICER, 'GET', `/v1/agreements/${id}/history`)
    t.strictSame(
      body.acts.map((line: { sequence: number; act: string; org: string; at: string }) => [
        line.sequence,
        line.act,
        line.org,
        line.at.slice(11, 16),
      ]),
      [
        [1, 'freeze', CAMDEN, '12:10'],
        [2, 'approve', CAMDEN, '12:10'],
        [3, 'approve', HACKNEY, '12:10'],
        [4, 'sign', CAMDEN, '12:20'],
        [5, 'sign', HACKNEY, '12:30'],
        [6, 'suspend', HACKNEY, '12:40'],
        [7, 'lift', HACKNEY, '12:50'],
        [8, 'lift', CAMDEN, '12:50'],
      ],
    )
    t.match(body.acts[3], {
      actor: `urn:test:${CAMDEN}:SIGNATORY`,
      version: 1,
      version_hash: hash,
      detail: { name: 'A. Signatory' },
      leaf_id: /^[0-9a-f-]{36}$/,
    })
    t.match(body.acts[1], { version_hash: hash, detail: { what: [{ event: 'CHAIN_READY', org: CAMDEN, conditions: [] }] } })
    t.equal(body.next_after, null)
  })

  await t.test('the history is read page by page without a gap', async (t) => {
    const first = await desk.call(OFFICER, 'GET', `/v1/agreements/${id}/history?limit=2`)
    const second = await desk.call(OFFICER, 'GET', `/v1/agreements/${id}/history?limit=6&after=${first.body.next_after}`)
    const numbers = [...first.body.acts, ...second.body.acts].map(({ sequence }: { sequence: number }) => sequence)
    t.strictSame(numbers, [1, 2, 3, 4, 5, 6, 7, 8])
    t.equal(second.body.next_after, null)
  })

  await t.test('an auditor reads it all, a stranger is told there is nothing', async (t) => {
    const auditor = { org: 'LBC_BARNET', role: 'AUDITOR' } as const
    t.equal((await desk.call(auditor, 'GET', `/v1/agreements/${id}/history`)).body.acts.length, 8)
    const stranger = { org: 'LBC_BARNET', role: 'IG_OFFICER' } as const
    for (const path of ['history', 'state', 'versions/1', 'versions/1/document', 'versions/1/print', 'versions/1/differences?from=1']) {
      t.equal((await desk.call(stranger, 'GET', `/v1/agreements/${id}/${path}`)).status, 404, path)
    }
  })

  await t.test('an owner that is no party reads what happened but not who did it', async (t) => {
    const other = await desk.draft({ owner_org: 'LBC_BARNET', effectiveFrom: '2026-12-01' })
    await desk.freeze(other)
    const { body } = await desk.call({ org: 'LBC_BARNET', role: 'IG_OFFICER' }, 'GET', `/v1/agreements/${other.id}/history`)
    t.match(body.acts[0], { act: 'freeze', org: 'LBC_BARNET', actor: null, detail: null })
  })

  await t.test('the state is derived for any asked instant, past or to come', async (t) => {
    const state = async (at: string) => (await desk.call(OFFICER, 'GET', `/v1/agreements/${id}/state?at=${encodeURIComponent(at)}`)).body
    t.match(await state('2026-11-22T12:05:00Z'), { status: 'DRAFT', derived: [], governing_version: null, signed: [] })
    t.match(await state('2026-11-22T12:25:00Z'), {
      status: 'AWAITING_SIGNATURE',
      derived: ['NOT_YET_EFFECTIVE', 'PARTIALLY_SIGNED'],
      signed: [CAMDEN],
      missing: [HACKNEY],
    })
    t.match(await state('2026-11-22T12:45:00Z'), {
      status: 'ACTIVE',
      derived: ['NOT_YET_EFFECTIVE', 'SUSPENDED'],
      suspended: [{ scope: 'AGREEMENT' }],
    })
    t.match(await state('2026-11-22T12:55:00Z'), { status: 'ACTIVE', derived: ['NOT_YET_EFFECTIVE'], suspended: [] })
    t.match(await state('2026-12-01T00:00:00Z'), { derived: ['IN_FORCE'], governing_version: 1, version_hash: hash })
    t.match(await state('2031-01-01T00:00:00Z'), { derived: ['EXPIRED', 'REVIEW_OVERDUE'] })
    t.equal((await desk.call(OFFICER, 'GET', `/v1/agreements/${id}/state?at=yesterday`)).status, 400)
  })

  await t.test('the state names what the caller may do now', async (t) => {
    const commands = async (role: 'SIGNATORY' | 'SIRO' | 'IG_OFFICER', org = HACKNEY) =>
      (await desk.call({ org, role }, 'GET', `/v1/agreements/${id}/state`)).body.commands
    // Evidence, and signatures given elsewhere.
    const evidence = ['attach', 'state', 'attest', 'dispute']
    t.strictSame(await commands('SIGNATORY'), ['sign', 'leave', 'terminate', ...evidence])
    t.strictSame(await commands('SIRO'), ['suspend', 'lift', 'leave', 'terminate', ...evidence])
    t.strictSame(await commands('IG_OFFICER'), ['confirm', 'suspend', ...evidence])
    t.strictSame(await commands('IG_OFFICER', CAMDEN), [
      'freeze',
      'confirm',
      'amend',
      'abandon',
      'suspend',
      'invite',
      'hand_over',
      'renew',
      'confirm_review',
      ...evidence,
    ])
  })

  await t.test('the printed text is escaped, holds no script, and certifies hash and signatures', async (t) => {
    const page = await desk.call(OFFICER, 'GET', `/v1/agreements/${id}/versions/1/print`)
    t.equal(page.headers['content-type'], 'text/html; charset=utf-8')
    t.notMatch(page.text, /<script/i)
    t.match(page.text, '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; others')
    t.match(page.text, hash)
    t.match(page.text, 'London Borough of Hackney')
    t.match(page.text, 'A. Signatory')
    t.match(page.text, 'HA1996_PART7', 'the law each side relies on is in it')
  })

  await t.test('the document is what was hashed, also after the agreement has changed', async (t) => {
    const document = await desk.call({ org: HACKNEY, role: 'DPO' }, 'GET', `/v1/agreements/${id}/versions/1/document`)
    t.equal(createHash('sha256').update(Buffer.from(document.text, 'utf8')).digest('hex'), hash)
    const text = await desk.call({ org: HACKNEY, role: 'DPO' }, 'GET', `/v1/agreements/${id}/versions/1`)
    t.strictSame(text.body.text, JSON.parse(document.text))
    t.equal((await desk.call(OFFICER, 'GET', `/v1/agreements/${id}/versions/2/document`)).status, 404)
    const draft = await desk.draft()
    t.equal((await desk.call(OFFICER, 'GET', `/v1/agreements/${draft.id}/versions/1/document`)).status, 409, 'a draft has no document')
  })
})
