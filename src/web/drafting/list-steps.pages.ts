import type { Part } from '../../agreements/drafting/draft-parts.service.ts'
import * as parts from '../../agreements/drafting/draft-parts.service.ts'
import { policyDocumentsPart } from '../../agreements/drafting/record-parts.service.ts'
import type { BodyOf, OperationId } from '../../platform/http/openapi.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import { type Answers, type FormField, said, several } from './answers.ts'
import { asChoice, choosable } from './party-steps.pages.ts'
import { type DraftContext, type Step, step } from './steps.pages.ts'

/** A section of several entries of one kind: a list, and a page for each entry. */
export interface ListSection {
  /** Below the address of the draft; entries are numbered below it, and `new` is one that is not there yet. */
  readonly path: string
  readonly title: string
  readonly operation: OperationId
  readonly words: { readonly one: string; readonly empty: string; readonly intro: readonly string[] }
  fields(context: DraftContext): readonly FormField[]
  /** The entries there are, as answers. */
  entries(context: DraftContext): readonly Answers[]
  /** The page of one entry. */
  readonly step: Step
  /** Saves the list without the entry that the address names. */
  readonly without: Pick<Step, 'save'>
}

interface ListDefinition<Id extends OperationId> extends Omit<ListSection, 'step' | 'without' | 'operation'> {
  readonly operation: Id
  readonly member: string
  readonly part: Part<BodyOf<Id>>
  /** An entry in the words of the contract. */
  entryOf(answers: Answers): unknown
}

function listSection<Id extends OperationId>(definition: ListDefinition<Id>): ListSection {
  const { member, part, entryOf, operation, ...section } = definition
  /** The place of the entry that the address names; one behind the last for a new one. */
  const placeOf = (context: DraftContext) => {
    const count = section.entries(context).length
    const place = context.params['number'] === 'new' ? count : Number(context.params['number']) - 1
    // One that somebody took away meanwhile is added again when it is saved.
    if (!Number.isInteger(place) || place < 0) throw refused('NOT_FOUND', 'There is no such entry.')
    return Math.min(place, count)
  }
  const shared = {
    ...{ operation, partName: member, part: () => part, fields: section.fields },
    title: (context: DraftContext) =>
      placeOf(context) < section.entries(context).length ? `Change ${section.words.one}` : `Add ${section.words.one}`,
    answers: (context: DraftContext) => section.entries(context)[placeOf(context)] ?? emptyOf(section.fields(context)),
    back: () => ({ path: section.path, text: section.title }),
    next: () => section.path,
  }
  const page = step<Id>({
    ...shared,
    path: `${section.path}/:number`,
    at: (context) => `/${member}/${placeOf(context)}`,
    body(answers, context) {
      const entries = [...section.entries(context)]
      entries[placeOf(context)] = answers
      return { [member]: entries.map(entryOf) }
    },
  })
  const without = step<Id>({
    ...shared,
    path: `${section.path}/:number/remove`,
    body: (_answers, context) => ({
      [member]: section
        .entries(context)
        .filter((_entry, index) => index !== placeOf(context))
        .map(entryOf),
    }),
  })
  return { ...section, operation, step: page, without }
}

function emptyOf(fields: readonly FormField[]): Answers {
  return Object.fromEntries(fields.map(({ name, kind }) => [name, kind === 'checkboxes' ? [] : '']))
}

const text = (value: string | null | undefined) => value ?? ''
const partyChoices = ({ view, nameOf }: DraftContext) => view.parties.map(({ org }) => ({ value: org, text: nameOf(org) }))

const prohibitions = listSection<'putDraftProhibitions'>({
  path: 'prohibitions',
  title: 'Uses that are ruled out',
  operation: 'putDraftProhibitions',
  member: 'prohibitions',
  part: parts.prohibitionsPart,
  words: {
    one: 'a use that is ruled out',
    empty: 'No use is ruled out.',
    intro: [
      'What the parties agree never to do with the data. It holds against every other agreement between them that would permit it under this one.',
    ],
  },
  fields: ({ choices }) => [
    { name: 'purposes', label: 'For which purposes is the data never used?', kind: 'checkboxes', choices: choices('PURPOSE') },
    { name: 'note', label: 'Why?', kind: 'textarea', rows: 3 },
  ],
  entries: ({ draft: { terms } }) => terms.prohibitions.map(({ purposes, note }) => ({ purposes, note: text(note) })),
  entryOf: (answers) => ({ purposes: several(answers, 'purposes'), note: said(answers, 'note') }),
})

const agents = listSection<'putDraftAgents'>({
  path: 'processors',
  title: 'Processors',
  operation: 'putDraftAgents',
  member: 'agents',
  part: parts.agentsPart,
  words: {
    one: 'a processor',
    empty: 'No processor acts for a party.',
    intro: ['Whoever sends, receives or keeps the data on the instructions of a party, such as a supplier of its case system.'],
  },
  fields: (context) => [
    { name: 'org', label: 'Which organisation is the processor?', kind: 'select', choices: choosable(context.organisations).map(asChoice) },
    { name: 'for', label: 'For which party does it act?', kind: 'select', choices: partyChoices(context) },
    { name: 'contract_ref', label: 'Reference of the contract', kind: 'text' },
    { name: 'valid_from', label: 'First day of the contract', kind: 'day', hint: 'For example 27 3 2027' },
    { name: 'valid_to', label: 'Last day of the contract', kind: 'day', hint: 'Leave it empty where it is open' },
  ],
  entries: ({ draft: { terms } }) =>
    (terms.agents ?? []).map(({ org, for: party, contract_ref, valid_from, valid_to }) => ({
      ...{ org, for: party, contract_ref: text(contract_ref), valid_from: text(valid_from), valid_to: text(valid_to) },
    })),
  entryOf: (answers) => ({
    ...{ org: said(answers, 'org') ?? '', for: said(answers, 'for') ?? '', contract_ref: said(answers, 'contract_ref') },
    ...{ valid_from: said(answers, 'valid_from'), valid_to: said(answers, 'valid_to') },
  }),
})

const policyDocuments = listSection<'putDraftPolicyDocuments'>({
  path: 'policy-documents',
  title: 'Appropriate policy documents',
  operation: 'putDraftPolicyDocuments',
  member: 'policy_documents',
  part: policyDocumentsPart,
  words: {
    one: 'a policy document',
    empty: 'No policy document is listed.',
    intro: [
      'A party that relies on certain conditions of Schedule 1 has a document that says how it keeps to the principles (DPA 2018 Sch 1 Part 4, and s42 under Part 3).',
    ],
  },
  fields: (context) => [
    { name: 'party', label: 'Of which party?', kind: 'select', choices: partyChoices(context) },
    {
      ...{ name: 'conditions', label: 'Which conditions does it cover?', kind: 'checkboxes' },
      choices: [
        { value: 'PART3_S42', text: 'Sensitive processing under Part 3', hint: 'DPA 2018 s42' },
        ...context.choices('SCHEDULE_1_CONDITION'),
      ],
    },
    { name: 'document_ref', label: 'Where is it?', kind: 'text', hint: 'A reference or an address' },
    { name: 'approved_on', label: 'Since when does it hold?', kind: 'day', hint: 'For example 27 3 2026' },
    { name: 'review_on', label: 'When is it due for review?', kind: 'day' },
  ],
  entries: ({ view }) =>
    view.apd.map(({ party, conditions, document_ref, approved_on, review_on }) => ({
      ...{ party, conditions, document_ref: text(document_ref), approved_on: text(approved_on), review_on: text(review_on) },
    })),
  entryOf: (answers) => ({
    ...{ party: said(answers, 'party') ?? '', conditions: several(answers, 'conditions'), document_ref: said(answers, 'document_ref') },
    ...{ approved_on: said(answers, 'approved_on'), review_on: said(answers, 'review_on') },
  }),
})

/** What a draft says in lists besides its parties and flows. */
export const listSections: readonly ListSection[] = [prohibitions, agents, policyDocuments]
