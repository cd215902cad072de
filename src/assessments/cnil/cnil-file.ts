// An assessment as the PIA tool of the CNIL (the French regulator) exports it, and as that tool understands it: LINCnil/pia, `src/app/models`.
// Its members stay as they are; what we do not know is kept. Here is said what a known member must be, and what its codes mean.
// It must never be repaired on the way in: what contradicts itself is named (contradictions.ts), never put right.
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import { isObject, type Json, type JsonObject, pointerTo } from './json.ts'

/** A number there, a text where it went through a form: `121` and `"121"` name the same. */
export type Id = number | string | null

/** The assessment itself. `rejected_reason` and `applied_adjustements` are how the tool's own code writes two of them, exports use both. */
export interface CnilPia {
  readonly id?: Id
  readonly name?: string | null
  /** 0 being written, 1 refused, 2 validated, 3 validated by signature, 4 given up. */
  readonly status?: Id
  readonly author_name?: string | null
  readonly evaluator_name?: string | null
  readonly validator_name?: string | null
  /** 0: should not be done, 1: may be done. */
  readonly dpo_status?: Id
  readonly dpo_opinion?: string | null
  readonly dpos_names?: string | null
  /** Whether the people concerned were asked. */
  readonly concerned_people_searched_opinion?: boolean | null
  /** Why not, where they were not. */
  readonly concerned_people_searched_content?: string | null
  readonly concerned_people_opinion?: string | null
  readonly concerned_people_status?: Id
  readonly people_names?: string | null
  readonly rejection_reason?: string | null
  readonly rejected_reason?: string | null
  readonly applied_adjustments?: string | null
  readonly applied_adjustements?: string | null
  readonly created_at?: string | null
  readonly updated_at?: string | null
  /** Questions of its own instead of those of the tool. */
  readonly structure_data?: Json
}

export interface CnilAnswer {
  readonly id?: Id
  readonly pia_id?: Id
  /** Number of the question: section, item, question. */
  readonly reference_to: Id
  readonly data?: { readonly text?: string | null; readonly gauge?: Id; readonly list?: readonly Json[] | null } | null
}

export interface CnilMeasure {
  readonly id?: Id
  readonly pia_id?: Id
  readonly title?: string | null
  readonly content?: string | null
}

/** What the evaluator says of an item, a question, a measure (`3.1.` and its id) or a risk, with what is to be done and by when. */
export interface CnilEvaluation {
  readonly id?: Id
  readonly pia_id?: Id
  readonly reference_to: Id
  /** 0 not yet, 1 to be corrected, 2 improvable, 3 acceptable. */
  readonly status?: Id
  /** 0 no evaluation, 1 begun, 2 completed. */
  readonly global_status?: Id
  readonly evaluation_comment?: string | null
  readonly action_plan_comment?: string | null
  readonly estimated_implementation_date?: string | null
  readonly person_in_charge?: string | null
  /** A risk as it will be once the plan is done: x its severity, y its likelihood; 0 not estimated. */
  readonly gauges?: { readonly x?: Id; readonly y?: Id } | null
}

export interface CnilComment {
  readonly id?: Id
  readonly pia_id?: Id
  readonly reference_to?: Id
  readonly for_measure?: boolean | null
  readonly description?: string | null
}

export interface CnilAttachment {
  readonly id?: Id
  readonly pia_id?: Id
  readonly name?: string | null
  readonly mime_type?: string | null
  /** A `data:` URL; null once it was removed, then `comment` says why. */
  readonly file?: string | null
  /** 1: the signed assessment itself. */
  readonly pia_signed?: Id
  readonly comment?: string | null
}

export interface CnilFile {
  readonly pia: CnilPia
  readonly answers?: readonly CnilAnswer[] | null
  readonly measures?: readonly CnilMeasure[] | null
  readonly evaluations?: readonly CnilEvaluation[] | null
  readonly comments?: readonly CnilComment[] | null
  readonly attachments?: readonly CnilAttachment[] | null
}

/** A place that is not what it must be, in words. */
export interface CnilFault {
  readonly pointer: string
  readonly detail: string
}

/** Records of one list: far more than any assessment has. */
export const RECORDS_MAX = 5000
/** Faults that are named at once. */
const FAULTS_MAX = 20

type Kind = 'text' | 'id' | 'reference' | 'flag' | 'list' | 'object' | number
const SAID: Readonly<Record<Exclude<Kind, number>, string>> = {
  text: 'a text or null',
  id: 'a number, a text or null',
  reference: 'the number of what it is about',
  flag: 'true, false or null',
  list: 'a list or null',
  object: 'an object or null',
}
/** What each known member must be; a number is the greatest code of a scale that begins at 0. */
const PIA: Readonly<Record<string, Kind>> = {
  ...{ id: 'id', status: 4, dpo_status: 1, concerned_people_status: 1, concerned_people_searched_opinion: 'flag' },
  ...{ name: 'text', author_name: 'text', evaluator_name: 'text', validator_name: 'text', dpo_opinion: 'text', dpos_names: 'text' },
  ...{ concerned_people_searched_content: 'text', concerned_people_opinion: 'text', people_names: 'text' },
  ...{ rejection_reason: 'text', rejected_reason: 'text', applied_adjustments: 'text', applied_adjustements: 'text' },
  ...{ created_at: 'text', updated_at: 'text' },
}
const LISTS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  answers: { id: 'id', pia_id: 'id', reference_to: 'reference', data: 'object', 'data/text': 'text', 'data/gauge': 4, 'data/list': 'list' },
  measures: { id: 'id', pia_id: 'id', title: 'text', content: 'text' },
  evaluations: {
    ...{ id: 'id', pia_id: 'id', reference_to: 'reference', status: 3, global_status: 2, evaluation_comment: 'text' },
    ...{ action_plan_comment: 'text', estimated_implementation_date: 'text', person_in_charge: 'text' },
    ...{ gauges: 'object', 'gauges/x': 4, 'gauges/y': 4 },
  },
  comments: { id: 'id', pia_id: 'id', reference_to: 'id', for_measure: 'flag', description: 'text' },
  attachments: { id: 'id', pia_id: 'id', name: 'text', mime_type: 'text', file: 'text', pia_signed: 1, comment: 'text' },
}

/**
 * What a JSON value is as an export of the CNIL tool: the value itself, or each place that is not what it must be. A template of that
 * tool (its structure file) is none. Pure.
 */
export function cnilFile(value: Json): Result<CnilFile, readonly CnilFault[]> {
  if (!isObject(value)) return refuse([{ pointer: '', detail: 'is not an assessment of the CNIL PIA tool: it is no JSON object' }])
  const pia = value['pia']
  if (!isObject(pia)) return refuse([{ pointer: '', detail: notAnAssessment(value) }])
  const faults = faultsOf(pia, PIA, '/pia')
  for (const [name, members] of Object.entries(LISTS)) {
    const list = value[name] ?? []
    if (!Array.isArray(list)) faults.push({ pointer: `/${name}`, detail: `must be ${SAID.list}` })
    else if (list.length > RECORDS_MAX)
      faults.push({ pointer: `/${name}`, detail: `has ${list.length} entries, at most ${RECORDS_MAX} are read` })
    else
      for (const [at, record] of list.entries())
        if (isObject(record)) faults.push(...faultsOf(record, members, `/${name}/${at}`))
        else faults.push({ pointer: `/${name}/${at}`, detail: 'must be an object' })
  }
  return faults.length === 0 ? ok(value as unknown as CnilFile) : refuse(faults.slice(0, FAULTS_MAX))
}

function notAnAssessment(value: JsonObject): string {
  const template = value['structure']
  if (!isObject(template)) return 'is not an assessment of the CNIL PIA tool: it has no member "pia"'
  const name = typeof template['name'] === 'string' ? ` ("${template['name'].slice(0, 200)}")` : ''
  return `is a template of the CNIL PIA tool${name}: questions to begin an assessment with, and no assessment. Nothing of it was read.`
}

function faultsOf(record: JsonObject, members: Readonly<Record<string, Kind>>, pointer: string): CnilFault[] {
  return Object.entries(members).flatMap(([path, kind]) => {
    const value = path.split('/').reduce<Json | undefined>((at, name) => (isObject(at) ? at[name] : undefined), record)
    if (isOfKind(value, kind)) return []
    const said = typeof kind === 'number' ? `a whole number from 0 to ${kind}, or null` : SAID[kind]
    return [{ pointer: path.split('/').reduce<string>(pointerTo, pointer), detail: `must be ${said}` }]
  })
}

function isOfKind(value: Json | undefined, kind: Kind): boolean {
  if (kind === 'reference') return typeof value === 'number' || (typeof value === 'string' && value !== '')
  if (value === undefined || value === null) return true
  if (typeof kind === 'number') return /^\d{1,2}$/.test(String(value)) && typeof value !== 'object' && Number(value) <= kind
  if (kind === 'text') return typeof value === 'string'
  if (kind === 'id') return typeof value === 'number' || typeof value === 'string'
  if (kind === 'flag') return typeof value === 'boolean' || value === 0 || value === 1
  return kind === 'list' ? Array.isArray(value) : isObject(value)
}
