import type { Transaction } from '../../platform/database/database.ts'
import type { Agreement } from '../agreement.ts'

/** Stores what was done to an agreement made elsewhere: signatures (confirmed), approvals, suspensions. */
export async function insertActs(tx: Transaction, newId: () => string, agreement: Agreement): Promise<void> {
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
  const approvals = agreement.approvals.filter(isHeld).map((approval) => ({ agreement_id: agreement.id, ...approval }))
  if (approvals.length > 0) await tx.insertInto('approval').values(approvals).execute()
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
