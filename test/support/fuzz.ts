import fc from 'fast-check'

/** A JSON schema, or a part of one. */
type Schema = Readonly<Record<string, unknown>>

const INSTANT = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })

/** Anything a caller could put where it does not belong. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.object({ maxDepth: 1 }),
  fc.constantFrom('', '\u0000', '../..', "' or 1=1 --", '𝕬𝖈𝖈𝖔𝖗𝖉', 'x'.repeat(5000), Number.MAX_SAFE_INTEGER, -1),
)

/**
 * Values of a schema by chance, and codes of the register where a text is free, so that some questions reach the rules.
 * Knows what our contract uses; what it does not know it fills with anything, which is a fuzzer's right.
 */
export function valuesOf(schema: unknown, document: Schema, codes: readonly string[], depth = 0): fc.Arbitrary<unknown> {
  const found = follow(schema, document)
  const again = (part: unknown) => valuesOf(part, document, codes, depth + 1)
  if ('const' in found) return fc.constant(found['const'])
  if (Array.isArray(found['enum'])) return fc.constantFrom(...found['enum'])
  const choices = (found['oneOf'] ?? found['anyOf']) as readonly unknown[] | undefined
  // Deep down the shortest choice ends what refers to itself.
  if (choices) return depth > 5 ? again(choices[0]) : fc.oneof(...choices.map(again))
  const types = [found['type'] ?? (found['properties'] || found['allOf'] ? 'object' : 'any')].flat() as string[]
  return fc.oneof(...types.map((type) => ofType(type)))

  function ofType(type: string): fc.Arbitrary<unknown> {
    switch (type) {
      case 'string':
        return texts(found, codes)
      case 'integer':
        return fc.integer({ min: bound(found['minimum'], -1000), max: bound(found['maximum'], 1000) })
      case 'number':
        return fc.double({ noNaN: true, noDefaultInfinity: true, min: bound(found['minimum'], -1000), max: bound(found['maximum'], 1000) })
      case 'boolean':
        return fc.boolean()
      case 'null':
        return fc.constant(null)
      case 'array':
        return fc.array(again(found['items']), { minLength: Number(found['minItems'] ?? 0), maxLength: depth > 3 ? 1 : 3 })
      case 'object':
        return objects()
      default:
        return junk
    }
  }

  function objects(): fc.Arbitrary<unknown> {
    const parts = [found, ...((found['allOf'] ?? []) as readonly unknown[]).map((part) => follow(part, document))]
    const properties = Object.assign({}, ...parts.map((part) => part['properties'] ?? {})) as Record<string, unknown>
    const required = parts.flatMap((part) => (part['required'] ?? []) as string[]).filter((name) => name in properties)
    // Deep down only what must be: what refers to itself ends.
    const chosen = Object.entries(properties).filter(([name]) => depth <= 6 || required.includes(name))
    const members = Object.fromEntries(chosen.map(([name, part]) => [name, again(part)]))
    // Rarely all that is optional at once: bodies stay small and near enough to what is accepted.
    return fc.record(members, { requiredKeys: required })
  }
}

/** A body, or the same with one member wrong, one too many or one missing. */
export function spoilt(body: unknown): fc.Arbitrary<unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return fc.oneof({ weight: 5, arbitrary: fc.constant(body) }, { weight: 1, arbitrary: junk })
  const names = Object.keys(body)
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(body) },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom(...names, 'extra', '__proto__'), junk).map(([name, value]) => ({ ...body, [name]: value })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...names, 'none')
        .map((name) => Object.fromEntries(Object.entries(body).filter(([other]) => other !== name))),
    },
    { weight: 1, arbitrary: junk },
  )
}

function texts(schema: Schema, codes: readonly string[]): fc.Arbitrary<string> {
  switch (schema['format']) {
    case 'date-time':
      return INSTANT.map((date) => date.toISOString())
    case 'date':
      return INSTANT.map((date) => date.toISOString().slice(0, 10))
    case 'uuid':
      return fc.uuid()
    case 'email':
      return fc.emailAddress()
    case 'uri':
      return fc.webUrl()
  }
  if (typeof schema['pattern'] === 'string') {
    return fc.oneof(
      { weight: 3, arbitrary: fc.stringMatching(new RegExp(schema['pattern'])) },
      { weight: 1, arbitrary: fc.constantFrom(...codes) },
    )
  }
  const free = fc.string({
    minLength: bound(schema['minLength'], 0),
    maxLength: Math.min(bound(schema['maxLength'], 40), 200),
    unit: 'grapheme',
  })
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...codes) }, { weight: 1, arbitrary: free })
}

function bound(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}

function follow(schema: unknown, document: Schema): Schema {
  if (typeof schema !== 'object' || schema === null) return {}
  const reference = (schema as Schema)['$ref']
  if (typeof reference !== 'string') return schema as Schema
  const steps = reference.slice(2).split('/')
  return follow(
    steps.reduce<unknown>((at, step) => (at as Schema | undefined)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], document),
    document,
  )
}

/** The part of the document that a reference names, or the part itself. */
export { follow as followReference }
