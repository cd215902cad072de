import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../cases/', import.meta.url)

/** The files of decision cases, by name: not the tables of law, and not the cases about assessments, which need no service. */
export function decisionCaseFiles(): { readonly name: string; readonly text: string }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && !name.endsWith('-table.json') && name !== 'assessments.json')
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))
}
