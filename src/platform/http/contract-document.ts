import type { FastifySchema } from 'fastify'

/** A part of an OpenAPI document or a JSON schema, as JSON gives it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json }
export type JsonObject = { readonly [member: string]: Json }

/** Who may call an operation: a permission, several of which any suffices, or `none` for everybody without a token. */
export type RequiredPermission = string | readonly string[]

/** One operation of the contract, read once; hooks find it in `request.routeOptions.config.operation`. */
export interface ContractOperation {
  readonly id: string
  readonly method: string
  /** In Fastify's form: `/v1/agreements/:id`. */
  readonly url: string
  readonly permission: RequiredPermission
  /** The media types of the request body, lower case; empty when the operation takes none. */
  readonly mediaTypes: readonly string[]
  /** Whether a call may come without a body, though the operation takes one. */
  readonly isBodyOptional: boolean
  /** Whether the handler sees `request.validationError` and answers malformed calls itself (`x-attach-validation`). */
  readonly seesMalformed: boolean
  /** 415, or what `x-unsupported-media-type` says instead. */
  readonly wrongMediaTypeStatus: number
  readonly schema: FastifySchema
  /** The JSON schema of each documented status (`200`, `4XX`, `default`); `true` where the reply is not JSON. */
  readonly replies: Readonly<Record<string, JsonObject | true>>
}

/** The name under which the components are registered with the validators and the serialiser. */
export const COMPONENTS_ID = 'openapi'
const methods = ['get', 'put', 'post', 'delete', 'patch'] as const
const places = [
  ['path', 'params'],
  ['query', 'querystring'],
  ['header', 'headers'],
] as const

/**
 * Reads a bundled OpenAPI 3.1 document: its components as one shared schema, and every operation.
 *
 * @throws Error for an operation without `x-permission`, without an id, or whose body is not `required: true`
 */
export function readContract(text: string): {
  readonly components: JsonObject
  readonly operations: ReadonlyMap<string, ContractOperation>
} {
  const document = JSON.parse(text, pinDiscriminator) as JsonObject
  const operations = new Map<string, ContractOperation>()
  for (const [path, rawItem] of members(document['paths'])) {
    const item = follow(document, rawItem)
    for (const method of methods) {
      if (item[method] === undefined) continue
      const operation = readOperation(document, { path, method, item })
      if (operations.has(operation.id)) throw new Error(`two operations are called ${operation.id}`)
      operations.set(operation.id, operation)
    }
  }
  return { components: { $id: COMPONENTS_ID, components: document['components'] ?? {} }, operations }
}

function readOperation(
  document: JsonObject,
  at: { readonly path: string; readonly method: string; readonly item: JsonObject },
): ContractOperation {
  const raw = at.item[at.method] as JsonObject
  const id = raw['operationId']
  const permission = raw['x-permission']
  if (typeof id !== 'string') throw new Error(`${at.method} ${at.path} has no operationId`)
  if (typeof permission !== 'string' && !Array.isArray(permission))
    throw new Error(`${id} has no x-permission (write "none" for a public one)`)
  if (/[:*]/.test(at.path)) throw new Error(`${at.path}: a colon or star means something else to the router`)
  const body = raw['requestBody'] === undefined ? undefined : follow(document, raw['requestBody'])
  if (body && typeof body['required'] !== 'boolean') throw new Error(`${id}: write whether requestBody is required`)
  const isBodyOptional = body?.['required'] === false
  const content = members(body?.['content'])
  return {
    id,
    method: at.method.toUpperCase(),
    url: at.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    permission: permission as RequiredPermission,
    mediaTypes: content.map(([type]) => type.toLowerCase()),
    isBodyOptional,
    seesMalformed: raw['x-attach-validation'] === true,
    wrongMediaTypeStatus: typeof raw['x-unsupported-media-type'] === 'number' ? raw['x-unsupported-media-type'] : 415,
    schema: {
      ...parameterSchemas(document, at.item, raw),
      ...bodySchema(document, content, isBodyOptional),
      response: responseSchemas(document, raw),
    },
    replies: replySchemas(document, raw),
  }
}

function parameterSchemas(document: JsonObject, item: JsonObject, operation: JsonObject): FastifySchema {
  const all = [...list(item['parameters']), ...list(operation['parameters'])].map((raw) => follow(document, raw))
  const parts = places.map(([place, part]) => {
    const here = all.filter((parameter) => parameter['in'] === place)
    const nameOf = (parameter: JsonObject) => (place === 'header' ? String(parameter['name']).toLowerCase() : String(parameter['name']))
    const schema = {
      type: 'object',
      properties: Object.fromEntries(here.map((parameter) => [nameOf(parameter), absolutise(parameter['schema'] ?? {})])),
      required: here.filter((parameter) => parameter['required'] === true).map(nameOf),
      // Also where an operation has no query at all: an unknown parameter is refused, not ignored.
      ...(place === 'query' ? { additionalProperties: false } : {}),
    }
    return here.length > 0 || place === 'query' ? { [part]: schema } : {}
  })
  return Object.assign({}, ...parts) as FastifySchema
}

function bodySchema(document: JsonObject, content: readonly (readonly [string, Json])[], isOptional: boolean): FastifySchema {
  if (content.length === 0) return {}
  const schemas = content.map(([type, media]) => [type, absolutise(follow(document, media)['schema'] ?? {})] as const)
  const [only] = schemas
  // A plain schema also refuses a missing body; the form per media type lets it pass, which `openapi.ts` makes up for.
  if (only && schemas.length === 1 && !isOptional) return { body: only[1] }
  return { body: { content: Object.fromEntries(schemas.map(([type, schema]) => [type, { schema }])) } }
}

function responseSchemas(document: JsonObject, operation: JsonObject): Record<string, unknown> {
  const withContent = members(operation['responses'])
    .map(([status, raw]) => [status.toLowerCase(), members(follow(document, raw)['content'])] as const)
    .filter(([, content]) => content.length > 0)
  return Object.fromEntries(
    withContent.map(([status, content]) => {
      const schemas = content.map(([type, media]) => [type, { schema: absolutise(follow(document, media)['schema'] ?? {}) }])
      return [status, { content: Object.fromEntries(schemas) }]
    }),
  )
}

function replySchemas(document: JsonObject, operation: JsonObject): Record<string, JsonObject | true> {
  return Object.fromEntries(
    members(operation['responses']).map(([status, raw]) => {
      const json = members(follow(document, raw)['content']).find(([type]) => type.includes('json'))
      return [status, json ? (absolutise(follow(document, json[1])['schema'] ?? {}) as JsonObject) : true]
    }),
  )
}

/**
 * Ajv's `discriminator` replaces `oneOf`, lets anything that is not an object pass, and refuses `mapping`:
 * the type is pinned and the mapping left out.
 */
function pinDiscriminator(_name: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || !('discriminator' in value) || !('oneOf' in value)) return value
  const { propertyName } = value.discriminator as { readonly propertyName?: string }
  return propertyName ? { ...value, type: 'object', discriminator: { propertyName } } : value
}

/** Points every `#/components/...` of a route's schema at the shared schema. */
function absolutise(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(absolutise)
  if (schema === null || typeof schema !== 'object') return schema
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => {
      const isReference = name === '$ref' && typeof value === 'string' && value.startsWith('#')
      return [name, isReference ? `${COMPONENTS_ID}${value}` : absolutise(value)]
    }),
  )
}

function follow(document: JsonObject, value: Json | undefined): JsonObject {
  const reference = value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject)['$ref'] : undefined
  if (typeof reference !== 'string') return (value ?? {}) as JsonObject
  const steps = reference.slice(2).split('/')
  const target = steps.reduce<Json | undefined>(
    (at, step) => (at as JsonObject | undefined)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')],
    document,
  )
  if (target === undefined) throw new Error(`the contract points nowhere: ${reference}`)
  return follow(document, target)
}

function members(value: Json | undefined): readonly (readonly [string, Json])[] {
  return value !== null && typeof value === 'object' ? Object.entries(value as JsonObject) : []
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
