import { readFileSync } from 'node:fs'
import { PERMISSIONS, type Permission, ROLES, type Role } from '../../src/identity/permissions.ts'
import type { Json, JsonObject } from '../../src/platform/http/contract-document.ts'
import { followReference } from './fuzz.ts'
import type { TestCaller } from './service.ts'

// The contract as a test walks it: an operation that is added tomorrow is walked tomorrow.

/** The bundled contract of this release. */
export const contractDocument: JsonObject = JSON.parse(
  readFileSync(new URL('../../src/platform/http/openapi.gen.json', import.meta.url), 'utf8'),
)
const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const

/** One operation with an example of its body. */
export interface WalkedOperation {
  readonly id: string
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH'
  readonly path: string
  readonly parameters: readonly JsonObject[]
  readonly body: { readonly type: string; readonly schema: JsonObject; readonly example: unknown } | undefined
  readonly permission: unknown
  readonly isPublic: boolean
}

/** The part of the contract that a reference names, or the part itself. */
export function follow(part: unknown): JsonObject {
  return followReference(part, contractDocument as never) as JsonObject
}

const listOf = (value: Json | undefined) => (Array.isArray(value) ? value : [])

/** Every operation; of several media types of a body the one that is JSON. */
export const operations: readonly WalkedOperation[] = Object.entries(contractDocument['paths'] as JsonObject).flatMap(([path, rawItem]) => {
  const item = rawItem as JsonObject
  return METHODS.filter((method) => item[method]).map((method) => {
    const raw = item[method] as JsonObject
    const contents = Object.entries((follow(raw['requestBody'])['content'] ?? {}) as Record<string, JsonObject>)
    const [type, media] = contents.find(([one]) => one.includes('json')) ?? contents[0] ?? []
    const example =
      media && ('example' in media ? media['example'] : follow(Object.values((media['examples'] ?? {}) as JsonObject)[0])['value'])
    return {
      id: String(raw['operationId']),
      method: method.toUpperCase() as WalkedOperation['method'],
      path,
      parameters: [...listOf(item['parameters']), ...listOf(raw['parameters'])].map(follow),
      body: type === undefined ? undefined : { type, schema: follow(media?.['schema']), example },
      permission: raw['x-permission'],
      isPublic: raw['x-permission'] === 'none',
    }
  })
})

/** Parameters of one place whose schema passes a test. */
export function parametersOf({ parameters }: WalkedOperation, place: 'path' | 'query', test: (schema: JsonObject) => boolean): string[] {
  return parameters
    .filter((parameter) => parameter['in'] === place && test(follow(parameter['schema'])))
    .map((parameter) => String(parameter['name']))
}

/** What stands in a path where the contract gives no example: values that exist in the demo register. */
const REAL: Readonly<Record<string, string>> = { id: 'DEMO-CURL', org: 'LBC_HACKNEY', flowId: 'F1', version: '1', list: 'PURPOSE' }
const SOME_UUID = '0199f0a4-7d1e-7c4b-9d1a-0a1b2c3d4e5f'

/** The address of an operation: examples of the contract, but for what the test puts in, written as it is. */
export function addressOf({ path, parameters }: WalkedOperation, put: Readonly<Record<string, string>> = {}): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const parameter = parameters.find((one) => one['name'] === name && one['in'] === 'path')
    const isUuid = JSON.stringify(parameter?.['schema'] ?? '').match(/uuid|0-9a-f\]\{8\}/)
    return put[name] ?? encodeURIComponent(isUuid ? SOME_UUID : (REAL[name] ?? String(parameter?.['example'] ?? 'unknown')))
  })
  const required = parameters
    .filter((one) => one['in'] === 'query' && one['required'] === true)
    .map((one) => [one['name'], one['example'] ?? one['schema']])
  const query = required.map(([name, example]) => [
    String(name),
    typeof example === 'object' ? enumOf(example as JsonObject) : String(example),
  ])
  const asked = [...query, ...Object.entries(put)].filter(([name]) => !path.includes(`{${name}}`))
  const text = [...new Map(asked as [string, string][])].map(([name, value]) => `${name}=${value}`).join('&')
  return text === '' ? filled : `${filled}?${text}`
}

function enumOf(schema: JsonObject): string {
  return String(listOf(schema['enum'])[0] ?? '1')
}

/** A caller whom the operation lets in; a machine where it may be one. */
export function callerFor({ permission }: Pick<WalkedOperation, 'permission'>): TestCaller {
  const [name] = [permission].flat() as string[]
  const carriers: readonly Role[] = name !== undefined && name in PERMISSIONS ? PERMISSIONS[name as Permission] : ROLES
  return carriers.includes('API_CLIENT') ? { org: 'LBC_CAMDEN' } : { org: 'LBC_CAMDEN', roles: carriers.slice(0, 1) }
}
