import { readFileSync } from 'node:fs'
import { spokenInstant } from '../platform/kernel/london-day.ts'
import { Fault } from '../verifier/check.ts'
import { type Manifest, type ManifestLine, openManifest, type Question, unfitting } from '../verifier/manifest.ts'
import { type Command, type Io, readOptions, usage } from './command.ts'

const USAGE = `usage: accord manifest verify FILE --vkey FILE|TEXT [--at INSTANT] [--question FILE]
       accord manifest verify FILE --vkey FILE|TEXT [--at INSTANT] --provider ORG --recipient ORG --purpose CODE --data-item CODE ...
                              --data-subject CODE ... --method CODE --country CODE [--data-form CODE] [--subject-count N] [--record-count N] [--agreement REF]`
/** Lines of which it is said why they do not permit a question. */
const NEAR_MAX = 5

/** A file that cannot be read, or holds something else. */
class Unreadable extends Error {}

/** `manifest verify`: whether a manifest of standing permits holds, until when and for which flows, and whether it permits a question; with no service and no network. */
export const manifest: Command = async ([what, ...args], io) => {
  const asked = what === 'verify' ? readArguments(args) : undefined
  if (!asked) return usage(io, USAGE)
  try {
    const note = bytesOf(asked.file)
    const vkey = /^[^+\s]+\+[0-9a-f]{8}\+\S+$/.test(asked.vkey.trim()) ? asked.vkey : bytesOf(asked.vkey).toString('utf8')
    const question = asked.questionFile === undefined ? asked.question : questionIn(asked.questionFile)
    return answer(openManifest(note, vkey), question, asked.at, io)
  } catch (error) {
    if (error instanceof Unreadable) return usage(io, error.message)
    if (!(error instanceof Fault)) throw error
    io.out(`does not hold: ${error.message}`)
    return 1
  }
}

function answer({ manifest, signer }: ReturnType<typeof openManifest>, question: Question | undefined, at: Date, { out }: Io): 0 | 1 {
  const { organisation, direction, issued_at, expires_at, lines } = manifest
  out(`signed by ${signer}, and unchanged`)
  out(`manifest ${manifest.manifest}: what ${organisation} may ${direction === 'SEND' ? 'send' : 'receive'}, issued ${spoken(issued_at)}`)
  const isAhead = at < new Date(issued_at)
  const counting = isAhead ? [] : lines.filter(({ valid_until }) => at < new Date(valid_until))
  if (isAhead) out(`does not hold at ${spokenInstant(at.getTime())}: it was issued after that. Is the clock right?`)
  else if (lines.length === 0) out('does not hold: no flow stands in it')
  else if (counting.length === 0) out(`does not hold any more: it was over ${spoken(expires_at)}`)
  else out(`holds until ${spoken(expires_at)}: ${counting.length} of ${lines.length} lines count`)
  if (question !== undefined) return answerTo(question, manifest, isAhead ? [] : lines, at, out)
  for (const one of lines) out(lineInWords(one, counting.includes(one)))
  return counting.length > 0 ? 0 : 1
}

function answerTo(question: Question, { manifest }: Manifest, lines: readonly ManifestLine[], at: Date, out: Io['out']): 0 | 1 {
  const judged = lines.map((one) => ({ one, against: unfitting(question, one, at) }))
  const found = judged.find(({ against }) => against.length === 0)?.one
  if (found) {
    out(`PERMITTED by line ${found.line}, until ${spoken(found.valid_until)}`)
    for (const { code, mandatory } of found.obligations) out(`${mandatory ? 'must be done' : 'advised'}: ${code}`)
    out(`keep manifest ${manifest} and line ${found.line} with what you share, and report it once Accord answers again`)
    return 0
  }
  out('NOT PERMITTED: no line permits it at this moment. Share nothing until Accord can be asked')
  const isNear = ({ against }: (typeof judged)[number]) => !['provider', 'recipient', 'purpose'].some((name) => against.includes(name))
  for (const { one, against } of judged.filter(isNear).slice(0, NEAR_MAX))
    out(`line ${one.line} does not permit it for: ${against.join(', ')}`)
  return 1
}

function lineInWords(one: ManifestLine, counts: boolean): string {
  const { line, agreement, flow, provider, recipient, purpose, valid_until, revocation_delay_hours: late } = one
  const until = `${counts ? 'until' : 'over since'} ${spoken(valid_until)}`
  return `line ${line}: flow ${flow ?? '?'} of ${agreement ?? '?'}, ${provider} to ${recipient}, ${purpose}, ${until}; a suspension may be ${late} ${late === 1 ? 'hour' : 'hours'} late`
}

const spoken = (instant: string) => spokenInstant(Date.parse(instant))

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Unreadable(`${path}: ${code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code ?? message})`}`)
  }
}

function questionIn(path: string): Question {
  try {
    const read: unknown = JSON.parse(bytesOf(path).toString('utf8'))
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read as Question
  } catch (error) {
    if (error instanceof Unreadable) throw error
  }
  throw new Unreadable(`${path}: is no question: a JSON object, as POST /v1/decisions takes it`)
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/
const TEXT = { type: 'string' } as const
const MANY = { ...TEXT, multiple: true } as const
const OPTIONS = {
  ...{ vkey: TEXT, at: TEXT, question: TEXT, provider: TEXT, recipient: TEXT, purpose: TEXT, 'data-item': MANY, 'data-subject': MANY },
  ...{ method: TEXT, country: TEXT, 'data-form': TEXT, 'subject-count': TEXT, 'record-count': TEXT, agreement: TEXT },
} as const

interface Arguments {
  readonly file: string
  readonly vkey: string
  readonly at: Date
  readonly questionFile: string | undefined
  readonly question: Question | undefined
}

function readArguments(args: readonly string[]): Arguments | undefined {
  const { rest = [], vkey, at, question: questionFile, ...said } = readOptions(args, OPTIONS) ?? {}
  const [file, ...more] = rest
  if (!file || !vkey || more.length > 0 || (at !== undefined && !INSTANT.test(at))) return undefined
  const isAsked = Object.keys(said).length > 0
  const question = isAsked ? questionOf(said) : undefined
  if (isAsked && (question === undefined || questionFile !== undefined)) return undefined
  const instant = at === undefined ? new Date() : new Date(at)
  if (Number.isNaN(instant.getTime())) return undefined
  return { file, vkey, at: instant, questionFile, question }
}

/** What the options ask; undefined: something is not said without which nothing is answered. */
function questionOf(
  said: Omit<NonNullable<ReturnType<typeof readOptions<typeof OPTIONS>>>, 'rest' | 'vkey' | 'at' | 'question'>,
): Question | undefined {
  const { provider, recipient, purpose, 'data-item': data_items, 'data-subject': data_subjects, method, country, agreement } = said
  const whole = { provider, recipient, purpose, data_items, data_subjects, method, country }
  const counts = [said['subject-count'], said['record-count']]
  if (Object.values(whole).includes(undefined) || counts.some((one) => one !== undefined && !/^\d{1,9}$/.test(one))) return undefined
  const [subject_count, record_count] = counts.map((one) => (one === undefined ? undefined : Number(one)))
  return { ...whole, mode: 'SYSTEMATIC', data_form: said['data-form'], subject_count, record_count, agreement_ref: agreement }
}
