import { sql } from 'kysely'
import type { Role } from '../../identity/permissions.ts'
import type { Transaction } from '../../platform/database/database.ts'

/** Somebody of an organisation whose address a register administrator confirmed. */
export interface ConfirmedContact {
  readonly id: string
  readonly org: string
  readonly name: string
  readonly post: string
  readonly address: string
  readonly roles: readonly Role[]
  /** How it was checked that the address is theirs, in words. */
  readonly checked_how: string
  readonly confirmed_at: string
  /** Code of the administrator's organisation. */
  readonly confirmed_by: string
  readonly withdrawn_at: string | null
}

/** A contact invited to one agreement. */
export interface Invitation {
  readonly id: string
  readonly agreement_id: string
  readonly contact_id: string
  readonly org: string
  readonly invited_by: string
  readonly created_at: string
  readonly expires_at: string
  readonly withdrawn_at: string | null
  readonly locked_at: string | null
}

/** What proves a code; whoever holds the row holds the only chance to try one. */
export interface CodeState extends Invitation {
  readonly wrong_codes: number
  readonly code_hash: string | null
  readonly code_expires_at: string | null
  readonly codes_sent: readonly string[]
}

interface Versioned {
  readonly version: string
  readonly actCount: number
}

const CONTACT = ['id', 'org', 'name', 'post', 'address', 'roles', 'checked_how', 'confirmed_at', 'confirmed_by', 'withdrawn_at'] as const
const INVITATION = [
  'id',
  'agreement_id',
  'contact_id',
  'org',
  'invited_by',
  'created_at',
  'expires_at',
  'withdrawn_at',
  'locked_at',
] as const

/** Rows that a list shows at most. */
const LISTED_MAX = 200

/** Contacts, invitations and sessions of people without an account. */
export function outsidersRepository(tx: Transaction) {
  return {
    /** False: the address is a contact's already. */
    async addContact(contact: ConfirmedContact): Promise<boolean> {
      const row = await tx
        .insertInto('confirmed_contact')
        .values({ ...contact, roles: [...contact.roles] })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },

    async contact(id: string, isLocked = false): Promise<(ConfirmedContact & Versioned) | undefined> {
      const row = await tx
        .selectFrom('confirmed_contact')
        .select([...CONTACT, 'row_version', 'act_count'])
        .where('id', '=', id)
        .$if(isLocked, (query) => query.forUpdate())
        .executeTakeFirst()
      if (!row) return undefined
      const { row_version, act_count, roles, ...contact } = row
      return { ...contact, roles: roles as Role[], version: row_version, actCount: Number(act_count) }
    },

    /** Those of some organisations, the last confirmed first and those that were withdrawn at the end. */
    async contactsOf(orgs: readonly string[]): Promise<ConfirmedContact[]> {
      if (orgs.length === 0) return []
      const found = tx.selectFrom('confirmed_contact').select(CONTACT).where('org', 'in', orgs)
      const rows = await found
        .orderBy('withdrawn_at', (order) => order.desc().nullsFirst())
        .orderBy('id', 'desc')
        .limit(LISTED_MAX * orgs.length)
        .execute()
      return rows.map(({ roles, ...row }) => ({ ...row, roles: roles as Role[] }))
    },

    async withdrawContact(id: string, at: string): Promise<void> {
      await tx.updateTable('confirmed_contact').set({ withdrawn_at: at }).where('id', '=', id).execute()
    },

    async addInvitation(invitation: Invitation, link: string): Promise<void> {
      await tx
        .insertInto('outside_invitation')
        .values({ ...invitation, link })
        .execute()
    },

    async invitation(id: string, isLocked = false): Promise<(Invitation & Versioned) | undefined> {
      const row = await tx
        .selectFrom('outside_invitation')
        .select([...INVITATION, 'row_version', 'act_count'])
        .where('id', '=', id)
        .$if(isLocked, (query) => query.forUpdate())
        .executeTakeFirst()
      if (!row) return undefined
      const { row_version, act_count, ...invitation } = row
      return { ...invitation, version: row_version, actCount: Number(act_count) }
    },

    /** Those to an agreement, of all who made them or of one organisation, the last made first. */
    async invitationsTo(agreement: string, madeBy: string | null): Promise<Invitation[]> {
      const rows = tx
        .selectFrom('outside_invitation')
        .select(INVITATION)
        .where('agreement_id', '=', agreement)
        .$if(madeBy !== null, (query) => query.where('invited_by', '=', madeBy))
      return rows.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(LISTED_MAX).execute()
    },

    /** The invitation of a contact to an agreement that counts at an instant. */
    async countingInvitation(contact: string, agreement: string, now: string): Promise<Invitation | undefined> {
      return tx
        .selectFrom('outside_invitation')
        .select(INVITATION)
        .where('contact_id', '=', contact)
        .where('agreement_id', '=', agreement)
        .where('expires_at', '>', now)
        .where('withdrawn_at', 'is', null)
        .where('locked_at', 'is', null)
        .executeTakeFirst()
    },

    /** Whose invitations to an agreement, for an organisation, count at an instant. */
    async invitedTo(org: string, agreement: string, now: string) {
      const rows = await tx
        .selectFrom('outside_invitation as i')
        .innerJoin('confirmed_contact as c', 'c.id', 'i.contact_id')
        .select(['c.id as contact', 'c.roles', 'c.address', 'i.link'])
        .where('i.agreement_id', '=', agreement)
        .where('i.org', '=', org)
        .where('i.expires_at', '>', now)
        .where('i.withdrawn_at', 'is', null)
        .where('i.locked_at', 'is', null)
        .where('c.withdrawn_at', 'is', null)
        .orderBy('i.id')
        .limit(LISTED_MAX)
        .execute()
      return rows.map(({ roles, ...row }) => ({ ...row, roles: roles as Role[] }))
    },

    /** How often an organisation has invited a contact since an instant, to whatever agreement. */
    async invitationsSince(contact: string, invitedBy: string, since: string): Promise<number> {
      const { count } = await tx
        .selectFrom('outside_invitation')
        .select((eb) => eb.fn.countAll<string>().as('count'))
        .where('contact_id', '=', contact)
        .where('invited_by', '=', invitedBy)
        .where('created_at', '>', since)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    async withdrawInvitation(id: string, at: string): Promise<void> {
      await tx.updateTable('outside_invitation').set({ withdrawn_at: at }).where('id', '=', id).execute()
    },

    /** Notes one more act on a contact or an invitation; answers the new version. */
    async addAct(table: 'confirmed_contact' | 'outside_invitation', id: string): Promise<string> {
      const row = await tx
        .updateTable(table)
        .set((eb) => ({ row_version: eb('row_version', '+', '1'), act_count: eb('act_count', '+', '1') }))
        .where('id', '=', id)
        .returning('row_version')
        .executeTakeFirstOrThrow()
      return row.row_version
    },

    /** The invitation of a link with its code, locked: of two who try at once the second sees what the first left. */
    async lockCode(link: string): Promise<CodeState | undefined> {
      return tx
        .selectFrom('outside_invitation')
        .select([...INVITATION, 'wrong_codes', 'code_hash', 'code_expires_at', 'codes_sent'])
        .where('link', '=', link)
        .forUpdate()
        .executeTakeFirst()
    },

    async keepCode(id: string, code: Pick<CodeState, 'code_hash' | 'code_expires_at'> & Partial<Pick<CodeState, 'codes_sent'>>) {
      const { codes_sent, ...rest } = code
      await tx
        .updateTable('outside_invitation')
        .set({ ...rest, ...(codes_sent ? { codes_sent: [...codes_sent] } : {}) })
        .where('id', '=', id)
        .execute()
    },

    async noteWrongCode(id: string, wrong: number, lockedAt: string | null): Promise<void> {
      await tx.updateTable('outside_invitation').set({ wrong_codes: wrong, locked_at: lockedAt }).where('id', '=', id).execute()
    },

    /** Opens a session, and closes those before it: an invitation has one at a time. */
    async openSession(tokenHash: string, invitationId: string, openedAt: string, expiresAt: string): Promise<void> {
      await tx.deleteFrom('outside_session').where('invitation_id', '=', invitationId).execute()
      const row = { token_hash: tokenHash, invitation_id: invitationId, opened_at: openedAt, expires_at: expiresAt }
      await tx.insertInto('outside_session').values(row).execute()
    },

    async closeSession(tokenHash: string): Promise<void> {
      await tx.deleteFrom('outside_session').where('token_hash', '=', tokenHash).execute()
    },

    /** Takes away the sessions that had ended by an instant. */
    async forgetSessions(now: string): Promise<void> {
      await tx.deleteFrom('outside_session').where('expires_at', '<=', now).execute()
    },

    /** Whose session it is at an instant: as long as contact, invitation and session all count. */
    async sessionOf(tokenHash: string, now: string) {
      return tx
        .selectFrom('outside_session as s')
        .innerJoin('outside_invitation as i', 'i.id', 's.invitation_id')
        .innerJoin('confirmed_contact as c', 'c.id', 'i.contact_id')
        .select(['i.agreement_id', 'i.org', 'i.link', 'c.id as contact_id', 'c.name', 'c.roles', 's.opened_at', 's.expires_at'])
        .where('s.token_hash', '=', tokenHash)
        .where('s.expires_at', '>', now)
        .where('i.expires_at', '>', now)
        .where('i.withdrawn_at', 'is', null)
        .where('i.locked_at', 'is', null)
        .where('c.withdrawn_at', 'is', null)
        .executeTakeFirst()
    },

    /** Whether this transaction's reader may see an agreement. */
    async maySee(agreement: string): Promise<boolean> {
      const found = await sql<{ may: boolean }>`select public.may_see_agreement(${agreement}) as may`.execute(tx)
      return found.rows[0]?.may === true
    },

    /** Whether this transaction's reader takes part in an agreement, or keeps it, at an instant: its part has not ended. */
    async takesPart(agreement: string, now: string): Promise<boolean> {
      const found = await sql<{ is: boolean | null }>`select public.knows_agreement_until(${agreement}) > ${now} as is`.execute(tx)
      return found.rows[0]?.is === true
    },

    async isSignOffOf(signOff: string, agreement: string): Promise<boolean> {
      const found = await sql<{ is: boolean }>`select public.sign_off_is_of(${signOff}, ${agreement}) as is`.execute(tx)
      return found.rows[0]?.is === true
    },

    /** Whether somebody holds a role in an organisation here, or may from some day on. */
    async hasPeople(org: string): Promise<boolean> {
      const row = await tx.selectFrom('held_role').select('id').where('org', '=', org).where('ended_at', 'is', null).executeTakeFirst()
      return row !== undefined
    },
  }
}
