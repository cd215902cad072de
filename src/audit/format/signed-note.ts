/**
 * Signed notes: a text and the keys that stand behind it.
 *
 * Words: note, key name, key id, verifier key (vkey), signer key (skey), cosignature (C2SP signed-note, tlog-cosignature).
 * Two signature types: 0x01 Ed25519 over the text, and 0x04 a witness' Ed25519 cosignature/v1 with the time in it.
 * Signatures of unknown keys are passed over, so that keys and algorithms can be added without breaking a reader.
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'

export const ED25519 = 0x01
export const COSIGNATURE_V1 = 0x04
export type SignatureType = typeof ED25519 | typeof COSIGNATURE_V1

/** A key that can be checked against. `keyId` is unsigned 32 bits. */
export interface NoteVerifier {
  readonly name: string
  readonly keyId: number
  readonly type: SignatureType
  readonly publicKey: KeyObject
}

/** A key that can sign. The private key stays a KeyObject and is never written anywhere by this file but by `formatSkey`. */
export interface NoteSigner extends NoteVerifier {
  readonly privateKey: KeyObject
}

/** One signature line: `signature` is what stands behind the key id, its form depending on the key's type. */
export interface NoteSignature {
  readonly name: string
  readonly keyId: number
  readonly signature: Uint8Array
}

/** The text ends in a newline. */
export interface Note {
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A signature that holds; of a cosignature also its time, seconds since 1970 UTC. */
export interface VerifiedSignature {
  readonly verifier: NoteVerifier
  readonly timeSeconds?: number
}

/** Bounds on what is parsed: a post-quantum signature has some 5 kB, and 16 signatures must be accepted. */
const NOTE_LENGTH_MAX = 1_000_000
const SIGNATURES_MAX = 100
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** First four bytes of SHA-256(name || 0x0A || type || public key), big-endian. `publicKey` is 32 bytes. */
export function keyIdOf(name: string, type: SignatureType, publicKey: Uint8Array): number {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey]), 'buffer').readUInt32BE(0)
}

/** A verifier out of a name and an Ed25519 public key. Throws on a name with white space or plus, or another kind of key. */
export function verifierOf(name: string, publicKey: KeyObject, type: SignatureType = ED25519): NoteVerifier {
  mustBeName(name)
  return { name, keyId: keyIdOf(name, type, rawPublicKey(publicKey)), type, publicKey }
}

/** A signer out of a name and an Ed25519 private key. Throws as `verifierOf`. */
export function signerOf(name: string, privateKey: KeyObject, type: SignatureType = ED25519): NoteSigner {
  return { ...verifierOf(name, createPublicKey(privateKey), type), privateKey }
}

/** `<name>+<key id, 8 hex digits>+<base64(type || public key)>`, without a newline. */
export function formatVkey({ name, keyId, type, publicKey }: NoteVerifier): string {
  return `${name}+${hex8(keyId)}+${Buffer.concat([Buffer.of(type), rawPublicKey(publicKey)]).toString('base64')}`
}

/** Reads a vkey. Throws when malformed, of an unknown type, or when its key id is not that of its name and key. */
export function parseVkey(vkey: string): NoteVerifier {
  const [name, keyId, bytes] = keyParts(vkey)
  const key = { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') }
  const verifier = verifierOf(name, createPublicKey({ key, format: 'jwk' }), typeOf(bytes))
  if (hex8(verifier.keyId) !== keyId) throw new Error(`vkey of ${name}: the key id is not that of its key`)
  return verifier
}

/** `PRIVATE+KEY+<name>+<key id>+<base64(type || 32-byte seed)>`: the whole secret, for a key file. */
export function formatSkey({ name, keyId, type, privateKey }: NoteSigner): string {
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  return `PRIVATE+KEY+${name}+${hex8(keyId)}+${Buffer.concat([Buffer.of(type), seed]).toString('base64')}`
}

/** Reads an skey. Throws as `parseVkey`, without the secret in the message. */
export function parseSkey(skey: string): NoteSigner {
  if (!skey.startsWith('PRIVATE+KEY+')) throw new Error('skey: malformed')
  const [name, keyId, bytes] = keyParts(skey.slice('PRIVATE+KEY+'.length))
  const key = Buffer.concat([PKCS8_ED25519, bytes.subarray(1)])
  const signer = signerOf(name, createPrivateKey({ key, format: 'der', type: 'pkcs8' }), typeOf(bytes))
  if (hex8(signer.keyId) !== keyId) throw new Error(`skey of ${name}: the key id is not that of its key`)
  return signer
}

/** The note: text, blank line, one line a signer. Throws when the text is empty, unended, or holds a control character. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  mustBeText(text)
  if (signers.length === 0) throw new Error('a note needs at least one signer')
  return `${text}\n${signers.map((signer) => signatureLine(signer, sign(null, Buffer.from(text), mustBeType(signer, ED25519).privateKey))).join('')}`
}

/** A witness' signature line on the text, newline included, stating `timeSeconds` since 1970 UTC. @see C2SP tlog-cosignature */
export function cosign(text: string, signer: NoteSigner, timeSeconds: number): string {
  mustBeText(text)
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 0) throw new Error(`${timeSeconds} is not a time in whole seconds`)
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(timeSeconds))
  const signature = sign(null, cosignedMessage(text, timeSeconds), mustBeType(signer, COSIGNATURE_V1).privateKey)
  return signatureLine(signer, Buffer.concat([time, signature]))
}

/**
 * Reads a note without trusting it. Bytes must be UTF-8. Throws, naming what is wrong, on anything the format does not
 * allow: no blank line, no signatures or over 100, control characters, a line not of the form
 * `— name base64`, base64 that is not the shortest form, a signature without room for its key id.
 */
export function parseNote(note: string | Uint8Array): Note {
  const whole = typeof note === 'string' ? note : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(note)
  if (whole.length > NOTE_LENGTH_MAX) throw new Error('note: too long')
  const blank = whole.lastIndexOf('\n\n')
  if (blank < 0 || !whole.endsWith('\n')) throw new Error('note: no blank line, or no newline at the end')
  const text = whole.slice(0, blank + 1)
  mustBeText(text)
  const lines = whole.slice(blank + 2, -1).split('\n')
  if (lines.length > SIGNATURES_MAX) throw new Error(`note: more than ${SIGNATURES_MAX} signatures`)
  return { text, signatures: lines.map(parseSignatureLine) }
}

/**
 * The signatures of known keys, each key once. Throws when a known key's signature fails, as the whole note is then
 * forged or damaged, and when no known key signed.
 */
export function verifyNote(note: Note, known: readonly NoteVerifier[]): VerifiedSignature[] {
  const verified = new Map<NoteVerifier, VerifiedSignature>()
  for (const { name, keyId, signature } of note.signatures) {
    const verifier = known.find((key) => key.name === name && key.keyId === keyId)
    if (verifier === undefined) continue
    const holds = verifySignature(note.text, signature, verifier)
    if (holds === undefined) throw new Error(`note: the signature of ${name} does not fit the text`)
    verified.set(verifier, holds)
  }
  if (verified.size === 0) throw new Error('note: no known key signed it')
  return [...verified.values()]
}

function verifySignature(text: string, signature: Uint8Array, verifier: NoteVerifier): VerifiedSignature | undefined {
  if (verifier.type === ED25519) return verify(null, Buffer.from(text), verifier.publicKey, signature) ? { verifier } : undefined
  if (signature.length !== 72) return undefined
  const timeSeconds = Number(Buffer.from(signature).readBigUInt64BE(0))
  if (!Number.isSafeInteger(timeSeconds)) return undefined
  const holds = verify(null, cosignedMessage(text, timeSeconds), verifier.publicKey, signature.subarray(8))
  return holds ? { verifier, timeSeconds } : undefined
}

function cosignedMessage(text: string, timeSeconds: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${text}`)
}

function signatureLine({ name, keyId }: NoteSigner, signature: Uint8Array): string {
  return `— ${name} ${Buffer.concat([Buffer.from(hex8(keyId), 'hex'), signature]).toString('base64')}\n`
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name, base64] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? []
  if (name === undefined || base64 === undefined) throw new Error('note: a line after the blank line is no signature line')
  mustBeName(name)
  const bytes = fromBase64(base64)
  if (bytes.length < 5) throw new Error(`note: the signature of ${name} is too short`)
  return { name, keyId: bytes.readUInt32BE(0), signature: bytes.subarray(4) }
}

function keyParts(key: string): [name: string, keyId: string, bytes: Buffer] {
  const [, name, keyId, base64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(key) ?? []
  if (name === undefined || keyId === undefined || base64 === undefined) throw new Error('key: malformed')
  const bytes = fromBase64(base64)
  if (bytes.length !== 33) throw new Error(`key of ${name}: not a type byte and 32 bytes`)
  return [name, keyId, bytes]
}

function typeOf(bytes: Buffer): SignatureType {
  if (bytes[0] !== ED25519 && bytes[0] !== COSIGNATURE_V1) throw new Error(`key: unknown signature type ${bytes[0]}`)
  return bytes[0]
}

function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  // Node reads past stray characters and spare bits; only the one canonical form may stand for these bytes.
  if (bytes.toString('base64') !== text) throw new Error('note: not canonical base64')
  return bytes
}

function rawPublicKey(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`an Ed25519 key is needed, not ${key.asymmetricKeyType}`)
  return key.export({ format: 'der', type: 'spki' }).subarray(-32)
}

function mustBeType(signer: NoteSigner, type: SignatureType): NoteSigner {
  if (signer.type !== type) throw new Error(`key of ${signer.name}: signature type ${signer.type}, not ${type}`)
  return signer
}

function mustBeName(name: string): void {
  if (name === '' || /[\p{White_Space}\p{Cc}+\p{Surrogate}]/u.test(name))
    throw new Error('key name: empty, or white space, plus or control characters in it')
}

function mustBeText(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the format forbids exactly these
  if (!text.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]|\p{Surrogate}/u.test(text))
    throw new Error('note: control characters, or no newline at the end of the text')
}

function hex8(keyId: number): string {
  return keyId.toString(16).padStart(8, '0')
}
