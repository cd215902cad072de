/** Posts and mailboxes of a body by what they are for (domain reference, 3.3 `parties[]`); never people. Pure. */
export type Contacts = Readonly<Record<string, string>>

/** Which contacts apply to a party: what its agreement says, and where that says nothing, what the body says for all. */
export function contactsApplying(agreement: Contacts, organisation: Contacts): Contacts {
  const said = (contacts: Contacts) => Object.entries(contacts).filter(([, value]) => value.trim() !== '')
  return Object.fromEntries([...said(organisation), ...said(agreement)])
}
