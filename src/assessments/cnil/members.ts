import type { CnilFile } from './cnil-file.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import type { Address } from './places.ts'
import { referenceOf } from './standard.ts'

/** The way from a whole file to one member: names, and numbers in lists. */
export type Path = readonly (string | number)[]

/** The value of a member; undefined where there is no such record or it has no such member. Pure. */
export function memberOf(file: CnilFile, address: Address): Json | undefined {
  const path = pathOf(file, address)
  return path && valueAt(file as unknown as Json, path)
}

/** The file without a member. Pure. */
export function withoutMember(file: CnilFile, address: Address): CnilFile {
  const path = pathOf(file, address)
  return path ? (changed(file as unknown as Json, path, undefined) as unknown as CnilFile) : file
}

/** The file with a member; a record that is not there yet is added at the end of its list. Pure. */
export function withMember(file: CnilFile, address: Address, value: Json): CnilFile {
  const path = pathOf(file, address)
  if (path) return changed(file as unknown as Json, path, value) as unknown as CnilFile
  if (address.list === 'pia') return file
  const { list, reference } = address
  const record = { pia_id: file.pia.id ?? null, ...BLANK[list], reference_to: list === 'answers' ? Number(reference) : reference }
  return withMember({ ...file, [list]: [...(file[list] ?? []), record] }, address, value)
}

/** What the tool puts into a record that nobody has filled in. */
const BLANK = {
  answers: { data: { text: null, gauge: null, list: [] } },
  evaluations: { status: 2, global_status: 1, gauges: { x: 0, y: 0 } },
}

/** The way to a member, undefined where there is no record for it. Of two records about the same the first counts, the other is carried. Pure. */
export function pathOf(file: CnilFile, address: Address): Path | undefined {
  if (address.list === 'pia') return ['pia', ...address.path]
  const { list, reference, path } = address
  const at = (file[list] ?? []).findIndex((record) => referenceOf(record.reference_to) === reference)
  return at < 0 ? undefined : [list, at, ...path]
}

function valueAt(value: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((at, step) => {
    if (typeof step === 'number') return Array.isArray(at) ? at[step] : undefined
    return isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined
  }, value)
}

function changed(value: Json | undefined, [step, ...rest]: Path, to: Json | undefined): Json {
  if (step === undefined) return to ?? null
  if (Array.isArray(value)) return value.map((entry: Json, at) => (at === step ? changed(entry, rest, to) : entry))
  const { [step]: before, ...others }: JsonObject = isObject(value) ? value : {}
  return rest.length === 0 && to === undefined ? others : { ...others, [step]: changed(before, rest, to) }
}
