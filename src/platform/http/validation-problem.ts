import type { ErrorObject } from 'ajv'
import type { FastifyRequest } from 'fastify'
import type { Fault } from '../kernel/refusal.ts'
import { type Problem, problem } from './problem.ts'
import { DAY_WORDS, INSTANT_WORDS } from './time-formats.ts'
import { FAULTS_MAX } from './validators.ts'

/** What Fastify hands over when a request does not fit its schema. */
interface ValidationFailure {
  readonly validation: readonly Partial<ErrorObject>[]
  readonly validationContext?: string | undefined
}

const prefixes: Readonly<Record<string, string>> = { body: '', querystring: '/query', params: '/path', headers: '/headers' }
/** Keywords that only sum up what others say better. */
const summaries = new Set(['anyOf', 'oneOf', 'if', 'allOf', 'propertyNames'])

/** The problem of a request that does not fit the contract, with one readable line for each place. Pure. */
export function problemOfValidation(failure: ValidationFailure): Problem {
  const errors = detailsOf(failure)
  return problem('INVALID_REQUEST', errors.length === 1 ? 'the request has 1 fault' : `the request has ${errors.length} faults`, errors)
}

/** The problem of `request.validationError`, or undefined when the request fits; for handlers that answer malformed calls themselves. */
export function problemOfRequest(request: FastifyRequest): Problem | undefined {
  const failure = request.validationError
  return failure?.validation
    ? problemOfValidation({ validation: failure.validation, validationContext: failure.validationContext })
    : undefined
}

/** Whether an error is Fastify's report of a request that does not fit its schema. */
export function isValidationFailure(error: unknown): error is ValidationFailure {
  return error instanceof Error && 'validation' in error && Array.isArray(error.validation)
}

/** Linear in the faults, which the validators bound: each asks only what stands below it, noted once. */
function detailsOf({ validation, validationContext }: ValidationFailure): Fault[] {
  const prefix = prefixes[validationContext ?? 'body'] ?? ''
  const all = validation.map((error) => ({ keyword: error.keyword ?? '', pointer: prefix + pointerOf(error), detail: wordsOf(error) }))
  const telling = all.filter(({ keyword }) => !summaries.has(keyword)).map(({ pointer }) => pointer)
  const pointed = new Set(telling)
  const above = new Set(telling.flatMap(ancestorsOf))
  const shown = all.filter(
    ({ keyword, pointer, detail }) =>
      (!summaries.has(keyword) || (!pointed.has(pointer) && !above.has(pointer))) &&
      // An optional member may also be null: beside a fault inside it that is no help.
      !(detail === 'must be null' && above.has(pointer)),
  )
  return [...groupByPointer(shown)].slice(0, FAULTS_MAX).map(([pointer, details]) => ({ pointer, detail: joinDetails(details) }))
}

function groupByPointer(faults: readonly { readonly pointer: string; readonly detail: string }[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const { pointer, detail } of faults) {
    const group = groups.get(pointer)
    if (group) group.push(detail)
    else groups.set(pointer, [detail])
  }
  return groups
}

/** The pointers of what a place stands in, the whole included. */
function ancestorsOf(pointer: string): string[] {
  const found: string[] = []
  for (let end = pointer.lastIndexOf('/'); end >= 0; end = pointer.lastIndexOf('/', end - 1)) {
    found.push(pointer.slice(0, end))
    if (end === 0) break
  }
  return found
}

/** Says alternatives once: `must be a string` and `must be null` of two branches become `must be a string or null`. */
function joinDetails(details: readonly string[]): string {
  const distinct = [...new Set(details)]
  const types = distinct.filter((detail) => /^must be (a |an |null|true)/.test(detail))
  if (types.length < 2) return distinct.join('; ')
  const merged = types.map((detail, at) => (at === 0 ? detail : detail.replace('must be ', ''))).join(' or ')
  return [merged, ...distinct.filter((detail) => !types.includes(detail))].join('; ')
}

function pointerOf(error: Partial<ErrorObject>): string {
  const parameters = error.params ?? {}
  const base = error.instancePath ?? ''
  const member =
    parameters['missingProperty'] ??
    parameters['additionalProperty'] ??
    parameters['unevaluatedProperty'] ??
    (error.keyword === 'discriminator' ? parameters['tag'] : undefined)
  return member === undefined ? base : `${base}/${cut(String(member)).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function wordsOf(error: Partial<ErrorObject>): string {
  const parameters = error.params ?? {}
  switch (error.keyword) {
    case 'required':
    case 'dependentRequired':
      return 'is required'
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `${quoted(parameters['additionalProperty'] ?? parameters['unevaluatedProperty'])} is not a known member`
    case 'enum':
      return `must be one of ${(parameters['allowedValues'] as readonly unknown[]).map((value) => JSON.stringify(value)).join(', ')}`
    case 'const':
      return `must be ${JSON.stringify(parameters['allowedValue'])}`
    case 'type':
      return `must be ${[parameters['type']].flat().map(typeName).join(' or ')}`
    case 'format':
      if (parameters['format'] === 'date-time') return INSTANT_WORDS
      if (parameters['format'] === 'date') return DAY_WORDS
      return `must be a valid ${String(parameters['format'])}`
    case 'discriminator':
      return parameters['error'] === 'tag'
        ? 'must be a string that names a known type'
        : `${quoted(parameters['tagValue'])} is not a known type`
    default:
      return error.message ?? 'is not valid'
  }
}

/** A word of the caller's in a reply: named, not repeated at length. */
function quoted(word: unknown): string {
  return JSON.stringify(cut(String(word)))
}

const WORD_MAX = 100

function cut(word: string): string {
  return word.length > WORD_MAX ? `${word.slice(0, WORD_MAX)}…` : word
}

function typeName(type: unknown): string {
  if (type === 'null') return 'null'
  return /^[aeiou]/.test(String(type)) ? `an ${String(type)}` : `a ${String(type)}`
}
