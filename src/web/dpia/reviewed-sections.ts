import type { Measure } from '../../assessments/made/content.ts'
import type { AskedQuestion, AssessmentSnapshot } from '../../assessments/made/snapshot.ts'
import type { Answer, Said, Section } from '../agreements/answers.ts'

/** A version of an assessment as its reviewers read and mark it: the steps, and in each what was answered, named as a change of it is. Pure. */

/** The steps of a version in their order; what was left out is named, and marked with its step. */
export function assessmentSections(version: AssessmentSnapshot): readonly Section[] {
  return version.sections.map(({ code, step, title }) => {
    const asked = version.asked.filter(({ section }) => section === code)
    return {
      ...{ key: code.toLowerCase(), title: `${step}. ${title}`, part: `/sections/${code}` },
      answers: [...ofStep(version, code), ...asked.flatMap(answered)],
      empty: asked.filter(({ answer }) => answer === null).map(({ text }) => text),
    }
  })
}

/** What stands in a step besides its questions. */
function ofStep({ screening, risks, measures, review }: AssessmentSnapshot, code: string): readonly Answer[] {
  if (code === 'NEED' && screening?.reasons)
    return [{ part: '/screening', label: 'Why an assessment is needed', said: words(screening.reasons) }]
  if (code === 'RISKS') return risks.map((risk, index) => ({ part: `/risks/${risk.id}`, label: `Risk ${index + 1}`, said: riskSaid(risk) }))
  if (code === 'MEASURES')
    return measures.map((one, index) => ({
      ...{ part: `/measures/${one.id}`, label: `Measure ${index + 1}` },
      said: measureSaid(one, risks.findIndex(({ id }) => id === one.risk_id) + 1),
    }))
  if (code === 'SIGN_OFF' && review)
    return [{ part: '/review', label: 'Reviewed next', said: parts(['On', day(review.due)], ['By', words(review.kept_by)]) }]
  return []
}

function answered({ key, text, choices, answer }: AskedQuestion): Answer[] {
  if (!answer) return []
  const chosen = choices.find(({ code }) => code === answer.choice)?.label
  return [{ part: `/answers/${key}`, label: text, said: words([chosen, answer.text].filter(Boolean).join('. ')) }]
}

function riskSaid({
  description,
  source,
  harm_type,
  affected_subjects,
  likelihood,
  severity,
  overall,
  residual,
}: AssessmentSnapshot['risks'][number]) {
  return parts(
    ['What could happen', words(description)],
    ['What it would come from', words(source)],
    ['Harm', coded('HARM_TYPE', harm_type)],
    ['To whom', coded('DATA_SUBJECT', ...affected_subjects)],
    ['How likely', coded('LIKELIHOOD', likelihood)],
    ['How bad', coded('SEVERITY', severity)],
    ['Before anything is done', coded('OVERALL_RISK', overall)],
    ['After what is approved', coded('OVERALL_RISK', residual.overall)],
  )
}

function measureSaid({ measure, effect, left, approved, owner, due }: Measure, risk: number) {
  return parts(
    ['What is done', words(measure)],
    ['Against', words(`Risk ${risk}`)],
    ['Effect', coded('MEASURE_EFFECT', effect)],
    ...(left
      ? ([
          ['Then how likely', coded('LIKELIHOOD', left.likelihood)],
          ['Then how bad', coded('SEVERITY', left.severity)],
        ] as const)
      : []),
    ['By whom', coded('ORG', owner.org)],
    ['Post', words(owner.post)],
    ['By when', day(due)],
    ['Approved', approved ? words(approved.by) : words('Not yet, so it does not count')],
  )
}

function words(text: string): Said {
  return { kind: 'text', text }
}

function day(text: string): Said {
  return { kind: 'day', text }
}

function coded(list: string, ...codes: readonly string[]): Said {
  return { kind: 'codes', list, codes }
}

function parts(...said: readonly (readonly [label: string, said: Said])[]): Said {
  return { kind: 'parts', parts: said.map(([label, one]) => ({ label, said: one })) }
}
