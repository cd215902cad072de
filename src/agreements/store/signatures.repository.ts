import { sql } from 'kysely'
import type { Authentication, Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { grouped } from '../../platform/kernel/grouped.ts'
import type { Person } from '../../workflow/model/sign-off.ts'
import type { SignatureRecord } from '../agreement-view.ts'
import { SIGNING_STATEMENTS_EDITION } from '../model/signed-text.ts'

/** What is stored when somebody signs: who, in which post, by what authority, which hash, when. */
export interface NewSignature {
  readonly id: string
  readonly agreementId: string
  readonly org: string
  readonly version: number
  readonly by: Identity
  readonly signedAt: string
  readonly versionHash: string
  readonly name: string
  readonly post: string
  readonly authority: string
  readonly statements: readonly string[]
  readonly authentication: Authentication | null
  /** Whom the signatory stood in for. */
  readonly deputyFor: Identity | null
}

/** Acts by which a person has a hand in the text of a version (SD-1). */
const ACTS_ON_THE_TEXT = ['create', 'edit', 'freeze', 'amend', 'renew']

/** Every signature on some agreements, unconfirmed ones included, by agreement; of one by version and in the order of time. */
export async function signaturesOf(tx: Transaction, ids: readonly string[]): Promise<(id: string) => readonly SignatureRecord[]> {
  const rows = await tx
    .selectFrom('signature as s')
    .select(['s.agreement_id', 's.org', 's.version', 's.signed_at', 's.version_hash', 's.signatory_name', 's.signatory_post'])
    .select(['s.authority', 's.confirmed_at', 's.statements', 's.statements_edition', 's.signatory_sub', 's.deputy_for_sub'])
    .select(['s.authenticated_at', 's.authentication_level', 's.authentication_methods', 's.carried_from_version', 's.objected_at'])
    .where('s.agreement_id', 'in', [...ids])
    .orderBy('s.version')
    .orderBy('s.signed_at')
    .orderBy('s.org')
    .execute()
  const found = grouped(rows, ({ agreement_id }) => agreement_id)
  return (id) =>
    found(id).map(({ agreement_id: _, statements, signatory_sub, deputy_for_sub, authenticated_at, authentication_level, ...row }) => {
      const { authentication_methods: methods, carried_from_version: from, ...signature } = row
      return {
        ...signature,
        carried_from: from === null || signature.version_hash === null ? null : { version: from, hash: signature.version_hash },
        statements: statements as readonly string[] | null,
        signatory: signatory_sub,
        deputy_for: deputy_for_sub,
        authentication: methods === null ? null : { at: authenticated_at, level: authentication_level, methods },
      }
    })
}

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
          statements_edition: SIGNING_STATEMENTS_EDITION,
          authenticated_at: signature.authentication?.at ?? null,
          authentication_level: signature.authentication?.level ?? null,
          authentication_methods: signature.authentication ? [...signature.authentication.methods] : null,
          deputy_for_issuer: signature.deputyFor?.issuer ?? null,
          deputy_for_sub: signature.deputyFor?.sub ?? null,
        })
        .execute()
    },

    /**
     * Lets the signature of a party on one version count for a later one from an instant on: the same signature, with everything that was
     * recorded of it. Of one that was carried itself, what was really signed is named.
     */
    async carry(id: string, agreementId: string, org: string, by: { readonly from: number; readonly to: number; readonly at: string }) {
      await sql`insert into signature (id, agreement_id, version, org, signed_at, confirmed_at, confirmed_issuer, confirmed_by, version_hash,
          signatory_issuer, signatory_sub, signatory_name, signatory_post, authority, statements, statements_edition,
          authenticated_at, authentication_level, authentication_methods, deputy_for_issuer, deputy_for_sub, carried_from_version)
        select ${id}::uuid, s.agreement_id, ${by.to}::int, s.org, s.signed_at, ${by.at}::timestamptz, s.confirmed_issuer, s.confirmed_by, s.version_hash,
          s.signatory_issuer, s.signatory_sub, s.signatory_name, s.signatory_post, s.authority, s.statements, s.statements_edition,
          s.authenticated_at, s.authentication_level, s.authentication_methods, s.deputy_for_issuer, s.deputy_for_sub,
          coalesce(s.carried_from_version, s.version)
        from signature s where s.agreement_id = ${agreementId} and s.org = ${org} and s.version = ${by.from}::int`.execute(tx)
    },

    /** Notes that a party objects to a change that its signature was carried over to. */
    async object(agreementId: string, version: number, org: string, at: string): Promise<void> {
      await tx
        .updateTable('signature')
        .set({ objected_at: at })
        .where('agreement_id', '=', agreementId)
        .where('version', '=', version)
        .where('org', '=', org)
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

    /** Every signature on an agreement, unconfirmed ones included, by version and in the order of time. */
    of: async (agreementId: string): Promise<readonly SignatureRecord[]> => (await signaturesOf(tx, [agreementId]))(agreementId),

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
    hasRecorded: (agreementId: string, person: Identity): Promise<boolean> =>
      exists(actsOf(agreementId, person).where('a.act', '=', 'import')),

    /** Everybody who has written or frozen the text of this version, for whichever party (SD-1). */
    drafters: (agreementId: string, version: number): Promise<Person[]> =>
      tx
        .selectFrom('agreement_act as a')
        .select(['a.actor_issuer as issuer', 'a.actor_sub as sub', 'a.actor_org as org'])
        .distinct()
        .where('a.agreement_id', '=', agreementId)
        .where('a.act', 'in', ACTS_ON_THE_TEXT)
        .where(isOnTheTextOf(version))
        .execute(),

    /** Whether a person has, for whichever party, written or frozen the text of this version (SD-1). */
    hasDrafted: (agreementId: string, version: number, person: Identity): Promise<boolean> =>
      exists(actsOf(agreementId, person).where('a.act', 'in', ACTS_ON_THE_TEXT).where(isOnTheTextOf(version))),
  }

  /**
   * Whether an act was on a version, or on a frozen text before it that two parties have not signed yet: what was returned and put
   * right is the work of both. An act that names no version is taken to be on every one.
   */
  function isOnTheTextOf(version: number) {
    return sql<boolean>`(a.version is null or a.version = ${version} or a.version < ${version}
      and exists (select from agreement_version v
        where v.agreement_id = a.agreement_id and v.version = a.version and v.status in ('APPROVED', 'SUPERSEDED'))
      and not exists (select from signature s
        where s.agreement_id = a.agreement_id and s.version >= a.version and s.version < ${version} and s.confirmed_at is not null and s.carried_from_version is null
        group by s.version having count(*) > 1))`
  }

  function actsOf(agreementId: string, { issuer, sub }: Identity) {
    return tx
      .selectFrom('agreement_act as a')
      .select('a.sequence')
      .where('a.agreement_id', '=', agreementId)
      .where('a.actor_issuer', '=', issuer)
      .where('a.actor_sub', '=', sub)
  }

  async function exists(acts: ReturnType<typeof actsOf>): Promise<boolean> {
    return (await acts.limit(1).executeTakeFirst()) !== undefined
  }
}
