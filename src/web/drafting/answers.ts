import { createHash } from 'node:crypto'
import { isDay, londonDay, spokenDay, spokenTime } from '../../platform/kernel/london-day.ts'

const HOUR_MS = 3_600_000

/** What a form says: a text for each field, several where boxes are ticked. */
export type Answers = Readonly<Record<string, string | readonly string[]>>

/** One answer that may be chosen. */
export interface Choice {
  readonly value: string
  readonly text: string
  /** What it means, and the law that it is of. */
  readonly hint?: string
  /** Whether it is part of the choice above it. */
  readonly isNarrower?: boolean
  /** Of many choices: under which heading it stands. */
  readonly group?: string
}

/** One question of a page. */
export interface FormField {
  readonly name: string
  readonly label: string
  readonly kind: 'text' | 'textarea' | 'number' | 'day' | 'instant' | 'select' | 'radios' | 'checkboxes' | 'box'
  readonly hint?: string
  readonly choices?: readonly Choice[]
  /** Where the answer stands in the body of the API; absent: under its name. */
  readonly pointer?: string
  readonly rows?: number
  /** Groups of choices that stand open; the others open when somebody looks into them. Absent: all. */
  readonly openGroups?: readonly string[]
}

type Form = Readonly<Record<string, unknown>>

/** The answers that a form brought to these questions; what it says besides is left alone. */
export function answersIn(form: Form, fields: readonly FormField[]): Answers {
  return Object.fromEntries(fields.map((one) => [one.name, answerIn(form, one)]))
}

function answerIn(form: Form, { name, kind }: FormField): string | readonly string[] {
  if (kind === 'checkboxes') return [form[name] ?? []].flat().filter((one): one is string => typeof one === 'string' && one !== '')
  if (kind !== 'day' && kind !== 'instant') return textIn(form, name)
  const [day, month, year, time] = ['day', 'month', 'year', 'time'].map((part) => textIn(form, `${name}-${part}`))
  const isTimed = kind === 'instant'
  if (!day && !month && !year && !(isTimed && time)) return ''
  const two = (part: string | undefined) => (part && /^\d$/.test(part) ? `0${part}` : part)
  return `${[year, two(month), two(day)].join('-')}${isTimed ? `T${time}` : ''}`
}

/** The instant of a day and a London time as they were typed, in UTC. What is none comes as it was typed, so that the contract says that it is none. */
export function instantTyped(typed: string | null): string | null {
  const [, day = '', hours = '', minutes = ''] = /^(.+)T(\d{1,2})[:.](\d\d)$/.exec(typed ?? '') ?? []
  const time = `${hours.padStart(2, '0')}:${minutes}`
  if (!isDay(day)) return typed
  const inWinter = Date.parse(`${day}T${time}:00Z`)
  const found = [inWinter, inWinter - HOUR_MS].find((ms) => !Number.isNaN(ms) && londonDay(ms) === day && spokenTime(ms) === time)
  return found === undefined ? typed : new Date(found).toISOString()
}

/** An instant as such a field holds it: the London day and time. */
export function typedInstant(at: string | null): string {
  if (at === null) return ''
  const ms = Date.parse(at)
  return `${londonDay(ms)}T${spokenTime(ms)}`
}

function textIn(form: Form, name: string): string {
  const value = form[name]
  return typeof value === 'string' ? value.replaceAll('\r\n', '\n').trim() : ''
}

/** What a draft says as the answer of a field; nothing is the empty answer. */
export function textOf(value: unknown): string {
  return value === null || value === undefined ? '' : String(value)
}

/** A text of the answers; null where nothing was said. */
export function said(answers: Answers, name: string): string | null {
  const value = answers[name]
  return typeof value === 'string' && value !== '' ? value : null
}

/** Several of the answers. */
export function several(answers: Answers, name: string): readonly string[] {
  return [answers[name] ?? []].flat()
}

/** A number of the answers; null where nothing was said. What is no whole number stays as it was typed: the contract refuses it. */
export function counted(answers: Answers, name: string): number | string | null {
  const text = said(answers, name)
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : text
}

/** Whether a box was ticked, or yes was chosen. */
export function isYes(answers: Answers, name: string): boolean {
  return answers[name] === 'yes'
}

/** The day of an answer in the three boxes of its field, and its time where it has one. */
export function dayParts(value: string) {
  const [date = '', time = ''] = value.split('T')
  const [year = '', month = '', day = ''] = date.split('-')
  return { day: day.replace(/^0(?=\d)/, ''), month: month.replace(/^0(?=\d)/, ''), year, time }
}

/** Names answers in a few characters, so that a page can tell whether a section still says what it said when it was opened. */
export function digestOf(answers: Answers): string {
  const sorted = Object.entries(answers).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url').slice(0, 22)
}

/** An answer in words, a line each. */
export function inWords({ kind, choices = [] }: FormField, value: string | readonly string[] | undefined): readonly string[] {
  const given = [value ?? []].flat().filter((one) => one !== '')
  if (kind === 'box') return [given[0] === 'yes' ? 'Yes' : 'No']
  return given.map((one) => (kind === 'day' && isDay(one) ? spokenDay(one) : (choices.find((choice) => choice.value === one)?.text ?? one)))
}
