import t from 'tap'
import { ROLES, type Role } from '../../src/identity/permissions.ts'
import { aDraft, personOf } from '../support/api-caller.ts'
import { addressOf, operations } from '../support/contract-walk.ts'
import { SHARE } from '../support/demo-share.ts'
import { questionsAsked } from '../support/questions.ts'
import { testService } from '../support/service.ts'

// Whoever may not know of a thing cannot time it either: what is hidden is answered by the same work as what is not there, on every
// operation that names a thing. Counted in questions to the database, not by the clock.

const questionsAskedBy = questionsAsked(t)
const service = await testService(t)
const camden = await personOf(service, 'LBC_CAMDEN', ['IG_OFFICER', 'REQUESTER'])
const EVERY_ROLE = ROLES.filter((role) => role !== 'AUDITOR' && role !== 'API_CLIENT') as readonly Role[]
const stranger = await personOf(service, 'LBC_SUTTON', EVERY_ROLE)

/** What a call asks the database, in its order. */
async function questionsOf(call: () => Promise<{ readonly status: number }>): Promise<{ status: number; questions: string[] }> {
  const {
    answer: { status },
    questions,
  } = await questionsAskedBy(call)
  // The log makes its tree after a refusal was recorded, for either, and in its own time.
  const isTree = (text: string) => /audit\.(?:tree|tile|leaf where)|advisory|synchronous_commit|left join audit|from audit\.log/.test(text)
  // A connection that is opened says who it is, whoever comes first after the pool let one go.
  const isOfConnection = (text: string) => /^(?:begin|commit)\b|^select pg_backend_pid\(\)/.test(text)
  return { status, questions: questions.filter((text) => !isTree(text) && !isOfConnection(text)) }
}

const { id: draft } = await aDraft(camden, 'Nobody else may hear of this')
const decided = (await camden('POST', '/v1/decisions', { body: { ...SHARE, provider: 'LBC_CAMDEN' } })).body.decision_id
const csv = 'Ref,Title,Partners,Start\nISA-1,Rough sleeping,LBC_HACKNEY,01/04/2025\n'
const imported = (await camden('POST', '/v1/imports', { body: csv, headers: { 'content-type': 'text/csv' } })).body.id
const { mode: _mode, ...question } = SHARE
const requested = (await camden('POST', '/v1/requests', { body: { question, why: 'Because' } })).body.id
const oneOff = operations.find(({ id }) => id === 'askForDisclosure')?.body?.example
const disclosure = (await camden('POST', '/v1/disclosures', { body: oneOff })).body.id
const shared = operations.find(({ id }) => id === 'recordEmergency')?.body?.example
const emergency = (await camden('POST', '/v1/emergencies', { body: shared })).body.id
const MISSING = '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'
const pairs = (path: string): readonly (readonly [hidden: string, missing: string])[] => {
  if (path.startsWith('/v1/agreements/{'))
    return [
      [draft, 'DSA-2026-000000'],
      ['DEMO-CURL', 'DEMO-NONE'],
    ]
  if (path.startsWith('/v1/decisions/{')) return [[decided, MISSING]]
  if (path.startsWith('/v1/imports/{')) return [[imported, MISSING]]
  if (path.startsWith('/v1/requests/{')) return [[requested, MISSING]]
  if (path.startsWith('/v1/emergencies/{')) return [[emergency, MISSING]]
  if (path.startsWith('/v1/disclosures/{')) return [[disclosure, MISSING]]
  return []
}

t.test('what is hidden asks the database what is asked for nothing, on every operation that names a thing', async (t) => {
  let walked = 0
  for (const operation of operations) {
    const name = /^\/v1\/(?:agreements|decisions|imports|requests|disclosures|emergencies)\/\{(\w+)\}/.exec(operation.path)?.[1]
    if (name === undefined) continue
    for (const [hidden, missing] of pairs(operation.path)) {
      walked += 1
      const call = (id: string) => () =>
        stranger(operation.method as 'GET', addressOf(operation, { [name]: id }), {
          ...(operation.body ? { body: operation.body.example, headers: { 'content-type': operation.body.type } } : {}),
          ifMatch: '*',
        })
      // Once before, so that what is read once and kept is kept.
      for (const id of [missing, hidden]) await call(id)()
      const none = await questionsOf(call(missing))
      const one = await questionsOf(call(hidden))
      t.equal(one.status, 404, `${operation.id} ${hidden}`)
      t.equal(none.status, 404, `${operation.id} ${missing}`)
      t.strictSame(one.questions, none.questions, `${operation.id} of ${hidden}`)
      t.ok(one.questions.length > 0, `${operation.id} asks something`)
    }
  }
  t.ok(walked > 50, `${walked} pairs`)
})

t.test('neither does a body that names an agreement', async (t) => {
  for (const [url, body] of [
    ['/v1/agreements', (id: string) => ({ title: 'A copy', instrument_type: 'CONTROLLER_TO_CONTROLLER', from_agreement: id })],
    ['/v1/impact', (id: string) => ({ days: 1, change: { kind: 'DRAFT_VERSION', agreement: id } })],
  ] as const) {
    for (const id of ['DSA-2026-000000', draft]) await stranger('POST', url, { body: body(id) })
    const [one, none] = [
      await questionsOf(() => stranger('POST', url, { body: body(draft) })),
      await questionsOf(() => stranger('POST', url, { body: body('DSA-2026-000000') })),
    ]
    t.equal(one.status, none.status)
    t.ok(one.status >= 400)
    t.strictSame(one.questions, none.questions, url)
  }
})
