import { createHash } from 'node:crypto'
import { isDay, spokenDay, spokenInstant } from '../../platform/kernel/london-day.ts'
import { FLOW_LABELS, SIDE_LABELS } from '../model/field-labels.ts'

// What a printed version is made of: sections, tables and lists of whatever was agreed, as plain HTML. Everything that was written by somebody is escaped.

const LABELS: Readonly<Record<string, string>> = {
  ...FLOW_LABELS,
  ...SIDE_LABELS,
  id: 'Reference',
  org: 'Organisation',
  for: 'Acts for',
  contract_ref: 'Contract',
  valid_from: 'From',
  valid_to: 'To',
  rule: 'Rule',
  n: 'Signatures needed',
  ground: 'Ground',
  reason: 'Reason',
  file_sha256: 'SHA-256 of the file that holds it',
  outcome: 'Outcome',
  residual: 'Risk that is left',
  prior_consultation: 'Consultation of the Commissioner',
  review_due: 'To be reviewed by',
  advice: 'Advice of the data protection officer',
  overruled: 'Advice overruled',
  by: 'By',
  on: 'On',
  says: 'Advice',
  words: 'In words',
  provider: 'Law the provider relies on',
  recipient: 'Law the recipient relies on',
}

/** How a printed version looks, on a screen and on paper. */
export const STYLE =
  'body{font:1rem/1.5 arial,sans-serif;color:#0b0c0c;background:#fff;max-width:60rem;margin:1rem auto;padding:0 1rem;overflow-wrap:anywhere}dt{font-weight:bold}dd{margin:0 0 .5rem 1rem}table{border-collapse:collapse}th,td{padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:normal}div{overflow-x:auto}@media print{div{overflow:visible}}'

/** What a printed version may load: the style that stands in it and nothing else. */
export const PRINT_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** A day or an instant as a person in London writes it; any other text as it stands. */
export function spoken(text: unknown): string {
  const said = String(text)
  if (isDay(said)) return spokenDay(said)
  return /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(said) ? spokenInstant(Date.parse(said)) : said
}

/** A heading and what stands below it, which is HTML. */
export function section(heading: string, body: string): string[] {
  return [`<h2>${escapeHtml(heading)}</h2>`, body]
}

/** A table that scrolls within itself where it is wider than the screen. */
export function table(name: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], open: string, close: string) =>
    `<tr>${row.map((cell) => `${open}${escapeHtml(cell)}${close}`).join('')}</tr>`
  const body = rows.map((row) => cells(row, '<td>', '</td>')).join('')
  return `<div role="region" tabindex="0" aria-label="${name}"><table border="1"><thead>${cells(head, '<th scope="col">', '</th>')}</thead><tbody>${body}</tbody></table></div>`
}

/** Each member by its label, as HTML. */
export function definitions(members: Readonly<Record<string, unknown>>, labels: Readonly<Record<string, string>> = LABELS): string {
  const lines = Object.entries(members).map(([name, member]) => `<dt>${escapeHtml(labels[name] ?? name)}</dt><dd>${value(member)}</dd>`)
  return lines.length > 0 ? `<dl>${lines.join('')}</dl>` : '<p>None.</p>'
}

/** Any part of the text, however deep: nothing that was agreed is left out. */
export function value(member: unknown): string {
  if (member === null || member === undefined) return 'None.'
  if (Array.isArray(member)) {
    if (member.length === 0) return 'None.'
    return member.every((one) => one === null || typeof one !== 'object')
      ? escapeHtml(scalars(member))
      : `<ol>${member.map((one) => `<li>${value(one)}</li>`).join('')}</ol>`
  }
  if (typeof member === 'object') return definitions(record(member))
  if (typeof member === 'boolean') return member ? 'Yes.' : 'No.'
  return escapeHtml(spoken(member))
}

/** Codes with commas between them, not escaped. */
export function scalars(codes: unknown): string {
  return Array.isArray(codes) && codes.length > 0 ? codes.map(String).join(', ') : 'None.'
}

/** The members of an object; of anything else none. */
export function record(member: unknown): Readonly<Record<string, unknown>> {
  return member !== null && typeof member === 'object' && !Array.isArray(member) ? (member as Record<string, unknown>) : {}
}

/** The objects of a list; of anything else none. */
export function list(member: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(member) ? member.map(record) : []
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** A text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
