import type { FastifyRequest } from 'fastify'
import type { BodyOf, OperationId } from '../platform/http/openapi.ts'
import type { Refusal } from '../platform/kernel/refusal.ts'
import { type Answers, answersIn, type FormField, several } from './drafting/answers.ts'
import { idOf, placed } from './drafting/steps.pages.ts'
import { type FieldError, faultsOf } from './forms.pages.ts'

/** The questions of a page, what it says where one is not answered, and the body of the API that the answers make. */
export interface Questions {
  readonly fields: readonly FormField[]
  /** Of each question that must be answered. */
  readonly wanted: Readonly<Record<string, string>>
  readonly bodyOf: (answers: Answers) => object
}

/** The questions of a page with what was typed; where nothing was, with the answers that stand there. */
export function questionsIn({ body }: Pick<FastifyRequest, 'body'>, fields: readonly FormField[], standing: Answers = {}) {
  const values = body ? answersIn(body as Readonly<Record<string, unknown>>, fields) : standing
  return fields.map((one) => ({ ...one, id: idOf(one), value: values[one.name] ?? '' }))
}

/** What a form says as an operation of the API takes it, and what is missing or breaks the contract, each beside its question. */
export function answered<Id extends OperationId>(
  operation: Id,
  { body: form }: Pick<FastifyRequest, 'body'>,
  { fields, wanted, bodyOf }: Questions,
): { readonly body: BodyOf<Id>; readonly errors: readonly FieldError[] } {
  const answers = answersIn((form ?? {}) as Readonly<Record<string, unknown>>, fields)
  const missed = fields.filter(({ name }) => wanted[name] !== undefined && several(answers, name).join('') === '')
  const body = bodyOf(answers)
  const faults = faultsOf(operation, body, (pointer) => pointer).map(({ field: pointer, text: detail }) => ({ pointer, detail }))
  const errors = missed.length > 0 ? missed.map((one) => ({ field: idOf(one), text: wanted[one.name] ?? '' })) : besides(faults, fields)
  return { body: body as BodyOf<Id>, errors }
}

/** What a service refused, in its own words, each beside the question that it is of. */
export function refusedBeside({ errors, detail }: Refusal, fields: readonly FormField[]): FieldError[] {
  return besides(errors.length > 0 ? errors : [{ pointer: '', detail, code: '' }], fields)
}

const besides = (faults: Parameters<typeof placed>[0], fields: readonly FormField[]) => placed(faults, fields, '', (sentence) => sentence)
