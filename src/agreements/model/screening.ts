/**
 * Screening, before a draft begins (domain reference 3.1, 4.1): a few questions that anybody can answer, which kind of agreement
 * they lead to, and what speaks for a data protection impact assessment. Advice: whoever drafts may choose otherwise, and a draft
 * needs an assessment until somebody records that it does not. Pure.
 */

/** One question; each is answered yes, no, or that somebody is not sure. */
export interface ScreeningQuestion {
  readonly name: string
  readonly text: string
  readonly hint: string
  /** GOV_ROLE of whom to ask where somebody is not sure. */
  readonly ask: 'DPO' | 'LEGAL'
}

export const SCREENING_ANSWERS = ['yes', 'no', 'unsure'] as const
export type ScreeningAnswer = (typeof SCREENING_ANSWERS)[number]

export const SCREENING_QUESTIONS = [
  {
    name: 'personal',
    text: 'Is any of the data about people who can be identified?',
    hint: 'Also by a reference number, or by putting data together',
    ask: 'DPO',
  },
  { name: 'once', text: 'Is it one disclosure in one case?', hint: 'Not one that will come again', ask: 'DPO' },
  {
    name: 'instructions',
    text: 'Does one organisation only do with the data what another tells it to?',
    hint: 'A supplier that hosts a system, for example',
    ask: 'LEGAL',
  },
  {
    name: 'joint',
    text: 'Do organisations decide together why and how the data is used?',
    hint: 'One system or one team that all of them run, for example',
    ask: 'LEGAL',
  },
  {
    name: 'sensitive',
    text: 'Is any of it about health, ethnicity, beliefs, sexual life, biometrics or offences?',
    hint: 'Special category or criminal offence data',
    ask: 'DPO',
  },
  {
    name: 'regular',
    text: 'Will it flow regularly, or be about more than a thousand people?',
    hint: 'Every day or month, or a whole register at once',
    ask: 'DPO',
  },
  {
    name: 'vulnerable',
    text: 'Is it about children, or people who cannot easily stand up for themselves?',
    hint: 'Patients, adults at risk, homeless or asylum-seeking people',
    ask: 'DPO',
  },
  {
    name: 'matching',
    text: 'Will data of two or more organisations be put together or compared?',
    hint: 'To find the same people in both, for example',
    ask: 'DPO',
  },
] as const satisfies readonly ScreeningQuestion[]
export type ScreeningName = (typeof SCREENING_QUESTIONS)[number]['name']
export type ScreeningAnswers = Readonly<Record<ScreeningName, ScreeningAnswer>>

/** What comes of a screening. */
export interface Screening {
  /** INSTRUMENT_TYPE that fits. DISCLOSURE_DECISION: no agreement is needed, but a decision on the one disclosure. */
  readonly instrument_type: string
  /** DPIA_TRIGGER codes that the answers hit; none: nothing found speaks for an assessment. */
  readonly triggers: readonly string[]
  /** Questions to which nobody was sure, with whom to ask. */
  readonly open: readonly ScreeningQuestion[]
}

/** What the answers lead to. Nobody is let off an assessment by not being sure: who is not sure counts as a yes for its triggers (DP-1). */
export function screen(answers: ScreeningAnswers): Screening {
  const isYes = (name: ScreeningName) => answers[name] === 'yes'
  const mayBe = (name: ScreeningName) => answers[name] !== 'no'
  const triggers = [
    ...(mayBe('sensitive') && mayBe('regular') ? ['ART35_3_B_LARGE_SCALE_SPECIAL_OR_CRIMINAL'] : []),
    ...(mayBe('vulnerable') ? ['ICO_TARGETING_CHILDREN_VULNERABLE'] : []),
    ...(mayBe('matching') ? ['ICO_DATA_MATCHING'] : []),
  ]
  return {
    instrument_type: instrumentOf(isYes, answers.personal === 'no'),
    triggers: answers.personal === 'no' ? [] : triggers,
    open: SCREENING_QUESTIONS.filter(({ name }) => answers[name] === 'unsure'),
  }
}

function instrumentOf(isYes: (name: ScreeningName) => boolean, isNotPersonal: boolean): string {
  if (isNotPersonal) return 'MOU_NON_PERSONAL'
  if (isYes('once')) return 'DISCLOSURE_DECISION'
  if (isYes('instructions')) return 'CONTROLLER_TO_PROCESSOR'
  return isYes('joint') ? 'JOINT_CONTROLLER' : 'CONTROLLER_TO_CONTROLLER'
}
