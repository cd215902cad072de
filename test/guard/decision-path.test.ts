import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import ts from 'typescript'

// Functions run through tsx carry their names: esbuild gives a named function inside another its name each time the outer one
// runs, which costs more than most rules. So what a decision runs through has its helpers beside it, not inside it.

const SRC = resolve(import.meta.dirname, '../../src')
const FOLDERS = ['decisions/evaluation', 'decisions/rules', 'decisions/authzen']
const FILES = ['answer', 'caller', 'decide', 'decision-call', 'decision-entry', 'legal-grounds', 'request-body', 'trace', 'unverified-law']

/** Names of functions that are made, and named, each time another function runs. */
function innerNames(file: string, text: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node, isInside: boolean): void => {
    const isFunction = ts.isFunctionLike(node)
    const names = ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node) || ts.isParameter(node)
    if (isInside && names && node.initializer && (ts.isArrowFunction(node.initializer) || ts.isFunctionExpression(node.initializer)))
      found.push(node.name.getText())
    if (isInside && ts.isFunctionDeclaration(node)) found.push(node.name?.getText() ?? '')
    ts.forEachChild(node, (child) => visit(child, isInside || isFunction))
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true), false)
  return found
}

t.test('no function on the way of a decision is named anew at each call', async (t) => {
  // Routes are registered once.
  const inFolders = FOLDERS.flatMap((folder) => readdirSync(join(SRC, folder)).map((file) => `${folder}/${file}`)).filter(
    (file) => !file.endsWith('.routes.ts'),
  )
  const files = [...inFolders, ...FILES.map((file) => `decisions/${file}.ts`)]
  t.ok(files.length > 25, `${files.length} files looked at`)
  for (const file of files) t.same(innerNames(file, readFileSync(join(SRC, file), 'utf8')), [], file)
})

t.test('and one that is would be found', async (t) => {
  const text =
    'const top = () => 1\nexport function rule() {\n  const no = () => []\n  function yes() {}\n  return { why: () => no(), list: [].map(() => yes) }\n}'
  t.same(innerNames('rule.ts', text), ['no', 'yes', 'why'])
})
