import { isDay, londonDay } from '../../platform/kernel/london-day.ts'
import { htmlOf, plainText } from './html-text.ts'
import type { MemberForm } from './member-form.ts'
import { textsOf } from './parted-text.ts'
import { type Scale, STEPS } from './standard.ts'

/** A text of the editor, in which people write HTML without seeing it. */
export const html: MemberForm = {
  read: ([value]) => (typeof value === 'string' ? plainText(value) || null : null),
  write: (said) => [htmlOf(said ?? '')],
}

/** A text of one line. */
export const words: MemberForm = {
  read: ([value]) => (typeof value === 'string' ? value || null : null),
  write: (said) => [said],
}

/** A yes or no, as one of the choices here: the first of a value is what it is read as. */
export function choice(values: Readonly<Record<string, boolean>>): MemberForm {
  return {
    read: ([value]) => Object.keys(values).find((code) => values[code] === (value === 1 ? true : value === 0 ? false : value)) ?? null,
    write: (said) => [said === null ? null : (values[said] ?? null)],
  }
}

const SEPARATOR = '; '
/** A list of a few words each, in one line. */
export const joined: MemberForm = {
  read: ([value]) => textsOf(value).join(SEPARATOR) || null,
  write: (said) => [said === null ? [] : said.split(SEPARATOR)],
}

/** A step of 1 to 4, 0 where nobody has estimated it. */
export function step(scale: Scale): MemberForm {
  const codes: readonly string[] = STEPS[scale]
  return {
    read: ([value]) => (typeof value === 'number' || typeof value === 'string' ? (codes[Number(value) - 1] ?? null) : null),
    write: (said) => [said === null ? 0 : codes.indexOf(said) + 1],
  }
}

/** A day, there the instant at which it begins. */
export const day: MemberForm = {
  read: ([value]) => (typeof value === 'string' ? dayOf(value) : null),
  write: (said) => [said === null ? null : `${said}T00:00:00.000Z`],
}

/** The London day of a day or an instant as the tool writes it; null where it is neither. Pure. */
export function dayOf(text: string): string | null {
  const [, date = '', time] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? []
  if (!isDay(date)) return null
  if (time === undefined) return date
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : londonDay(at)
}
