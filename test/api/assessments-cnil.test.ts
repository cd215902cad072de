import t from 'tap'
import { differencesOf } from '../../src/assessments/cnil/difference.ts'
import type { Json } from '../../src/assessments/cnil/json.ts'
import { agreementDesk } from '../support/agreement-desk.ts'
import { assessingDesk, RISK } from '../support/assessing-desk.ts'
import { attachment, cnilSample } from '../support/cnil-sample.ts'

// Assessments go to the PIA tool of the CNIL and come back over the API (docs/decisions/0031-cnil-exchange.md).

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
const desk = await agreementDesk(t)
const dpia = assessingDesk(desk)
const begun = async () => dpia.begin((await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-22' })).id)
const bringIn = (id: string, file: unknown) => dpia.write(id, 'PUT', '/cnil', file)
const takeOut = async (id: string) => (await desk.call(dpia.WRITER, 'GET', `/v1/assessments/${id}/cnil`)).body
const lost = (before: unknown, after: unknown) => differencesOf(before as Json, after as Json)

t.test('what comes in goes out again with nothing lost, attachments too, and what the file says against itself is named', async (t) => {
  const id = await begun()
  const sample = cnilSample({ pia: { rejection_reason: 'Report incomplete' } })
  const done = await bringIn(id, sample)
  t.match(done, {
    status: 200,
    body: {
      ...{ state: 'DRAFT', advice: [], acceptances: [] },
      imported: {
        ...{ org: CAMDEN, name: 'Keyless bicycles', state: 'validated by signature', dpo_advice: { favours: true } },
        contradictions: [{ pointer: '/pia/rejection_reason' }],
        attachments: [{ name: 'signed.pdf', media_type: 'application/pdf', size: 16, signed: true }],
      },
    },
  })
  t.equal(done.body.content.screening, null, 'the file screens, approves and accepts nothing')
  t.equal(done.body.content.risks.length, 3)
  t.match(done.body.content.measures, [{ owner: { org: CAMDEN, post: 'Head of keys' }, approved: null, done_on: null }])
  t.strictSame(lost(sample, await takeOut(id)), [])
  t.strictSame(lost(sample, JSON.parse(JSON.stringify(await takeOut(id)))), [])
})

t.test('what is written here goes out with it, and what the tool has no place for is said', async (t) => {
  const id = await begun()
  await bringIn(id, cnilSample())
  t.equal((await dpia.write(id, 'POST', '/risks', RISK)).status, 200)
  const left = await desk.call(dpia.WRITER, 'GET', `/v1/assessments/${id}/cnil/left-out`)
  t.match(left.body.left_out.join('\n'), /a risk from A list sent to the wrong team: the tool has three risks and no other/)
  const again = cnilSample({
    pia: { name: 'Keyless bicycles, again' },
    attachments: [attachment('other.pdf', Buffer.from('%PDF-1.4 two'))],
  })
  const done = await bringIn(id, again)
  t.match(done.body.imported, { name: 'Keyless bicycles, again', attachments: [{ name: 'other.pdf' }] })
  t.equal(done.body.content.risks.length, 4, 'three of the file in place of those before, and the one that was put down here')
  t.strictSame(lost(again, await takeOut(id)), [])
})

t.test('one that was never in that tool goes out as one of it', async (t) => {
  const id = await begun()
  const file = await takeOut(id)
  t.ok(file.answers.length > 0)
  const other = await begun()
  t.match(await bringIn(other, file), { status: 200, body: { imported: { contradictions: [] } } })
  t.strictSame(lost(file, await takeOut(other)), [])
})

t.test('a template and what is no such file are refused in words, whole, and change nothing', async (t) => {
  const id = await begun()
  const before = await dpia.read(id)
  const template = await bringIn(id, { structure: { name: 'Things that connect', data: { sections: [] } } })
  t.match(template, { status: 422, body: { detail: /The file is a template of the CNIL PIA tool \("Things that connect"\)/ } })
  const broken = await bringIn(id, { ...cnilSample(), answers: [{ reference_to: 111, data: { text: 5 } }] })
  t.match(broken, { status: 422, body: { errors: [{ pointer: '/answers/0/data/text', code: 'CNIL_FILE' }] } })
  t.match(await bringIn(id, {}), { status: 422, body: { detail: /it has no member "pia"/ } })
  t.strictSame(await dpia.read(id), before)
})

t.test('only whoever writes it brings one in, while it is written; strangers know of none', async (t) => {
  const id = await begun()
  const by = (org: string, role: 'IG_OFFICER' | 'DPO') => ({ org, role })
  const put = (who: ReturnType<typeof by>) => desk.call(who, 'PUT', `/v1/assessments/${id}/cnil`, cnilSample())
  t.match(await put(by(HACKNEY, 'IG_OFFICER')), { status: 403, body: { errors: [{ code: 'WF-4' }] } })
  t.equal((await put(by(CAMDEN, 'DPO'))).status, 403)
  t.equal((await put(by(BARNET, 'IG_OFFICER'))).status, 404)
  for (const path of ['/cnil', '/cnil/left-out']) {
    t.equal((await desk.call(by(BARNET, 'DPO'), 'GET', `/v1/assessments/${id}${path}`)).status, 404)
    t.equal((await desk.call(by(HACKNEY, 'DPO'), 'GET', `/v1/assessments/${id}${path}`)).status, 200)
  }
  await dpia.written(id)
  await dpia.send(id)
  t.match(await bringIn(id, cnilSample()), { status: 409 }, 'not once it was sent')
})
