/**
 * Leaves: what one entry of the log says, and its bytes.
 *
 * Words: leaf, leaf hash (RFC 6962), commitment; event names follow the Authorization Decision Log.
 * A leaf never holds free text or personal data: every member is a number, a flag, a digest, a random id or a code
 * of the closed lists below. Names, reasons in words and requests live in the payload that `c` commits to.
 */
import { hash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'

/** Bounds of an entry: C2SP tlog-tiles gives its length sixteen bits; an empty one would record nothing. */
export const LEAF_BYTES_MAX = 65_535

/** In every leaf. */
interface AnyLeaf {
  /** UUIDv7 made by the service; a decision's id. */
  readonly id: string
  /** Service clock, milliseconds since 1970 UTC. Order is by index, not by this. */
  readonly ts: number
  /** Version of this member list. */
  readonly v: 1
}

/** In leaves that someone's call caused. */
interface CausedLeaf extends AnyLeaf {
  /** Commitment to the payload (R35), 64 hex digits. */
  readonly c: string
  /** W3C trace id, 32 hex digits, random. */
  readonly trace: string
}

/** One decision call: permit, deny, or "could not decide". A batch or a search is one leaf (R1). */
export interface DecisionLeaf extends CausedLeaf {
  readonly t: 'adl.access_evaluation' | 'adl.access_evaluations' | 'adl.search_subject' | 'adl.search_resource' | 'adl.search_action'
  /** Digest of the engine build. */
  readonly cfg: string
  /** Agreement relied on; absent when there is none or more than one. */
  readonly ctr?: string
  /** The answer; of a batch, true when every evaluation permits. Absent with `st` Error and for searches, which decide nothing. */
  readonly d?: boolean
  /** Evaluations in the call; of a search, results returned; 0 when the call could not be read. */
  readonly n: number
  /** Digest of the policy set decided on. */
  readonly pol: string
  /** Reason codes, in the order answered; of a batch, each once. */
  readonly rc: readonly string[]
  /** Policy revision decided on. */
  readonly rev: number
  /** Present and true when the call was simulated: it permits nothing. */
  readonly sim?: true
  /** W3C span id, 16 hex digits, random. */
  readonly span: string
  /** Error: the engine could not decide. A deny is not an error. */
  readonly st: 'Unset' | 'Ok' | 'Error'
}

/** One act on an agreement, assessment, organisation, code list..., done or refused. */
export interface GovernanceLeaf extends CausedLeaf {
  /** `gov.<subject>.<act, past tense>`, for example gov.agreement.signed. */
  readonly t: `gov.${string}.${string}`
  /** The command, for example sign. */
  readonly act: string
  /** Agreement the act is on. */
  readonly ctr?: string
  /** Counter of acts on that agreement, without gaps, so that a party sees when one is kept from it. */
  readonly cseq?: number
  /** State before. */
  readonly from?: string
  /** Organisation acted for. */
  readonly org?: string
  /** Policy revision after the act. */
  readonly rev: number
  /** Digest of the text signed or changed. */
  readonly revh?: string
  /** Present when the act was refused: nothing changed. */
  readonly st?: 'Refused'
  /** State after. */
  readonly to?: string
}

/** A checkpoint as a fact inside a leaf: the log's origin, its size in leaves, its root hash in hex. */
export interface RecordedCheckpoint {
  readonly origin: string
  readonly root: string
  readonly size: number
}

/** First leaf of a log: its own origin and key, the last checkpoint of the log it continues, and why it was opened. */
export interface LogOpenedLeaf extends AnyLeaf {
  readonly t: 'audit.log.opened'
  readonly origin: string
  readonly prev?: RecordedCheckpoint
  readonly vkey: string
  readonly why: 'FIRST' | 'PERIOD' | 'INCIDENT'
}

/** Last leaf of a log: its final size with this leaf counted, and why it was closed. */
export interface LogClosedLeaf extends AnyLeaf {
  readonly t: 'audit.log.closed'
  readonly size: number
  readonly why: 'PERIOD' | 'INCIDENT'
}

/** A signing key that starts or ceases to count; during the overlap checkpoints carry both signatures (R28). */
export interface KeyLeaf extends AnyLeaf {
  readonly t: 'audit.key.added' | 'audit.key.removed'
  readonly vkey: string
}

/** Payload days dropped by retention: first and last day, both dropped, and how many payloads they held (R37). */
export interface PayloadPurgedLeaf extends AnyLeaf {
  readonly t: 'audit.payload.purged'
  readonly first: string
  readonly last: string
  readonly n: number
  readonly why: 'RETENTION'
}

/** Payloads erased for one person: how many and on what ground. Never who (R37). */
export interface PayloadErasedLeaf extends AnyLeaf {
  readonly t: 'audit.payload.erased'
  readonly n: number
  readonly why: 'ERASURE_REQUEST' | 'COURT_ORDER' | 'RECORDED_IN_ERROR'
}

/** Someone read entries, payload or an export (R39): log read, first index and count of entries, for which organisation. `c` commits to who. */
export interface ReadLeaf extends CausedLeaf {
  readonly t: 'audit.read'
  readonly first: number
  readonly n: number
  readonly org?: string
  readonly origin: string
  readonly what: 'ENTRIES' | 'EXPORT' | 'PAYLOAD'
}

/** Something broke or was tampered with (R31): what, at which index, and the last checkpoint published before it. */
export interface IncidentLeaf extends AnyLeaf {
  readonly t: 'audit.incident'
  readonly at?: number
  readonly seen?: RecordedCheckpoint
  readonly why: 'FORK' | 'ROLLBACK' | 'GAP' | 'CORRUPT_LEAF' | 'CORRUPT_TILE' | 'NOT_DURABLE' | 'KEY_COMPROMISE' | 'OMISSION'
}

/** Says nothing but that the log takes entries: the monitor's own, to measure how long an entry stays uncovered (R46). */
export interface CanaryLeaf extends AnyLeaf {
  readonly t: 'audit.canary'
}

export type LogLeaf = CanaryLeaf | LogOpenedLeaf | LogClosedLeaf | KeyLeaf | PayloadPurgedLeaf | PayloadErasedLeaf | ReadLeaf | IncidentLeaf
export type Leaf = DecisionLeaf | GovernanceLeaf | LogLeaf

type Test = (value: unknown) => boolean
type Members = Readonly<Record<string, Test>>
interface Form {
  readonly required: Members
  readonly optional: Members
}

const matches =
  (pattern: RegExp): Test =>
  (value) =>
    typeof value === 'string' && pattern.test(value)
const oneOf =
  (...values: readonly (string | number | boolean)[]): Test =>
  (value) =>
    values.some((allowed) => allowed === value)
const count: Test = (value) => Number.isSafeInteger(value) && !Object.is(value, -0) && (value as number) >= 0
const digest = matches(/^sha256:[0-9a-f]{64}$/)
const hex32 = matches(/^[0-9a-f]{64}$/)
// A code starts with a letter, holds no space, dot, @ or lower case and no run of seven digits: no address, mail,
// telephone, NHS or citizen number fits, and no name as people write it.
const code = matches(/^(?!.*[0-9]{7})[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/)
const CODE_MAX = 64
const CODES_MAX = 64
const shortCode: Test = (value) => code(value) && (value as string).length <= CODE_MAX
const verb = matches(/^[a-z]{2,16}(?:_[a-z]{2,16}){0,3}$/)
const agreementUrn = matches(
  /^urn:(?:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|accord:agreement:(?!.*[0-9]{7})[A-Z][A-Z0-9]{0,15}(?:[_-][A-Z0-9]{1,16}){0,6})$/,
)
const organisationUrn = matches(
  /^urn:(?:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|accord:organisation:(?!.*[0-9]{7})[A-Z][A-Z0-9]{0,31}(?:_[A-Z0-9]{1,32}){0,6})$/,
)
const origin = matches(/^[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]{1,5})?\/log\/[a-z0-9-]{1,63}$/)
const vkey = matches(/^[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]{1,5})?\/log\/[a-z0-9-]{1,63}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/)
const day = matches(/^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$/)
const codes: Test = (value) =>
  Array.isArray(value) && value.length <= CODES_MAX && value.every(shortCode) && new Set(value).size === value.length
const checkpoint: Test = (value) =>
  typeof value === 'object' &&
  value !== null &&
  fault(value, { required: { origin, root: hex32, size: count }, optional: {} }) === undefined

const any: Members = {
  id: matches(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  t: () => true,
  ts: count,
  v: oneOf(1),
}
const caused: Members = { ...any, c: hex32, trace: matches(/^(?!0+$)[0-9a-f]{32}$/) }
const key: Form = { required: { ...any, vkey }, optional: {} }
const decision: Form = {
  required: {
    ...caused,
    cfg: digest,
    n: count,
    pol: digest,
    rc: codes,
    rev: count,
    span: matches(/^(?!0+$)[0-9a-f]{16}$/),
    st: oneOf('Unset', 'Ok', 'Error'),
  },
  optional: { ctr: agreementUrn, d: oneOf(true, false), sim: oneOf(true) },
}
const governance: Form = {
  required: { ...caused, act: verb, rev: count },
  optional: { ctr: agreementUrn, cseq: count, from: shortCode, org: organisationUrn, revh: digest, st: oneOf('Refused'), to: shortCode },
}
const FORMS: Readonly<Record<DecisionLeaf['t'] | LogLeaf['t'], Form>> = {
  'adl.access_evaluation': decision,
  'adl.access_evaluations': decision,
  'adl.search_subject': decision,
  'adl.search_resource': decision,
  'adl.search_action': decision,
  'audit.log.opened': { required: { ...any, origin, vkey, why: oneOf('FIRST', 'PERIOD', 'INCIDENT') }, optional: { prev: checkpoint } },
  'audit.log.closed': { required: { ...any, size: count, why: oneOf('PERIOD', 'INCIDENT') }, optional: {} },
  'audit.canary': { required: any, optional: {} },
  'audit.key.added': key,
  'audit.key.removed': key,
  'audit.payload.purged': { required: { ...any, first: day, last: day, n: count, why: oneOf('RETENTION') }, optional: {} },
  'audit.payload.erased': {
    required: { ...any, n: count, why: oneOf('ERASURE_REQUEST', 'COURT_ORDER', 'RECORDED_IN_ERROR') },
    optional: {},
  },
  'audit.read': {
    required: { ...caused, first: count, n: count, origin, what: oneOf('ENTRIES', 'EXPORT', 'PAYLOAD') },
    optional: { org: organisationUrn },
  },
  'audit.incident': {
    required: {
      ...any,
      why: oneOf('FORK', 'ROLLBACK', 'GAP', 'CORRUPT_LEAF', 'CORRUPT_TILE', 'NOT_DURABLE', 'KEY_COMPROMISE', 'OMISSION'),
    },
    optional: { at: count, seen: checkpoint },
  },
}

/**
 * The leaf's bytes: canonical JSON in UTF-8, 1 to 65,535 bytes. Made once, stored as they are, never made again (R5).
 *
 * Pure. Throws, as a programming error, on an unknown member or event, a missing member, a value outside its closed
 * form, an answer where none was given (or the reverse), a counter without its agreement, and an oversized leaf (R34).
 */
export function encodeLeaf(leaf: Leaf): Uint8Array {
  const problem = fault(leaf, formOf(leaf.t)) ?? contradiction(leaf)
  if (problem !== undefined) throw new Error(`leaf ${String(leaf.t)}: ${problem}`)
  const bytes = Buffer.from(canonicalJson(leaf), 'utf8')
  if (bytes.length > LEAF_BYTES_MAX) throw new Error(`leaf ${leaf.t}: ${bytes.length} bytes, at most ${LEAF_BYTES_MAX}`)
  return bytes
}

/** SHA-256(0x00 || bytes), 32 bytes. @see RFC 6962 section 2.1 */
export function leafHash(bytes: Uint8Array): Uint8Array {
  const prefixed = Buffer.allocUnsafe(bytes.length + 1)
  prefixed[0] = 0x00
  prefixed.set(bytes, 1)
  return hash('sha256', prefixed, 'buffer')
}

/**
 * Member `ctr` for an agreement known by its reference, such as AGR-001. Total: a reference that is no code (imports keep
 * theirs) is named by a `urn:uuid:` made of its hash, so that no decision fails for the name of an agreement.
 */
export function urnOfAgreement(reference: string): string {
  const urn = `urn:accord:agreement:${reference}`
  return agreementUrn(urn) ? urn : hashedUrn(urn)
}

/** Member `org` for an organisation of the register, such as LBC_CAMDEN. Total, as `urnOfAgreement`. */
export function urnOfOrganisation(organisationCode: string): string {
  const urn = `urn:accord:organisation:${organisationCode}`
  return organisationUrn(urn) ? urn : hashedUrn(urn)
}

/** A code as leaves may carry it: itself where it has the closed form, else UNLISTED (its words are in the payload). Total. */
export function leafCode(text: string): string {
  return shortCode(text) ? text : 'UNLISTED'
}

/** Reason codes as a leaf carries them: in the order given, each once, at most 64. Total. */
export function leafCodes(texts: readonly string[]): string[] {
  return [...new Set(texts.map(leafCode))].slice(0, CODES_MAX)
}

/** UUIDv8 out of the first bits of the SHA-256. @see RFC 9562 section 5.8 */
function hashedUrn(name: string): string {
  const hex = hash('sha256', name, 'hex')
  const variant = ((Number.parseInt(hex[16] as string, 16) & 0x3) | 0x8).toString(16)
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function formOf(event: string): Form {
  if (/^gov\.[a-z]{2,24}(?:_[a-z]{2,24}){0,3}\.[a-z]{2,24}(?:_[a-z]{2,24}){0,3}$/.test(event)) return governance
  if (Object.hasOwn(FORMS, event)) return FORMS[event as keyof typeof FORMS]
  throw new Error(`leaf: unknown event ${JSON.stringify(event)}`)
}

function fault(value: object, { required, optional }: Form): string | undefined {
  for (const name in required) if (!Object.hasOwn(value, name)) return `member ${name} is missing`
  for (const name of Object.keys(value)) {
    const test = Object.hasOwn(required, name) ? required[name] : Object.hasOwn(optional, name) ? optional[name] : undefined
    if (test === undefined) return `member ${name} is not in the closed list`
    if (!test((value as Record<string, unknown>)[name])) return `member ${name} is outside its closed form`
  }
  return undefined
}

function contradiction(leaf: Leaf): string | undefined {
  if ('cseq' in leaf && !('ctr' in leaf)) return 'cseq counts the acts on an agreement and ctr names none'
  if (!('span' in leaf)) return undefined
  const decides = leaf.st !== 'Error' && leaf.t.startsWith('adl.access_')
  if (decides !== (leaf.d !== undefined)) return decides ? 'd is missing' : 'd is given where nothing was decided'
  return decides && leaf.n < 1 ? 'n is 0 where something was decided' : undefined
}
