import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

const src = fileURLToPath(new URL('../../../src/', import.meta.url))

function importsOf(path: string): string[] {
  return ts.preProcessFile(readFileSync(path, 'utf8'), true, true).importedFiles.map(({ fileName }) => fileName)
}

t.test('the verifier imports nothing of the program it checks', async (t) => {
  const files = readdirSync(`${src}verifier`)
  t.ok(files.length > 5)
  for (const file of files) {
    for (const specifier of importsOf(`${src}verifier/${file}`))
      t.match(specifier, /^(?:node:(?:crypto|fs|path)|\.\/[a-z-]+\.ts)$/, `${file}: ${specifier}`)
  }
})

t.test('the core of the log imports nothing but its own pure files and hashing', async (t) => {
  for (const file of ['canonical-json', 'leaf', 'merkle-tree', 'tile', 'signed-note', 'checkpoint', 'tlog-proof', 'commitment']) {
    for (const specifier of importsOf(`${src}audit/format/${file}.ts`))
      t.match(specifier, /^(?:node:crypto|\.\/[a-z-]+\.ts)$/, `${file}: ${specifier}`)
  }
})
