import type { AuditService, LogRead } from '../../audit/audit.service.ts'
import { isRecorded } from '../../audit/format/commitment.ts'
import type { LogReading } from '../../audit/reading/log-reading.service.ts'
import type { AlteredPayloads } from '../../audit/watch/altered-payloads.service.ts'
import { permits, type Role } from '../../identity/permissions.ts'
import { answered, type Refusal, Refused, refusal } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import { type DecisionParties, type DecisionView, NOBODY, partiesOfCall, viewOf } from './decision-parties.ts'
import { type CallPayload, callIdOf } from './decision-record.ts'

/** A decision as it was recorded, with what proves it. Texts are exactly the bytes that were hashed. */
export interface DecisionEvidence {
  readonly record: {
    readonly leaf: string
    /** Null when it was erased or altered, or is not the reader's to see. */
    readonly payload: string | null
    /** Hex; null with the payload. */
    readonly salt: string | null
    /** Whether other words stand where the recorded ones were: then there is no payload to show. */
    readonly payload_is_altered: boolean
  }
  readonly receipt: { readonly origin: string; readonly index: number; readonly leaf_hash: string }
  readonly proof: string | null
}

export interface DecisionEvidenceOptions {
  readonly audit: Pick<AuditService, 'payloadOf' | 'recordRead'>
  readonly reading: LogReading
  readonly altered: Pick<AlteredPayloads, 'report'>
  /** Longest wait for a checkpoint: several intervals of the usual one. */
  readonly waitMaxMs: number
  /** Whom a decision is about whose payload is gone, as far as anything still says so. */
  readonly partiesOfErased: (id: string) => Promise<DecisionParties | undefined>
}

/** Who asks for a record. */
export interface RecordReader {
  readonly sub: string
  readonly issuer: string
  readonly org: string
  readonly roles: readonly Role[]
}

const EPOCH_MS = 0
const UNKNOWN = refusal('NOT_FOUND', 'There is no decision with this identifier.')

export type DecisionEvidenceService = ReturnType<typeof decisionEvidence>

export function decisionEvidence({ audit, reading, altered, partiesOfErased, waitMaxMs }: DecisionEvidenceOptions) {
  return {
    /**
     * The record of a decision, its place and its proof; refused when there is none or the reader may not know of it: only
     * the caller, the parties of the share and auditors may; a practitioner their own alone. In a batch `<id>.<n>` names one answer of the call's one record.
     * Payload that is disclosed to anyone but the caller's organisation is a read of its own, and recorded (R39).
     */
    find: (id: string, reader: RecordReader, options: { readonly wait: boolean }): Promise<Result<DecisionEvidence, Refusal>> =>
      answered(async () => {
        const call = callIdOf(id)
        const entry = await reading.entry(call)
        const leaf = entry?.leaf.toString('utf8')
        // Asked whether or not there is such a decision: one that is hidden must cost what one that is not there does.
        const kept = await audit.payloadOf(call, leaf === undefined ? EPOCH_MS : (JSON.parse(leaf) as { ts: number }).ts)
        const erased = await partiesOfErased(call)
        if (entry?.log.kind !== 'decisions' || leaf === undefined) throw new Refused(UNKNOWN)
        if (!isDecision(leaf) || !isOneOf(id, leaf)) throw new Refused(UNKNOWN)
        const stored = kept && isRecorded(call, leaf, kept) ? kept : undefined
        const isAltered = kept !== undefined && stored === undefined
        if (isAltered) altered.report({ log: entry.log.name, index: entry.index, id: call })
        const payload = stored?.body.toString('utf8')
        // An erasure takes what was asked, not whose decision it was; once retention has taken that too, it is the auditors' alone.
        const stated = payload === undefined ? undefined : (JSON.parse(payload) as CallPayload)
        const parties = stated === undefined ? (erased ?? NOBODY) : partiesOfCall(stated)
        if (!permits(reader.roles, 'decision:read') && stated?.caller.sub !== reader.sub) throw new Refused(UNKNOWN)
        const view: DecisionView = reader.roles.includes('AUDITOR') ? 'RECORD_AND_PAYLOAD' : viewOf(reader.org, parties)
        if (view === 'NOTHING') throw new Refused(UNKNOWN)
        const isDisclosed = stored !== undefined && view === 'RECORD_AND_PAYLOAD'
        if (isDisclosed && reader.org !== parties.caller) {
          const read: Omit<LogRead, 'reader'> = {
            what: 'PAYLOAD',
            origin: entry.log.origin,
            first: entry.index,
            count: 1,
            concerns: concernedIn(parties),
          }
          await audit.recordRead({ reader: { sub: reader.sub, issuer: reader.issuer, org: reader.org, roles: reader.roles }, ...read })
        }
        return {
          record: {
            leaf,
            payload: isDisclosed ? (payload ?? null) : null,
            salt: isDisclosed ? stored.salt.toString('hex') : null,
            payload_is_altered: isAltered,
          },
          receipt: { origin: entry.log.origin, index: entry.index, leaf_hash: entry.leafHash.toString('hex') },
          proof: await reading.proof(entry.log.logId, entry.index, options.wait ? waitMaxMs : 0),
        }
      }),
  }
}

/** Everybody who is a party to a decision, each once. */
function concernedIn({ caller, shares }: DecisionParties): string[] {
  const orgs = [...(caller === null ? [] : [caller]), ...shares.flatMap(({ provider, recipient }) => [provider, recipient])]
  return [...new Set(orgs)].toSorted()
}

/** Whether a leaf records a call, not an event of the log itself (its opening, a canary). */
function isDecision(leaf: string): boolean {
  return (JSON.parse(leaf) as { readonly t: string }).t.startsWith('adl.')
}

/** Whether an id is that of the call, or of one of the answers of a call that had several. */
function isOneOf(id: string, leaf: string): boolean {
  const answer = id.split('.')[1]
  if (answer === undefined) return true
  const { t, n } = JSON.parse(leaf) as { readonly t: string; readonly n: number }
  return t === 'adl.access_evaluations' && Number(answer) < n && answer === String(Number(answer))
}
