// What decides whether a request or a reply fits the contract. Work is bounded before anybody knows who asks: a request is
// tested up to its first fault, and only one that does not fit is looked at again, for at most `FAULTS_MAX` places.
// It must never repair what a caller sent: no coercion of bodies, no member dropped.
import type { ErrorObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { JsonObject } from './contract-document.ts'
import { isInstant, isRequestDay } from './time-formats.ts'

/** Faults that are collected of one request; what is refused for more of them is as wrong. */
export const FAULTS_MAX = 50
/** An identifier as this service writes it (RFC 9562): lower case, no `urn:uuid:`, no braces. Each has one spelling. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Query numbers are plain digits: `1e2`, `0x10`, `+1`, `1.0`, `01` and blanks are other readers' numbers. */
const INTEGER = /^(?:0|-?[1-9]\d{0,15})$/

/** Validators of one contract, each schema compiled on first use: 150 operations would cost every start, and every test file, seconds. */
export interface Validators {
  body(schema: JsonObject): ValidateFunction
  /** Path, query or headers: a flat object of texts, in which numbers and truth values are read as what they say. */
  parameters(schema: JsonObject): ValidateFunction
  /** What a reply breaks, in words; undefined when it fits. */
  reply(schema: JsonObject): (value: unknown) => string | undefined
  /** Compiles a schema now; throws when it cannot be. */
  compile(schema: JsonObject): void
}

export function validatorsOf(components: JsonObject): Validators {
  const first = requestAjv({ allErrors: false })
  const all = requestAjv({ allErrors: true, code: { process: stopAtFaultsMax } })
  const replies = addFormats.default(new Ajv2020({ strict: false, allErrors: true, discriminator: true }))
  for (const ajv of [first, all, replies]) ajv.addSchema(components)

  function requests(schema: JsonObject): ValidateFunction {
    const [fits, faultsOf] = [lazily(first, schema), lazily(all, schema)]
    const validate = ((data: unknown) => {
      validate.errors = null
      if (fits(data)) return true
      // The stop may leave nothing but what an alternative that fits would take back.
      validate.errors = faultsOf(data) || !faultsOf.errors?.length ? (fits.errors ?? null) : faultsOf.errors
      return false
    }) as ValidateFunction
    return validate
  }

  return {
    body: requests,
    parameters(schema) {
      const readers = readersOf(schema)
      const fits = requests(schema)
      const validate = ((data: Record<string, unknown>) => {
        for (const [name, read] of readers) {
          const text = data[name]
          if (typeof text === 'string') data[name] = read(text)
        }
        const found = fits(data)
        validate.errors = fits.errors ?? null
        return found
      }) as ValidateFunction
      return validate
    },
    reply(schema) {
      const validate = lazily(replies, schema)
      return (value) =>
        validate(value)
          ? undefined
          : (validate.errors ?? []).map((error: ErrorObject) => `${error.instancePath} ${error.message}`).join(', ')
    },
    compile(schema) {
      for (const ajv of [first, all, replies]) ajv.compile(schema)
    },
  }
}

function requestAjv(options: { readonly allErrors: boolean; readonly code?: { readonly process: (code: string) => string } }): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    useDefaults: true,
    removeAdditional: false,
    coerceTypes: false,
    discriminator: true,
    ...options,
  })
  return addFormats.default(ajv).addFormat('date-time', isInstant).addFormat('date', isRequestDay).addFormat('uuid', UUID)
}

/**
 * Makes a compiled validator return as soon as it has found enough: Ajv can stop at the first fault or at none, and to collect
 * the faults of a large body costs the square of them. The counter is the generated code's own; a test shows that it holds.
 */
function stopAtFaultsMax(code: string): string {
  const name = /function (validate\d+)\(/.exec(code)?.[1]
  if (name === undefined) throw new Error('Ajv writes validators in another form: the faults of a request would have no bound')
  const stop = `if (errors >= ${FAULTS_MAX}) { ${name}.errors = vErrors; return false; }`
  return code.replaceAll(/errors\+\+;?|errors = vErrors\.length;?/g, (step) => `${step.replace(/;?$/, ';')}${stop}`)
}

function lazily(ajv: Ajv2020, schema: JsonObject): ValidateFunction {
  let compiled: ValidateFunction | undefined
  const validate = ((data: unknown) => {
    compiled ??= ajv.compile(schema)
    const fits = compiled(data)
    validate.errors = compiled.errors ?? null
    return fits
  }) as ValidateFunction
  return validate
}

type ParameterReader = (text: string) => unknown

/** How to read the parameters that are no texts. What cannot be read stays a text, which the schema then refuses. */
function readersOf(schema: JsonObject): ReadonlyMap<string, ParameterReader> {
  const readers = new Map<string, ParameterReader>()
  for (const [name, { type }] of Object.entries((schema['properties'] ?? {}) as Record<string, JsonObject>)) {
    if (type === 'integer') readers.set(name, integerOf)
    if (type === 'boolean') readers.set(name, truthOf)
  }
  return readers
}

function integerOf(text: string): number | string {
  const number = INTEGER.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : text
}

function truthOf(text: string): boolean | string {
  return text === 'true' || text === 'false' ? text === 'true' : text
}
