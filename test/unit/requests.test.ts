import t from 'tap'
import { ROLES } from '../../src/identity/permissions.ts'
import type { Principal } from '../../src/identity/principal.ts'
import { questionAsked, questionOf } from '../../src/requests/asked.ts'
import { draftedShare } from '../../src/requests/drafted-share.ts'
import { actRefused, REQUEST_ACTS, type RequestActName, type RequestStatus, type ShareRequest } from '../../src/requests/share-request.ts'
import { SHARE } from '../support/demo-share.ts'

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']
const { mode: _mode, ...ASKED } = SHARE
const person = (org: string, sub: string, roles: Principal['roles'] = ['IG_OFFICER']): Principal => ({
  issuer: 'i',
  sub,
  org,
  roles,
  clientId: null,
})
const asker = person(CAMDEN, 'asker', ['REQUESTER'])
const officer = person(HACKNEY, 'officer')

function aRequest(over: Partial<ShareRequest> = {}): ShareRequest {
  return {
    ...{ id: '1', origin: 'PERSON', asked_by: asker, asked_at: '2026-11-22T12:00:00.000Z', question: questionOf(ASKED), decision_id: null },
    ...{ why: 'Because', needed_by: null, status: 'OPEN', answer: null, join_agreement: null, agreement: null, picked_up_by: null },
    ...over,
  }
}
const IN: Readonly<Record<RequestStatus, ShareRequest>> = {
  OPEN: aRequest(),
  PICKED_UP: aRequest({ status: 'PICKED_UP', picked_up_by: officer }),
  AWAITING_KEEPER: aRequest({ status: 'AWAITING_KEEPER', join_agreement: 'DSA-1' }),
  CLOSED: aRequest({ status: 'CLOSED', answer: 'REFUSED' }),
}
const rule = (act: RequestActName, request: ShareRequest, actor: Principal, keeper: string | null = BARNET) =>
  actRefused(act, request, actor, keeper)?.errors[0]?.code ?? 'may'

t.test('who may do what to a request in which state', async (t) => {
  const keeper = person(BARNET, 'keeper')
  const table: readonly (readonly [
    act: RequestActName,
    actor: Principal,
    open: string,
    pickedUp: string,
    awaiting: string,
    closed: string,
  ])[] = [
    ['pick_up', officer, 'may', 'may', 'may', 'STATE'],
    ['pick_up', person(CAMDEN, 'another'), 'may', 'may', 'may', 'STATE'],
    ['pick_up', asker, 'ROLE', 'ROLE', 'ROLE', 'ROLE'],
    ['pick_up', keeper, 'PARTY', 'PARTY', 'PARTY', 'PARTY'],
    ['answer', officer, 'STATE', 'may', 'STATE', 'STATE'],
    ['answer', person(HACKNEY, 'another'), 'STATE', 'PICKED_UP', 'STATE', 'STATE'],
    ['answer', person(CAMDEN, 'officer'), 'STATE', 'PICKED_UP', 'STATE', 'STATE'],
    ['answer', keeper, 'PARTY', 'PARTY', 'PARTY', 'PARTY'],
    ['withdraw', asker, 'may', 'may', 'may', 'STATE'],
    ['withdraw', person(CAMDEN, 'a colleague', ['REQUESTER']), 'ASKED', 'ASKED', 'ASKED', 'STATE'],
    ['withdraw', person(CAMDEN, 'a colleague'), 'may', 'may', 'may', 'STATE'],
    ['withdraw', officer, 'ASKED', 'ASKED', 'ASKED', 'STATE'],
    ['invite', keeper, 'STATE', 'STATE', 'may', 'STATE'],
    ['decline', keeper, 'STATE', 'STATE', 'may', 'STATE'],
    ['invite', officer, 'KEEPER', 'KEEPER', 'KEEPER', 'KEEPER'],
    ['decline', person(BARNET, 'x', ['REQUESTER']), 'ROLE', 'ROLE', 'ROLE', 'ROLE'],
  ]
  for (const [act, actor, ...expected] of table)
    t.strictSame(
      (['OPEN', 'PICKED_UP', 'AWAITING_KEEPER', 'CLOSED'] as const).map((status) => rule(act, IN[status], actor)),
      expected,
      `${act} by ${actor.sub} of ${actor.org}`,
    )
})

t.test('nobody of a body that takes no part does anything, in any state and role', async (t) => {
  for (const act of Object.keys(REQUEST_ACTS) as RequestActName[])
    for (const request of Object.values(IN))
      for (const keeper of [null, BARNET]) t.not(rule(act, request, person('MPS', 'x', ROLES), keeper), 'may')
})

t.test('what the service opened is withdrawn by an officer of the organisation, by no other of its people', async (t) => {
  const opened = aRequest({ origin: 'BREAK_GLASS', asked_by: { org: CAMDEN, issuer: 'i', sub: 'asker' } })
  t.equal(rule('withdraw', opened, asker), 'ASKED')
  t.equal(rule('withdraw', opened, person(CAMDEN, 'officer')), 'may')
})

t.test('what is asked for is a question of known codes between two organisations that exist, or what was denied', async (t) => {
  const body = (active_to: string | null = null) => ({ active_from: null, active_to, merged_into: null }) as never
  const facts = {
    codes: new Map([
      ['PURPOSE', new Set([ASKED.purpose])],
      ['DATA_ITEM', new Set(ASKED.data_items)],
      ['DATA_SUBJECT', new Set(ASKED.data_subjects)],
      ['METHOD', new Set([ASKED.method])],
      ['COUNTRY', new Set(['GB'])],
      ['LAWFUL_BASIS', new Set(['6(1)(e)'])],
      ['DATA_FORM', new Set(['AGGREGATE'])],
    ]),
    organisations: new Map([
      [CAMDEN, body()],
      [HACKNEY, body()],
      ['GONE', body('2026-01-01T00:00:00Z')],
    ]),
  }
  const asked = (over: object, earlier?: Parameters<typeof questionAsked>[1]) => {
    const found = questionAsked({ question: ASKED, why: 'x', ...over }, earlier, facts, '2026-11-22T23:59:59.000Z')
    return 'faults' in found ? found.faults.map(({ pointer, code }) => `${pointer} ${code}`) : found.question
  }
  const denied = { request: { ...ASKED, mode: 'SYSTEMATIC' }, decision: 'DENY', evaluated_at: '2026-11-22T10:00:00.000Z' } as const
  t.strictSame(asked({}), questionOf(ASKED))
  t.strictSame(
    asked({ question: null, decision_id: 'd' }, denied),
    questionOf(ASKED),
    'the words of the decision that are the question, and no others',
  )
  t.strictSame(asked({ decision_id: 'd' }, denied), ['/decision_id ONE_QUESTION'])
  t.strictSame(asked({ question: null }), ['/question ONE_QUESTION'])
  t.strictSame(asked({ question: null, decision_id: 'd' }), ['/decision_id UNKNOWN_DECISION'])
  t.strictSame(asked({ question: null, decision_id: 'd' }, { ...denied, decision: 'PERMIT' }), ['/decision_id PERMITTED'])
  t.strictSame(asked({ needed_by: '2026-11-21' }), ['/needed_by PAST'])
  t.strictSame(asked({ needed_by: '2026-11-22' }), questionOf(ASKED), 'today is not too early')
  const wrong = { provider: 'GONE', recipient: 'NOBODY', purpose: 'X', data_items: ['X'], data_subjects: ['X'], method: 'X', country: 'XX' }
  t.strictSame(asked({ question: { ...wrong, lawful_basis: 'X', data_form: 'X' } }), [
    ...['/question/provider ORGANISATION_INACTIVE', '/question/recipient UNKNOWN_ORGANISATION', '/question/purpose UNKNOWN_CODE'],
    ...['/question/data_items/0 UNKNOWN_CODE', '/question/data_subjects/0 UNKNOWN_CODE', '/question/method UNKNOWN_CODE'],
    ...['/question/country UNKNOWN_CODE', '/question/lawful_basis UNKNOWN_CODE', '/question/data_form UNKNOWN_CODE'],
  ])
  t.strictSame(asked({ question: { ...ASKED, recipient: CAMDEN } }), ['/question/recipient SAME_CONTROLLER'])
})

t.test('a draft that is begun for it holds the two parties and one flow, and no law that nobody stated', async (t) => {
  const { parties, flows } = draftedShare(questionOf({ ...ASKED, lawful_basis: '6(1)(e)', data_form: 'AGGREGATE', record_count: 7 }))
  t.strictSame(
    parties.map(({ org, role }) => [org, role]),
    [
      [CAMDEN, 'CONTROLLER'],
      [HACKNEY, 'CONTROLLER'],
    ],
  )
  const [flow] = flows
  t.match(flow, {
    ...{ id: 'F1', providers: [CAMDEN], recipients: [HACKNEY], purpose: ASKED.purpose, data_items: ASKED.data_items },
    ...{ data_subjects: ASKED.data_subjects, methods: [ASKED.method], countries: ['GB'], data_form: 'AGGREGATE' },
    volume_limit: { subjects: null, records: 7 },
    legal: { provider: { art6: ['6(1)(e)'], gateways: [] }, recipient: { art6: [] } },
  })
  t.equal(draftedShare(questionOf(ASKED)).flows[0]?.volume_limit, null)
})
