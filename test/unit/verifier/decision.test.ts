import { createHash } from 'node:crypto'
import t from 'tap'
import { verifyDecision } from '../../../src/verifier/decision.ts'
import { generateLog } from './generated-log.ts'

const salt = '5a'.repeat(32)
const payload = '{"request":{"purpose":"HOMELESSNESS"}}'
const c = createHash('sha256').update('audit-payload/v1\0').update(Buffer.from(salt, 'hex')).update(payload).digest('hex')
const leaf = `{"c":"${c}","id":"x"}`
const log = generateLog('decisions-2026', 1, { keep: [Buffer.from(leaf)] })
const file = (over: object = {}, proof: string | null = log.proofOf(0)) =>
  JSON.stringify({ record: { leaf, payload, salt, ...over }, proof })
const failed = (text: string) =>
  verifyDecision(text, log.vkey)
    .checks.filter(({ ok }) => !ok)
    .map(({ name, detail }) => `${name}: ${detail}`)

t.test('the file of a decision is checked with the key of its log, with its payload and without', async (t) => {
  t.strictSame(failed(file()), [])
  t.equal(verifyDecision(file(), log.vkey).checks.length, 5)
  t.strictSame(failed(file({ payload: null, salt: null })), [])
  t.equal(verifyDecision(file({ payload: null, salt: null }), log.vkey).checks.length, 4)
})

t.test('whatever was changed in it is named', async (t) => {
  t.match(failed(file({ leaf: leaf.replace('"x"', '"y"') })), [/^inclusion: /])
  t.match(failed(file({ payload: payload.replace('HOMELESSNESS', 'FRAUD') })), [/^payload: the leaf commits to another/])
  t.match(failed(file({ salt: null })), [/^payload: the salt is not/])
  t.match(failed(file({}, null)), [/^decision file: no proof/])
})

t.test('a file of another form is a check that failed, and never an exception', async (t) => {
  for (const text of ['', 'null', '[]', '{}', '{"record":null}', '{"record":{"leaf":7}}', file({ payload: 7 }), file({ salt: 7 })])
    t.match(failed(text), [/^decision file: /], text)
})
