import { htmlOf, plainText } from './html-text.ts'
import type { Json } from './json.ts'
import type { MemberForm } from './member-form.ts'

/** A part of a text here that is a member of its own there: a text, or a list with a dash before each entry. */
export interface TextPart {
  /** Stands on a line of its own before the part. */
  readonly heading: string
  readonly kind: 'text' | 'list'
}

/**
 * Several members there as one text here, each under its heading, those that say nothing left out; and back, as far as the headings still
 * stand. Words without a heading are put into the part `otherwise`, a text. Pure.
 */
export function parted(parts: readonly TextPart[], otherwise = 0): MemberForm {
  return {
    read: (values) => {
      const lines = parts.flatMap(({ heading, kind }, at) => {
        const said = kind === 'text' ? textLines(values[at]) : textsOf(values[at]).map((entry) => `- ${entry}`)
        return said.length === 0 ? [] : [heading, ...said]
      })
      return lines.length === 0 ? null : lines.join('\n')
    },
    write: (said) => {
      const lines: string[][] = parts.map(() => [])
      let at = otherwise
      for (const line of (said ?? '').split('\n')) {
        const part = parts.findIndex(({ heading }) => heading === line)
        const isEntry = line.startsWith('- ')
        if (part >= 0) at = part
        else if (parts[at]?.kind === 'list' && !isEntry) lines[otherwise]?.push(line)
        else lines[at]?.push(isEntry && parts[at]?.kind === 'list' ? line.slice(2) : line)
      }
      return parts.map(({ kind }, part): Json => (kind === 'list' ? (lines[part] ?? []) : htmlOf((lines[part] ?? []).join('\n'))))
    },
  }
}

function textLines(value: Json | undefined): string[] {
  const text = typeof value === 'string' ? plainText(value) : ''
  return text === '' ? [] : text.split('\n')
}

/** The texts of a list; whatever else stands in it is no text for people. */
export function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string' && entry !== '') : []
}
