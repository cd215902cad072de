import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'

/** A signature as it is kept: who, in which post, by what authority, to which hash, when. */
export interface StoredSignature {
  readonly id: string
  readonly org: string
  readonly version: number
  /** null: recorded elsewhere without it. */
  readonly signedAt: string | null
  /** null: recorded elsewhere and not confirmed; it counts for nothing. */
  readonly confirmedAt: string | null
  readonly versionHash: string | null
  /** null: recorded elsewhere without it. */
  readonly name: string | null
  readonly post: string | null
  readonly authority: string | null
  readonly statements: readonly string[]
}

/** What is stored when somebody signs. */
export interface NewSignature extends Omit<StoredSignature, 'confirmedAt'> {
  readonly agreementId: string
  readonly by: Identity
}

/** Acts by which a person has a hand in the text of a version (SD-1). */
const ACTS_ON_THE_TEXT = ['create', 'draft', 'edit', 'freeze', 'amend', 'renew']

/** Signatures, and what separation of duties needs to know of those who give them. */
export function signaturesRepository(tx: Transaction) {
  return {
    /** @throws a unique violation when the party has signed this version already */
    async insert(signature: NewSignature): Promise<void> {
      await tx
        .insertInto('signature')
        .values({
          id: signature.id,
          agreement_id: signature.agreementId,
          version: signature.version,
          org: signature.org,
          signed_at: signature.signedAt,
          confirmed_at: signature.signedAt,
          confirmed_issuer: signature.by.issuer,
          confirmed_by: signature.by.sub,
          version_hash: signature.versionHash,
          signatory_issuer: signature.by.issuer,
          signatory_sub: signature.by.sub,
          signatory_name: signature.name,
          signatory_post: signature.post,
          authority: signature.authority,
          statements: JSON.stringify(signature.statements),
        })
        .execute()
    },

    /** Lets a signature recorded elsewhere count from an instant on. */
    async confirm(agreementId: string, version: number, org: string, by: Identity, at: string): Promise<void> {
      await tx
        .updateTable('signature')
        .set({ confirmed_at: at, confirmed_issuer: by.issuer, confirmed_by: by.sub })
        .where('agreement_id', '=', agreementId)
        .where('version', '=', version)
        .where('org', '=', org)
        .execute()
    },

    /** Every signature on an agreement, unconfirmed ones included, in the order of time. */
    async of(agreementId: string): Promise<StoredSignature[]> {
      const rows = await tx
        .selectFrom('signature as s')
        .selectAll('s')
        .where('s.agreement_id', '=', agreementId)
        .orderBy('s.signed_at')
        .orderBy('s.org')
        .execute()
      return rows.map((row) => ({
        id: row.id,
        org: row.org,
        version: row.version,
        signedAt: row.signed_at,
        confirmedAt: row.confirmed_at,
        versionHash: row.version_hash,
        name: row.signatory_name,
        post: row.signatory_post,
        authority: row.authority,
        statements: Array.isArray(row.statements) ? (row.statements as string[]) : [],
      }))
    },

    /** Whether a person has signed or confirmed this agreement for a party other than `org`, in any version (SD-6). */
    async hasSignedForAnother(agreementId: string, { issuer, sub }: Identity, org: string): Promise<boolean> {
      const row = await tx
        .selectFrom('signature as s')
        .select('s.id')
        .where('s.agreement_id', '=', agreementId)
        .where((eb) =>
          eb.or([
            eb.and([eb('s.signatory_issuer', '=', issuer), eb('s.signatory_sub', '=', sub)]),
            eb.and([eb('s.confirmed_issuer', '=', issuer), eb('s.confirmed_by', '=', sub)]),
          ]),
        )
        .where('s.org', '<>', org)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** Whether a person brought this record here, with what it claims. */
    async hasRecorded(agreementId: string, { issuer, sub }: Identity): Promise<boolean> {
      const row = await tx
        .selectFrom('agreement_act as a')
        .select('a.sequence')
        .where('a.agreement_id', '=', agreementId)
        .where('a.actor_issuer', '=', issuer)
        .where('a.actor_sub', '=', sub)
        .where('a.act', '=', 'import')
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** Whether a person has, for `org`, written or frozen this version; an act that names no version is taken to be on every one (SD-1). */
    async hasDrafted(agreementId: string, version: number, { issuer, sub }: Identity, org: string): Promise<boolean> {
      const row = await tx
        .selectFrom('agreement_act as a')
        .select('a.sequence')
        .where('a.agreement_id', '=', agreementId)
        .where('a.actor_issuer', '=', issuer)
        .where('a.actor_sub', '=', sub)
        .where('a.actor_org', '=', org)
        .where('a.act', 'in', ACTS_ON_THE_TEXT)
        .where((eb) => eb.or([eb('a.version', '=', version), eb('a.version', 'is', null)]))
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
