import { randomUUID } from 'node:crypto'
import type { Call, CommandResult } from '../../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import { conflictsOf, permits } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { MailingService } from '../../notifications/mail/mailing.service.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { readingAs, withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type Refusal, Refused, refusal, refused } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import { type ConfirmedContact, type Invitation, outsidersRepository } from './outsiders.repository.ts'

export interface InvitationsOptions {
  readonly db: Database
  readonly clock: Clock
  readonly commands: CommandsService
  readonly parties: Pick<PartiesService, 'read' | 'mustBeConfirmed'>
  readonly mailTo: MailingService['mailTo']
  readonly publicUrl: URL
}

/** What a register administrator says of somebody. */
export type NewContact = Pick<ConfirmedContact, 'name' | 'post' | 'address' | 'roles' | 'checked_how'>

/** Days an invitation lasts: absent. */
const DAYS = 14
/** How often one organisation invites a contact in a day: each time is a mail that they did not ask for. */
const INVITATIONS_A_DAY = 10
const DAY_MS = 86_400_000
const NO_AGREEMENT = 'There is no agreement with this reference here.'

export type InvitationsService = ReturnType<typeof invitationsService>

/** People of organisations that have no account here: whose address counts, and to which agreement they are invited. */
export function invitationsService({ db, clock, commands, parties, mailTo, publicUrl }: InvitationsOptions) {
  const contactKind: SubjectKind<ConfirmedContact, WorkDone<ConfirmedContact>> = {
    type: 'contact',
    unknown: 'There is no such contact here.',
    readerFor: () => ({ kind: 'system' }),
    async lock(tx, id) {
      const found = await outsidersRepository(tx).contact(id, true)
      return found && { state: found, version: found.version, actCount: found.actCount }
    },
    admit: (tx, { org }) => parties.mustBeConfirmed(tx, org),
    write: (tx, { id }) => outsidersRepository(tx).addAct('confirmed_contact', id),
    publish: async () => undefined,
    record: ({ id, done, now }) => ({ payload: { at: now, contact: id, detail: done.detail } }),
    known: async (_tx, id) => ({ payload: { contact: id } }),
  }
  const invitationKind: SubjectKind<Invitation, WorkDone<Invitation>> = {
    type: 'invitation',
    unknown: 'There is no such invitation here.',
    readerFor: () => ({ kind: 'system' }),
    async lock(tx, id, { org }) {
      const found = await outsidersRepository(tx).invitation(id, true)
      return found?.invited_by === org ? { state: found, version: found.version, actCount: found.actCount } : undefined
    },
    admit: (tx, { org }) => parties.mustBeConfirmed(tx, org),
    write: (tx, { id }) => outsidersRepository(tx).addAct('outside_invitation', id),
    publish: async () => undefined,
    record: ({ id, done, now }) => ({ payload: { at: now, invitation: id, detail: done.detail } }),
    known: async () => undefined,
  }
  const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, { kind: 'system' }, work)
  const maySee = (tx: Transaction, org: string, agreement: string) =>
    readingAs(tx, { kind: 'party', org }, () => outsidersRepository(tx).maySee(agreement))
  const takesPart = (tx: Transaction, org: string, agreement: string, now: string) =>
    readingAs(tx, { kind: 'party', org }, () => outsidersRepository(tx).takesPart(agreement, now))

  /** The invitations to an agreement that an organisation sees, its own alone where its part has ended; undefined: none, and it may not know the agreement. */
  async function seen(tx: Transaction, org: string, agreement: string): Promise<readonly Invitation[] | undefined> {
    const isParty = await takesPart(tx, org, agreement, clock().toISOString())
    const invitations = await outsidersRepository(tx).invitationsTo(agreement, isParty ? null : org)
    return invitations.length > 0 || (await maySee(tx, org, agreement)) ? invitations : undefined
  }

  return {
    /** Confirms that an address is somebody's, by a register administrator: never by a party to what they will be asked to sign. */
    confirmContact: (call: Call, org: string, asked: NewContact): Promise<CommandResult<ConfirmedContact>> =>
      commands.create<ConfirmedContact, WorkDone<ConfirmedContact>>(
        contactKind as never,
        { ...call, act: 'confirm', event: 'contact.confirmed' },
        async ({ tx, principal, now, newId }) => {
          if ((await parties.read(tx, [org])).length === 0) throw refused('NOT_FOUND', 'There is no organisation with this code.')
          const apart = asked.roles.flatMap((role) => conflictsOf(role, asked.roles))
          if (apart[0])
            throw new Refused(
              refusal('UNPROCESSABLE', `One person does not hold these roles together (${apart[0].rule}).`, [
                { pointer: '/roles', detail: 'holds roles that are kept apart', code: apart[0].rule },
              ]),
            )
          const contact = { ...asked, id: newId(), org, confirmed_at: now, confirmed_by: principal.org, withdrawn_at: null }
          if (!(await outsidersRepository(tx).addContact(contact))) throw refused('CONFLICT', 'The address is that of a contact already.')
          return { id: contact.id, detail: { org, post: contact.post, roles: contact.roles }, outcome: contact }
        },
      ),

    /** Withdraws a contact: whatever it was invited to ends with it, at once. */
    withdrawContact: (call: Call, org: string, id: string): Promise<CommandResult<ConfirmedContact>> =>
      commands.perform<ConfirmedContact, ConfirmedContact, WorkDone<ConfirmedContact>>(
        contactKind,
        { ...call, id, act: 'withdraw', event: 'contact.withdrawn' },
        async ({ tx, state, now }) => {
          if (state.org !== org) throw refused('NOT_FOUND', contactKind.unknown)
          if (state.withdrawn_at !== null) throw refused('ILLEGAL_STATE', 'The contact is withdrawn.')
          await outsidersRepository(tx).withdrawContact(id, now)
          return { detail: { org }, outcome: { ...contactOf(state), withdrawn_at: now } }
        },
      ),

    /** The contacts of some organisations; names and addresses for whoever confirms them alone. */
    async contacts(principal: Principal, orgs: readonly string[]) {
      const found = await asSystem((tx) => outsidersRepository(tx).contactsOf(orgs))
      const isAll = permits(principal.roles, 'organisation:confirm')
      return isAll ? found : found.map((one) => ({ ...one, name: null, address: null, checked_how: null }))
    },

    /** Invites a contact to one agreement that its organisation is a party to. @throws Refused with the rule, where there is none */
    invite: (
      call: Call,
      agreement: string,
      { contact: id, days = DAYS }: { readonly contact: string; readonly days?: number | undefined },
    ) =>
      commands.create<Invitation, WorkDone<Invitation>>(
        invitationKind as never,
        { ...call, act: 'invite', event: 'invitation.made' },
        async ({ tx, principal, now, newId }) => {
          if (!(await maySee(tx, principal.org, agreement))) throw refused('NOT_FOUND', NO_AGREEMENT)
          if (!(await takesPart(tx, principal.org, agreement, now)))
            throw refused('FORBIDDEN', 'The part of your organisation in this agreement has ended: it invites nobody to it.')
          const outsiders = outsidersRepository(tx)
          // Locked, so that its invitations are counted one after the other.
          const contact = await outsiders.contact(id, true)
          if (!contact || contact.withdrawn_at !== null)
            throw wrong('is not a contact that a register administrator confirmed', 'CONTACT_NOT_CONFIRMED')
          if (!(await takesPart(tx, contact.org, agreement, now)))
            throw wrong('is of an organisation that is no party', 'CONTACT_NOT_OF_A_PARTY')
          if (await maySee(tx, contact.confirmed_by, agreement))
            throw wrong('was confirmed by a party to the agreement', 'CONTACT_CONFIRMED_BY_PARTY')
          if (await outsiders.hasPeople(contact.org))
            throw wrong('is of an organisation whose people have accounts', 'ORGANISATION_HAS_PEOPLE')
          const counting = await outsiders.countingInvitation(id, agreement, now)
          if (counting)
            throw refused(
              'CONFLICT',
              `The contact is invited to this agreement until ${counting.expires_at}: withdraw that invitation first.`,
            )
          const since = new Date(Date.parse(now) - DAY_MS).toISOString()
          if ((await outsiders.invitationsSince(id, principal.org, since)) >= INVITATIONS_A_DAY)
            throw refused('TOO_MANY_REQUESTS', `An organisation invites a contact ${INVITATIONS_A_DAY} times in a day at most.`, [], {
              retryAfterSeconds: 3_600,
            })
          const expires_at = new Date(Date.parse(now) + days * DAY_MS).toISOString()
          const invitation: Invitation = {
            ...{ id: newId(), agreement_id: agreement, contact_id: id, org: contact.org, invited_by: principal.org },
            ...{ created_at: now, expires_at, withdrawn_at: null, locked_at: null },
          }
          // The link stands in the mail alone: whoever invites cannot use it, nor use up its tries.
          const link = randomUUID()
          await outsiders.addInvitation(invitation, link)
          const filled = {
            ...{ authority: contact.org, inviter: principal.org, until: expires_at.slice(0, 10) },
            link: new URL(`/invitations/${link}`, publicUrl).href,
          }
          await mailTo(tx, { org: contact.org, address: contact.address, text: 'OUTSIDE_INVITATION', filled })
          return { id: invitation.id, detail: { agreement, contact: id, expires_at }, outcome: invitation }
        },
      ),

    /** Withdraws an invitation, by the organisation that made it, also once its part has ended: a session that it opened ends at once. */
    async withdraw(call: Call, agreement: string, id: string): Promise<CommandResult<Invitation>> {
      if (!(await asSystem((tx) => seen(tx, call.principal.org, agreement)))) return refuse(refusal('NOT_FOUND', NO_AGREEMENT))
      return commands.perform<Invitation, Invitation, WorkDone<Invitation>>(
        invitationKind,
        { ...call, id, act: 'withdraw', event: 'invitation.withdrawn' },
        async ({ tx, state, now }) => {
          if (state.agreement_id !== agreement) throw refused('NOT_FOUND', invitationKind.unknown)
          if (state.withdrawn_at !== null) throw refused('ILLEGAL_STATE', 'The invitation is withdrawn.')
          await outsidersRepository(tx).withdrawInvitation(id, now)
          return { detail: { agreement }, outcome: { ...invitationOf(state), withdrawn_at: now } }
        },
      )
    },

    /** Who is invited to an agreement, for its parties; for an organisation whose part has ended, whom it invited itself. */
    list: (principal: Principal, agreement: string): Promise<Result<{ readonly invitations: readonly Invitation[] }, Refusal>> =>
      asSystem(async (tx) => {
        const invitations = await seen(tx, principal.org, agreement)
        return invitations ? ok({ invitations }) : refuse(refusal('NOT_FOUND', NO_AGREEMENT))
      }),
  }
}

function contactOf({ id, org, name, post, address, roles, checked_how, confirmed_at, confirmed_by, withdrawn_at }: ConfirmedContact) {
  return { id, org, name, post, address, roles, checked_how, confirmed_at, confirmed_by, withdrawn_at }
}

function invitationOf({ id, agreement_id, contact_id, org, invited_by, created_at, expires_at, withdrawn_at, locked_at }: Invitation) {
  return { id, agreement_id, contact_id, org, invited_by, created_at, expires_at, withdrawn_at, locked_at }
}

function wrong(detail: string, code: string): Refused {
  return new Refused(refusal('UNPROCESSABLE', 'The contact cannot be invited.', [{ pointer: '/contact', detail, code }]))
}
