// The contract at run time: routes, validation and permissions all come from openapi/openapi.yaml (bundled in openapi.gen.json).
// Words: contract (the document), operation (one method on one path), permission (`x-permission`).
// It must never repair what a caller sent: no coercion of bodies, no member dropped, no call without its permission declared.
import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifySchema, HTTPMethods, RouteOptions } from 'fastify'
import plugin from 'fastify-plugin'
import type { Fault } from '../kernel/refusal.ts'
import type { operations } from './api.gen.ts'
import { type ContractOperation, type JsonObject, readContract } from './contract-document.ts'
import { ProblemError, problem } from './problem.ts'
import { checkReplies } from './reply-check.ts'
import { type Serialise, serialisersOf } from './serialisers.ts'
import { problemOfValidation } from './validation-problem.ts'
import { type Validators, validatorsOf } from './validators.ts'

export type { ContractOperation, RequiredPermission } from './contract-document.ts'
export type { BodyOf, Operation, OperationId, ReplyOf } from './operation-types.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation of the contract this route answers. */
    operation?: ContractOperation
    /** Of a route outside the contract: whether everybody may call it, or whoever has signed in. */
    access?: Access
    /** Answers where no other route does: an address that only it answers does not exist. */
    isFallback?: boolean
    /** Of such a route: the operation that it stands for; whoever may not call that does not come in by it. */
    standsFor?: ContractOperation
  }
}

/** Who may call a route that is no operation of the contract. */
export type Access = 'public' | 'session'

/** What a route takes from the contract; a module adds its handler and its hooks. */
interface OperationRoute {
  readonly method: HTTPMethods
  readonly url: string
  readonly schema: FastifySchema
  readonly config: { readonly operation: ContractOperation }
  readonly attachValidation: boolean
}

/** How the contract is applied to an app. */
interface ContractPluginOptions {
  /** Check every reply against the contract (tests). */
  readonly checkReplies?: boolean
  /** The app answers a part of the contract only (tests of one module): operations without a route do not stop the boot. */
  readonly isPartial?: boolean
}

/** A contract that has been read. */
export interface Contract<Id extends string> {
  readonly operations: ReadonlyMap<string, ContractOperation>
  /** The route of an operation: `app.route<Operation<'decide'>>({ ...operation('decide'), handler })`. */
  operation(id: Id): OperationRoute
  /** What a body breaks of an operation's contract; empty: it fits. For callers that come by another way than the API. */
  faultsOf(id: Id, body: unknown): readonly Fault[]
  /** Validators, media types and the boot check; register it before the routes. */
  readonly plugin: ReturnType<typeof contractPlugin>
  /** Compiles every schema now; throws when one cannot be compiled. For a test: in the service each is compiled on first use. */
  compileAll(): void
  /** Names of members and parameters that the contract knows: a word that is none of them is a caller's own. */
  readonly names: ReadonlySet<string>
}

/** Reads a bundled OpenAPI 3.1 document. @throws Error when an operation is incomplete (see `readContract`) */
export function loadContract<Id extends string>(text: string): Contract<Id> {
  const { components, operations: all } = readContract(text)
  const validators = validatorsOf(components)
  const serialisers = serialisersOf(components)
  const ofCallers = new Map<JsonObject, ReturnType<Validators['body']>>()
  return {
    operations: all,
    names: memberNames(
      components,
      [...all.values()].map(({ schema }) => schema),
    ),
    operation: (id) => routeOf(all.get(id) ?? fail(`the contract has no operation ${id}`)),
    faultsOf(id, body) {
      const { schema } = all.get(id) ?? fail(`the contract has no operation ${id}`)
      const [first] = schema.body ? bodySchemas(schema.body as JsonObject) : []
      if (!first) return []
      const validate = ofCallers.get(first) ?? validators.body(first)
      ofCallers.set(first, validate)
      return validate(body) ? [] : (problemOfValidation({ validation: validate.errors ?? [], validationContext: 'body' }).errors ?? [])
    },
    plugin: contractPlugin(components, all, validators, serialisers.of),
    compileAll: () => {
      for (const { schema, replies } of all.values()) {
        for (const part of [schema.params, schema.querystring, schema.headers]) if (part) validators.compile(part as JsonObject)
        if (schema.body) for (const body of bodySchemas(schema.body as JsonObject)) validators.compile(body)
        for (const reply of Object.values(replies)) {
          if (reply === true) continue
          validators.compile(reply)
          serialisers.compile(reply)
        }
      }
    },
  }
}

/** The contract of this release. */
export const contract = loadContract<keyof operations>(readFileSync(new URL('./openapi.gen.json', import.meta.url), 'utf8'))

/** The route of an operation of this release's contract; see `Contract.operation`. */
export const operation = contract.operation

function contractPlugin(
  components: JsonObject,
  all: ReadonlyMap<string, ContractOperation>,
  validators: Validators,
  serialiser: (schema: JsonObject) => Serialise,
) {
  return plugin<ContractPluginOptions>(
    async (app, options) => {
      app.addSchema(components)
      app.setValidatorCompiler(({ schema, httpPart }) =>
        httpPart === 'body' ? validators.body(schema as JsonObject) : validators.parameters(schema as JsonObject),
      )
      app.setSerializerCompiler(({ schema }) => serialiser(schema as JsonObject))
      // Fastify skips validation for a media type its schema does not name.
      app.addHook('preValidation', (request, _reply, done) => {
        const { mediaTypes: types = [], isBodyOptional = true } = request.routeOptions.config.operation ?? {}
        const sent = mediaTypeOf(request.headers['content-type'] ?? '')
        if (types.length > 0 && sent !== '' && !types.includes(sent)) return done(new WrongMediaType(types))
        if (types.length > 1 && !isBodyOptional && request.body === undefined)
          return done(new ProblemError(problem('INVALID_REQUEST', 'a body is required', [{ pointer: '', detail: 'is required' }])))
        done()
      })
      if (options.checkReplies) checkReplies(app, validators.reply)
      checkRoutes(app, options.isPartial ? new Map() : all)
    },
    { name: 'contract' },
  )
}

/** The media type that a `Content-Type` names, without its parameters. */
function mediaTypeOf(header: string): string {
  return header === 'application/json' ? header : (header.split(';')[0] ?? '').trim().toLowerCase()
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

/** Stops the boot unless every operation has exactly one route, and every route is an operation or says who may call it. */
function checkRoutes(app: FastifyInstance, all: ReadonlyMap<string, ContractOperation>): void {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => void routes.push(route))
  app.addHook('onReady', async () => {
    const called = (route: RouteOptions) => [route.method].flat().filter((method) => method !== 'HEAD')
    const own = routes.filter((route) => called(route).length > 0)
    const name = (route: RouteOptions) => `${called(route).join()} ${route.url}`
    const ids = own.flatMap((route) => route.config?.operation?.id ?? [])
    const open = own.filter(({ config }) => !config?.operation && config?.access !== 'public' && config?.access !== 'session')
    const both = own.filter(({ config }) => config?.operation && config.access)
    const faults = [
      ['no route answers', [...all.keys()].filter((id) => !ids.includes(id))],
      ['more than one route answers', [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))]],
      ['neither in the contract nor with an access of its own:', open.map(name)],
      ['in the contract, which says who may call it, and with an access of its own:', both.map(name)],
    ] as const
    const found = faults.filter(([, which]) => which.length > 0).map(([what, which]) => `${what} ${which.join(', ')}`)
    if (found.length > 0) throw new Error(found.join('; '))
  })
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

/** Every name under a `properties`, however deep. */
function memberNames(...parts: readonly unknown[]): ReadonlySet<string> {
  const found = new Set<string>()
  const walk = (part: unknown): void => {
    if (part === null || typeof part !== 'object') return
    const { properties } = part as { readonly properties?: unknown }
    if (properties !== null && typeof properties === 'object') for (const name of Object.keys(properties)) found.add(name)
    for (const inner of Object.values(part)) walk(inner)
  }
  walk(parts)
  return found
}

function fail(message: string): never {
  throw new Error(message)
}
