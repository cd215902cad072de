import { readFileSync } from 'node:fs'
import t from 'tap'
import { demoRegister } from '../../../src/demo/register-content.ts'
import { shippedOrganisations } from '../../../src/parties/shipped-organisations.service.ts'
import { shippedCodeLists } from '../../../src/reference/reference.service.ts'
import { shareUnder } from '../../support/builders/share-under.ts'

// Two tables that a lawyer can read, asked of the decision itself on the shipped lists and registers.

interface Share {
  readonly from: string
  readonly to: string
  readonly purpose: string
  readonly items: readonly string[]
}
interface GatewayRow {
  readonly gateway: string
  readonly carries: Share | null
  readonly not: Share | null
  readonly because: string | null
}
type PurposeRow = Share & { readonly gateway: string }
interface Table<Row> {
  readonly bodies: Readonly<Record<string, string>>
  readonly rows: readonly Row[]
}

const table = <Row>(name: string) => JSON.parse(readFileSync(new URL(`../../cases/${name}`, import.meta.url), 'utf8')) as Table<Row>
const lists = shippedCodeLists()
const entriesOf = (name: string) => lists.find(({ list }) => list === name)?.entries ?? []
const gateways = new Map(entriesOf('GATEWAY').map((entry) => [entry.code, entry]))
const registered = [...shippedOrganisations(), ...demoRegister().organisations]
const DAY = '2026-11-30'
const inWords = ({ from, to, purpose, items }: Share) => `${from} to ${to}, ${purpose}: ${items.join(', ')}`

/** Laws that fit every purpose or none in particular: what they carry shows nothing about a purpose. */
const GENERAL = new Set(['COURT_ORDER', 'POLICE_COMMON_LAW'])
/** In the words of the rule, why a law carries nothing between parties, whoever asks. */
const CARRIES_NOTHING = /^(permits nothing on its own|does not cover personal data|not known to have commenced|replaced by [A-Z0-9_]+)$/

t.test('every gateway carries one share and misses another, for the reason that the table gives', async (t) => {
  const { bodies, rows } = table<GatewayRow>('gateways-table.json')
  const ask = shareUnder({ lists, registered, bodies, day: DAY })
  t.strictSame(rows.map(({ gateway }) => gateway).toSorted(), [...gateways.keys()].toSorted(), 'one row for each gateway, and no other')
  for (const { gateway, carries, not, because } of rows) {
    if (carries) t.match(ask(gateway, carries), { decision: 'PERMIT', gateways: [gateway] }, `${gateway} carries ${inWords(carries)}`)
    if (not) {
      const { decision, reasons, detail } = ask(gateway, not)
      t.strictSame([decision, ...reasons], ['DENY', 'GATEWAY_NOT_AVAILABLE'], `${gateway} does not carry ${inWords(not)}`)
      t.ok(because !== null && detail.includes(because), `${gateway}: ${because}; said ${detail}`)
    }
    if (carries === null) {
      const law = gateways.get(gateway)?.attributes
      const isForNobody = [law?.['provider_types'], law?.['recipient_types']].some((types) => String(types) === '')
      t.ok(isForNobody || CARRIES_NOTHING.test(because ?? ''), `${gateway} carries nothing between any parties`)
    }
    if (not === null) t.equal(gateway, 'COURT_ORDER', 'only an order of a court shuts out nobody')
  }
})

t.test('every purpose has a law that carries it between plausible bodies, or the list says why not', async (t) => {
  const { bodies, rows } = table<PurposeRow>('purposes-table.json')
  const ask = shareUnder({ lists, registered, bodies, day: DAY })
  const unexplained = entriesOf('PURPOSE').filter(({ attributes }) => attributes['no_gateway_because'] === null)
  t.strictSame(rows.map(({ purpose }) => purpose).toSorted(), unexplained.map(({ code }) => code).toSorted(), 'one row for each purpose')
  for (const { gateway, ...share } of rows) {
    t.match(ask(gateway, share), { decision: 'PERMIT', gateways: [gateway] }, `${gateway} carries ${inWords(share)}`)
    const kind = String(gateways.get(gateway)?.attributes['kind'])
    t.ok(kind !== 'ANCILLARY' && !GENERAL.has(gateway), `${gateway} is a law for this purpose`)
  }
})
