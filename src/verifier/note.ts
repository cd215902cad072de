/**
 * Signed notes and checkpoints, read strictly (C2SP signed-note, tlog-checkpoint, tlog-cosignature).
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { fail } from './check.ts'

/** A log's key, out of a vkey of type 0x01 (Ed25519). */
export interface LogKey {
  readonly name: string
  /** Four bytes. */
  readonly id: Buffer
  readonly publicKey: KeyObject
  /** The vkey it was read from. */
  readonly vkey: string
}

/** What a checkpoint states, and `text`, the bytes that were signed. */
export interface SignedHead {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  readonly text: string
}

/** Reads `<name>+<key id>+<base64(0x01 || key)>`. Fails when malformed, of another type, or with a key id that is not its own. */
export function readVkey(vkey: string): LogKey {
  const [name = '', id = '', ...rest] = vkey.split('+')
  const bytes = base64(rest.join('+'), 'vkey')
  if (!isName(name) || bytes.length !== 33) fail('vkey: malformed')
  if (bytes[0] !== 1) fail(`vkey of ${name}: signature type ${bytes[0]}, this verifier knows 1 (Ed25519)`)
  if (keyId(name, bytes).toString('hex') !== id) fail(`vkey of ${name}: key id ${id} is not that of its key`)
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') }, format: 'jwk' })
  return { name, id: keyId(name, bytes), publicKey, vkey }
}

/** Reads a file of vkeys, one a line. Fails when there is none. */
export function readVkeys(file: string): LogKey[] {
  const lines = file.split(/\r?\n/).map((line) => line.trim())
  const keys = lines.filter((line) => line !== '').map(readVkey)
  return keys.length > 0 ? keys : fail('vkey: the file holds no key')
}

/**
 * Reads a signed checkpoint and checks it against `keys`. Fails when the note is malformed, when no key named as its
 * origin signed it, or when such a key's signature does not fit. Signatures of other keys are passed over.
 */
export function openHead(note: Uint8Array | string, keys: readonly LogKey[]): SignedHead {
  const { text, signatures } = splitNote(note)
  const head = readHead(text)
  let signed = 0
  for (const { name, id, signature } of signatures) {
    const key = keys.find((known) => known.name === name && known.id.equals(id))
    if (key === undefined || key.name !== head.origin) continue
    if (!verify(null, Buffer.from(text), key.publicKey, signature)) fail(`checkpoint: the signature of ${name} does not fit its text`)
    signed += 1
  }
  return signed > 0 ? head : fail(`checkpoint: not signed by a known key of ${head.origin}`)
}

/** The origin a checkpoint claims, before anything is verified: only to find the key to verify it with. */
export function claimedOrigin(note: string): string {
  return readHead(splitNote(note).text).origin
}

/** A cosignature/v1 line of `name` on the signed text, newline at the end. `timeSeconds` since 1970 UTC. */
export function cosignatureLine(text: string, name: string, privateKey: KeyObject, timeSeconds: number): string {
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' }).x ?? ''
  const id = keyId(name, Buffer.concat([Buffer.of(4), Buffer.from(publicKey, 'base64url')]))
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(timeSeconds))
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${text}`), privateKey)
  return `\u2014 ${name} ${Buffer.concat([id, time, signature]).toString('base64')}\n`
}

/** Strict base64: fails on anything but the one canonical form. */
export function base64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  return text !== '' && bytes.toString('base64') === text ? bytes : fail(`${what}: not base64`)
}

/** A decimal without sign or leading zeros, up to 2^53 - 1. */
export function decimal(text: string, what: string): number {
  const n = Number(text)
  return /^(0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(n) ? n : fail(`${what}: ${JSON.stringify(text.slice(0, 30))} is not a number`)
}

/** UTF-8 or nothing: a byte order mark counts as content. */
export function utf8(bytes: Uint8Array, what: string): string {
  const text = Buffer.from(bytes).toString('utf8')
  return same(Buffer.from(text, 'utf8'), bytes) ? text : fail(`${what}: not UTF-8`)
}

/** The signed text of a note, newline at the end, and its signature lines: four bytes of key id, then the signature. `what` it is, for whoever reads why it is refused. */
export function splitNote(
  note: Uint8Array | string,
  what = 'checkpoint',
  most = 1e6,
): { text: string; signatures: { name: string; id: Buffer; signature: Buffer }[] } {
  const whole = typeof note === 'string' ? note : utf8(note, what)
  if (whole.length > most) fail(`${what}: longer than ${most} characters`)
  for (const character of whole) if (character < ' ' && character !== '\n') fail(`${what}: control character`)
  const lines = whole.split('\n')
  if (lines.pop() !== '') fail(`${what}: no newline at the end`)
  const blank = lines.lastIndexOf('')
  if (blank < 1) fail(`${what}: no blank line before the signatures`)
  const signatures = lines.slice(blank + 1).map((line) => {
    const [dash, name = '', signature = '', ...more] = line.split(' ')
    if (dash !== '\u2014' || !isName(name) || more.length > 0) fail(`${what}: malformed signature line`)
    const bytes = base64(signature, `${what}: signature of ${name}`)
    if (bytes.length < 5) fail(`${what}: signature of ${name} too short`)
    return { name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) }
  })
  if (signatures.length < 1 || signatures.length > 100) fail(`${what}: ${signatures.length} signatures`)
  return {
    text: lines
      .slice(0, blank)
      .map((line) => `${line}\n`)
      .join(''),
    signatures,
  }
}

function readHead(text: string): SignedHead {
  const [origin = '', size = '', root = '', ...rest] = text.split('\n')
  if (origin === '' || rest.length !== 1 || rest[0] !== '') fail('checkpoint: not exactly an origin, a size and a root')
  const head = { origin, size: decimal(size, 'checkpoint size'), root: base64(root, 'checkpoint root'), text }
  return head.root.length === 32 ? head : fail(`checkpoint root: ${head.root.length} bytes`)
}

/** The four bytes that tell a key from another of the same name. */
export function keyId(name: string, typeAndKey: Uint8Array): Buffer {
  return createHash('sha256').update(name).update('\n').update(typeAndKey).digest().subarray(0, 4)
}

/** Whether a text can name a key. */
export function isName(name: string): boolean {
  return name !== '' && !/[\s\u0085+]/u.test(name)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
