import { isObject, type Json, pointerTo } from './json.ts'

/** A member that two files do not have alike; null stands for absent only where `absent` says so. */
export interface Difference {
  readonly pointer: string
  /** What the one and the other have, as JSON; undefined: it is not there. */
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Members that name something: the tool writes them as numbers, and as texts where they went through a form. */
const NAMES = new Set(['id', 'pia_id', 'reference_to', 'structure_id'])
const VALUE_LENGTH_MAX = 120

/**
 * What two files do not mean alike: the order of members is nothing, and `12` and `"12"` name the same. All else counts, the order of
 * lists, white space of texts, and whether a member is null or not there. Pure.
 */
export function differencesOf(before: Json | undefined, after: Json | undefined, pointer = ''): readonly Difference[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    const [longer] = [before, after].toSorted((a, b) => b.length - a.length)
    return [...(longer ?? []).keys()].flatMap((at) => differencesOf(before[at], after[at], pointerTo(pointer, at)))
  }
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...names].flatMap((name) => {
      const [one, other] = [before, after].map((of) => (Object.hasOwn(of, name) ? of[name] : undefined))
      return NAMES.has(name) && isName(one) && isName(other) && String(one) === String(other)
        ? []
        : differencesOf(one, other, pointerTo(pointer, name))
    })
  }
  return before === after ? [] : [{ pointer, before: shown(before), after: shown(after) }]
}

function isName(value: Json | undefined): boolean {
  return typeof value === 'number' || typeof value === 'string'
}

function shown(value: Json | undefined): string | undefined {
  const text = value === undefined ? undefined : JSON.stringify(value)
  return text && text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text
}
