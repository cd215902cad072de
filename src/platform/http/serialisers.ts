import fastJson from 'fast-json-stringify'
import { COMPONENTS_ID, type JsonObject } from './contract-document.ts'

/** Writes a reply as JSON: what its schema does not name is left out. */
export type Serialise = (value: unknown) => string

/**
 * Serialisers of one contract, each schema compiled on first use and once a process: the replies of 150 operations would cost
 * every start the better part of a second.
 */
export function serialisersOf(components: JsonObject): { of(schema: JsonObject): Serialise; compile(schema: JsonObject): Serialise } {
  const known = new WeakMap<JsonObject, Serialise>()
  const schemas = { [COMPONENTS_ID]: components as unknown as fastJson.Schema }
  const compile = (schema: JsonObject) => fastJson(schema as unknown as fastJson.Schema, { schema: schemas }) as Serialise
  return {
    compile,
    of: (schema) => (value) => {
      const serialise = known.get(schema) ?? compile(schema)
      known.set(schema, serialise)
      return serialise(value)
    },
  }
}
