import { escapeFormulas } from '../../platform/kernel/csv-cell.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { CodeList } from '../../reference/code-list.ts'
import type { Agreement, AgreementVersion, Flow, LegalSide } from '../agreement.ts'
import { type SignatureRecord, signaturesKnown } from '../agreement-view.ts'
import { derivedStates } from './derived-states.ts'
import { dpiaAt } from './in-force.ts'
import { lifecycleFacts } from './lifecycle-facts.ts'
import { type Cells, recordCells } from './record-cells.ts'
import { FIELDS } from './register-columns.ts'
import REGISTER_FIELDS from './register-fields.json' with { type: 'json' }
import { draftVersion, keeperOf, leadingVersion, standingOf, statusAt } from './standing.ts'

/** What stands beside an agreement for its line: where it came from, and the signatures that nobody confirmed yet. */
export interface LineSupplement {
  readonly provenance: Readonly<Record<string, unknown>> | null
  readonly signatures: readonly SignatureRecord[]
}

/** What an agreement holds and no column of an import does: to be read, and changed here. */
const HERE_HEADERS = {
  states: 'State at export',
  version: 'Version',
  keeper: 'Text kept by',
  made: 'Made',
  parties: 'Every party and its role',
  flows: 'Every flow',
  law: 'Law of each side',
  categories: 'Special category and criminal items',
  dpia: 'Assessment',
  signatures: 'Every signature',
  ended: 'Ended on',
} as const
export type HereColumn = keyof typeof HERE_HEADERS
/** Those of them that only an act changes, not the time that goes by: name and header. */
export const HERE_COLUMNS = (Object.entries(HERE_HEADERS) as [HereColumn, string][]).filter(([column]) => column !== 'states')
/** What a file calls each column; an import knows every one of the fields among these names again. */
export const LINE_HEADERS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(FIELDS.map((field) => [field, REGISTER_FIELDS[field].header])),
  ...HERE_HEADERS,
}
export const LINE_COLUMNS: readonly string[] = Object.keys(LINE_HEADERS)

/** An agreement as a line of a register: cells by column. */
export type ExportedLine = Cells & Readonly<Partial<Record<HereColumn, string>>>

/** The class of a data item by the code lists; undefined: none knows it. */
export function classesOf(lists: readonly CodeList[]): (item: string) => string | undefined {
  const items = lists.find(({ list }) => list === 'DATA_ITEM')?.entries ?? []
  const classes = new Map(items.map(({ code, attributes }) => [code, String(attributes['class'])]))
  return (item) => classes.get(item)
}

/** What a cell of a spreadsheet takes, the guards of `csv-cell.ts` included. */
const CELL_MAX = 32_767
const CUT = ' [cut here]'

/**
 * An agreement as one line of a register, seen from an organisation: what an import of it would know again, and what is held here
 * besides. Days are London's, both included; several in a cell stand on lines of their own or apart by semicolons. Pure.
 *
 * @param classOf class of a data item, by the code lists: ORDINARY, SPECIAL or CRIMINAL
 * @param at ISO 8601
 */
export function registerLine(
  agreement: Agreement,
  { provenance, signatures }: LineSupplement,
  { own, at, classOf }: { readonly own: string; readonly at: string; readonly classOf: (item: string) => string | undefined },
): ExportedLine {
  const instant = instantOf(at)
  const version = leadingVersion(agreement, instant) ?? draftVersion(agreement) ?? agreement.versions.at(-1)
  const flows = version?.terms.flows ?? []
  const cells = recordCells({ agreement, ...cameFrom(provenance, own) }, own)
  const { status, required, residual } = dpiaAt(agreement, lifecycleFacts(agreement), instant)
  const here: Readonly<Record<HereColumn, string>> = {
    states: (derivedStates(agreement, instant) as readonly string[]).join('; '),
    version: version === undefined ? '' : String(version.version),
    keeper: keeperOf(agreement, instant) ?? '',
    made: agreement.origin === 'ACCORD' ? 'here' : 'elsewhere',
    parties: agreement.parties
      .filter(({ left_how }) => left_how !== 'UNINVITED')
      .map(({ org, role, capacities }) => [`${org}: ${role}`, ...capacities, standingOf(agreement, org, instant)].join(', '))
      .join('\n'),
    flows: flows.map(flowWords).join('\n'),
    law: flows.flatMap(lawWords).join('\n'),
    categories: [...new Set(flows.flatMap(({ data_items, category_grant }) => [...data_items, ...category_grant]))]
      .filter((item) => !['ORDINARY', undefined].includes(classOf(item)))
      .join('; '),
    dpia: [required ? 'required' : 'not required', status, ...(residual === null ? [] : [`residual risk ${residual}`])].join(', '),
    signatures: signatureWords(version, agreement, signatures),
    ended: statusAt(agreement, instant) === 'TERMINATED' && agreement.terminated_at !== null ? lastDay(agreement.terminated_at) : '',
  }
  return Object.fromEntries(Object.entries({ ...cells, ...here }).map(([column, cell]) => [column, atMost(cell)]))
}

function flowWords({ id, providers, recipients, purpose, data_items, category_grant, data_subjects, methods, frequency }: Flow): string {
  return [
    `${id}: ${providers.join(', ')} to ${recipients.join(', ')}`,
    purpose,
    [...data_items, ...category_grant.map((item) => `all of ${item}`)].join(', '),
    `about ${data_subjects.join(', ') || 'nobody named'}`,
    `by ${methods.join(', ') || 'no method named'}`,
    ...(frequency === null ? [] : [frequency]),
  ].join('; ')
}

function lawWords({ id, legal }: Flow): string[] {
  const side = (name: string, law: LegalSide | null) => `${id} ${name}: ${law === null ? 'a processor, none of its own' : lawOf(law)}`
  return [side('provider', legal.provider), side('recipient', legal.recipient)]
}

function lawOf({ regime, art6, annex1, gateways, art9, sch1, criminal, part3 }: LegalSide): string {
  const codes = [...art6, ...annex1, ...art9, ...sch1, ...criminal, ...part3.sch8, ...gateways]
  return codes.length === 0 ? 'not stated' : `${regime}, ${codes.join(', ')}`
}

/** Who signed the version, on which London day; of a signature that a register claims, that nobody confirmed it; whose is attested and not disputed. */
function signatureWords(version: AgreementVersion | undefined, agreement: Agreement, recorded: readonly SignatureRecord[]): string {
  const given = signaturesKnown(agreement, recorded)
    .filter(({ version: of }) => of === version?.version)
    .map(({ org, signed_at, signatory_name, signatory_post, confirmed_at, carried_from, objected_at }) =>
      [
        `${org}: ${signed_at === null ? 'on a day that is not stated' : londonDay(Date.parse(signed_at))}`,
        ...(signatory_name === null ? [] : [signatory_name]),
        ...(signatory_post === null ? [] : [signatory_post]),
        ...(confirmed_at === null ? ['not confirmed'] : []),
        ...(carried_from === null ? [] : [`version ${carried_from.version}, carried over`]),
        ...(objected_at === null ? [] : ['objected to']),
      ].join(', '),
    )
  const attested = (agreement.attested ?? [])
    .filter(
      ({ org, version: of, to }) =>
        of === version?.version && to === null && !agreement.signatures.some((one) => one.org === org && one.version === of),
    )
    .map(({ org, from }) => `${org}: signed elsewhere, attested ${londonDay(Date.parse(from))}`)
  return [...given, ...attested].join('\n')
}

/** What an organisation's own register says of the record; that of another's is not its own. */
function cameFrom(provenance: LineSupplement['provenance'], own: string): { readonly reference: string | null; readonly register: Cells } {
  const { imported_by, reference, register } = provenance ?? {}
  if (imported_by !== own) return { reference: null, register: {} }
  return { reference: typeof reference === 'string' ? reference : null, register: (register as Cells | undefined) ?? {} }
}

/** The last day before an end, which is the midnight after it or an instant within it. */
function lastDay(end: string): string {
  return londonDay(Date.parse(end) - 1)
}

function atMost(cell: string): string {
  if (escapeFormulas(cell).length <= CELL_MAX) return cell
  // A guard may stand before every other character at most.
  return `${cell.slice(0, CELL_MAX / 2)}${CUT}`
}
