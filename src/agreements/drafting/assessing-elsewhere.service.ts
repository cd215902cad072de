import assert from 'node:assert/strict'
import { relaxes, type StatedAssessment, stricterOf } from '../../assessments/assessment.ts'
import { assessments } from '../../assessments/assessments.service.ts'
import { type ElsewhereBody, type ElsewhereRecord, elsewhereFaults, statedBy } from '../../assessments/elsewhere.ts'
import type { EvidenceFile } from '../../files/evidence-file.ts'
import type { FilesService } from '../../files/files.service.ts'
import { writerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { Refused, refused } from '../../platform/kernel/refusal.ts'
import type { ActCall, ActContext, ActingService } from '../acting.service.ts'
import { type Agreement, assessmentOf } from '../agreement.ts'
import { editableVersion } from '../agreement-view.ts'
import { refusalToConfirm, sharedAssessment } from '../model/assessed-elsewhere.ts'
import { dpiaAt } from '../model/in-force.ts'
import { lifecycleFacts } from '../model/lifecycle-facts.ts'
import { readRecord } from '../store/record.service.ts'
import { refusalUnlessDraft, refusalUnlessOwner, refusalUnlessWritable, unprocessable } from './draft-part.ts'
import { refusalOfMadeHere } from './record-parts.service.ts'

export interface AssessingElsewhereOptions extends Pick<ActingService, 'perform'> {
  readonly db: Database
  readonly files: Pick<FilesService, 'attach' | 'prepare' | 'ofOwner'>
}

/** What was done to an assessment made elsewhere. */
export interface AssessedElsewhere {
  readonly agreement: string
  /** The instant of the act; from here on decisions stand on it. */
  readonly at: string
  readonly assessment: ElsewhereRecord & { readonly state: 'AWAITS_CONFIRMATION' | 'CONFIRMED' }
}

export type AssessingElsewhereService = ReturnType<typeof assessingElsewhereService>

/** Agreements whose assessment waits for a person, at most. */
const WAITING_MAX = 20

/** Assessments made elsewhere: one person records what came of it with its file, a second of the same organisation confirms it (docs/decisions/0029). */
export function assessingElsewhereService({ perform, files, db }: AssessingElsewhereOptions) {
  /** Has decisions stand on something else, where it is something else. */
  async function state({ tx, agreement, now }: ActContext, before: StatedAssessment, after: StatedAssessment): Promise<void> {
    if (JSON.stringify(before) === JSON.stringify(after)) return
    const { id: _id, ...judged } = agreement.dpia
    await assessments.state(tx, assessmentOf(agreement), after, { at: now, before: judged, status: before.status })
  }

  /** The file that holds it: one that is sent for it, or that the agreement has as evidence already. */
  async function held({ tx, agreement, principal, now }: ActContext, id: string): Promise<EvidenceFile> {
    const owner = { type: 'agreement', id: agreement.id }
    const has = (await files.ofOwner(tx, owner)).find((one) => one.id === id && one.org === principal.org && one.erased_at === null)
    if (has) return has
    const note = 'The data protection impact assessment'
    const [file] = await files.attach(tx, principal, { ids: [id], owner, at: now, note, pointerOf: () => '/file' })
    assert(file, 'a file that could not be attached was refused')
    return file
  }

  return {
    /** The first of two. What is stricter than what counts now counts at once; the rest once a second person has confirmed it. */
    async record(call: ActCall, body: ElsewhereBody) {
      await files.prepare(call.principal, [body.file])
      return perform<AssessedElsewhere>(
        call,
        { act: 'record_assessment', event: 'agreement.assessment_recorded' },
        async (context): Promise<{ outcome: AssessedElsewhere; detail: Readonly<Record<string, unknown>>; version?: number }> => {
          const { tx, agreement, principal, at, now, newId, tell } = context
          const record = await readRecord(tx, agreement.id)
          assert(record, `agreement ${agreement.id} was locked and cannot be read`)
          const draft = editableVersion(agreement, record)
          const before = statedAt(agreement, now)
          const [after, today] = [statedBy(body), londonDay(at)]
          const refusal =
            refusalUnlessOwner({ agreement, org: principal.org, now }) ??
            refusalUnlessDraft({ agreement, draft, now }) ??
            refusalOfMadeHere({ record }) ??
            (record.sharesAssessment && relaxes(before, after) ? sharedAssessment() : undefined) ??
            unprocessable(elsewhereFaults(body, today))
          if (refusal) throw new Refused(refusal)
          const { id: fileId, sha256 } = await held(context, body.file)
          const said = { ...body, file: { id: fileId, sha256 } }
          const made = { id: newId(), agreement: agreement.id, org: principal.org, ...said, recorded_at: now }
          const counts = stricterOf(before, after)
          await state(context, before, counts)
          await assessments.addElsewhere(tx, assessmentOf(agreement), made, principal)
          const facts = { record: made.id, file: sha256 }
          await tell('ASSESSMENT_TO_CONFIRM', facts, [principal.org], { persons: [], roles: ['DPO', 'IG_OFFICER'] })
          const detail = { id: made.id, ...said, counts }
          const assessment = { ...made, confirmed_at: null, state: 'AWAITS_CONFIRMATION' as const }
          return { outcome: { agreement: agreement.id, at: now, assessment }, detail, ...(draft ? { version: draft.version } : {}) }
        },
      )
    },

    /** The second: from now on it counts whole. Also once the text is frozen, which names what was recorded and not who has confirmed it. */
    confirm: (call: ActCall, id: string) =>
      perform<AssessedElsewhere>(
        call,
        { act: 'confirm_assessment', event: 'agreement.assessment_confirmed' },
        async (context): Promise<{ outcome: AssessedElsewhere; detail: Readonly<Record<string, unknown>> }> => {
          const { tx, agreement, principal, at, now, tell } = context
          const found = (await assessments.elsewhere(tx, assessmentOf(agreement))).find(({ record }) => record.id === id)
          if (!found || found.record.agreement !== agreement.id)
            throw refused('NOT_FOUND', 'This agreement has no such assessment made elsewhere.')
          const stored = await readRecord(tx, agreement.id)
          const { record, recordedBy } = found
          const [before, after] = [statedAt(agreement, now), statedBy(record)]
          const isShared = stored?.sharesAssessment ?? true
          const refusal =
            refusalToConfirm(agreement, { record: { ...record, recordedBy }, before, after, isShared, person: principal }, at) ??
            refusalUnlessWritable(agreement, now)
          if (refusal) throw new Refused(refusal)
          await state(context, before, after)
          await assessments.confirmElsewhere(tx, id, principal, now)
          await tell('ASSESSMENT_CONFIRMED', { record: id, file: record.file.sha256 })
          return {
            outcome: { agreement: agreement.id, at: now, assessment: { ...record, confirmed_at: now, state: 'CONFIRMED' } },
            detail: { id, file: record.file, outcome: record.outcome, advice: record.advice, overruled: record.overruled },
          }
        },
      ),

    /** Agreements whose assessment somebody else of the person's organisation recorded and nobody has confirmed, the oldest first. */
    waiting: (principal: Principal) =>
      withTransactionAs(db, writerFor(principal), (tx) => assessments.waiting(tx, principal.org, principal, WAITING_MAX)),
  }
}

function statedAt(agreement: Agreement, now: string): StatedAssessment {
  const { required, status, residual, prior_consultation, review_due } = dpiaAt(agreement, lifecycleFacts(agreement), instantOf(now))
  return { required, status, residual, prior_consultation, review_due }
}

/** What keeps a file of an agreement from being erased: it holds an assessment that is recorded. */
export async function heldByAssessment(tx: Transaction, { id, owner }: Pick<EvidenceFile, 'id' | 'owner'>): Promise<Refused | undefined> {
  if (owner === null || !(await assessments.restOn(tx, owner.id, id))) return undefined
  const detail = 'An assessment that is recorded here rests on this file.'
  return refused('ILLEGAL_STATE', detail, [{ pointer: '', detail, code: 'EVIDENCE' }])
}
