import { type AssessmentContent, type Measure, NOT_DONE, NOTHING_WRITTEN, type Risk } from '../made/content.ts'
import { LINE_MAX } from '../made/written-faults.ts'
import { ASSESSMENT_TEXT_MAX } from '../made/written-text.ts'
import { type Carried, carriedOf, placesOf, type Whose } from './carrying.ts'
import type { CnilEvaluation, CnilFile } from './cnil-file.ts'
import { type Contradiction, contradictionsIn } from './contradictions.ts'
import { plainText } from './html-text.ts'
import { memberOf } from './members.ts'
import type { Links } from './places.ts'
import { RISKS, referenceOf, STEPS } from './standard.ts'

/** What a file of the CNIL tool is here. */
export interface ImportedAssessment {
  /** What both know. Nobody has screened, approved or accepted anything of it: those are acts here, whatever the file says. */
  readonly content: AssessmentContent
  /** Everything else, member by member: kept beside the assessment, for the export. */
  readonly carried: Carried
  /** What the file says and what lacks something that is asked here before it counts. */
  readonly unfinished: readonly Unfinished[]
  readonly contradictions: readonly Contradiction[]
}

/** A text that is too long, a risk that was not estimated, or something that is to be done, and what is missing of it. */
export interface Unfinished {
  readonly kind: 'ANSWER' | 'RISK' | 'MEASURE'
  /** What it is about: an item, a question or a measure there, a place here. */
  readonly reference: string
  readonly text: string
  readonly missing: readonly string[]
}

/**
 * An assessment of the CNIL tool as content of one that is made here, with what is carried beside it. Pure.
 *
 * @param org the organisation that imports it: what is to be done is done by it, whoever the file names as in charge
 * @param subjects DATA_SUBJECT codes of whom the share is about: the tool does not say whom a risk would harm
 * @param newId ids of risks and measures
 * @param links the ids that those of an import before have
 */
export function importedContent(
  file: CnilFile,
  { newId, links: earlier, ...whose }: Whose & { newId(): string; readonly links?: Links | undefined },
): ImportedAssessment {
  const ids = () => Object.fromEntries(RISKS.map(({ item }) => [item, newId()]))
  const links: Links = earlier ?? { risks: ids(), measures: ids() }
  const content = contentOf(file, links, whose)
  return {
    ...{ content, carried: carriedOf(file, content, { links, whose }) },
    ...{ unfinished: unfinishedIn(file, content, links), contradictions: contradictionsIn(file) },
  }
}

const RISK_FIELDS = ['severity', 'likelihood', 'source', 'description'] as const

/** What both know of a file: whatever cannot be saved here (`written-faults.ts`) is left to what is carried. Pure. */
export function contentOf(file: CnilFile, links: Links, { org, subjects }: Whose): AssessmentContent {
  const said = saidIn(file)
  const answers = answersIn(said)
  const risks = RISKS.flatMap(({ item, harm_type }): Risk[] => {
    const [severity, likelihood, source, description] = RISK_FIELDS.map((field) => said.get(`risks.${item}.${field}`))
    if (!severity || !likelihood || !source || !description) return []
    return [{ id: links.risks[item] ?? '', source, description, harm_type, affected_subjects: subjects, likelihood, severity }]
  })
  const measures = RISKS.flatMap(({ item }): Measure[] => {
    const planned = plannedFor(item, said)
    const risk = risks.find(({ id }) => id === links.risks[item])
    if (!risk || 'missing' in planned) return []
    const { measure, post, due, left } = planned
    const whose = { owner: { org, post }, due, ...NOT_DONE, approved: null }
    return [{ id: links.measures[item] ?? '', risk_id: risk.id, measure, effect: 'REDUCED', left, ...whose }]
  })
  return { ...NOTHING_WRITTEN, answers, risks, measures }
}

/** What a file says at each place that both know. A text that is too long for one here is only carried. */
function saidIn(file: CnilFile): ReadonlyMap<string, string> {
  return new Map([...everythingSaidIn(file)].filter(([id, text]) => text.trim() !== '' && !isTooLong(id, text)))
}

function everythingSaidIn(file: CnilFile): ReadonlyMap<string, string> {
  const said = placesOf(file).map(({ id, members, read }) => [id, read(members.map((member) => memberOf(file, member)))] as const)
  return new Map(said.filter((one): one is readonly [string, string] => one[1] !== null))
}

function isTooLong(id: string, text: string): boolean {
  return [...text].length > lengthMax(id)
}

function lengthMax(id: string): number {
  return /\.(source|post)$/.test(id) ? LINE_MAX : ASSESSMENT_TEXT_MAX
}

function answersIn(said: ReadonlyMap<string, string>): AssessmentContent['answers'] {
  const keys = new Set([...said.keys()].flatMap((id) => /^(?:answers|choices)\.(.+)$/.exec(id)?.[1] ?? []))
  return Object.fromEntries(
    [...keys].map((key) => [key, { text: said.get(`answers.${key}`) ?? '', choice: said.get(`choices.${key}`) ?? null }]),
  )
}

/** What the action plan has for a risk: all that a measure here needs, or what is missing. */
function plannedFor(item: string, said: ReadonlyMap<string, string>) {
  const at = (field: string) => said.get(`measures.${item}.${field}`)
  const [measure, post, due, severity, likelihood] = ['measure', 'post', 'due', 'severity', 'likelihood'].map(at)
  const isLess = severity && likelihood && isReduced(item, said, { severity, likelihood })
  if (measure && post && due && isLess) return { measure, post, due, left: { severity, likelihood } }
  return {
    missing: [
      ...(isLess ? [] : ['what is left of the risk, less than there was']),
      ...(post ? [] : ['who does it']),
      ...(due ? [] : ['by when']),
    ],
  }
}

/** Whether less is left on the three steps here: neither may be higher, and one must be lower. */
function isReduced(
  item: string,
  said: ReadonlyMap<string, string>,
  left: { readonly severity: string; readonly likelihood: string },
): boolean {
  const steps = (['severity', 'likelihood'] as const).map((field) => {
    const before = said.get(`risks.${item}.${field}`)
    return before === undefined ? 0 : STEPS[field].indexOf(before) - STEPS[field].indexOf(left[field])
  })
  return steps.every((step) => step >= 0) && steps.some((step) => step > 0)
}

function unfinishedIn(file: CnilFile, { risks, measures }: AssessmentContent, links: Links): Unfinished[] {
  const said = saidIn(file)
  const unrated = RISKS.filter(({ item }) => !risks.some(({ id }) => id === links.risks[item])).flatMap(({ item, label }): Unfinished[] => {
    const missing = RISK_FIELDS.filter((field) => !said.has(`risks.${item}.${field}`))
    return [{ kind: 'RISK', reference: item, text: label, missing }]
  })
  const planned = (file.evaluations ?? []).flatMap((evaluation): Unfinished[] => {
    const reference = referenceOf(evaluation.reference_to)
    const text = plainText(evaluation.action_plan_comment ?? '')
    if (text === '' || measures.some(({ id }) => id === links.measures[reference])) return []
    const plan = plannedFor(reference, said)
    const ofRisk = RISKS.some(({ item }) => item === reference)
    const rated = risks.some(({ id }) => id === links.risks[reference])
    const missing = ofRisk
      ? [...('missing' in plan ? plan.missing : []), ...(rated ? [] : ['the estimate of the risk'])]
      : ['which risk it is for', 'what is left of the risk', ...unsaid(evaluation)]
    return [{ kind: 'MEASURE', reference, text, missing }]
  })
  const long = [...everythingSaidIn(file)]
    .filter(([id, text]) => isTooLong(id, text))
    .map(([id, text]): Unfinished => {
      return {
        kind: 'ANSWER',
        reference: id,
        text,
        missing: [`shorter words: it has ${[...text].length} characters, and ${lengthMax(id)} are kept`],
      }
    })
  return [...long, ...unrated, ...planned]
}

function unsaid({ person_in_charge, estimated_implementation_date }: CnilEvaluation): string[] {
  return [...(person_in_charge ? [] : ['who does it']), ...(estimated_implementation_date ? [] : ['by when'])]
}
