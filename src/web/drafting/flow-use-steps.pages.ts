import { counted, isYes, said, several, textOf } from './answers.ts'
import { flowOf, flowStep } from './flow-steps.pages.ts'
import type { Step } from './steps.pages.ts'

const keeping = flowStep({
  name: 'keeping',
  title: (context) => `Flow ${flowOf(context).id}: keeping and passing on`,
  fields: ({ choices }) => [
    {
      name: 'retention_days',
      label: 'For how many days does the recipient keep it?',
      kind: 'number',
      hint: '365 is a year, 2190 are six years',
    },
    {
      name: 'retention_rule',
      label: 'Or by which rule?',
      kind: 'text',
      hint: 'Where days do not say it, for example until the child is 25',
    },
    { name: 'onward', label: 'May the recipient pass it on?', kind: 'radios', choices: choices('ONWARD_SHARING') },
  ],
  answers: ({ retention_days, retention_rule, onward }) => ({
    retention_days: textOf(retention_days),
    retention_rule: textOf(retention_rule),
    onward,
  }),
  changes: (answers) => ({
    ...{
      retention_days: counted(answers, 'retention_days'),
      retention_rule: said(answers, 'retention_rule'),
      onward: said(answers, 'onward'),
    },
  }),
  next: () => 'confidence',
})

const confidence = flowStep({
  name: 'confidence',
  title: (context) => `Flow ${flowOf(context).id}: confidence and new purposes`,
  fields: ({ choices }) => [
    {
      name: 'confidentiality',
      label: 'Why may it be shared although it was given in confidence?',
      kind: 'radios',
      choices: choices('CONFIDENTIALITY_BASIS'),
    },
    {
      name: 'exemptions',
      label: 'Which exemptions from the duties to inform people are relied on?',
      kind: 'checkboxes',
      choices: choices('EXEMPTION'),
      hint: 'None in most cases. An exemption is no lawful basis',
    },
    {
      name: 'ground',
      label: 'Was the data collected for this purpose?',
      kind: 'radios',
      choices: choices('COMPATIBILITY'),
      pointer: '/compatibility/ground',
      hint: 'Where not: on what ground may it be used for the new one (UK GDPR Art 8A)?',
    },
    {
      name: 'annex2',
      label: 'Condition of Annex 2',
      kind: 'select',
      choices: choices('ANNEX_2'),
      pointer: '/compatibility/annex2',
      hint: 'Only with that ground',
    },
    {
      name: 'collected_on_consent',
      label: 'The data was collected on consent',
      kind: 'box',
      pointer: '/compatibility/collected_on_consent',
    },
    {
      name: 'consent_unobtainable',
      label: 'Consent to the new purpose cannot reasonably be obtained',
      kind: 'box',
      pointer: '/compatibility/consent_unobtainable',
    },
    {
      name: 'assessed_at',
      label: 'When was this assessed?',
      kind: 'day',
      pointer: '/compatibility/assessed_at',
      hint: 'Only for a new purpose. For example 27 3 2027',
    },
  ],
  answers: ({ confidentiality, exemptions, compatibility: found }) => ({
    ...{ confidentiality: textOf(confidentiality), exemptions, ground: textOf(found?.ground), annex2: textOf(found?.annex2) },
    ...{ collected_on_consent: found?.collected_on_consent ? 'yes' : '', consent_unobtainable: found?.consent_unobtainable ? 'yes' : '' },
    assessed_at: textOf(found?.assessed_at).slice(0, 10),
  }),
  changes(answers, { compatibility: before }) {
    const ground = said(answers, 'ground')
    const assessed = said(answers, 'assessed_at')
    const compatibility = {
      ...{ new_purpose: ground !== 'SAME_PURPOSE', ground, annex2: said(answers, 'annex2') },
      ...{ collected_on_consent: isYes(answers, 'collected_on_consent'), consent_unobtainable: isYes(answers, 'consent_unobtainable') },
      // An instant stays one where its day is still the answer.
      assessed_at: assessed !== null && before?.assessed_at?.startsWith(assessed) ? before.assessed_at : assessed,
    }
    return {
      ...{ confidentiality: said(answers, 'confidentiality'), exemptions: several(answers, 'exemptions') },
      compatibility: ground === null ? null : compatibility,
    }
  },
  next: () => 'people',
})

const people = flowStep({
  name: 'people',
  title: (context) => `Flow ${flowOf(context).id}: objections, consent and restriction`,
  fields: ({ choices }) => [
    { name: 'honours_objection', label: 'A recorded objection stops the flow for that person', kind: 'box' },
    { name: 'consent_required', label: 'A consent must be named with every disclosure', kind: 'box' },
    {
      name: 'restriction_ground',
      label: 'On which ground does restricted data still go?',
      kind: 'select',
      choices: choices('RESTRICTION_GROUND'),
      pointer: '/restriction_override/ground',
      hint: 'Leave it empty where it does not (UK GDPR Art 18(2))',
    },
    { name: 'restriction_reason', label: 'Why does it still go?', kind: 'textarea', pointer: '/restriction_override/reason', rows: 3 },
    {
      name: 'standing_request_ref',
      label: 'Which standing request does a regular flow answer?',
      kind: 'text',
      hint: 'Only where the law obliges on request: its text and date, or where these are kept',
    },
  ],
  answers: ({ honours_objection, consent_required, restriction_override: override, standing_request_ref }) => ({
    ...{ honours_objection: honours_objection ? 'yes' : '', consent_required: consent_required ? 'yes' : '' },
    ...{
      restriction_ground: textOf(override?.ground),
      restriction_reason: textOf(override?.reason),
      standing_request_ref: textOf(standing_request_ref),
    },
  }),
  changes(answers) {
    const [ground, reason] = [said(answers, 'restriction_ground'), said(answers, 'restriction_reason')]
    return {
      ...{ honours_objection: isYes(answers, 'honours_objection'), consent_required: isYes(answers, 'consent_required') },
      restriction_override: ground === null && reason === null ? null : { ground: ground ?? '', reason: reason ?? '' },
      standing_request_ref: said(answers, 'standing_request_ref'),
    }
  },
  next: () => '',
})

/** What may be done with the data of a flow: how long it is kept, whether it goes on, confidence and new purposes, what people may stop. */
export const flowUseSteps: readonly Step[] = [keeping, confidence, people]
