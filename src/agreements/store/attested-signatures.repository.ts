import type { Selectable } from 'kysely'
import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { DB } from '../../platform/database/schema.gen.ts'
import type { StatedSignature } from '../model/command.ts'

/** How a signature that was given elsewhere was given. */
export type SignatureWay = 'PAPER' | 'MINUTE' | 'E_SIGN_PRODUCT'

/** What is stated of a signature that was given elsewhere. */
export interface SignatureStatement {
  readonly id: string
  readonly org: string
  readonly held_by: string
  readonly version: number
  readonly version_hash: string
  readonly signatory_name: string
  readonly signatory_post: string
  /** London day. */
  readonly signed_on: string
  readonly way: SignatureWay
  readonly approved_elsewhere: boolean
  /** Keys of the files that show it. */
  readonly evidence: readonly string[]
  readonly stated_at: string
  readonly attested_at: string | null
  readonly disputed_at: string | null
  readonly dispute_reason: string | null
}

/** A statement with the people behind it. */
export interface StoredStatement {
  readonly statement: SignatureStatement
  /** What rules ask of it. */
  readonly facts: StatedSignature
  /** The signatory, where it is a person of the organisation that attests. */
  readonly signatorySub: string | null
}

/** Signatures given elsewhere on one agreement. */
export function attestedSignaturesRepository(tx: Transaction, agreementId: string) {
  const all = () => tx.selectFrom('attested_signature as s').selectAll('s').where('s.agreement_id', '=', agreementId)
  return {
    async add(
      statement: Omit<SignatureStatement, 'attested_at' | 'disputed_at' | 'dispute_reason'>,
      { by, signatorySub }: { readonly by: Identity; readonly signatorySub: string | null },
    ): Promise<void> {
      const { evidence, ...row } = statement
      const people = { stated_by_issuer: by.issuer, stated_by_sub: by.sub, signatory_sub: signatorySub }
      await tx
        .insertInto('attested_signature')
        .values({ agreement_id: agreementId, ...row, evidence: [...evidence], ...people })
        .execute()
    },

    async attest(id: string, by: Identity, at: string): Promise<void> {
      await tx
        .updateTable('attested_signature')
        .set({ attested_at: at, attested_by_issuer: by.issuer, attested_by_sub: by.sub })
        .where('id', '=', id)
        .execute()
    },

    async dispute(id: string, by: Identity, at: string, reason: string): Promise<void> {
      await tx
        .updateTable('attested_signature')
        .set({ disputed_at: at, disputed_by_issuer: by.issuer, disputed_by_sub: by.sub, dispute_reason: reason })
        .where('id', '=', id)
        .execute()
    },

    /** In the order in which they were stated; disputed ones too. */
    async list(): Promise<StoredStatement[]> {
      const rows = await all().orderBy('s.stated_at').orderBy('s.id').execute()
      return rows.map(toStatement)
    },

    async find(id: string): Promise<StoredStatement | undefined> {
      const row = await all().where('s.id', '=', id).executeTakeFirst()
      return row && toStatement(row)
    },
  }
}

function toStatement(row: Selectable<DB['attested_signature']>): StoredStatement {
  const { id, org, held_by, version, version_hash, signatory_name, signatory_post, signed_on, approved_elsewhere, evidence } = row
  const { stated_at, attested_at, disputed_at, dispute_reason } = row
  return {
    statement: {
      ...{ id, org, held_by, version, version_hash, signatory_name, signatory_post, signed_on, approved_elsewhere, evidence },
      ...{ way: row.way as SignatureWay, stated_at, attested_at, disputed_at, dispute_reason },
    },
    facts: {
      ...{ org, heldBy: held_by, version, isAttested: attested_at !== null, isDisputed: disputed_at !== null },
      statedBy: { issuer: row.stated_by_issuer, sub: row.stated_by_sub },
    },
    signatorySub: row.signatory_sub,
  }
}
