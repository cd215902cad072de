import type { Organisation } from '../../parties/organisation.ts'
import { unescapeFormulas } from '../../platform/kernel/csv-cell.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { Pause } from '../../platform/kernel/turns.ts'
import type { CodeList } from '../../reference/code-list.ts'
import { compileCodeLists } from '../../reference/code-lists.ts'
import type { Vocabulary } from '../../reference/vocabulary.ts'
import type { Agreement } from '../agreement.ts'
import { FIELDS, type Field, plain } from '../model/register-columns.ts'
import { type ExportedLine, HERE_COLUMNS, type HereColumn } from '../model/register-line.ts'
import { answersByTerm } from './answers.ts'
import { isUnknown } from './cells.ts'
import { codeMatch } from './code-match.ts'
import { nearAgreements } from './near-agreements.ts'
import type { OrganisationNames, PartnerReading } from './organisation-match.ts'
import { type KnownRecord, type PlannedRow, planner } from './plan.ts'
import { type FileQuestion, fileQuestions } from './questions.ts'
import { shownCell } from './remarks.ts'
import { type ReadRow, type RowContext, readRow } from './row.ts'
import { differingCells, type NamedRecord, onlyWhatDiffers, sameWords } from './same-record.ts'
import type { RowPlan, StoredImport } from './stored-import.ts'
import { withUsualValues } from './unstated.ts'

/** What a dry run reads the lines with, as it stood when it began. */
export interface DryRunFacts {
  readonly lists: readonly CodeList[]
  readonly organisations: readonly Organisation[]
  readonly names: OrganisationNames
  readonly vocabularies: ReadonlyMap<string, Vocabulary>
  /** What earlier imports left, by source key. */
  readonly known: ReadonlyMap<string, KnownRecord>
  /** The records that lines name by their references here, as an export writes them. */
  readonly named: ReadonlyMap<string, ExportedLine>
  /** Agreements that the importing organisation may see and takes part in. */
  readonly agreements: readonly Agreement[]
  /** ISO 8601. */
  readonly at: string
}

/** A dry run under way: it is given the lines in order, so that a long file is never held or read in one go. */
export interface DryRun {
  /** What an import would do with the line. */
  read(line: { readonly row: number; readonly cells: readonly string[] }): RowPlan
  /** Records that stand in several lines, by the numbers of these, once every line was read. */
  several(): readonly { readonly key: string; readonly lines: readonly number[] }[]
  /** What an import would do with such a record: the plan of its first line. */
  join(key: string, lines: readonly (readonly string[])[]): RowPlan
  /** What the lines so far ask. */
  questions(): FileQuestion[]
}

/** So many names are remembered with whom they mean; a register names the same partners in line after line. */
const NAMES_REMEMBERED = 10_000

/** Vocabularies with words for "not known". */
const UNKNOWN_IN: Readonly<Partial<Record<Field, string>>> = { expiry: 'NO_END', special: 'YES_NO', dpia_ref: 'YES_NO', personal: 'YES_NO' }

/** Says what an import would do with each line. Changes nothing; the same lines give the same plans. */
export async function dryRun(
  { header, mapping, answers, org, dateOrder }: Pick<StoredImport, 'header' | 'mapping' | 'answers' | 'org' | 'dateOrder'>,
  facts: DryRunFacts,
  pause: Pause = async () => {},
): Promise<DryRun> {
  const gone = new Set(facts.organisations.filter(({ active_to }) => active_to !== null && active_to <= facts.at).map(({ code }) => code))
  const processors = new Set(facts.organisations.filter(({ type }) => type === 'PROCESSOR_ONLY').map(({ code }) => code))
  const context = {
    ...{ header, mapping, own: org, dateOrder, vocabularies: facts.vocabularies },
    today: londonDay(Date.parse(facts.at)),
    answerTo: answersByTerm(answers),
    lookup: remembered(facts.names.lookup),
    codes: codeMatch(facts.lists),
    isGone: (code: string) => gone.has(code),
    isProcessor: (code: string) => processors.has(code),
  }
  const codes = compileCodeLists(new Map(facts.lists.map((list) => [list.list, list])))
  const near = await nearAgreements(org, { agreements: facts.agreements, codes, at: facts.at }, pause)
  const unstated = { ...context, noEnd: facts.vocabularies.get('NO_END') ?? new Map() }
  const plans = planner({
    ...{ known: facts.known, answerTo: context.answerTo, withUsualValues: (row) => withUsualValues(row, unstated) },
    headerOf: (field) => (mapping[field] === undefined ? null : (header[mapping[field]] ?? null)),
    saysNothing: (field, text) => isUnknown(text, facts.vocabularies.get(UNKNOWN_IN[field] ?? '')),
  })
  const questions = fileQuestions()
  /** A line that names a record here which is not there, or which the organisation may not know, is no line of another one. */
  const known = (line: ReadRow): ReadRow => {
    const cell = line.read.words.accord_ref
    if (cell === undefined || facts.named.has(cell)) return line
    const detail = 'You take part in no agreement here with this reference. Leave the cell empty for a new record.'
    const column = header[mapping.accord_ref ?? -1] ?? null
    return { ...line, row: null, errors: [...line.errors, { column, cell: shownCell(cell), detail }] }
  }
  const beside = header.flatMap((name, column): [number, HereColumn][] => {
    const found = Object.values(mapping).includes(column) ? undefined : HERE_COLUMNS.find(([, known]) => plain(known) === plain(name))
    return found ? [[column, found[0]]] : []
  })
  /** Columns of an export that no import reads, and that say otherwise than the record does now. */
  const besideWhatIsRead = (cells: readonly string[], agreement: string): string[] =>
    beside.flatMap(([column, name]) =>
      sameWords(cells[column] ?? '', facts.named.get(agreement)?.[name] ?? '') ? [] : [header[column] ?? name],
    )
  const readLine = (cells: readonly string[]) => {
    const said = cells.map(unescapeFormulas)
    const line = known(readRow(said, context))
    const named = namedRecord(line, facts.named, context)
    // Of a record that is here, what the line says as it stands is no news: the rest alone is read.
    const news = named && named.differs.length > 0 && line.row ? readRow(onlyWhatDiffers(said, mapping, named), context) : line
    return { news, named: named && { ...named, beside: besideWhatIsRead(said, named.agreement) } }
  }
  const shown = ({ questions: asked, ...plan }: PlannedRow): RowPlan => {
    const names = asked.filter(({ field }) => field === 'partners').slice(0, NAMES_SHOWN)
    return {
      ...plan,
      organisations: names.map(({ text, takenFor }) => ({ text, orgs: takenFor })),
      overlaps: plan.status === 'NEW' && plan.row ? near(plan.row.partners, plan.row.purpose) : [],
    }
  }
  return {
    read({ row, cells }) {
      const { news, named } = readLine(cells)
      const plan = plans.line(row, news, named)
      questions.add(plan.questions)
      return shown(plan)
    },
    several: plans.several,
    join(key, lines) {
      const read = lines.map(readLine)
      return shown(
        plans.record(
          key,
          read.map(({ news }) => news),
          read.some(({ named }) => named !== null),
        ),
      )
    },
    questions: questions.all,
  }
}

/** The record that a line names by its reference here, and what the line says otherwise; null: it names none that may be known. */
function namedRecord(line: ReadRow, named: DryRunFacts['named'], context: RowContext): Omit<NamedRecord, 'beside'> | null {
  const agreement = line.read.words.accord_ref
  const cells = agreement === undefined ? undefined : named.get(agreement)
  if (agreement === undefined || cells === undefined) return null
  const standing = FIELDS.map((field) => cells[field] ?? '')
  const record = readRow(standing, { ...context, header: FIELDS, mapping: BY_FIELD })
  return { agreement, differs: differingCells(line, record, cells) }
}

/** A line with a column for every field, in their order. */
const BY_FIELD = Object.fromEntries(FIELDS.map((field, column) => [field, column]))

/** So many names of one line are shown beside it; the questions hold them all. */
const NAMES_SHOWN = 20

function remembered(lookup: (text: string) => PartnerReading): (text: string) => PartnerReading {
  const answers = new Map<string, PartnerReading>()
  return (text) => {
    const answer = answers.get(text) ?? lookup(text)
    if (answers.size < NAMES_REMEMBERED) answers.set(text, answer)
    return answer
  }
}
