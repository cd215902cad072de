import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'

const root = resolve(import.meta.dirname, '../../../src/web')
/** A start tag in which an attribute stands twice: browsers take the first, and nobody sees the second (HTML, 13.1.2.3). */
const TWICE = /<[a-z][^<>]*\s([a-z-]+)="[^"<>]*"(?=[^<>]*\s\1="[^"<>]*")[^<>]*>/g

const templates = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.njk'))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))

t.test('no tag of a page says one attribute twice', async (t) => {
  t.match('<tr role="row" class="a" role="row">', TWICE)
  t.notMatch('<td class="a" role="cell" data-role="cell">', TWICE)
  t.ok(templates.length > 50, `${templates.length} templates`)
  for (const { file, text } of templates) {
    // What stands in one branch of a condition or the other counts as one.
    t.strictSame(text.replaceAll(/\{%.*?%\}|\{\{.*?\}\}/gs, '').match(TWICE) ?? [], [], file)
  }
})

t.test('a form asks for its file last: what stands behind it is not read (multipart-body.ts)', async (t) => {
  const forms = templates.flatMap(({ file, text }) =>
    [...text.matchAll(/<form[^>]*multipart\/form-data[\s\S]*?<\/form>/g)].map(([form]) => ({ file, form })),
  )
  t.ok(forms.length > 2, `${forms.length} forms`)
  for (const { file, form } of forms) {
    const behind = form.slice(form.lastIndexOf('govukFileUpload('))
    t.match(behind, /^govukFileUpload\(/, file)
    t.notMatch(behind, /govuk(Input|Textarea|Radios|Checkboxes|Select|DateInput)\(|<(input|select|textarea)\b|\w(Input|codes)\(/, file)
  }
})

t.test('a macro is called with all that it asks for', async (t) => {
  const written = new Map(templates.map(({ file, text }) => [file, macrosOf(text)]))
  let calls = 0
  for (const { file, text } of templates) {
    const known = new Map(written.get(file))
    for (const [, from = '', names = ''] of text.matchAll(/\{%-? from "([^"]+)" import ([^%]*?)-?%\}/g))
      for (const name of names.split(',').map((one) => one.trim())) {
        const macro = written.get(from)?.get(name)
        if (macro) known.set(name, macro)
      }
    const said = text.replaceAll(/\{%-? macro .*?%\}|\{#.*?#\}/gs, '')
    for (const [call, name = ''] of said.matchAll(/(?<![\w.])(\w+)\(/g)) {
      const macro = known.get(name)
      if (!macro) continue
      for (const place of placesOf(said, call)) {
        calls += 1
        const given = argumentsIn(insideOf(said.slice(place + call.length)))
        const least = macro.filter((one) => !one.includes('=')).length
        t.ok(given.length >= least && given.length <= macro.length, `${file}: ${name}(${given.join(', ')})`)
      }
      known.delete(name)
    }
  }
  t.ok(calls > 50, `${calls} calls`)
})

/** The macros that a template writes, and what each asks for. */
function macrosOf(text: string): Map<string, readonly string[]> {
  return new Map([...text.matchAll(/\{%-? macro (\w+)\(([^)]*)\)/g)].map(([, name = '', of = '']) => [name, argumentsIn(of)]))
}

/** Where a call begins, of a name that is no part of another. */
function placesOf(text: string, call: string): number[] {
  return [...text.matchAll(new RegExp(`(?<![\\w.])${call.slice(0, -1)}\\(`, 'g'))].map(({ index }) => index)
}

/** What stands before the bracket that closes. */
function insideOf(text: string): string {
  let depth = 1
  for (const [place, character] of [...text].entries()) {
    if ('([{'.includes(character)) depth += 1
    if (')]}'.includes(character)) depth -= 1
    if (depth === 0) return [...text].slice(0, place).join('')
  }
  return text
}

/** Arguments with commas between them, however deep what each holds. */
function argumentsIn(text: string): string[] {
  const found = ['']
  let depth = 0
  let quoted = ''
  for (const character of text) {
    if (quoted !== '') quoted = character === quoted ? '' : quoted
    else if (character === '"' || character === "'") quoted = character
    else if ('([{'.includes(character)) depth += 1
    else if (')]}'.includes(character)) depth -= 1
    if (character === ',' && depth === 0 && quoted === '') found.push('')
    else found[found.length - 1] += character
  }
  return found.map((one) => one.trim()).filter((one) => one !== '')
}
