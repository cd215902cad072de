import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'

// Words that a new colleague would not search for, and what is said instead: once gone they stay gone.

const root = resolve(import.meta.dirname, '../..')
const LIST = 'test/guard/lost-words.json'
/** Where people read. Data, generated files, and what says how earlier releases were called are not written anew. */
const READ = /^(src|test|docs|openapi|sql|bench)\/.*\.(ts|md|ya?ml|go|sql)$|^(README|CONTRIBUTING|SECURITY)\.md$/
const LEFT_ALONE = /\.gen\.|^docs\/roadmap\.md$|^test\/guard\/words\.test\.ts$/

interface LostWord {
  /** A regular expression, case sensitive; a whole word where it begins or ends with a letter. */
  readonly lost: string
  readonly say: string
}

const words = JSON.parse(readFileSync(join(root, LIST), 'utf8')) as readonly LostWord[]

/** Each place in a text where a lost word is, and what to say there. */
function lostWordsIn(text: string, list = words): string[] {
  const lines = text.split('\n')
  return list.flatMap(({ lost, say }) => {
    const word = new RegExp(`(?<![A-Za-z])(?:${lost})(?:(?<![A-Za-z])|(?![A-Za-z]))`)
    return lines.flatMap((line, at) => {
      const found = word.exec(line)?.[0]
      return found === undefined ? [] : [`line ${at + 1}: "${found}"; say: ${say}`]
    })
  })
}

t.test('no file that people read has a word that was given up', async (t) => {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  const read = files.split('\n').filter((file) => READ.test(file) && !LEFT_ALONE.test(file) && existsSync(join(root, file)))
  t.ok(read.length > 700, `${read.length} files looked at`)
  for (const file of read) t.same(lostWordsIn(readFileSync(join(root, file), 'utf8')), [], file)
})

t.test('one that came again would be found, as a word of its own only', async (t) => {
  const list = [
    { lost: 'theatre', say: 'player' },
    { lost: 'told\\(', say: 'reply' },
  ]
  t.same(lostWordsIn('const one = 1\nconst theatre = 2 // the theatre', list), ['line 2: "theatre"; say: player'])
  t.same(lostWordsIn('return told({ a }) // or told(200)', list), ['line 1: "told("; say: reply'])
  t.same(lostWordsIn('is told (never); amphitheatre, theatres, retold()', list), [])
})

t.test('the list is sorted, and says for each word what to say', async (t) => {
  t.same(
    words.map(({ lost }) => lost),
    words.map(({ lost }) => lost).toSorted(),
  )
  for (const { lost, say } of words) t.ok(lost.trim() !== '' && say.trim() !== '', lost)
})
