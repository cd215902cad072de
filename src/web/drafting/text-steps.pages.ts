import * as parts from '../../agreements/drafting/draft-parts.service.ts'
import { counted, said, textOf } from './answers.ts'
import { arrangementSteps } from './arrangement-steps.pages.ts'
import { narrativeSteps } from './narrative-steps.pages.ts'
import { type DraftContext, type Step, step, toTasks } from './steps.pages.ts'

/** What the agreement is called and is, and its reviews: one part of the API on two pages, each leaving the other's answers as they are. */
const detailsOf = ({ view }: DraftContext) => ({
  ...{ title: view.title, instrument_type: view.instrument_type, review_due: view.review_due, review_policy: view.review_policy },
  ...{ review_grace_days: view.review_grace_days, review_cycle_months: view.review_cycle_months },
})

const title = step<'putDraftDetails'>({
  ...toTasks,
  path: 'title',
  operation: 'putDraftDetails',
  part: () => parts.detailsPart,
  partName: 'details',
  members: () => ['title', 'instrument_type'],
  title: () => 'Title and kind of agreement',
  fields: ({ choices }) => [
    {
      ...{ name: 'title', label: 'Title', kind: 'text' },
      hint: 'What a colleague would search for: the subject first, for example Missing children in north London',
    },
    {
      ...{ name: 'instrument_type', label: 'Kind of agreement', kind: 'radios' },
      choices: choices('INSTRUMENT_TYPE', { isOffered: ({ code }) => !['DISCLOSURE_DECISION', 'EMERGENCY_RECORD'].includes(code) }),
    },
  ],
  answers: ({ view }) => ({ title: view.title, instrument_type: view.instrument_type }),
  body: (answers, context) => ({
    ...detailsOf(context),
    title: said(answers, 'title') ?? '',
    instrument_type: said(answers, 'instrument_type'),
  }),
})

const review = step<'putDraftDetails'>({
  ...toTasks,
  path: 'review',
  operation: 'putDraftDetails',
  part: () => parts.detailsPart,
  partName: 'details',
  members: () => ['review_due', 'review_policy', 'review_grace_days', 'review_cycle_months'],
  title: () => 'Reviews',
  intro: () => ['Every party is reminded 90, 60, 30 and 7 days before a review is due.'],
  fields: ({ choices }) => [
    {
      name: 'review_due',
      label: 'When is the first review due?',
      kind: 'day',
      hint: 'Within a year of the first day, for example 27 3 2027',
    },
    { name: 'review_cycle_months', label: 'Months between reviews', kind: 'number', hint: '12 is usual; 6 where the data is sensitive' },
    { name: 'review_policy', label: 'What happens when a review is missed?', kind: 'radios', choices: choices('REVIEW_POLICY') },
    {
      name: 'review_grace_days',
      label: 'Days of grace before sharing stops',
      kind: 'number',
      hint: 'Only where a missed review stops sharing. 60 is usual',
    },
  ],
  answers: ({ view }) => ({
    ...{ review_due: textOf(view.review_due), review_cycle_months: textOf(view.review_cycle_months) },
    ...{ review_policy: view.review_policy, review_grace_days: textOf(view.review_grace_days) },
  }),
  body: (answers, context) => ({
    ...detailsOf(context),
    ...{ review_due: said(answers, 'review_due'), review_cycle_months: counted(answers, 'review_cycle_months') },
    ...{ review_policy: said(answers, 'review_policy'), review_grace_days: counted(answers, 'review_grace_days') },
  }),
})

const dates = step<'putDraftDates'>({
  ...toTasks,
  path: 'dates',
  operation: 'putDraftDates',
  part: () => parts.datesPart,
  partName: 'dates',
  title: () => 'First and last day',
  intro: () => [
    'Sharing under the agreement is permitted from the first day to the last, both included, once it has been approved and signed.',
  ],
  fields: () => [
    {
      name: 'effective_from',
      label: 'First day',
      kind: 'day',
      hint: 'Leave time for approval and signatures: six weeks or more. For example 27 3 2027',
    },
    { name: 'effective_to', label: 'Last day', kind: 'day', hint: 'For example 26 3 2030' },
  ],
  answers: ({ draft }) => ({ effective_from: textOf(draft.effective_from), effective_to: textOf(draft.effective_to) }),
  body: (answers) => ({ effective_from: said(answers, 'effective_from'), effective_to: said(answers, 'effective_to') }),
})

const commencement = step<'putDraftCommencement'>({
  ...toTasks,
  path: 'commencement',
  operation: 'putDraftCommencement',
  part: () => parts.commencementPart,
  partName: 'commencement',
  title: () => 'When it begins to bind',
  fields: ({ choices }) => [
    { name: 'rule', label: 'From when may two parties share?', kind: 'radios', choices: choices('COMMENCEMENT_RULE') },
    { name: 'n', label: 'How many parties must have signed?', kind: 'number', hint: 'Only where enough parties have to sign' },
  ],
  answers: ({ draft: { terms } }) => ({
    rule: terms.commencement.rule,
    n: textOf('n' in terms.commencement ? terms.commencement.n : null),
  }),
  body: (answers) => ({ rule: said(answers, 'rule'), ...(said(answers, 'n') === null ? {} : { n: counted(answers, 'n') }) }),
})

const changes = step<'putDraftAmendmentPolicy'>({
  ...toTasks,
  path: 'changes',
  operation: 'putDraftAmendmentPolicy',
  part: () => parts.amendmentPolicyPart,
  partName: 'amendment_policy',
  title: () => 'How changes are agreed',
  fields: ({ choices }) => [
    {
      name: 'amendment_policy',
      label: 'When the text is changed later, who signs again?',
      kind: 'radios',
      choices: choices('AMENDMENT_POLICY'),
    },
    { name: 'notice_days', label: 'Days of notice', kind: 'number', hint: 'Only with a notice period. 28 is usual' },
  ],
  answers({ draft: { terms } }) {
    const [, policy = '', days = ''] = /^([A-Z_]+)(?:\((\d+)\))?$/.exec(terms.narrative.amendment_policy ?? '') ?? []
    return { amendment_policy: policy, notice_days: days }
  },
  body: (answers) => ({
    amendment_policy: said(answers, 'amendment_policy'),
    ...(said(answers, 'notice_days') === null ? {} : { notice_days: counted(answers, 'notice_days') }),
  }),
})

/** What a draft says besides its parties and flows, section by section. */
export const textSteps: readonly Step[] = [title, ...narrativeSteps, dates, review, commencement, changes, ...arrangementSteps]
