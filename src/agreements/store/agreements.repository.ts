import type { Transaction } from '../../platform/database/database.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { type Agreement, type AgreementVersion, assessmentOf } from '../agreement.ts'
import { signedText } from '../model/signed-text.ts'
import { approvalsRepository, insertConditions } from './approvals.repository.ts'
import { indexForSearch } from './search.repository.ts'
import { insertDraftVersion } from './versions.repository.ts'

/** What is stored beside the model: where a record came from and who made it. */
export interface StoredBy {
  readonly at: string
  readonly by: string
  readonly provenance: unknown
}

/** Writes whole agreements. Maps, never decides; joins the caller's transaction. Reading is `reading.repository.ts`. */
export function agreementsRepository(tx: Transaction, newId: () => string) {
  return {
    /** Stores a new agreement with everything it holds. @throws a unique violation when the id is taken */
    async insert(agreement: Agreement, { at, by, provenance }: StoredBy): Promise<void> {
      await tx
        .insertInto('agreement')
        .values({
          id: agreement.id,
          title: agreement.title,
          instrument_type: agreement.instrument_type,
          owner_org: agreement.owner_org,
          status: agreement.status,
          origin: agreement.origin,
          sample: agreement.sample,
          provenance: provenance === undefined ? null : JSON.stringify(provenance),
          terminated_at: agreement.terminated_at,
          review_due: agreement.review_due,
          review_policy: agreement.review_policy,
          review_grace_days: agreement.review_grace_days,
          assessment_id: assessmentOf(agreement),
          created_at: at,
          created_by: by,
          updated_at: at,
        })
        .execute()
      await insertParts(tx, agreement)
      for (const version of agreement.versions) await insertVersion(tx, agreement, version, at)
      await insertActs(tx, newId, agreement)
      await indexForSearch(tx, agreement.id)
    },
  }
}

async function insertParts(tx: Transaction, { id, parties, apd }: Agreement): Promise<void> {
  const rows = parties.map((party, position) => ({
    agreement_id: id,
    org: party.org,
    position,
    role: party.role,
    capacities: [...party.capacities],
    contacts: '{}',
    left_at: party.left_at,
  }))
  if (rows.length > 0) await tx.insertInto('agreement_party').values(rows).execute()
  const documents = apd.map((document, position) => ({
    agreement_id: id,
    position,
    party: document.party,
    conditions: [...document.conditions],
  }))
  if (documents.length > 0) await tx.insertInto('policy_document').values(documents).execute()
}

/** Terms can be written only into a draft (the database sees to that), so the status comes last. */
async function insertVersion(tx: Transaction, agreement: Agreement, version: AgreementVersion, at: string): Promise<void> {
  const { id, origin } = agreement
  await insertDraftVersion(tx, id, version, origin)
  if (version.status === 'DRAFT') return
  const { document, hash } = signedText(agreement, version)
  await tx
    .updateTable('agreement_version')
    .set({ status: version.status, frozen_at: at, document: Buffer.from(document, 'utf8'), hash })
    .where('agreement_id', '=', id)
    .where('version', '=', version.version)
    .execute()
}

/** Whom a record made elsewhere names as those who attested, since it does not say who they were. */
const NOT_STATED = 'not stated'

/** Signatures that a record made elsewhere holds as attested: with what it says of them, which is when, and nothing else. */
async function insertAttested(tx: Transaction, newId: () => string, { id, attested = [], versions }: Agreement): Promise<void> {
  const rows = attested.map(({ org, version, from, to, approved }) => ({
    ...{ id: newId(), agreement_id: id, version, org, held_by: org, way: 'PAPER', approved_elsewhere: approved, evidence: [newId()] },
    version_hash: versions.find((one) => one.version === version)?.hash ?? '0'.repeat(64),
    ...{
      signatory_name: NOT_STATED,
      signatory_post: NOT_STATED,
      signed_on: londonDay(instantOf(from)),
      stated_at: from,
      attested_at: from,
    },
    ...{ stated_by_issuer: NOT_STATED, stated_by_sub: 'first', attested_by_issuer: NOT_STATED, attested_by_sub: 'second' },
    ...(to === null ? {} : { disputed_at: to, disputed_by_issuer: NOT_STATED, disputed_by_sub: NOT_STATED, dispute_reason: NOT_STATED }),
  }))
  if (rows.length > 0) await tx.insertInto('attested_signature').values(rows).execute()
}

/** Stores what was done to an agreement made elsewhere: signatures (confirmed), approvals, suspensions. */
async function insertActs(tx: Transaction, newId: () => string, agreement: Agreement): Promise<void> {
  // One signature a party and version counts: the first, since only "signed at or before T" is ever asked (CK-2).
  const first = new Map<string, Agreement['signatures'][number]>()
  // What was signed or approved of a version that the record does not hold says nothing about one that it holds.
  const isHeld = ({ version }: { readonly version: number }) => agreement.versions.some((held) => held.version === version)
  for (const signature of agreement.signatures.filter(isHeld)) {
    const key = `${signature.org}\n${signature.version}`
    const known = first.get(key)
    if (!known || Date.parse(signature.signed_at) < Date.parse(known.signed_at)) first.set(key, signature)
  }
  const signatures = [...first.values()].map((signature) => ({
    id: newId(),
    agreement_id: agreement.id,
    version: signature.version,
    org: signature.org,
    signed_at: signature.signed_at,
    confirmed_at: signature.signed_at,
  }))
  if (signatures.length > 0) await tx.insertInto('signature').values(signatures).execute()
  await insertAttested(tx, newId, agreement)
  const approvals = agreement.approvals
    .filter(isHeld)
    .map(({ org, version, complete_at }) => ({ agreement_id: agreement.id, org, version, complete_at }))
  if (approvals.length > 0) await tx.insertInto('approval').values(approvals).execute()
  for (const { org, version, conditions = [] } of agreement.approvals.filter(isHeld)) {
    await insertConditions(tx, { agreementId: agreement.id, version, org }, conditions)
  }
  const overruled = (agreement.dpo_advice_overruled ?? []).filter(isHeld)
  for (const { org, version, at } of overruled) await approvalsRepository(tx).overruled({ agreementId: agreement.id, version, org }, at)
  const suspensions = agreement.suspensions.map(({ scope, party, flow, version, from, to }) => ({
    id: newId(),
    agreement_id: agreement.id,
    scope,
    party,
    flow,
    version,
    from_at: from,
    to_at: to,
  }))
  if (suspensions.length > 0) await tx.insertInto('suspension').values(suspensions).execute()
}
