import type { NotificationKind } from '../kinds.ts'
import addressedTexts from './addressed-texts.json' with { type: 'json' }
import texts from './mail-texts.json' with { type: 'json' }

/** The words of mail: one shape for all of it (screens C6). Pure. */

/** A text with its places to fill in, `((name))`. */
export interface MailText {
  /** The text of the design that it follows. */
  readonly screen: string
  readonly subject: string
  /** What has happened, in one sentence. */
  readonly sentence: string
  /** What the reader is to do. */
  readonly action: string
  /** The same for whoever is invited without an account and cannot do all of it; absent: they can. */
  readonly for_invited?: string
}

export const MAIL_TEXTS: Readonly<Record<NotificationKind, MailText>> = texts

/** Mails to an address, which stand in no notification. */
export type AddressedText = keyof typeof addressedTexts

/** One thing that a mail tells. */
export interface MailEntry {
  readonly subject: string
  readonly sentence: string
  readonly action: string
  /** Until when, as a person writes it; null: no day is set. */
  readonly due: string | null
  /** Where it is found; signing in is needed. */
  readonly link: string
}

/** A mail as it is sent: plain text. */
export interface Letter {
  readonly subject: string
  readonly text: string
}

/** What stands at the foot of a mail. */
export interface Foot {
  /** Why this reader gets it, as the end of a sentence: "you are a signatory of London Borough of Hackney". */
  readonly why: string
  /** How the link is opened, as the end of a sentence: "you sign in first". */
  readonly opens: string
  /** What to do to get other mail, or none. */
  readonly change: string
  readonly reference: string
}

/** A place to fill in. */
const PLACE = /\(\((\w+)\)\)/g

/** A text filled in. @throws RangeError for a place that nothing fills */
export function filled(
  text: MailText,
  values: Readonly<Record<string, string>>,
  { due, link }: Pick<MailEntry, 'due' | 'link'>,
): MailEntry {
  const fill = (words: string) => sentenceCase(words.replaceAll(PLACE, (_all, name: string) => inPlace(values, name)))
  return { subject: fill(text.subject), sentence: fill(text.sentence), action: fill(text.action), due, link }
}

/** The places that a text has. */
export function placesOf({ subject, sentence, action }: MailText): string[] {
  return [...new Set([...`${subject} ${sentence} ${action}`.matchAll(PLACE)].map(([, name = '']) => name))]
}

/** A mail of its own for one thing. */
export function singleLetter({ subject, sentence, action, due, link }: MailEntry, foot: Foot): Letter {
  return {
    subject,
    text: [
      ...['Hello', sentence, `What to do: ${action}`],
      ...(due === null ? [] : [`By when: ${due}`]),
      ...[`Open it (${foot.opens}): ${link}`, ...footOf(foot)],
    ].join('\n\n'),
  }
}

/** A mail to an address: its text has all it says. @throws RangeError for a place that nothing fills */
export function addressedLetter(reference: string, name: AddressedText, values: Readonly<Record<string, string>>): Letter {
  const { subject, text } = addressedTexts[name]
  const fill = (words: string) => words.replaceAll(PLACE, (_all, place: string) => inPlace(values, place))
  return { subject: fill(subject), text: ['Hello', ...text.map(fill), `Reference: ${reference}`].join('\n\n') }
}

/** One mail for all that waited. `title` says what it is of. */
export function digestLetter(title: string, entries: readonly MailEntry[], foot: Foot): Letter {
  const listed = entries.map(
    ({ subject, sentence, action, link }, index) => `${index + 1}. ${subject}\n   ${sentence}\n   What to do: ${action}\n   ${link}`,
  )
  return { subject: title, text: ['Hello', `${title}.`, ...listed, ...footOf(foot)].join('\n\n') }
}

/** A part of a summary. */
export interface DigestSection {
  readonly title: string
  readonly lines: readonly string[]
}

/** One mail of what is to be done, in parts. */
export function summaryLetter(title: string, sections: readonly DigestSection[], foot: Foot): Letter {
  const parts = sections.map(({ title: of, lines }) => [of, ...lines.map((line) => ` - ${line}`)].join('\n'))
  return { subject: title, text: ['Hello', `${title}.`, ...parts, ...footOf(foot)].join('\n\n') }
}

function footOf({ why, change, reference }: Foot): string[] {
  return [`You get this because ${why}. What the agreement says is never sent by mail.`, `${change}\nReference: ${reference}`]
}

function sentenceCase(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

function inPlace(values: Readonly<Record<string, string>>, name: string): string {
  const value = values[name]
  if (value === undefined) throw new RangeError(`nothing fills ((${name}))`)
  return value
}
