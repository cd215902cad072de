import { readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { attached } from '../assessments/cnil/attachments.ts'
import type { CnilFile } from '../assessments/cnil/cnil-file.ts'
import { differencesOf } from '../assessments/cnil/difference.ts'
import { exportOf } from '../assessments/cnil/exporting.ts'
import { type ImportedAssessment, importedContent } from '../assessments/cnil/importing.ts'
import type { Json } from '../assessments/cnil/json.ts'
import { CNIL_FILE_BYTES_MAX, readCnilFile } from '../assessments/cnil/reading.service.ts'
import { carriedMembers, summaryOf } from '../assessments/cnil/summary.ts'
import { refuse } from '../platform/kernel/result.ts'
import { type Command, readOptions, usage } from './command.ts'

const USAGE = 'usage: accord cnil import FILE --export OUT (a file of the CNIL PIA tool, and where to write it again)'
/** Names of persons stand in it. */
const FILE_MODE = 0o600
/** Lines of one kind; a file can hold thousands. */
const LINES_MAX = 100

/**
 * `cnil import FILE --export OUT`: an assessment of the CNIL PIA tool as one that is made here, and back. Says what both know, what is only
 * carried, and what contradicts itself; the last line says what was lost on the way. Exit 0 only if nothing was.
 */
export const cnil: Command = async ([what, ...args], io) => {
  const { out, err } = io
  const { rest = [], export: target } = readOptions(args, { export: { type: 'string' } }) ?? {}
  const [path] = rest
  if (what !== 'import' || path === undefined || rest.length > 1 || !target) return usage(io, USAGE)
  if (isSameFile(path, target)) return usage(io, `${target} is the file itself: it stays as it is\n${USAGE}`)
  const bytes = readAtMost(path, CNIL_FILE_BYTES_MAX)
  const read = bytes ? readCnilFile(bytes) : refuse([{ pointer: '', detail: 'there is no such file' }])
  if (!read.ok) {
    for (const { pointer, detail } of read.refusal) err(`${path}${pointer === '' ? '' : ` at ${pointer}`}: ${detail}`)
    return 1
  }
  const imported = importedContent(read.value, { org: 'IMPORTING_ORGANISATION', subjects: [], newId: numbered() })
  sayRead(read.value, imported, out)
  const { file, leftOut } = exportOf(imported.content, imported.carried)
  writeFileSync(target, `${JSON.stringify(file, null, 2)}\n`, { mode: FILE_MODE })
  const again = readCnilFile(readFileSync(target))
  for (const one of leftOut) out(`LEFT OUT ${one}`)
  const differences = again.ok
    ? differencesOf(asJson(read.value), asJson(again.value))
    : again.refusal.map(({ pointer, detail }) => ({ pointer, before: undefined, after: detail }))
  for (const { pointer, before, after } of differences.slice(0, LINES_MAX))
    out(`DIFFERENCE ${pointer}: ${before ?? 'not there'} became ${after ?? 'not there'}`)
  out(`${differences.length} differences`)
  return differences.length === 0 ? 0 : 1
}

function sayRead(file: CnilFile, { content, carried, unfinished, contradictions }: ImportedAssessment, out: (line: string) => void): void {
  const { name, state, counts, marks, dpo_advice, people_concerned } = summaryOf(file)
  const said = (favours: boolean | null) => (favours === null ? 'no yes or no' : favours ? 'in favour' : 'against')
  const pieces = Object.entries(counts).map(([what, count]) => counted(count, what))
  out(`"${name}", ${state}: ${pieces.join(', ')}`)
  out(
    `evaluations: ${
      Object.entries(marks)
        .filter(([, count]) => count > 0)
        .map(([mark, count]) => `${count} ${mark}`)
        .join(', ') || 'none'
    }`,
  )
  out(`advice of the data protection officer: ${dpo_advice ? said(dpo_advice.favours) : 'none'}`)
  out(
    `opinion of the people concerned: ${people_concerned === null ? 'nothing said' : people_concerned.asked ? said(people_concerned.favour) : 'not asked'}`,
  )
  for (const one of file.attachments ?? []) {
    const { name, media_type, bytes, sha256, comment } = attached(one)
    out(
      `attachment "${name}": ${bytes ? `${bytes.length} bytes of ${media_type}, SHA-256 ${sha256}` : `no bytes${comment ? ` (${comment})` : ''}`}`,
    )
  }
  const { answers, risks, measures } = content
  out(`known to both: ${Object.keys(answers).length} answers, ${risks.length} risks, ${measures.length} measures`)
  for (const { source, likelihood, severity } of risks)
    out(`risk from ${source || 'a source that is not named'}: ${likelihood}, ${severity}`)
  for (const { reference, text, missing } of unfinished.slice(0, LINES_MAX))
    out(`UNFINISHED ${reference} "${inShort(text)}": lacks ${missing.join(', ')}`)
  const { inTheirForm, unshared } = carriedMembers(content, carried)
  for (const [list, members] of inTheirForm) out(`shared, with the form of the tool carried, in ${list}: ${listed(members)}`)
  for (const [list, members] of unshared) out(`carried, with no place here, in ${list}: ${listed(members)}`)
  for (const { pointer, detail } of contradictions) out(`CONTRADICTION ${pointer}: ${detail}`)
  out(counted(contradictions.length, 'contradictions'))
}

function listed(members: ReadonlyMap<string, number>): string {
  return [...members].map(([member, count]) => (count === 1 ? member : `${member} (${count})`)).join(', ')
}

/** `1 comment`, `2 comments`. */
function counted(count: number, things: string): string {
  return `${count} ${count === 1 ? things.replace(/s$/, '') : things}`
}

function inShort(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 80 ? `${line.slice(0, 80)}…` : line
}

function numbered(): () => string {
  let last = 0
  return () => `imported-${++last}`
}

/** The bytes of a file, one more than may be where it has more; undefined: there is none. */
function readAtMost(path: string, max: number): Buffer | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isFile()) return undefined
  return found.size > max ? Buffer.alloc(max + 1) : readFileSync(path)
}

function isSameFile(path: string, target: string): boolean {
  try {
    return realpathSync(path) === realpathSync(target)
  } catch {
    return false
  }
}

function asJson(file: CnilFile): Json {
  return file as unknown as Json
}
