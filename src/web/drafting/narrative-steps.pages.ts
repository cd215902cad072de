import * as parts from '../../agreements/drafting/draft-parts.service.ts'
import { type FormField, said } from './answers.ts'
import { type DraftContext, type Step, step, toTasks } from './steps.pages.ts'

type NarrativeName = Exclude<keyof DraftContext['draft']['terms']['narrative'], 'amendment_policy'>

/** Sections in words, a page for those that belong together. */
const NARRATIVE: readonly {
  readonly path: string
  readonly title: string
  readonly asked: readonly (readonly [NarrativeName, string, string])[]
}[] = [
  {
    path: 'why',
    title: 'What the sharing is for',
    asked: [
      ['purpose', 'What will the sharing achieve?', 'Two or three sentences that a resident would understand'],
      ['benefits', 'Who is better off, and how?', 'The people concerned first, then the organisations'],
    ],
  },
  {
    path: 'need',
    title: 'Why it is needed',
    asked: [
      ['alternatives', 'Why can it not be achieved otherwise?', 'With less data, with consent, with data that names nobody'],
      ['necessity_proportionality', 'Why is each kind of data needed?', 'Say for each why the purpose fails without it'],
    ],
  },
  {
    path: 'quality',
    title: 'Quality of the data',
    asked: [
      ['data_quality', 'How is the data kept right?', 'Who checks it before it is sent, and how a correction reaches everybody'],
      ['automated_decisions', 'Does a computer decide about people with it?', 'Write None, or which decisions and with what safeguards'],
    ],
  },
  {
    path: 'people',
    title: 'What people are told, and their rights',
    asked: [
      ['privacy_information', 'Who tells people, and how?', 'Privacy notices, and who is not told and why'],
      ['rights_handling', 'Who answers requests and complaints?', 'Access, correction, objection; within which time'],
      ['foi', 'How are requests for information handled?', 'Freedom of information: who is asked first, and what is published'],
    ],
  },
  {
    path: 'security',
    title: 'Security and breaches',
    asked: [
      ['security', 'How is the data kept safe?', 'On its way and where it is kept: access, encryption, vetting, training'],
      ['breach_handling', 'What happens when something goes wrong?', 'Who tells whom, within how many hours'],
    ],
  },
  {
    path: 'end',
    title: 'What happens at the end',
    asked: [
      ['retention_disposal', 'How is data disposed of?', 'When it is no longer needed, and at the end of the agreement'],
      ['termination', 'How can a party leave?', 'Notice, return of data, what goes on to bind'],
    ],
  },
]

/** What a draft says in words: why, with what safeguards, and what happens at the end. */
export const narrativeSteps: readonly Step[] = NARRATIVE.map(({ path, title: heading, asked }) =>
  step<'putDraftNarrative'>({
    ...toTasks,
    path,
    operation: 'putDraftNarrative',
    part: () => parts.narrativePart,
    partName: 'narrative',
    members: () => asked.map(([name]) => name),
    title: () => heading,
    fields: (): FormField[] => asked.map(([name, label, hint]) => ({ name, label, hint, kind: 'textarea', rows: 6 })),
    answers: ({ draft: { terms } }) => Object.fromEntries(asked.map(([name]) => [name, terms.narrative[name] ?? ''])),
    body(answers, { draft: { terms } }) {
      const { amendment_policy: _apart, ...written } = terms.narrative
      const all = { ...written, ...Object.fromEntries(asked.map(([name]) => [name, said(answers, name)])) }
      return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
    },
  }),
)
