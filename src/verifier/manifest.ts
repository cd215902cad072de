/**
 * Manifests of standing permits, read strictly and without asking: a signed note whose text is `accord-permissions-manifest/v1` and a line of JSON,
 * under a key of its own. Whatever is not plainly in one is not permitted by it.
 */
import { verify } from 'node:crypto'
import { fail } from './check.ts'
import { readVkey, splitNote } from './note.ts'

/** A line of a manifest: what may be shared, and until when. */
export interface ManifestLine {
  readonly line: number
  readonly agreement: string | null
  readonly flow: string | null
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
  readonly obligations: readonly { readonly code: string; readonly mandatory: boolean }[]
  readonly valid_until: string
  readonly revocation_delay_hours: number
}

/** What a manifest says. */
export interface Manifest {
  readonly manifest: string
  readonly organisation: string
  readonly direction: string
  readonly issued_at: string
  readonly expires_at: string
  readonly lines: readonly ManifestLine[]
}

/** Members of a question to `POST /v1/decisions`. */
export type Question = Readonly<Record<string, unknown>>

const FORMAT = 'accord-permissions-manifest/v1'
const KEY_NAME_END = '/manifests'
/** Five hundred lines at their longest. */
const LENGTH_MAX = 32e6

/** The manifest in a signed note, and who signed it. Fails where its one signature is not that of the key, over exactly these bytes. */
export function openManifest(note: Uint8Array, vkey: string): { readonly manifest: Manifest; readonly signer: string } {
  const key = readVkey(vkey.trim())
  if (!key.name.endsWith(KEY_NAME_END)) fail(`vkey: ${key.name} is not a key of manifests, whose names end in ${KEY_NAME_END}`)
  const { text, signatures } = splitNote(note, 'manifest', LENGTH_MAX)
  const [one, ...more] = signatures
  if (!one || more.length > 0 || one.name !== key.name || !one.id.equals(key.id)) fail(`manifest: not signed by ${key.name} alone`)
  else if (!verify(null, Buffer.from(text), key.publicKey, one.signature))
    fail(`manifest: the signature of ${key.name} does not fit its text`)
  const [format, json = '', end, ...rest] = text.split('\n')
  if (format !== FORMAT || end !== '' || rest.length > 0) fail(`manifest: it does not begin with ${FORMAT}`)
  const manifest = JSON.parse(json) as Manifest
  const instants = [manifest.issued_at, manifest.expires_at, ...manifest.lines.map(({ valid_until }) => valid_until)]
  if (instants.some((at) => Number.isNaN(Date.parse(at)))) fail('manifest: an instant is none')
  return { manifest, signer: key.name }
}

const isAmong = (asked: unknown, listed: readonly string[]) =>
  Array.isArray(asked) && asked.length > 0 && asked.every((one) => listed.includes(one))
const isWithin = (asked: unknown, most: number | null) =>
  most === null || (Number.isInteger(asked) && Number(asked) >= 0 && Number(asked) <= most)

/** How each member of a question is compared with a line; one that is not here cannot be answered by a manifest. */
const FITS: Readonly<Record<string, (asked: unknown, line: ManifestLine) => boolean>> = {
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

/** The members of a question that a line does not permit at an instant (`valid_until`: it counts no more); none: it permits it. */
export function unfitting(question: Question, line: ManifestLine, at: Date): readonly string[] {
  const unknown = Object.keys(question).filter((name) => !Object.hasOwn(FITS, name))
  const unfit = Object.entries(FITS).flatMap(([name, fits]) => (fits(question[name], line) ? [] : [name]))
  return [...unknown, ...unfit, ...(at < new Date(line.valid_until) ? [] : ['valid_until'])]
}
