import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { ENGINE_FILES, engineDigest, withoutComments } from '../../src/decisions/engine.service.ts'

// A record names the digest of the rules that it was decided by: it must move when an answer can, and only then.

const src = resolve(import.meta.dirname, '../../src')
/** What decides, what puts a decision into words, and what makes the policy that both read. */
const roots = ['decisions/decide.ts', 'decisions/answer.ts', 'decisions/policy/policy-index.ts', 'decisions/policy/compile.ts']
const sourceOf = (file: string) => readFileSync(join(src, file), 'utf8')

/** The files whose code a file runs; types alone change no answer. */
function importsOf(file: string): readonly string[] {
  const { statements } = ts.createSourceFile(file, sourceOf(file), ts.ScriptTarget.Latest)
  return statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return []
    const specifier = statement.moduleSpecifier
    if (!specifier || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.') || isTypeOnly(statement)) return []
    return [relative(src, resolve(src, dirname(file), specifier.text))]
  })
}

function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly
  const clause = statement.importClause
  if (!clause) return false
  const names = clause.namedBindings
  const isEachAType = !clause.name && !!names && ts.isNamedImports(names) && names.elements.every((element) => element.isTypeOnly)
  return clause.phaseModifier === ts.SyntaxKind.TypeKeyword || isEachAType
}

function reachable(): readonly string[] {
  const found = new Set(roots)
  for (const file of found) for (const imported of importsOf(file)) found.add(imported)
  return [...found].sort()
}

/** The tokens of a source text with their text, without comments. */
function tokensOf(source: string): readonly string[] {
  const tokens: string[] = []
  const visit = (node: ts.Node, file: ts.SourceFile): void => {
    if (node.getChildCount(file) === 0) tokens.push(node.getText(file))
    else
      for (const child of node.getChildren(file))
        if (child.kind < ts.SyntaxKind.FirstJSDocNode || child.kind > ts.SyntaxKind.LastJSDocNode) visit(child, file)
  }
  const file = ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest, true)
  visit(file, file)
  return tokens
}

t.test('the digest covers every file that an answer depends on, and no other', async (t) => {
  t.strictSame([...ENGINE_FILES].sort(), reachable())
})

t.test('a comment moves no digest, and every token of the code stays in it', async (t) => {
  for (const file of ENGINE_FILES) {
    const source = sourceOf(file)
    const stripped = withoutComments(source)
    t.strictSame(tokensOf(stripped), tokensOf(source), file)
    const comments = ts.createSourceFile(file, stripped, ts.ScriptTarget.Latest, true)
    const left = comments.statements.flatMap((statement) => ts.getLeadingCommentRanges(stripped, statement.getFullStart()) ?? [])
    t.strictSame(left, [], `${file}: no comment is left between its statements`)
    t.equal(withoutComments(`// one\n${source}\n/**\n * two\n */\n`).trim(), stripped.trim(), `${file}: one comment more changes nothing`)
  }
})

t.test('the digest is the same each time it is asked', async (t) => {
  t.match(engineDigest(), /^sha256:[0-9a-f]{64}$/)
  t.equal(engineDigest(), engineDigest())
})
