import type { AssessmentContent } from '../made/content.ts'
import { type Carried, placesOf } from './carrying.ts'
import type { CnilFile } from './cnil-file.ts'
import { plainText } from './html-text.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { pathOf } from './members.ts'
import { QUESTIONS, referenceOf } from './standard.ts'

/** How the tool calls the states of an assessment, in its order. */
const STATES = ['being written', 'refused', 'validated', 'validated by signature', 'given up'] as const
/** How it marks what was evaluated. */
const MARKS = ['not evaluated', 'to be corrected', 'improvable', 'acceptable'] as const

/** What a file says of itself, as people read it. Nothing of it is a state, an advice or an approval here. */
export interface CnilSummary {
  readonly name: string
  readonly state: string
  /** Names as they stand there. */
  readonly people: { readonly author: string; readonly evaluator: string; readonly validator: string; readonly dpo: string }
  /** Null: the tool was told nothing. */
  readonly dpo_advice: { readonly favours: boolean | null; readonly text: string } | null
  /** Null: it does not say whether they were asked. */
  readonly people_concerned: {
    readonly asked: boolean
    readonly favour: boolean | null
    readonly who: string
    readonly text: string
  } | null
  readonly counts: Readonly<Record<'answers' | 'measures' | 'evaluations' | 'comments' | 'attachments', number>>
  /** Evaluations by mark. */
  readonly marks: Readonly<Record<string, number>>
  /** Answers to questions that are not asked here, in words. */
  readonly answers_beside: readonly { readonly reference: string; readonly asks: string; readonly text: string }[]
  /** Reasons for a refusal, and what was changed after it. */
  readonly refusal: { readonly reason: string; readonly changes: string }
}

/** A file in plain words. Pure. */
export function summaryOf(file: CnilFile): CnilSummary {
  const { pia, answers, measures, evaluations, comments, attachments } = file
  const [asked, text] = [pia.concerned_people_searched_opinion, plainText(pia.dpo_opinion ?? '')]
  const reason = asked ? pia.concerned_people_opinion : pia.concerned_people_searched_content
  const marks = (evaluations ?? []).map(({ status }) => MARKS[Number(status ?? 0)] ?? '')
  return {
    name: plainText(pia.name ?? ''),
    state: STATES[Number(pia.status ?? 0)] ?? '',
    people: {
      ...{ author: pia.author_name ?? '', evaluator: pia.evaluator_name ?? '', validator: pia.validator_name ?? '' },
      dpo: pia.dpos_names ?? '',
    },
    dpo_advice: text === '' ? null : { favours: yesOrNo(pia.dpo_status), text },
    people_concerned:
      asked === undefined || asked === null
        ? null
        : {
            ...{ asked: Boolean(asked), favour: asked ? yesOrNo(pia.concerned_people_status) : null, who: pia.people_names ?? '' },
            text: plainText(reason ?? ''),
          },
    counts: {
      ...{ answers: answers?.length ?? 0, measures: measures?.length ?? 0, evaluations: evaluations?.length ?? 0 },
      ...{ comments: comments?.length ?? 0, attachments: attachments?.length ?? 0 },
    },
    marks: Object.fromEntries(MARKS.map((mark) => [mark, marks.filter((one) => one === mark).length])),
    answers_beside: QUESTIONS.filter((question) => question.answers === null).flatMap(({ reference, label }) => {
      const text = plainText(answers?.find(({ reference_to }) => referenceOf(reference_to) === reference)?.data?.text ?? '')
      return text === '' ? [] : [{ reference, asks: label, text }]
    }),
    refusal: {
      reason: plainText(pia.rejection_reason || pia.rejected_reason || ''),
      changes: plainText(pia.applied_adjustments || pia.applied_adjustements || ''),
    },
  }
}

function yesOrNo(status: unknown): boolean | null {
  return status === null || status === undefined || status === '' ? null : Number(status) === 1
}

/** Members that are carried: those that only the tool knows, and those that both know and whose form there differs from the one here. */
export interface CarriedMembers {
  /** By list, each member once with how many there are. */
  readonly unshared: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly inTheirForm: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** What is carried, counted. Pure. */
export function carriedMembers(content: AssessmentContent, { members, links }: Carried): CarriedMembers {
  const shared = placesOf(members).filter(({ get }) => get(content, links) !== null)
  const addresses = shared.flatMap((place) => place.members.map((address) => pathOf(members, address)?.join('/') ?? ''))
  return {
    unshared: counted(members, (path) => !addresses.includes(path)),
    inTheirForm: counted(members, (path) => addresses.includes(path)),
  }
}

function counted(file: CnilFile, isMeant: (path: string) => boolean): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const counts = new Map<string, Map<string, number>>()
  const count = (value: Json, list: string, path: string, member: string) => {
    const isInside = isObject(value) && (member === '' || /^(data|gauges)$/.test(member))
    if (isInside)
      for (const [name, part] of Object.entries(value)) count(part, list, `${path}/${name}`, member === '' ? name : `${member}.${name}`)
    else if (isMeant(path)) {
      const ofList = counts.get(list) ?? new Map<string, number>()
      counts.set(list, ofList.set(member, (ofList.get(member) ?? 0) + 1))
    }
  }
  for (const [list, value] of Object.entries(file as unknown as JsonObject))
    if (Array.isArray(value)) for (const [at, record] of (value as readonly Json[]).entries()) count(record, list, `${list}/${at}`, '')
    else count(value, list, list, '')
  return counts
}
