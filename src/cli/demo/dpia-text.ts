import type { Day } from '../../platform/kernel/london-day.ts'

/** What is written in the assessment of the demo. The bodies are real, the assessment is not. */

/** What is asked and the agreement does not say; every other question keeps what was taken from it. */
export const ANSWERS: Readonly<Record<string, Answer>> = {
  'nature.collection': said('From whoever reports the child missing, and from the case system of the borough that is responsible.'),
  'scope.volume': said('About 900 notices a year, of about 400 children.'),
  'context.relationship': said('The children are in the care of one of the boroughs, or known to its social workers.'),
  'context.control': said('None while they are missing; afterwards they are told who knew, and can object.'),
  'context.expectations': said('They would expect to be looked for, and not that everybody is told why they left.'),
  'context.concerns': said('In another city a notice reached the family from which a child had fled.'),
  'purposes.effect': said('The child is found sooner. Unwanted: somebody who should not know learns where to look.'),
  'consultation.people': said('The children in care council, in September: they want to be told who knows.', 'PEOPLE'),
  'consultation.outcome': said('They are told at the first interview after they are found.', 'FOLLOWED'),
  'consultation.internal': said('The duty desks, the designated nurse and information security of both boroughs.'),
  'consultation.experts': said('The safeguarding partners, who advised to leave out what happened before.', 'YES'),
  'sign_off.review': said('A notice at the wrong desk, another recipient, or another way of sending.'),
}

interface Answer {
  readonly text: string
  readonly choice: string | null
}

function said(text: string, choice: string | null = null): Answer {
  return { text, choice }
}

export const RISK = {
  source: 'A notice that reaches somebody who harms the child',
  description: 'Somebody from whom the child fled learns which borough is looking, and where.',
  ...{ harm_type: 'LOSS_OF_CONFIDENTIALITY', affected_subjects: ['CHILD'], likelihood: 'PROBABLE', severity: 'SEVERE' },
} as const

/** What one person does about the risk, and what is left of it then. */
export function measure(risk: string, what: string, left: { readonly likelihood: string; readonly severity: string }, on: Day, due: Day) {
  return {
    ...{ risk_id: risk, measure: what, effect: 'REDUCED', left, due },
    approved: { by: 'Director of Children’s Services', on },
    owner: { org: 'LBC_CAMDEN', post: 'Systems manager' },
  }
}
