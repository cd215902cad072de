import { assessments } from '../../assessments/assessments.service.ts'
import type { FilesService } from '../../files/files.service.ts'
import { readerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type Instant, NEVER } from '../../platform/kernel/instant.ts'
import { type Refusal, refused } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import type { WorkflowService } from '../../workflow/workflow.service.ts'
import { type Agreement, type AgreementVersion, assessmentOf } from '../agreement.ts'
import { signaturesKnown } from '../agreement-view.ts'
import { difference } from '../model/difference.ts'
import { partiesInForce } from '../model/in-force.ts'
import { SIGNING_STATEMENTS, signedText } from '../model/signed-text.ts'
import { knowsUntil, standingOf } from '../model/standing.ts'
import type { ReadAgreement } from '../reading.service.ts'
import { attestedSignaturesRepository } from '../store/attested-signatures.repository.ts'
import { signaturesRepository } from '../store/signatures.repository.ts'
import { type StoredVersion, versionsRepository } from '../store/versions.repository.ts'
import { printedApprovals } from './printed-approvals.ts'
import { type PrintedStandings, type PrintedStatement, printedText } from './printed-text.ts'

export interface DocumentsOptions {
  readonly read: ReadAgreement
  readonly clock: Clock
  readonly parties: Pick<PartiesService, 'read'>
  readonly workflow: Pick<WorkflowService, 'of' | 'eventsKnown'>
  readonly files: Pick<FilesService, 'ofOwner'>
}

export type DocumentsService = ReturnType<typeof documentsService>

/** The text of every version, readable for ever by whoever may know the agreement. */
export function documentsService({ read, clock, parties, workflow, files }: DocumentsOptions) {
  /** Signatures given elsewhere on a version, with the hashes of what shows them. */
  async function statedOn(tx: Transaction, { id }: Agreement, number: number): Promise<PrintedStatement[]> {
    const found = (await attestedSignaturesRepository(tx, id).list()).filter(({ statement }) => statement.version === number)
    if (found.length === 0) return []
    const hashes = new Map((await files.ofOwner(tx, { type: 'agreement', id })).map((file) => [file.id, file.sha256]))
    return found.map(({ statement }) => ({ ...statement, evidence: statement.evidence.flatMap((key) => hashes.get(key) ?? []) }))
  }

  async function stored(tx: Transaction, agreement: Agreement, number: number) {
    const version = agreement.versions.find((known) => known.version === number)
    const kept = version && (await versionsRepository(tx).find(agreement.id, number))
    if (!version || !kept) throw refused('NOT_FOUND', 'This agreement has no version with this number.')
    return { version, kept }
  }

  return {
    text: (principal: Principal, id: string, number: number) =>
      read(principal, id, async (tx, agreement) => {
        const { version, kept } = await stored(tx, agreement, number)
        return toText(agreement, version, kept, await beside(tx, agreement, number))
      }),

    /** The exact bytes that were hashed. Refused for a version that was never frozen. */
    document: (principal: Principal, id: string, number: number) =>
      read(principal, id, async (tx, agreement) => {
        const { kept } = await stored(tx, agreement, number)
        if (!kept.document || !kept.hash) throw refused('ILLEGAL_STATE', 'This version was never frozen: it has no text to sign.')
        return { bytes: kept.document, hash: kept.hash }
      }),

    /** The text as plain HTML, to be printed and read without this service. */
    print: (principal: Principal, id: string, number: number): Promise<Result<string, Refusal>> =>
      read(principal, id, async (tx, agreement) => {
        const { version, kept } = await stored(tx, agreement, number)
        const text = toText(agreement, version, kept, await beside(tx, agreement, number))
        const owner = agreement.owner_org === null ? [] : [agreement.owner_org]
        const named = await parties.read(tx, [...agreement.parties.map(({ org }) => org), ...owner])
        const names = new Map(named.map(({ code, legal_name }) => [code, legal_name]))
        const now = clock().getTime()
        // Whoever reads as a party reads to the end of its part; an auditor reads on.
        const until = readerFor(principal).kind === 'party' ? (knowsUntil(agreement, principal.org, now) ?? now) : NEVER
        const signOff = await workflow.of(tx, { type: 'agreement', id, version: number })
        const events = signOff ? await workflow.eventsKnown(tx, { type: 'agreement', id, version: number }) : []
        const approvals = signOff ? printedApprovals(signOff, until, events) : null
        const stated = await statedOn(tx, agreement, number)
        return printedText({ ...text, stated, approvals, standings: standingsAt(agreement, Math.min(now, until)) }, names)
      }),

    differences: (principal: Principal, id: string, number: number, from: number) =>
      read(principal, id, async (tx, agreement) => {
        const before = await stored(tx, agreement, from)
        const after = await stored(tx, agreement, number)
        return { agreement: id, from, to: number, ...difference(before.version, after.version) }
      }),
  }
}

/** How everybody who was ever a party stands at an instant, and between whom sharing is in force. */
function standingsAt(agreement: Agreement, at: Instant): PrintedStandings {
  const inForce = new Set(partiesInForce(agreement, at))
  const parties = agreement.parties.map(({ org, left_at, active_to = null }) => {
    const standing = standingOf(agreement, org, at)
    const since = standing === 'LEFT' ? left_at : standing === 'ENDED' ? active_to : null
    return { org, standing, since: since === null ? null : Date.parse(since), isInForce: inForce.has(org) }
  })
  return { at, parties: parties.filter(({ standing }) => standing !== 'NONE') }
}

async function beside(tx: Transaction, agreement: Agreement, number: number) {
  const { id } = agreement
  return {
    contacts: await versionsRepository(tx).contactsOf(id, number),
    signatures: await signaturesRepository(tx).of(id),
    assessed: (await assessments.elsewhere(tx, assessmentOf(agreement))).at(-1)?.record,
  }
}

/** A version as the parties signed it; of a draft, as it would be frozen now. */
function toText(
  agreement: Agreement,
  version: AgreementVersion,
  kept: StoredVersion,
  { contacts, signatures, assessed }: Awaited<ReturnType<typeof beside>>,
) {
  const document = kept.document?.toString('utf8') ?? signedText(agreement, version, assessed).document
  return {
    agreement: agreement.id,
    version: version.version,
    status: kept.status,
    hash: kept.hash,
    frozen_at: kept.frozenAt,
    change_class: kept.changeClass,
    warnings: kept.warnings,
    text: JSON.parse(document) as Readonly<Record<string, unknown>>,
    contacts,
    signatures: signaturesKnown(agreement, signatures).filter((signature) => signature.version === version.version),
    statements: SIGNING_STATEMENTS,
  }
}
