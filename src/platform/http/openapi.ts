// The contract at run time: routes, validation and permissions all come from openapi/openapi.yaml (bundled in openapi.gen.json).
// Words: contract (the document), operation (one method on one path), permission (`x-permission`).
// It must never repair what a caller sent: no coercion of bodies, no member dropped, no call without its permission declared.
import { readFileSync } from 'node:fs'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { FastifyInstance, FastifySchema, HTTPMethods } from 'fastify'
import plugin from 'fastify-plugin'
import { ProblemError, problem } from '../kernel/problem.ts'
import type { operations } from './api.gen.ts'
import { type ContractOperation, type JsonObject, readContract } from './contract-document.ts'
import { type Check, checkReplies } from './reply-check.ts'
import { isInstant, isRequestDay } from './time-formats.ts'

export type { ContractOperation, RequiredPermission } from './contract-document.ts'
export type { BodyOf, Operation, OperationId, ReplyOf } from './operation-types.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation of the contract this route answers. */
    operation?: ContractOperation
  }
}

/** What a route takes from the contract; a module adds its handler and its hooks. */
export interface OperationRoute {
  readonly method: HTTPMethods
  readonly url: string
  readonly schema: FastifySchema
  readonly config: { readonly operation: ContractOperation }
  readonly attachValidation: boolean
}

/** How the contract is applied to an app. */
export interface ContractPluginOptions {
  /** Check every reply against the contract (tests). */
  readonly checkReplies?: boolean
  /** URL prefixes whose routes are not in the contract, for example pages. Any other route without an operation stops the boot. */
  readonly outsideContract?: readonly string[]
  /** The app answers a part of the contract only (tests of one module): operations without a route do not stop the boot. */
  readonly isPartial?: boolean
}

/** A contract that has been read. */
export interface Contract<Id extends string> {
  readonly operations: ReadonlyMap<string, ContractOperation>
  /** The route of an operation: `app.route<Operation<'decide'>>({ ...operation('decide'), handler })`. */
  operation(id: Id): OperationRoute
  /** Validators, media types and the boot check; register it before the routes. */
  readonly plugin: ReturnType<typeof contractPlugin>
  /** Compiles every schema now; throws when one cannot be compiled. For a test: in the service each is compiled on first use. */
  compileAll(): void
}

/** Reads a bundled OpenAPI 3.1 document. @throws Error when an operation is incomplete (see `readContract`) */
export function loadContract<Id extends string>(text: string): Contract<Id> {
  const { components, operations: all } = readContract(text)
  const validators = validatorsOf(components)
  return {
    operations: all,
    operation: (id) => routeOf(all.get(id) ?? fail(`the contract has no operation ${id}`)),
    plugin: contractPlugin(components, all, validators),
    compileAll: () => {
      for (const { schema, replies } of all.values()) {
        for (const part of [schema.params, schema.querystring, schema.headers]) if (part) validators.parameters.compile(part)
        if (schema.body) for (const body of bodySchemas(schema.body as JsonObject)) validators.body.compile(body)
        for (const reply of Object.values(replies)) if (reply !== true) validators.reply.compile(reply)
      }
    },
  }
}

/** The contract of this release. */
export const contract = loadContract<keyof operations>(readFileSync(new URL('./openapi.gen.json', import.meta.url), 'utf8'))

/** The route of an operation of this release's contract; see `Contract.operation`. */
export const operation = contract.operation

function contractPlugin(components: JsonObject, all: ReadonlyMap<string, ContractOperation>, validators: Validators) {
  return plugin<ContractPluginOptions>(
    async (app, options) => {
      app.addSchema(components)
      app.setValidatorCompiler(({ schema, httpPart }) =>
        lazily(httpPart === 'body' ? validators.body : validators.parameters, schema as JsonObject),
      )
      // Fastify skips validation for a media type its schema does not name.
      app.addHook('preValidation', async (request) => {
        const types = request.routeOptions.config.operation?.mediaTypes ?? []
        const sent =
          String(request.headers['content-type'] ?? '')
            .split(';')[0]
            ?.trim()
            .toLowerCase() ?? ''
        if (types.length > 0 && sent !== '' && !types.includes(sent)) throw new WrongMediaType(types)
        if (types.length > 1 && request.body === undefined)
          throw new ProblemError(problem('INVALID_REQUEST', 'a body is required', [{ pointer: '', detail: 'is required' }]))
      })
      if (options.checkReplies) checkReplies(app, (schema) => checkOf(lazily(validators.reply, schema)))
      checkRoutes(app, options.isPartial ? new Map() : all, options.outsideContract ?? [])
    },
    { name: 'contract' },
  )
}

/** The body came as a media type the operation does not take; the problem handler turns it into 415, or what the operation says instead. */
export class WrongMediaType extends Error {
  readonly statusCode = 415
  readonly mediaTypes: readonly string[]

  constructor(mediaTypes: readonly string[]) {
    super(`send ${mediaTypes.join(' or ')}`)
    this.name = 'WrongMediaType'
    this.mediaTypes = mediaTypes
  }
}

/** Stops the boot unless every operation has exactly one route and every route an operation or an agreed place outside the contract. */
function checkRoutes(app: FastifyInstance, all: ReadonlyMap<string, ContractOperation>, outside: readonly string[]): void {
  const routes = new Map<string, number>()
  const strangers: string[] = []
  app.addHook('onRoute', (route) => {
    const methods = [route.method].flat().filter((method) => method !== 'HEAD')
    if (methods.length === 0) return
    const id = route.config?.operation?.id
    if (id !== undefined) routes.set(id, (routes.get(id) ?? 0) + 1)
    else if (!outside.some((prefix) => route.url === prefix || route.url.startsWith(`${prefix}/`)))
      strangers.push(`${methods.join()} ${route.url}`)
  })
  app.addHook('onReady', async () => {
    const missing = [...all.keys()].filter((id) => !routes.has(id))
    const twice = [...routes].filter(([, count]) => count > 1).map(([id]) => id)
    const faults = [
      ...(missing.length > 0 ? [`no route answers ${missing.join(', ')}`] : []),
      ...(twice.length > 0 ? [`more than one route answers ${twice.join(', ')}`] : []),
      ...(strangers.length > 0 ? [`not in the contract, so without a permission: ${strangers.join(', ')}`] : []),
    ]
    if (faults.length > 0) throw new Error(faults.join('; '))
  })
}

interface Validators {
  readonly body: Ajv2020
  readonly parameters: Ajv2020
  readonly reply: Ajv2020
}

function validatorsOf(components: JsonObject): Validators {
  return {
    body: ajv({ coerce: false, fill: true }),
    parameters: ajv({ coerce: true, fill: true }),
    reply: ajv({ coerce: false, fill: false }),
  }

  function ajv({ coerce, fill }: { readonly coerce: boolean; readonly fill: boolean }): Ajv2020 {
    const made = new Ajv2020({
      strict: false,
      allErrors: true,
      useDefaults: fill,
      removeAdditional: false,
      coerceTypes: coerce ? 'array' : false,
      discriminator: true,
    })
    addFormats.default(made)
    if (fill) made.addFormat('date-time', isInstant).addFormat('date', isRequestDay)
    made.addSchema(components)
    return made
  }
}

/** Compiles on first use: 150 operations would cost every start, and every test file, seconds. */
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

function checkOf(validate: ValidateFunction): Check {
  return (value) =>
    validate(value) ? undefined : (validate.errors ?? []).map((error: ErrorObject) => `${error.instancePath} ${error.message}`).join(', ')
}

function routeOf(found: ContractOperation): OperationRoute {
  return {
    method: found.method as HTTPMethods,
    url: found.url,
    schema: found.schema,
    config: { operation: found },
    attachValidation: found.seesMalformed,
  }
}

function bodySchemas(body: JsonObject): readonly JsonObject[] {
  const content = body['content'] as Record<string, { readonly schema: JsonObject }> | undefined
  return content ? Object.values(content).map(({ schema }) => schema) : [body]
}

function fail(message: string): never {
  throw new Error(message)
}
