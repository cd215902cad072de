import { type Contract, loadContract } from '../../../src/platform/http/openapi.ts'

type Json = Record<string, unknown>

const bounds = {
  Legal: {
    oneOf: [{ $ref: '#/components/schemas/Statute' }, { $ref: '#/components/schemas/Consent' }],
    discriminator: { propertyName: 'kind', mapping: { statute: '#/components/schemas/Statute' } },
  },
  Statute: {
    type: 'object',
    required: ['kind', 'citation'],
    additionalProperties: false,
    properties: { kind: { const: 'statute' }, citation: { type: 'string' } },
  },
  Consent: {
    type: 'object',
    required: ['kind', 'on'],
    additionalProperties: false,
    properties: { kind: { const: 'consent' }, on: { type: 'string', format: 'date' } },
  },
  Base: { type: 'object', required: ['outcome'], properties: { outcome: { type: 'string' }, reason: { type: 'string', minLength: 3 } } },
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'detail'],
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { type: 'string' },
      detail: { type: 'string' },
      instance: { type: 'string' },
      errors: {
        type: 'array',
        items: { type: 'object', properties: { pointer: { type: 'string' }, detail: { type: 'string' }, code: { type: 'string' } } },
      },
    },
  },
}

const json = (schema: Json) => ({ 'application/json': { schema } })
const problems = {
  default: { description: 'problem', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
}

/** A complete operation with this body; replies 200 `{ got: string }` or a problem. */
export function anOperation(id: string, body?: Json, over: Json = {}): Json {
  return {
    operationId: id,
    'x-permission': 'thing:read',
    ...(body ? { requestBody: { required: true, content: json(body) } } : {}),
    responses: {
      200: {
        description: 'ok',
        content: json({ type: 'object', required: ['got'], additionalProperties: false, properties: { got: { type: 'string' } } }),
      },
      204: { description: 'nothing' },
      ...problems,
    },
    ...over,
  }
}

/** A contract with these paths, for what the contract of the release must never contain. */
export function aContract(paths: Json): Contract<string> {
  return loadContract<string>(
    JSON.stringify({ openapi: '3.1.1', info: { title: 'T', version: '1' }, paths, components: { schemas: bounds } }),
  )
}

/** A body with a member of every awkward kind JSON schema has. */
export const thingBody: Json = {
  type: 'object',
  required: ['title', 'legal'],
  additionalProperties: false,
  properties: {
    title: { type: 'string', minLength: 3 },
    legal: { $ref: '#/components/schemas/Legal' },
    count: { type: 'integer', minimum: 1 },
    mode: { type: 'string', enum: ['ONE_OFF', 'SYSTEMATIC'] },
    endsOn: { anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }] },
    'a/b~c': { type: 'string' },
  },
}

/** `allOf` with `unevaluatedProperties: false` and a condition. */
export const outcomeBody: Json = {
  allOf: [{ $ref: '#/components/schemas/Base' }],
  properties: { outcome: { enum: ['approve', 'reject'] } },
  if: { properties: { outcome: { const: 'reject' } } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schema
  then: { required: ['reason'] },
  unevaluatedProperties: false,
}
