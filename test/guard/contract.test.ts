import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import t from 'tap'
import { contract } from '../../src/platform/http/openapi.ts'
import { problemKinds } from '../../src/platform/http/refusals.ts'
import { contractDocument, follow as followPart } from '../support/contract-walk.ts'

/** A part of the document; whoever reads a leaf says what it is. */
type Json = { readonly [member: string]: Json }

// biome-ignore lint/suspicious/noExplicitAny: whoever reads a leaf says what it is
const document: any = contractDocument
const httpMethods = ['get', 'put', 'post', 'patch', 'delete']
const operations: readonly Json[] = Object.values<Json>(document.paths).flatMap((item) =>
  httpMethods.flatMap((method) => (item[method] ? [item[method]] : [])),
)
const idOf = (operation: Json) => String(operation['operationId'])

const follow = (value: Json | undefined) => followPart(value) as Json

/** Every media type of a request or reply with its schema: [where, media]. */
function media(operation: Json): readonly (readonly [string, Json])[] {
  const contents = [
    ['request', follow(operation['requestBody'])['content']] as const,
    ...Object.entries(operation['responses'] ?? {}).map(([status, reply]) => [status, follow(reply)['content']] as const),
  ]
  return contents.flatMap(([where, content]) =>
    Object.entries(content ?? {}).map(([type, one]) => [`${idOf(operation)} ${where} ${type}`, one] as const),
  )
}

const examplesOf = (one: Json): readonly unknown[] => [
  ...('example' in one ? [one['example']] : []),
  ...Object.values(one['examples'] ?? {}).map((example) => follow(example)['value']),
]

t.test('every schema of the contract can be compiled', async (t) => {
  t.ok(operations.length > 0)
  t.doesNotThrow(() => contract.compileAll())
})

t.test('every operation says what it is for, who may call it, and that it can answer with a problem', async (t) => {
  for (const operation of operations) {
    const id = idOf(operation)
    const permissions = [operation['x-permission']].flat()
    t.ok(typeof operation['summary'] === 'string', `${id} has a summary`)
    t.ok(
      permissions.every((one) => /^(none|[a-z_]+:[a-z_]+)$/.test(String(one))),
      `${id} has a permission`,
    )
    t.same(
      Object.keys(follow(operation['responses']?.['default'])['content'] ?? {}),
      ['application/problem+json'],
      `${id} can answer with a problem`,
    )
    if (permissions.includes('none' as never)) t.same(operation['security'], [], `${id} is public and says so`)
  }
})

t.test('no request body takes members the contract does not know', async (t) => {
  const isClosed = (schema: Json): boolean => {
    const one = follow(schema)
    if (one['additionalProperties'] !== undefined || one['unevaluatedProperties'] !== undefined) return true
    const branches = (one['oneOf'] ?? one['anyOf']) as unknown as readonly Json[] | undefined
    return branches ? branches.every(isClosed) : (one['type'] as unknown) !== 'object'
  }
  for (const operation of operations) {
    for (const [where, one] of media(operation).filter(([where]) => where.includes(' request ')))
      t.ok(isClosed(one['schema'] as Json), where)
  }
})

t.test('every member of every schema is described', async (t) => {
  const silent: string[] = []
  const visit = (schema: Json | undefined, at: string): void => {
    if (schema === null || typeof schema !== 'object') return
    for (const [name, member] of Object.entries(schema['properties'] ?? {})) {
      if (!member['description'] && !follow(member)['description']) silent.push(`${at}/${name}`)
      visit(member, `${at}/${name}`)
    }
    for (const keyword of ['items', 'additionalProperties', 'allOf', 'anyOf', 'oneOf', 'then', 'else']) {
      for (const branch of [schema[keyword]].flat()) visit(branch as Json, at)
    }
  }
  for (const [name, schema] of Object.entries<Json>(document.components.schemas)) visit(schema, name)
  for (const operation of operations) for (const [where, one] of media(operation)) visit(one['schema'], where)
  t.same(silent, [])
})

t.test('every operation with a body has an example, and every example fits its schema', async (t) => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'openapi', ...document })
  for (const operation of operations) {
    for (const [where, one] of media(operation)) {
      const examples = examplesOf(one)
      if (where.includes(' request application/json')) t.ok(examples.length > 0, `${where} has an example`)
      const schema = JSON.parse(JSON.stringify(one['schema'] ?? {}).replaceAll('"#/components/', '"openapi#/components/'))
      for (const example of examples) t.ok(ajv.validate(schema, example), `${where}: ${ajv.errorsText(ajv.errors)}`)
    }
  }
  for (const [name, schema] of Object.entries<Json>(document.components.schemas)) {
    if ('example' in schema)
      t.ok(ajv.validate(`openapi#/components/schemas/${name}`, schema['example']), `${name}: ${ajv.errorsText(ajv.errors)}`)
  }
})

t.test('a problem in the contract has exactly the members the service sends', async (t) => {
  const { Problem, ProblemDetail } = document.components.schemas
  t.same(Object.keys(Problem.properties).toSorted(), ['code', 'decision_id', 'detail', 'errors', 'instance', 'status', 'title', 'type'])
  t.same(Object.keys(ProblemDetail.properties).toSorted(), ['citation', 'code', 'detail', 'pointer', 'remedy_role'])
  t.same([Problem.example.code, Problem.example.title], ['INVALID_REQUEST', problemKinds.INVALID_REQUEST.title])
})
