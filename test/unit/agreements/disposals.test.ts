import t from 'tap'
import type { Agreement } from '../../../src/agreements/agreement.ts'
import type { CommandOf } from '../../../src/agreements/model/command.ts'
import { decideDispose, receivedFlows } from '../../../src/agreements/model/disposals.ts'
import { aFlow, aFrozenAgreement, aHash, aParty, aSignature, aVersion } from '../../support/builders/draft.ts'

const [CAMDEN, HACKNEY, ISLINGTON] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_ISLINGTON']
const END = '2026-11-22T12:00:00.000Z'
const NOW = Date.parse(END)
const EARLIER = '2026-01-05T12:00:00.000Z'
const NOBODY: ReadonlySet<string> = new Set()
const sharing = {
  F1: aFlow([], { id: 'F1', providers: [CAMDEN], recipients: [HACKNEY], retention_days: 30, retention_rule: null }),
  F2: aFlow([], {
    id: 'F2',
    providers: [CAMDEN],
    recipients: ['ALL_SIGNED_BOROUGHS'],
    retention_days: null,
    retention_rule: 'Seven years',
  }),
  F3: aFlow([], { id: 'F3', providers: [HACKNEY], recipients: [ISLINGTON], retention_days: 0, retention_rule: null }),
}

function ended(over: Partial<Agreement> = {}, version: Partial<Parameters<typeof aVersion>[1]> = {}): Agreement {
  const base = aVersion([CAMDEN, HACKNEY])
  const text = { ...base, effective_from: '2026-01-10', status: 'APPROVED' as const, hash: aHash(1), ...version }
  const terms = { ...base.terms, commencement: { rule: 'PAIRWISE' as const }, flows: Object.values(sharing) }
  return {
    ...aFrozenAgreement({ status: 'TERMINATED', terminated_at: END }),
    parties: [CAMDEN, HACKNEY, ISLINGTON].map((org) => aParty(org)),
    versions: [{ ...text, terms }],
    signatures: [aSignature(CAMDEN, 1, EARLIER), aSignature(HACKNEY, 1, EARLIER)],
    ...over,
  }
}
const received = (agreement: Agreement, org: string, boroughs = NOBODY) =>
  receivedFlows(agreement, org, boroughs).map(({ flow, due_on }) => [flow, due_on])

t.test('a party received under the flows that name it, of texts that had begun and that it and a provider had signed', async (t) => {
  t.strictSame(received(ended(), HACKNEY), [['F1', '2026-12-22']])
  t.strictSame(
    received(ended(), HACKNEY, new Set([HACKNEY])),
    [
      ['F1', '2026-12-22'],
      ['F2', null],
    ],
    'ALL_SIGNED_BOROUGHS is each of them',
  )
  t.strictSame(received(ended(), CAMDEN), [], 'who only discloses')
  t.strictSame(received(ended(), ISLINGTON), [], 'who has not signed')
  const three = [...ended().signatures, aSignature(ISLINGTON, 1, EARLIER)]
  t.strictSame(received(ended({ signatures: three }), ISLINGTON), [['F3', '2026-11-22']])
  t.strictSame(received(ended({ signatures: three.slice(1) }), HACKNEY), [], 'whose provider has not signed')
  t.strictSame(received(ended({}, { effective_from: '2026-11-23' }), HACKNEY), [], 'a text that had not begun')
  const late = [aSignature(CAMDEN, 1, EARLIER), aSignature(HACKNEY, 1, '2026-11-22T12:00:00.001Z')]
  t.strictSame(received(ended({ signatures: late }), HACKNEY), [], 'signed after the end')
  const all = (signatures: Agreement['signatures']) => {
    const agreement = ended({ signatures })
    const [version] = agreement.versions
    if (!version) throw new Error('no version')
    return { ...agreement, versions: [{ ...version, terms: { ...version.terms, commencement: { rule: 'ALL_SIGNED' as const } } }] }
  }
  t.strictSame(received(all(ended().signatures), HACKNEY), [], 'where all must sign and one has not, nobody was bound')
  t.strictSame(received(all(three), HACKNEY), [['F1', '2026-12-22']])
})

t.test('what may be kept is counted from the end of the agreement, or from the leaving that came before', async (t) => {
  const left = ended({ parties: [aParty(CAMDEN), { ...aParty(HACKNEY), left_at: '2026-06-15T23:30:00.000Z' }, aParty(ISLINGTON)] })
  t.strictSame(received(left, HACKNEY), [['F1', '2026-07-16']], 'London is an hour ahead in summer')
  t.strictSame(received(ended({ terminated_at: null }), HACKNEY), [['F1', null]], 'ended on a day that nobody stated')
})

const COMMAND: CommandOf<'dispose'> = {
  ...{ type: 'dispose', how: 'DELETED', flows: null, on: '2026-11-22', law: null, keepUntil: null },
  ...{ confirmed: new Map(), boroughs: new Set([HACKNEY]) },
}
function given(over: Partial<CommandOf<'dispose'>>, agreement = ended(), org = HACKNEY, now = NOW) {
  const result = decideDispose({ ...COMMAND, ...over }, agreement, { issuer: 'i', sub: 's', org, roles: ['IG_OFFICER'] }, now)
  if (!result.ok) return `${result.refusal.code} ${result.refusal.rule}`
  return result.value.type === 'dispose' ? [result.value.flows, result.value.remaining] : []
}

t.test('what a party confirms, flow by flow', async (t) => {
  const law = 'Limitation Act 1980 s5'
  const table: readonly (readonly [what: string, over: Partial<CommandOf<'dispose'>>, expected: unknown])[] = [
    ['all that is open', {}, [['F1', 'F2'], []]],
    ['one flow', { flows: ['F2'] }, [['F2'], ['F1']]],
    ['the other one then', { confirmed: new Map([['F2', 'RETURNED']]) }, [['F1'], []]],
    [
      'what the law keeps is still held',
      { how: 'RETAINED_BY_LAW', law },
      [
        ['F1', 'F2'],
        ['F1', 'F2'],
      ],
    ],
    ['and can be deleted later', { confirmed: new Map([['F1', 'RETAINED_BY_LAW']]), flows: ['F1'] }, [['F1'], ['F2']]],
    ['twice', { confirmed: new Map([['F1', 'DELETED']]), flows: ['F1'] }, 'CONFLICT CONFIRMED'],
    [
      'all of it twice',
      {
        confirmed: new Map([
          ['F1', 'DELETED'],
          ['F2', 'RETURNED'],
        ]),
      },
      'CONFLICT CONFIRMED',
    ],
    ['a flow of others', { flows: ['F3'] }, 'UNPROCESSABLE FLOW'],
    ['tomorrow', { on: '2026-11-23' }, 'UNPROCESSABLE FUTURE'],
    ['kept by no law', { how: 'RETAINED_BY_LAW' }, 'UNPROCESSABLE LAW'],
    ['deleted by a law', { law }, 'UNPROCESSABLE LAW'],
    ['kept until yesterday', { how: 'RETAINED_BY_LAW', law, keepUntil: '2026-11-21' }, 'UNPROCESSABLE KEEP_UNTIL'],
    [
      'kept until today',
      { how: 'RETAINED_BY_LAW', law, keepUntil: '2026-11-22' },
      [
        ['F1', 'F2'],
        ['F1', 'F2'],
      ],
    ],
    ['deleted, kept until', { keepUntil: '2027-01-01' }, 'UNPROCESSABLE KEEP_UNTIL'],
  ]
  for (const [what, over, expected] of table) t.strictSame(given(over), expected, what)
  t.equal(given({}, ended(), HACKNEY, NOW - 1), 'ILLEGAL_STATE LC-5', 'the instant before the end')
  t.equal(given({}, ended(), CAMDEN), 'FORBIDDEN RECIPIENT')
})
