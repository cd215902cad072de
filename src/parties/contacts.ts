/** Posts and mailboxes of a body by what they are for (domain reference, 3.3 `parties[]`); never people. Pure. */
export type Contacts = Readonly<Record<string, string>>

/** Which contacts apply to a party: what its agreement says, and where that says nothing, what the body says for all. */
export function contactsApplying(agreement: Contacts, organisation: Contacts): Contacts {
  const said = (contacts: Contacts) => Object.entries(contacts).filter(([, value]) => value.trim() !== '')
  return Object.fromEntries([...said(organisation), ...said(agreement)])
}

/** What a mailbox is called among the contacts: that of information governance first, then of the data protection officer. */
const MAILBOXES = ['ig', 'dpo']
const ADDRESS = /[^\s<>()[\]:;,"@]+@[^\s<>()[\]:;,"@]+\.[a-z]{2,}/i

/** The mailbox of a body for whatever nobody of it can be told by name: the first contact that holds an address; undefined: none does. */
export function mailboxAmong(contacts: Contacts): string | undefined {
  return MAILBOXES.flatMap((name) => ADDRESS.exec(contacts[name] ?? '')?.[0] ?? [])[0]
}
