import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'

const root = resolve(import.meta.dirname, '../../../src/web')
/** A start tag in which an attribute stands twice: browsers take the first, and nobody sees the second (HTML, 13.1.2.3). */
const TWICE = /<[a-z][^<>]*\s([a-z-]+)="[^"<>]*"(?=[^<>]*\s\1="[^"<>]*")[^<>]*>/g

t.test('no tag of a page says one attribute twice', async (t) => {
  t.match('<tr role="row" class="a" role="row">', TWICE)
  t.notMatch('<td class="a" role="cell" data-role="cell">', TWICE)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.njk'))
  t.ok(files.length > 50, `${files.length} templates`)
  for (const file of files) {
    // What stands in one branch of a condition or the other counts as one.
    const text = readFileSync(join(root, file), 'utf8').replaceAll(/\{%.*?%\}|\{\{.*?\}\}/gs, '')
    t.strictSame(text.match(TWICE) ?? [], [], file)
  }
})
