import type { Call, CommandResult } from '../commands/command.ts'
import { permits } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import { refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, refuse } from '../platform/kernel/result.ts'
import { contactsRepository } from './contacts.repository.ts'
import type { Contacts } from './contacts.ts'
import { partiesRepository } from './parties.repository.ts'
import { registerReader } from './parties.service.ts'
import type { RegisterActs, RegisterContext } from './register-act.service.ts'

/** The contacts of a body as they are shown: only to whoever works with it. */
export interface KeptContacts {
  readonly organisation: string
  readonly contacts: Contacts
}

export type ContactsService = ReturnType<typeof contactsService>

/** Contacts that a body keeps once, for every agreement that does not say otherwise. */
export function contactsService({ db, acts }: { readonly db: Database; readonly acts: RegisterActs }) {
  return {
    /** The contacts of bodies, as far as this transaction's reader may see them. Joins the transaction. */
    of: (tx: Transaction, orgs: readonly string[]): Promise<ReadonlyMap<string, Contacts>> => contactsRepository(tx).of(orgs),

    /** What a body does not say itself is taken from one that turned out to be it. Joins the transaction. */
    async fillFrom({ tx, principal, now }: RegisterContext, from: string, into: string): Promise<void> {
      const repository = contactsRepository(tx)
      const kept = await repository.of([from, into])
      if (kept.has(from)) await repository.put(into, { ...kept.get(from), ...kept.get(into) }, principal.org, now)
    },

    /** Refused where there is no such body, or none whose contacts the caller may see. */
    read: (principal: Principal, code: string): Promise<CommandResult<KeptContacts>> =>
      withTransactionAs(db, registerReader(principal), async (tx) => {
        const version = await partiesRepository(tx).version(code)
        const found = (await contactsRepository(tx).of([code])).get(code)
        // Own contacts can be read before there are any: whoever writes them first needs the state.
        if (version === undefined || (!found && !mayWriteFor(principal, code)))
          return refuse(refusal('NOT_FOUND', 'There are no contacts here that you may see.'))
        return ok({ outcome: { organisation: code, contacts: found ?? {} }, version })
      }),

    /**
     * Writes the contacts of a body: its own people, a register administrator, or while nobody has confirmed it whoever proposed it.
     * Refused to anybody else, and for a body that was merged.
     */
    write: (call: Call, code: string, contacts: Contacts): Promise<CommandResult<KeptContacts>> =>
      acts.perform(
        { ...call, kind: 'ORGANISATION', code, act: 'contacts', event: 'organisation.contacts_changed' },
        async ({ tx, principal, now }) => {
          const parties = partiesRepository(tx)
          const [found] = await parties.read([code])
          if (found?.status === 'MERGED') throw refused('ILLEGAL_STATE', `${code} was merged into ${found.merged_into}.`)
          const isProposer = found?.status === 'UNCONFIRMED' && (await parties.proposer(code))?.org === principal.org
          if (!isProposer && !mayWriteFor(principal, code))
            throw refused('FORBIDDEN', 'A body, or a register administrator for it, says how it is reached.')
          const before = (await contactsRepository(tx).of([code])).get(code) ?? {}
          await contactsRepository(tx).put(code, contacts, principal.org, now)
          const names = [...new Set([...Object.keys(before), ...Object.keys(contacts)])].toSorted()
          // Which ones, never what they say: the history is read by more people than the contacts are.
          return {
            id: code,
            detail: { changed: names.filter((name) => before[name] !== contacts[name]) },
            outcome: { organisation: code, contacts },
          }
        },
      ),
  }
}

function mayWriteFor(principal: Principal, code: string): boolean {
  return principal.org === code || permits(principal.roles, 'organisation:confirm')
}
