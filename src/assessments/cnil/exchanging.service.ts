import type { CommandResult } from '../../commands/command.ts'
import { readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { type Fault, type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import type { AssessmentView, Imported } from '../made/assessment-view.ts'
import type { AssessmentContent } from '../made/content.ts'
import { madeRepository } from '../made/made.repository.ts'
import { editionOf, type MadeAssessment } from '../made/made-assessment.ts'
import { type AssessmentCall, type MadeKind, NO_SUCH_ASSESSMENT } from '../made/made-kind.service.ts'
import { writer } from '../made/writing.service.ts'
import { writtenFaults } from '../made/written-faults.ts'
import { ASSESSMENT_TEXT_MAX } from '../made/written-text.ts'
import { attached } from './attachments.ts'
import { carriedRepository } from './carried.repository.ts'
import type { CnilFault, CnilFile } from './cnil-file.ts'
import { type CnilExport, carriedFor, exportOf } from './exporting.ts'
import { type ImportedAssessment, importedContent } from './importing.ts'
import type { Json } from './json.ts'
import type { Links } from './places.ts'
import { cnilFileIn, readCnilFile } from './reading.service.ts'
import { summaryOf } from './summary.ts'

/** Entries of one list that are told; the file holds all of them. */
const TOLD_MAX = 200

export type CnilService = ReturnType<typeof cnilService>

/** Assessments made here, exchanged with the PIA tool of the CNIL: a file is taken over while one is written, and one is given out as such a file. */
export function cnilService({ db, kind }: { readonly db: Database; readonly kind: MadeKind }) {
  const write = writer(kind)

  /** Takes over what a file says (docs/decisions/0031-cnil-exchange.md). Refused with each place that is not what it must be, and whole. */
  async function take(call: AssessmentCall, read: Result<CnilFile, readonly CnilFault[]>): Promise<CommandResult<AssessmentView>> {
    if (!read.ok) return refuse(refusal('UNPROCESSABLE', inWords(read.refusal), read.refusal.map(asFault)))
    const file = read.value
    return write(call, { name: 'write', act: 'import' }, async ({ made, about, today, context }) => {
      const { tx, principal, now, newId, known } = context
      const earlier = (await carriedRepository(tx).carried(made.id))?.links
      const subjects = [...new Set(about.facts.flows.flatMap(({ data_subjects }) => data_subjects))]
      const imported = importedContent(file, { org: principal.org, subjects, newId, links: earlier })
      const content = withImported(made.content, imported.content, earlier)
      await carriedRepository(tx).keep(made.id, { at: now, org: principal.org, ...saysOf(file, imported) }, imported.carried)
      const { answers, risks, measures } = imported.content
      return {
        content,
        detail: { from: 'CNIL_PIA', answers: Object.keys(answers).length, risks: risks.length, measures: measures.length },
        faults: writtenFaults(content, { ...known, questions: editionOf(made), today }),
      }
    })
  }

  return {
    /** Takes over what the bytes of a file say. */
    importBytes: (call: AssessmentCall, bytes: Uint8Array) => take(call, readCnilFile(bytes)),

    /** Takes over what a file says that was read as JSON already. */
    importJson: (call: AssessmentCall, value: Json) => take(call, cnilFileIn(value)),

    /** One as a file of that tool, with what is left out of it in words. */
    exported: (principal: Principal, id: string): Promise<Result<CnilExport, Refusal>> =>
      withTransactionAs(db, readerFor(principal), async (tx) => {
        const found = await madeRepository(tx).find(id)
        if (!found) return refuse(refusal('NOT_FOUND', NO_SUCH_ASSESSMENT))
        const carried = await carriedRepository(tx).carried(id)
        return ok(exportOf(found.made.content, carried ?? carriedFor(blank(found.made, principal))))
      }),
  }
}

function blank({ agreement, begun_at }: MadeAssessment, { org }: Principal) {
  return { name: agreement, created_at: new Date(begun_at).toISOString(), org }
}

/** What is written with what a file says: its answers in place of those to the same questions, its risks and plans beside the others, or in place of those that came before. Pure. */
function withImported(before: AssessmentContent, imported: AssessmentContent, earlier: Links | undefined): AssessmentContent {
  const [ofRisks, ofMeasures] = [earlier?.risks, earlier?.measures].map((ids) => new Set(Object.values(ids ?? {})))
  const risks = [...before.risks.filter(({ id }) => !ofRisks?.has(id)), ...imported.risks]
  const measures = [...before.measures.filter(({ id }) => !ofMeasures?.has(id)), ...imported.measures]
  return {
    ...before,
    answers: { ...before.answers, ...imported.answers },
    risks,
    measures: measures.filter((measure) => risks.some(({ id }) => id === measure.risk_id)),
  }
}

/** What a file says of itself and against itself, as it is shown: bounded, in plain words. Pure. */
function saysOf(file: CnilFile, { contradictions, unfinished }: ImportedAssessment): Omit<Imported, 'at' | 'org'> {
  const { name, state, dpo_advice, answers_beside } = summaryOf(file)
  return {
    ...{ name: short(name), state, contradictions: contradictions.map((one) => ({ ...one, detail: short(one.detail) })) },
    dpo_advice: dpo_advice && { ...dpo_advice, text: short(dpo_advice.text) },
    unfinished: unfinished.slice(0, TOLD_MAX).map((one) => ({ ...one, reference: short(one.reference), text: short(one.text) })),
    answers_beside: answers_beside.map((one) => ({ ...one, text: short(one.text) })),
    attachments: (file.attachments ?? []).slice(0, TOLD_MAX).map((one) => {
      const { name, media_type, bytes, sha256, signed } = attached(one)
      return { name: short(name), media_type: short(media_type), size: bytes?.length ?? null, sha256, signed }
    }),
  }
}

function short(text: string): string {
  const letters = [...text]
  return letters.length > ASSESSMENT_TEXT_MAX ? `${letters.slice(0, ASSESSMENT_TEXT_MAX - 1).join('')}…` : text
}

function asFault({ pointer, detail }: CnilFault): Fault {
  return { pointer, detail, code: 'CNIL_FILE' }
}

function inWords([first]: readonly CnilFault[]): string {
  return first?.pointer === '' ? `The file ${first.detail}` : 'This file of the CNIL PIA tool cannot be read.'
}
