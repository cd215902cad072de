/**
 * Leaves: what one entry of the log says.
 *
 * Words: leaf, leaf hash (RFC 6962), commitment; event names follow the Authorization Decision Log.
 * A leaf never holds free text or personal data: every member is a number, a flag, a digest, a random id or a code
 * of the closed lists below. Names, reasons in words and requests live in the payload that `c` commits to.
 */
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

/** Payload of these days, both included, must stay (AU-2): the number of the hold, and the file it is for. Never who. */
export interface HoldPlacedLeaf extends AnyLeaf {
  readonly t: 'audit.hold.placed'
  readonly first: string
  readonly hold: number
  readonly last: string
  /** Reference of a file: capitals, digits, `_`, `/` and `-`. */
  readonly ref: string
}

/** A hold ended: its number. */
export interface HoldLiftedLeaf extends AnyLeaf {
  readonly t: 'audit.hold.lifted'
  readonly hold: number
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

export type LogLeaf =
  | CanaryLeaf
  | LogOpenedLeaf
  | LogClosedLeaf
  | KeyLeaf
  | PayloadPurgedLeaf
  | PayloadErasedLeaf
  | HoldPlacedLeaf
  | HoldLiftedLeaf
  | ReadLeaf
  | IncidentLeaf
export type Leaf = DecisionLeaf | GovernanceLeaf | LogLeaf
