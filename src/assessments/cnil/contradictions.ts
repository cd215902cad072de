import { attached } from './attachments.ts'
import type { CnilEvaluation, CnilFile } from './cnil-file.ts'
import { plainText } from './html-text.ts'
import { dayOf } from './member-forms.ts'
import { textsOf } from './parted-text.ts'
import { ALL_REFERENCES, RISKS, referenceOf, riskQuestion, standardReferences } from './standard.ts'

/** Two things in a file that cannot both hold, or one that it refers to and lacks. It is told, never put right. */
export interface Contradiction {
  readonly pointer: string
  readonly detail: string
}

const STATUS = { refused: 1, validated: [2, 3], acceptable: 3, improvable: 2, toCorrect: 1 } as const
/** How many are named; a file can hold thousands. */
export const CONTRADICTIONS_MAX = 200

/** What a file says against itself, with its place. Pure. */
export function contradictionsIn(file: CnilFile): readonly Contradiction[] {
  return [...ofStatus(file), ...ofOpinions(file), ...ofEvaluations(file), ...ofReferences(file), ...ofAttachments(file)].slice(
    0,
    CONTRADICTIONS_MAX,
  )
}

const filled = (text: string | null | undefined) => plainText(text ?? '') !== ''
const at = (pointer: string, detail: string): Contradiction => ({ pointer, detail })

function isValidated({ pia }: CnilFile): boolean {
  return STATUS.validated.some((status) => status === Number(pia.status))
}

function ofStatus(file: CnilFile): Contradiction[] {
  const { pia, evaluations, answers } = file
  const reasons = (['rejection_reason', 'rejected_reason'] as const).filter((name) => filled(pia[name]))
  const found: Contradiction[] = []
  const [one, other] = reasons.map((name) => pia[name])
  if (reasons.length === 2 && one !== other) found.push(at('/pia/rejected_reason', 'two different reasons for a refusal are given'))
  if (Number(pia.status) === STATUS.refused && reasons.length === 0) found.push(at('/pia/status', 'it was refused, and no reason is given'))
  if (datesOf(pia.created_at) > datesOf(pia.updated_at)) found.push(at('/pia/updated_at', 'it was changed before it was made'))
  if (!isValidated(file)) return found
  for (const name of reasons)
    found.push(
      at(
        `/pia/${name}`,
        `it is validated (status ${pia.status}), and a reason for refusing it is filled in: "${plainText(pia[name] ?? '').slice(0, 100)}"`,
      ),
    )
  if (Number(pia.dpo_status ?? 1) === 0)
    found.push(at('/pia/dpo_status', 'it is validated, and the data protection officer advises against it'))
  if (!filled(pia.dpo_opinion))
    found.push(at('/pia/dpo_opinion', 'it is validated without the advice of the data protection officer (Art 35(2))'))
  for (const [index, { status, reference_to }] of (evaluations ?? []).entries())
    if (Number(status) === STATUS.toCorrect)
      found.push(at(`/evaluations/${index}/status`, `it is validated, and ${referenceOf(reference_to)} is still to be corrected`))
  const answered = new Set((answers ?? []).filter(isAnswered).map(({ reference_to }) => referenceOf(reference_to)))
  const isStandard = standardReferences(file)
  const open = ALL_REFERENCES.filter((reference) => isStandard(reference) && !answered.has(reference))
  if (open.length > 0)
    found.push(
      at(
        '/answers',
        `it is validated, and ${open.length} of ${ALL_REFERENCES.length} questions have no answer: ${open.slice(0, 10).join(', ')}`,
      ),
    )
  return found
}

function isAnswered({ data }: NonNullable<CnilFile['answers']>[number]): boolean {
  return filled(data?.text) || textsOf(data?.list ?? undefined).length > 0 || Number(data?.gauge) > 0
}

function datesOf(text: string | null | undefined): number {
  return Date.parse(text ?? '')
}

function ofOpinions({ pia }: CnilFile): Contradiction[] {
  const { concerned_people_searched_opinion: asked, concerned_people_opinion, concerned_people_searched_content } = pia
  const found: Contradiction[] = []
  if (asked === false && filled(concerned_people_opinion))
    found.push(at('/pia/concerned_people_opinion', 'the people concerned were not asked, and their opinion is given'))
  if (asked === true && filled(concerned_people_searched_content))
    found.push(at('/pia/concerned_people_searched_content', 'the people concerned were asked, and a reason for not asking them is given'))
  if (asked === true && !filled(concerned_people_opinion) && Number(pia.status) > 0)
    found.push(at('/pia/concerned_people_opinion', 'the people concerned were asked, and their opinion is not given'))
  return found
}

function ofEvaluations(file: CnilFile): Contradiction[] {
  return (file.evaluations ?? []).flatMap((evaluation, index) => {
    const { status, action_plan_comment: plan, evaluation_comment, estimated_implementation_date: due, reference_to } = evaluation
    const [pointer, what] = [`/evaluations/${index}`, referenceOf(reference_to)]
    const found: Contradiction[] = []
    if (Number(status) === STATUS.acceptable && filled(plan))
      found.push(at(`${pointer}/status`, `${what} is acceptable as it is, and there is a plan to improve it`))
    if (Number(status) === STATUS.improvable && !filled(plan))
      found.push(at(`${pointer}/action_plan_comment`, `${what} is to be improved, and the plan does not say how`))
    if (Number(status) === STATUS.toCorrect && !filled(evaluation_comment))
      found.push(at(`${pointer}/evaluation_comment`, `${what} is to be corrected, and it is not said why`))
    if (due && dayOf(due) === null) found.push(at(`${pointer}/estimated_implementation_date`, 'is not a day'))
    return [...found, ...greaterAfter(file, evaluation, pointer)]
  })
}

/** A risk that grows by what is done about it. */
function greaterAfter(file: CnilFile, { reference_to, gauges }: CnilEvaluation, pointer: string): Contradiction[] {
  const item = RISKS.find((risk) => risk.item === referenceOf(reference_to))?.item
  if (item === undefined) return []
  const gauge = (asked: 'severity' | 'likelihood') =>
    Number(file.answers?.find((answer) => referenceOf(answer.reference_to) === riskQuestion(item, asked))?.data?.gauge ?? 0)
  const [x, y] = [Number(gauges?.x ?? 0), Number(gauges?.y ?? 0)]
  return [
    ...(x > gauge('severity')
      ? [at(`${pointer}/gauges/x`, `the severity of ${item} is ${x} once the plan is done, and ${gauge('severity')} before`)]
      : []),
    ...(y > gauge('likelihood')
      ? [at(`${pointer}/gauges/y`, `the likelihood of ${item} is ${y} once the plan is done, and ${gauge('likelihood')} before`)]
      : []),
  ]
}

function ofReferences(file: CnilFile): Contradiction[] {
  const measures = file.measures ?? []
  const titles = new Set(measures.map(({ title }) => title))
  const ids = new Set(measures.map(({ id }) => referenceOf(id)))
  const ofMeasures = new Set(RISKS.map(({ item }) => riskQuestion(item, 'measures')))
  const named = (file.answers ?? []).flatMap(({ reference_to, data }, index) =>
    ofMeasures.has(referenceOf(reference_to))
      ? textsOf(data?.list ?? undefined)
          .filter((title) => !titles.has(title))
          .map((title) => at(`/answers/${index}/data/list`, `names the measure "${title.slice(0, 100)}", which is not among the measures`))
      : [],
  )
  const evaluated = (file.evaluations ?? []).flatMap(({ reference_to }, index) => {
    const [, id] = /^3\.1\.(.*)$/.exec(referenceOf(reference_to)) ?? []
    return id === undefined || ids.has(id)
      ? []
      : [at(`/evaluations/${index}/reference_to`, `evaluates a measure "${id.slice(0, 40)}", which is not among the measures`)]
  })
  return [...named, ...evaluated, ...twice(file), ...strangers(file)]
}

/** Two records that claim to be the one about the same. */
function twice(file: CnilFile): Contradiction[] {
  return (['answers', 'evaluations'] as const).flatMap((list) => {
    const seen = new Set<string>()
    return (file[list] ?? []).flatMap(({ reference_to }, index) => {
      const reference = referenceOf(reference_to)
      const isFirst = !seen.has(reference)
      seen.add(reference)
      return isFirst ? [] : [at(`/${list}/${index}/reference_to`, `is the second about ${reference}; the first is read, this one is kept`)]
    })
  })
}

/** Records of another assessment. */
function strangers(file: CnilFile): Contradiction[] {
  const own = referenceOf(file.pia.id)
  if (own === '') return []
  return (['answers', 'measures', 'evaluations', 'comments', 'attachments'] as const).flatMap((list) =>
    (file[list] ?? []).flatMap(({ pia_id }, index) =>
      pia_id === undefined || pia_id === null || referenceOf(pia_id) === own
        ? []
        : [at(`/${list}/${index}/pia_id`, `belongs to assessment ${referenceOf(pia_id)}, and this is ${own}`)],
    ),
  )
}

function ofAttachments({ attachments }: CnilFile): Contradiction[] {
  return (attachments ?? []).flatMap((one, index) => {
    const pointer = `/attachments/${index}`
    if (one.file === undefined || one.file === null || one.file === '')
      return filled(one.comment) ? [] : [at(`${pointer}/file`, `"${one.name ?? ''}" has no bytes, and no reason for its removal`)]
    return attached(one).bytes === null
      ? [at(`${pointer}/file`, `the bytes of "${one.name ?? ''}" cannot be read: they are not a data URL in base64`)]
      : []
  })
}
