import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'

const root = resolve(import.meta.dirname, '../..')
const SRC = join(root, 'src')
/** Files that speak HTTP: by their suffix, the platform's own in and out, and those that wire. */
const EDGE = /\.(routes|plugin|pages)\.ts$|^src\/platform\/(http|outbound)\/|^src\/[a-z-]+\.ts$|^src\/cli\//
/** Pure readers that configuration and tokens share with the edge. */
const SHARED = /^src\/platform\/http\/(addresses|repeated-member)\.ts$/
/** Words of HTTP that a service answers in the domain's instead. */
const WORDS = /\bProblemError\b|\bproblemKinds\b|\breply\.code\(|\bstatusCode\b|\bstatus: (2|4|5)\d\d\b/

/** What a file names of the edge, and which of its words it uses. */
function wordsOfTheEdge(file: string, text: string): string[] {
  const imports = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    relative(root, join(root, dirname(file), path)),
  )
  const found = imports.filter((path) => /^src\/platform\/http\//.test(path) && !SHARED.test(path))
  const word = WORDS.exec(text)?.[0]
  return word === undefined ? found : [...found, word]
}

t.test('no file without an edge suffix imports a problem, a type of the contract or anything else of HTTP', async (t) => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .map((file) => `src/${file}`)
    .filter((file) => file.endsWith('.ts') && !EDGE.test(file) && !/^src\/(verifier|platform\/database\/schema\.gen)/.test(file))
  t.ok(files.length > 250, `${files.length} files looked at`)
  for (const file of files) t.same(wordsOfTheEdge(file, readFileSync(join(root, file), 'utf8')), [], file)
})

t.test('and one that did would be found', async (t) => {
  const file = 'src/agreements/acts/ending.service.ts'
  t.same(wordsOfTheEdge(file, "import { problem } from '../../platform/http/problem.ts'"), ['src/platform/http/problem.ts'])
  t.same(wordsOfTheEdge(file, "import type { Operation } from '../../platform/http/openapi.ts'"), ['src/platform/http/openapi.ts'])
  t.same(wordsOfTheEdge(file, 'return { status: 201, body }'), ['status: 201'])
  t.same(wordsOfTheEdge(file, "import { isNear } from '../../platform/http/addresses.ts'"), [])
})

t.test('no route casts what it replies past the contract', async (t) => {
  const routes = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(routes|pages)\.ts$/.test(file))
  t.ok(routes.length > 15)
  for (const file of routes) t.notMatch(readFileSync(join(SRC, file), 'utf8'), /as never\b|as any\b|as unknown as/, file)
})
