import * as parts from '../../agreements/drafting/draft-parts.service.ts'
import { contactsPart } from '../../agreements/drafting/record-parts.service.ts'
import { isLondonAuthority, type RegisteredOrganisation } from '../../parties/organisation.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import type { Choice, FormField } from './answers.ts'
import { said, several } from './answers.ts'
import { type DraftContext, type Step, step } from './steps.pages.ts'

const LIST = { path: 'parties', text: 'Parties' }
/** How the part of a party is described until somebody says otherwise. */
const NEW_PARTY = { role: 'CONTROLLER', capacities: [] }

/** The parties as the part of the API takes them; contacts that are left out stay. */
const entriesOf = ({ view }: DraftContext) =>
  view.parties.filter(({ left_at }) => left_at === null).map(({ org, role, capacities }) => ({ org, role, capacities }))

/** Organisations that may be chosen: those that are there, under one name. */
export function choosable(organisations: readonly RegisteredOrganisation[]): readonly RegisteredOrganisation[] {
  return organisations
    .filter(({ merged_into, active_to }) => !merged_into && active_to === null)
    .toSorted((one, other) => one.short_name.localeCompare(other.short_name, 'en-GB'))
}

/** An organisation as a choice. */
export function asChoice({ code, short_name, legal_name, status }: RegisteredOrganisation): Choice {
  const hint = [legal_name === short_name ? '' : legal_name, status === 'UNCONFIRMED' ? 'not yet confirmed in the register' : '']
  const said = hint.filter((one) => one !== '').join(', ')
  return { value: code, text: short_name, ...(said === '' ? {} : { hint: said }) }
}

const boroughs = step<'putDraftParties'>({
  path: 'parties/boroughs',
  operation: 'putDraftParties',
  part: () => parts.partiesPart,
  partName: 'parties',
  title: () => 'Which London boroughs take part?',
  intro: ({ view, nameOf }) => [
    `${view.owner_org === null ? 'The organisation that keeps the text' : nameOf(view.owner_org)} keeps the text. You add other organisations on the next page.`,
  ],
  fields: ({ organisations }) => [
    { name: 'boroughs', label: 'Boroughs', kind: 'checkboxes', choices: choosable(organisations.filter(isLondonAuthority)).map(asBorough) },
  ],
  answers: (context) => ({ boroughs: boroughsAmong(context) }),
  body(answers, context) {
    const chosen = several(answers, 'boroughs')
    const london = boroughCodes(context)
    const kept = entriesOf(context).filter(({ org }) => !london.has(org) || chosen.includes(org))
    const added = chosen.filter((org) => !kept.some((party) => party.org === org)).map((org) => ({ org, ...NEW_PARTY }))
    return { parties: [...kept, ...added] }
  },
  back: () => LIST,
  next: () => 'parties',
})

const asBorough = ({ code, short_name }: RegisteredOrganisation): Choice => ({ value: code, text: short_name })
const boroughCodes = ({ organisations }: DraftContext) => new Set(organisations.filter(isLondonAuthority).map(({ code }) => code))
const boroughsAmong = (context: DraftContext) =>
  entriesOf(context)
    .map(({ org }) => org)
    .filter((org) => boroughCodes(context).has(org))

const others = step<'putDraftParties'>({
  path: 'parties/others',
  operation: 'putDraftParties',
  part: () => parts.partiesPart,
  partName: 'parties',
  title: () => 'Which other organisations take part?',
  intro: () => [
    'Police, health bodies, government departments and others of the register. One that is missing has to be proposed to whoever keeps the register first.',
  ],
  fields: ({ organisations, view }) => {
    const there = new Set(view.parties.map(({ org }) => org))
    const open = choosable(organisations).filter((one) => !isLondonAuthority(one) && !there.has(one.code))
    return [{ name: 'others', label: 'Organisations', kind: 'checkboxes', choices: open.map(asChoice) }]
  },
  // Whoever is ticked is added to whoever is there: nobody is taken away here, so that two may add at once.
  answers: () => ({ others: [] }),
  body: (answers, context) => ({
    parties: [...entriesOf(context), ...several(answers, 'others').map((org) => ({ org, ...NEW_PARTY }))],
  }),
  back: () => LIST,
  next: () => 'parties',
})

/** The party that the address names, and its place. @throws Refused where there is none */
function partyOf(context: DraftContext) {
  const index = entriesOf(context).findIndex(({ org }) => org === context.params['org'])
  const entry = entriesOf(context)[index]
  const party = context.view.parties.find(({ org }) => org === entry?.org)
  if (!entry || !party) throw refused('NOT_FOUND', 'This organisation is not a party of the agreement.')
  return { entry, party, index }
}

const role = step<'putDraftParties'>({
  path: 'parties/:org/role',
  operation: 'putDraftParties',
  part: () => parts.partiesPart,
  partName: 'parties',
  members: ({ params }) => [params['org'] ?? ''],
  at: (context) => `/parties/${partyOf(context).index}`,
  title: (context) => `What part does ${context.nameOf(partyOf(context).entry.org)} take?`,
  fields: ({ choices }) => [
    { name: 'role', label: 'Role in data protection law', kind: 'radios', choices: choices('PARTY_ROLE') },
    {
      ...{ name: 'capacities', label: 'In which functions?', kind: 'checkboxes', choices: choices('PARTY_CAPACITY') },
      hint: 'Some laws allow sharing only with an organisation in a certain function',
    },
  ],
  answers(context) {
    const { entry } = partyOf(context)
    return { role: entry.role, capacities: entry.capacities }
  },
  body(answers, context) {
    const { index } = partyOf(context)
    const changed = { role: said(answers, 'role'), capacities: several(answers, 'capacities') }
    return { parties: entriesOf(context).map((entry, at) => (at === index ? { ...entry, ...changed } : entry)) }
  },
  back: () => LIST,
  next: () => 'parties',
})

/** Contacts in the order in which they are asked for, and what each is for. */
const CONTACTS: readonly (readonly [name: string, label: string])[] = [
  ['signatory_post', 'The post that signs'],
  ['ig', 'Information governance'],
  ['dpo', 'Data protection officer'],
  ['sar', 'Requests of people for their data'],
  ['complaint', 'Complaints'],
  ['breach', 'Breaches, reached at any hour'],
  ['lead', 'Who leads on sharing'],
  ['siro', 'Senior information risk owner'],
  ['caldicott', 'Caldicott Guardian'],
  ['security', 'Information security'],
  ['foi', 'Requests for information (FOI)'],
]

const contacts = step<'putPartyContacts'>({
  path: 'parties/:org/contacts',
  operation: 'putPartyContacts',
  part: ({ params }) => contactsPart(params['org'] ?? ''),
  partName: 'contacts',
  title: (context) => `Contacts of ${context.nameOf(partyOf(context).entry.org)}`,
  intro: () => [
    'Posts and mailboxes, not people. What you leave empty is taken from what the organisation says for all its agreements, where it says something.',
  ],
  fields: (context): FormField[] => {
    const { organisation_contacts: known } = partyOf(context).party
    return CONTACTS.map(([name, label]) => ({
      ...{ name, label, kind: 'text' },
      ...(known[name] ? { hint: `For all agreements: ${known[name]}` } : {}),
    }))
  },
  answers(context) {
    const { contacts } = partyOf(context).party
    return Object.fromEntries(CONTACTS.map(([name]) => [name, contacts[name] ?? '']))
  },
  body: (answers) => Object.fromEntries(CONTACTS.flatMap(([name]) => (said(answers, name) === null ? [] : [[name, said(answers, name)]]))),
  back: () => LIST,
  next: () => 'parties',
})

/** Taking a party out: the body that the part of the API then takes. */
export function withoutParty(context: DraftContext) {
  const entries = entriesOf(context)
  const left = entries.filter(({ org }) => org !== context.params['org'])
  return left.length === entries.length ? undefined : { parties: left }
}

/** Who takes part, as whom, and whom to reach there. */
export const partySteps: readonly Step[] = [boroughs, others, role, contacts]
