import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type Fulfil, STANDING, type Verdict } from './pep.ts'

// What to do while Accord cannot be reached, to be copied: a manifest that was fetched before (`GET /v1/permissions/manifest`) is checked against its
// key (`/log/<log>/manifest-vkey`, fetched before too, by a way you trust) and searched. Whatever is not plainly in it is a no. Where Accord can be reached, ask it.

type Line = {
  readonly line: number
  readonly provider: string
  readonly recipient: string
  readonly purpose: string
  readonly data_items: readonly string[]
  readonly data_subjects: readonly string[]
  readonly methods: readonly string[]
  readonly countries: readonly string[]
  readonly data_form: string
  readonly subject_count: number | null
  readonly record_count: number | null
  readonly agreement: string | null
  readonly obligations: readonly { readonly code: string; readonly mandatory: boolean; readonly parameters: object }[]
  readonly valid_until: string
}
export type Manifest = { manifest: string; issued_at: string; expires_at: string; lines: readonly Line[] }
/** Members of a question to `POST /v1/decisions`: any other one is a no. */
export type Question = Readonly<Record<string, unknown>>

/** The manifest in a signed note. Throws where its one signature is not that of the key, over exactly these bytes. */
export function openManifest(note: Uint8Array, vkey: string): Manifest {
  const [, name = '', id = '', key64 = ''] = /^([^+\s]+\/manifests)\+([0-9a-f]{8})\+(\S+)\n?$/.exec(vkey) ?? []
  const key = Buffer.from(key64, 'base64')
  const keyId = createHash('sha256').update(`${name}\n`).update(key).digest().subarray(0, 4)
  if (key.length !== 33 || key[0] !== 1 || keyId.toString('hex') !== id) throw new Error('not the key of manifests')
  const whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(note)
  const blank = whole.lastIndexOf('\n\n')
  const [text, line] = [whole.slice(0, blank + 1), whole.slice(blank + 2)]
  const [, signed64 = ''] = /^— \S+ ([A-Za-z0-9+/=]+)\n$/.exec(line) ?? []
  const signature = Buffer.from(signed64, 'base64')
  // The line written anew must be the line that was sent: base64 can be written in several ways.
  if (line !== `— ${name} ${signature.toString('base64')}\n` || !signature.subarray(0, 4).equals(keyId))
    throw new Error('not signed by this key')
  const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: key.subarray(1).toString('base64url') } })
  if (!verify(null, Buffer.from(text), publicKey, signature.subarray(4))) throw new Error('the signature does not fit')
  const [format, json = '', end, ...more] = text.split('\n')
  if (format !== 'accord-permissions-manifest/v1' || end !== '' || more.length > 0) throw new Error('another kind of note')
  return JSON.parse(json)
}

const isAmong = (asked: unknown, listed: readonly string[]) =>
  Array.isArray(asked) && asked.length > 0 && asked.every((one) => listed.includes(one))
const isWithin = (asked: unknown, most: number | null) =>
  most === null || (Number.isInteger(asked) && Number(asked) >= 0 && Number(asked) <= most)

/** How each member of a question is compared with a line. One that is not here cannot be answered by a manifest. */
const FITS: Readonly<Record<string, (asked: unknown, line: Line) => boolean>> = {
  provider: (asked, line) => asked === line.provider,
  recipient: (asked, line) => asked === line.recipient,
  purpose: (asked, line) => asked === line.purpose,
  data_items: (asked, line) => isAmong(asked, line.data_items),
  data_subjects: (asked, line) => isAmong(asked, line.data_subjects),
  method: (asked, line) => typeof asked === 'string' && line.methods.includes(asked),
  country: (asked, line) => typeof asked === 'string' && line.countries.includes(asked),
  mode: (asked) => asked === 'SYSTEMATIC',
  data_form: (asked = 'IDENTIFIABLE', line) => asked === line.data_form,
  subject_count: (asked, line) => isWithin(asked, line.subject_count),
  record_count: (asked, line) => isWithin(asked, line.record_count),
  agreement_ref: (asked, line) => asked === undefined || asked === null || asked === line.agreement,
}

/** The line by which a question is permitted at an instant; undefined: there is none. */
export function findLine({ issued_at, lines }: Manifest, question: Question, at: Date): Line | undefined {
  if (!(at >= new Date(issued_at)) || !Object.keys(question).every((name) => Object.hasOwn(FITS, name))) return undefined
  return lines.find((line) => at < new Date(line.valid_until) && Object.entries(FITS).every(([name, fits]) => fits(question[name], line)))
}

/** Whether this may be shared although Accord cannot be asked. Note `decisionId` and line of each use: they are reported once it can be reached (`POST /v1/permissions/manifest/uses`). It throws nothing. */
export async function mayShareOffline(
  question: Question,
  { note, vkey, fulfils, at = new Date() }: { note: Uint8Array; vkey: string; fulfils: Readonly<Record<string, Fulfil>>; at?: Date },
): Promise<Verdict & { readonly line: number | null }> {
  const no = { permitted: false, decisionId: null, line: null } as const
  try {
    const manifest = openManifest(note, vkey)
    const found = findLine(manifest, question, at)
    if (!found) return { ...no, why: 'no line of the manifest permits it at this moment' }
    const { manifest: decisionId, obligations } = { ...manifest, ...found }
    for (const { code, mandatory, parameters } of obligations) {
      const isMet =
        !mandatory || (Object.hasOwn(fulfils, code) && (await fulfils[code]?.({ ...parameters, decision_id: decisionId })) === true)
      if (!isMet) return { ...no, why: `obligation ${code} is not met` }
    }
    return { permitted: true, decisionId, line: found.line, why: 'permitted by a manifest' }
  } catch (error) {
    return { ...no, why: `no manifest, or not understood: ${error instanceof Error ? error.message : 'no error'}` }
  }
}

if (import.meta.url === pathToFileURL(realpathSync(process.argv[1] ?? '.')).href) {
  const [note = '', vkey = '', question = ''] = process.argv.slice(2)
  const asked = JSON.parse(readFileSync(question, 'utf8'))
  const verdict = await mayShareOffline(asked, { note: readFileSync(note), vkey: readFileSync(vkey, 'utf8'), fulfils: STANDING })
  process.stdout.write(`${JSON.stringify(verdict)}\n`)
  process.exitCode = verdict.permitted ? 0 : 1
}
