import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'

// A rule that is cited can be read in the repository, and what stands there is enforced somewhere.

const root = resolve(import.meta.dirname, '../..')
const rulesFolder = 'docs/rules'

/** The names of rules: a family and a number. Case ids (`CK-012`), years and algorithms (`P-256`) are none. */
const families = 'AC|AH|APD|AU|CK|CO|DP|DSA|EM|EX|FM|GW|INV|LB|LC|LE|OB|PC|SD|TR|WF'
const ruleNames = new RegExp(`(?<![\\w-])(?:(?:${families})-[1-9]\\d?a?|[PR][1-9]\\d?)(?![\\w-])`, 'g')

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))

const textFiles = ['src', 'test', 'sql', 'docs', 'openapi']
  .flatMap(filesBelow)
  .filter((file) => /\.(ts|sql|md|yaml)$|^test\/cases\/.*\.json$/.test(file) && !file.includes('.gen.') && !file.startsWith(rulesFolder))

const defined = filesBelow(rulesFolder)
  .filter((file) => file.endsWith('.md'))
  .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/^- \*\*([A-Z]+-?\d+a?)\*\*/gm)].map(([, name]) => name ?? ''))

const cited = new Map<string, string>()
for (const file of textFiles)
  for (const [name] of readFileSync(join(root, file), 'utf8').matchAll(ruleNames)) if (!cited.has(name)) cited.set(name, file)

t.test('every rule that code, tests and documents cite is written down in docs/rules', async (t) => {
  t.ok(cited.size > 50, 'citations were found')
  t.strictSame(
    [...cited].filter(([name]) => !defined.includes(name)).map(([name, file]) => `${name}, cited in ${file}`),
    [],
  )
})

t.test('every rule in docs/rules is cited where it is enforced or tested', async (t) => {
  t.strictSame(
    defined.filter((name) => !cited.has(name)),
    [],
  )
})

t.test('no rule is written down twice', async (t) => {
  t.strictSame(
    defined.filter((name, at) => defined.indexOf(name) !== at),
    [],
  )
})
