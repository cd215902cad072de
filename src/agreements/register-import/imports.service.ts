import type { VersionedOutcome } from '../../commands/command.ts'
import { checkPrecondition } from '../../commands/commands.service.ts'
import { readerFor, writerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import { currentCodes } from '../../parties/find.ts'
import { type RegisteredOrganisation, underAllNames } from '../../parties/organisation.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { PartnerAnswers } from '../../parties/partner-answers.service.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { readAs, withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { answering, orThrow, refused } from '../../platform/kernel/refusal.ts'
import { pauses } from '../../platform/kernel/turns.ts'
import { type ReferenceService, shippedVocabularies } from '../../reference/reference.service.ts'
import type { Agreement } from '../agreement.ts'
import { organisationFaults } from '../model/draft-rules.ts'
import { detectColumns, headerLine, proposedMapping } from '../model/register-columns.ts'
import { agreementsListing } from '../store/overlap.repository.ts'
import { readAgreementsFor } from '../store/reading.service.ts'
import { type CellAnswer, choicesFor, isNeeded, isRemembered, isToBeMade } from './answers.ts'
import { type DryRunFacts, dryRun } from './dry-run.ts'
import {
  ANSWERS_MAX,
  answersAsNow,
  answersOf,
  checkReading,
  headerOf,
  type ImportReading,
  lastOfEach,
  plainAnswers,
} from './import-reading.ts'
import { type ImportView, importView, UNDO_HOURS } from './import-view.ts'
import { importedRecords } from './imported-records.repository.ts'
import { importsRepository } from './imports.repository.ts'
import { namedRecords } from './named-records.service.ts'
import { organisationNames } from './organisation-match.ts'
import type { RowStatus } from './plan.ts'
import { questionsRepository } from './questions.repository.ts'
import { hashOf, inLines, type Orientation, readCsv, type Separator } from './read-csv.service.ts'
import type { RowPlan, StoredImport } from './stored-import.ts'

export interface ImportsOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly reference: ReferenceService
  readonly parties: PartiesService
  /** Makes what an answer about a partner names. */
  readonly partnerAnswers: PartnerAnswers
}

/** Which lines of an import to show. */
export interface RowsQuery {
  readonly after?: number | undefined
  readonly limit?: number | undefined
  readonly status?: RowStatus | undefined
}

/** How the text of a file is taken apart, said once when it is sent. */
export interface FileReading {
  readonly separator?: Separator | undefined
  readonly orientation?: Orientation | undefined
}

export type ImportsService = ReturnType<typeof importsService>

const ROWS_SHOWN = 100
/** More agreements than this are not searched for what a new record would repeat. */
const COMPARED_MAX = 2000
/** So many agreements are read before others have their turn. */
const READ_AT_ONCE = 50
/** So many questions are shown at once, with who could be meant. */
const QUESTIONS_SHOWN = 100

/** What every reading of a register looks things up in. */
export interface Lookups extends Pick<DryRunFacts, 'lists' | 'names' | 'vocabularies'> {
  readonly organisations: readonly RegisteredOrganisation[]
  /** The body that a code means by now: it may have been merged. */
  readonly current: (code: string) => string
}

/** Registers that organisations bring along: upload, dry run, mapping. Committing is `committing.service.ts`. */
export function importsService({ db, clock, newId, reference, parties, partnerAnswers }: ImportsOptions) {
  const vocabularies = shippedVocabularies()

  /** Read before a transaction is opened, since both read in one of their own. */
  async function lookups(): Promise<Lookups> {
    const registered = await parties.all()
    const organisations = underAllNames(registered)
    const names = await organisationNames(organisations, pauses())
    return { lists: await reference.lists(), organisations, names, vocabularies, current: currentCodes(registered) }
  }

  /** Reads every line anew and keeps what would become of it. */
  async function run(tx: Transaction, stored: StoredImport, found: Lookups, pause = pauses()): Promise<void> {
    const repository = importsRepository(tx)
    const asked = questionsRepository(tx)
    const records = importedRecords(tx)
    const ids = await agreementsListing(tx, [stored.org], COMPARED_MAX)
    const agreements: Agreement[] = []
    const at = clock().toISOString()
    for (let start = 0; start < ids.length; start += READ_AT_ONCE) {
      const part = ids.slice(start, start + READ_AT_ONCE)
      agreements.push(...(await readAgreementsFor(tx, { kind: 'party', org: stored.org }, part, instantOf(at))))
      await pause()
    }
    const named = await namedRecords(tx, stored, { at, lists: found.lists }, pause)
    const facts = { ...found, agreements, named, known: await records.known(stored.org), at }
    const reading = await dryRun({ ...stored, answers: answersAsNow(stored.answers, found.current) }, facts, pause)
    for await (const lines of repository.inPieces(stored.id, stored.headerRow)) {
      const plans: { row: number; plan: RowPlan }[] = []
      for (const line of lines) {
        plans.push({ row: line.row, plan: reading.read(line) })
        await pause()
      }
      await repository.savePlans(stored.id, plans)
    }
    for (const { key, lines } of reading.several()) {
      const cells = await repository.cellsOf(stored.id, lines)
      await repository.savePlans(stored.id, [{ row: lines[0] ?? 0, plan: reading.join(key, cells) }])
      await pause()
    }
    await asked.replaceQuestions(stored.id, stored.org, reading.questions())
    await repository.update(stored.id, {})
  }

  /** Answers with what they name made: new bodies proposed, groups written out. What is looked up then knows the new ones. */
  async function resolveAnswers(
    principal: Principal,
    reading: ImportReading,
    found: Lookups,
  ): Promise<{ readonly given: CellAnswer[]; readonly found: Lookups }> {
    const given: CellAnswer[] = []
    for (const { answer, ...about } of answersOf(reading)) {
      if (isToBeMade(answer) && about.field !== 'partners')
        throw refused('UNPROCESSABLE', 'Only a partner is a body or a group.', [
          { pointer: `/answers/${about.field}`, detail: 'names a body or a group' },
        ])
      given.push({ ...about, answer: isToBeMade(answer) ? orThrow(await partnerAnswers(principal, answer)) : answer })
    }
    const isNew = answersOf(reading).some(({ answer }) => isToBeMade(answer) && 'create' in answer)
    return { given, found: isNew ? await lookups() : found }
  }

  async function show(
    tx: Transaction,
    id: string,
    { names, lists }: Pick<Lookups, 'names' | 'lists'>,
    { after = 0, limit = ROWS_SHOWN, status }: RowsQuery = {},
  ): Promise<VersionedOutcome<ImportView>> {
    const repository = importsRepository(tx)
    const asked = questionsRepository(tx)
    const records = importedRecords(tx)
    const stored = await repository.find(id, false)
    if (!stored) throw refused('NOT_FOUND', 'There is no import with this identifier.')
    const partners = await asked.questions(id, 'partners', QUESTIONS_SHOWN)
    const others = await asked.questions(id, 'others', QUESTIONS_SHOWN)
    const gone = await records.gone(stored.org, id, QUESTIONS_SHOWN)
    const outcome = importView(stored, await repository.counts(id), {
      ...(await repository.page(id, { after, limit, status })),
      openPartners: partners.first.map(({ text, takenFor, rows }) => ({ text, orgs: takenFor, matches: names.like(text), rows })),
      openPartnersTotal: partners.total,
      questions: others.first.map(({ field, text, rows, takenFor }) => ({
        ...{
          field,
          text,
          rows,
          is_needed: isNeeded({ field, takenFor }),
          taken_for: takenFor[0] ?? null,
          choices: choicesFor(field, lists),
        },
        column: field === 'lines' ? null : (stored.header[stored.mapping[field] ?? -1] ?? null),
      })),
      questionsTotal: others.total,
      gone: gone.first,
      goneTotal: gone.total,
    })
    return { outcome, version: stored.rowVersion }
  }

  async function upload(
    principal: Principal,
    csv: string,
    { separator, orientation, ...reading }: ImportReading & FileReading,
  ): Promise<VersionedOutcome<ImportView>> {
    const pause = pauses()
    const lines = inLines(await readCsv(csv, { separator, pause }), orientation)
    const early = await lookups()
    checkImporter(principal.org, early, clock().toISOString())
    const headerRow = reading.header_row ?? lines[headerLine(lines.map(({ cells }) => cells))]?.row ?? 0
    const header = headerOf(lines, headerRow)
    const fileHash = await hashOf(csv, pause)
    const mapping = reading.columns ?? proposedMapping(detectColumns(header))
    checkReading(header, { columns: mapping, answers: plainAnswers(reading) }, early)
    const { given, found } = await resolveAnswers(principal, reading, early)
    return withTransactionAs(db, writerFor(principal), async (tx) => {
      const at = clock().toISOString()
      const repository = importsRepository(tx)
      const questions = questionsRepository(tx)
      const id = newId()
      const answers = [...(await questions.rememberedAnswers(principal.org, ANSWERS_MAX)).reverse(), ...given]
      const made = { id, org: principal.org, fileHash, header, headerRow, mapping, answers: lastOfEach(answers) }
      await repository.insert({ ...made, dateOrder: reading.date_order ?? 'DMY', uploadedAt: at, uploadedBy: principal.sub })
      await repository.insertRows(id, principal.org, lines, pause)
      await questions.rememberAnswers(given.filter(isRemembered), { org: principal.org, importId: id, at, sub: principal.sub })
      const stored = await repository.find(id, true)
      if (stored) await run(tx, stored, found, pause)
      return show(tx, id, found)
    })
  }

  async function read(principal: Principal, id: string, query: RowsQuery): Promise<VersionedOutcome<ImportView>> {
    const found = await lookups()
    return withTransactionAs(db, readerFor(principal), (tx) => show(tx, id, found, query))
  }

  async function map(
    principal: Principal,
    id: string,
    reading: ImportReading,
    ifMatch: string | null,
  ): Promise<VersionedOutcome<ImportView>> {
    /** How it is read from then on. @throws Refused for another state than the caller read, and for a reading that does not fit */
    const readAnew = async (tx: Transaction, answers: readonly CellAnswer[], looked: Lookups) => {
      const stored = await readyImport(tx, principal, id, ifMatch)
      const headerRow = reading.header_row ?? stored.headerRow
      const isSame = headerRow === stored.headerRow
      const header = isSame ? stored.header : headerOf(await importsRepository(tx).firstLines(id, headerRow), headerRow)
      const mapping = reading.columns ?? (isSame ? stored.mapping : proposedMapping(detectColumns(header)))
      checkReading(header, { columns: mapping, answers }, looked)
      return { stored, change: { header, headerRow, mapping, dateOrder: reading.date_order ?? stored.dateOrder }, isSame }
    }
    const early = await lookups()
    // Nobody is proposed for an import that cannot be read anew.
    if (answersOf(reading).some(({ answer }) => isToBeMade(answer)))
      await withTransaction(db, (tx) => readAnew(tx, plainAnswers(reading), early))
    const { given, found } = await resolveAnswers(principal, reading, early)
    return withTransaction(db, async (tx) => {
      const { stored, change: read, isSame } = await readAnew(tx, given, found)
      const repository = importsRepository(tx)
      // What was said of partners in short stands for all of them: a name that is left out is asked again.
      const kept = stored.answers.filter(({ field }) => reading.partners === undefined || field !== 'partners')
      const change = { ...read, answers: lastOfEach([...kept, ...given]) }
      await repository.update(id, change)
      const by = { org: stored.org, importId: id, at: clock().toISOString(), sub: principal.sub }
      await questionsRepository(tx).rememberAnswers(given.filter(isRemembered), by)
      if (!isSame) await repository.forgetPlans(id)
      await run(tx, { ...stored, ...change }, found)
      return show(tx, id, found)
    })
  }

  return {
    lookups,
    run,
    show,
    /**
     * Stores a file and says what an import would do with it; nothing of it is in the register yet. Refused when it is too large or
     * cannot be read, and for a reading that does not fit it.
     */
    upload: answering(upload),
    /** An import with some of its lines. Refused where the caller may not see one. */
    read: answering(read),
    /**
     * Says how the file is to be read, and reads it again. Refused once the first line is in, for another state than the caller read,
     * and for a reading that does not fit.
     */
    map: answering(map),
  }
}

/** The import of this organisation, locked. @throws Refused 404, 412, 428 */
export async function lockedImport(tx: Transaction, principal: Principal, id: string, ifMatch: string | null): Promise<StoredImport> {
  await readAs(tx, writerFor(principal))
  const stored = await importsRepository(tx).find(id, true)
  if (!stored) throw refused('NOT_FOUND', 'There is no import with this identifier.')
  checkPrecondition(ifMatch, stored.rowVersion, 'import')
  return stored
}

/** Whether an import can still be taken back. */
export function isUndoable({ committedAt }: StoredImport, now: Date): boolean {
  return committedAt !== null && now.getTime() < Date.parse(committedAt) + UNDO_HOURS * 3_600_000
}

/** @throws Refused 422 when the importing organisation is not in the register, or has come to its end */
function checkImporter(org: string, { organisations }: Pick<Lookups, 'organisations'>, at: string): void {
  const known = { codes: new Map(), organisations: new Map(organisations.map((organisation) => [organisation.code, organisation])) }
  const faults = organisationFaults(known, org, at, '')
  if (faults.length > 0) throw refused('UNPROCESSABLE', 'Your organisation cannot bring a register along.', faults)
}

/** An import that can still be read otherwise. @throws Refused 404, 409, 412, 428 */
async function readyImport(tx: Transaction, principal: Principal, id: string, ifMatch: string | null): Promise<StoredImport> {
  const stored = await lockedImport(tx, principal, id, ifMatch)
  if (stored.status !== 'READY') throw refused('ILLEGAL_STATE', 'The import is committed: how it was read is part of the record.')
  return stored
}
