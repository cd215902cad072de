/**
 * A witness (C2SP tlog-witness): signs that a log has only ever grown, and refuses to sign once it shrinks or forks.
 *
 * Pure: the caller keeps the state, and must persist `newState` before it sends the answer, one request at a time.
 * Else two requests could each be checked against the same state and the older one stored last, a rollback.
 */
import type { KeyObject } from 'node:crypto'
import { Fault, fail } from './check.ts'
import { base64, claimedOrigin, cosignatureLine, decimal, openHead, readVkeys, type SignedHead, utf8 } from './note.ts'
import { EMPTY_TREE, mustBePrefix, same } from './tree.ts'

/** What a witness remembers of one log: the keys it trusts (one a line) and the newest head it cosigned, root in base64. */
export interface WitnessedLog {
  readonly vkeys: string
  readonly size: number
  readonly root: string
}

/** By origin. Plain JSON, so that it can be stored as it is. */
export type WitnessState = Readonly<Record<string, WitnessedLog>>

/** The body of `POST /add-checkpoint`, the witness' own key and name, and the time in seconds since 1970 UTC. */
export interface WitnessRequest {
  readonly body: Uint8Array | string
  readonly name: string
  readonly privateKey: KeyObject
  readonly timeSeconds: number
}

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422
  readonly contentType: 'text/plain; charset=utf-8' | 'text/x.tlog.size'
  readonly body: string
  readonly newState: WitnessState
}

/** What the witness starts a log with: nothing seen yet. */
export function unseenLog(vkeys: string): WitnessedLog {
  readVkeys(vkeys)
  return { vkeys, size: 0, root: EMPTY_TREE.toString('base64') }
}

/**
 * Answers one add-checkpoint request, in the order the specification gives:
 * 400 malformed, or an old size beyond the new; 404 origin not known; 403 no trusted key signed; 409 with our size when
 * the old size is not it; 422 when the proof does not hold, which with a good signature is evidence of a fork;
 * 200 with one cosignature line and the head remembered. The same head again is 200, with the time anew.
 * A different root for a size already cosigned is 422, as the specification's later drafts and the public witness
 * answer (version 1.0.0 said 409, which a log reads as "try again from our size").
 */
export function witnessDecision(state: WitnessState, request: WitnessRequest): WitnessAnswer {
  const refuse = (status: 400 | 403 | 404 | 422, body: string): WitnessAnswer => ({
    status,
    contentType: 'text/plain; charset=utf-8',
    body: `${body}\n`,
    newState: state,
  })
  const asked = attempt(() => readRequest(request.body))
  if (typeof asked === 'string') return refuse(400, asked)
  const log = Object.hasOwn(state, asked.origin) ? state[asked.origin] : undefined
  if (log === undefined) return refuse(404, `origin ${asked.origin} is not known here`)
  const head = attempt((): SignedHead => openHead(asked.checkpoint, readVkeys(log.vkeys)))
  if (typeof head === 'string') return refuse(403, head)
  if (asked.oldSize > head.size) return refuse(400, `old size ${asked.oldSize} is larger than ${head.size}`)
  if (asked.oldSize !== log.size) return { status: 409, contentType: 'text/x.tlog.size', body: `${log.size}\n`, newState: state }
  const fault = attempt(() => mustExtend(log, head, asked.proof))
  if (fault !== undefined) return refuse(422, fault)
  return {
    status: 200,
    contentType: 'text/plain; charset=utf-8',
    body: cosignatureLine(head.text, request.name, request.privateKey, request.timeSeconds),
    newState: { ...state, [head.origin]: { ...log, size: head.size, root: head.root.toString('base64') } },
  }
}

function mustExtend(log: WitnessedLog, head: SignedHead, proof: readonly Uint8Array[]): undefined {
  if (head.size === 0 && !same(head.root, EMPTY_TREE)) fail('the empty tree has another root')
  mustBePrefix(log.size, base64(log.root, 'state'), head.size, head.root, proof)
  return undefined
}

function readRequest(body: Uint8Array | string): { oldSize: number; proof: Buffer[]; checkpoint: string; origin: string } {
  const text = typeof body === 'string' ? body : utf8(body, 'request')
  const blank = text.indexOf('\n\n')
  if (blank < 0) fail('request: no blank line before the checkpoint')
  const [old = '', ...lines] = text.slice(0, blank).split('\n')
  if (!old.startsWith('old ')) fail('request: no old size line')
  if (lines.length > 63) fail(`request: ${lines.length} proof lines, at most 63`)
  const proof = lines.map((line, i) => {
    const hash = base64(line, `request: proof line ${i}`)
    return hash.length === 32 ? hash : fail(`request: proof line ${i} has ${hash.length} bytes`)
  })
  const checkpoint = text.slice(blank + 2)
  return { oldSize: decimal(old.slice('old '.length), 'request: old size'), proof, checkpoint, origin: claimedOrigin(checkpoint) }
}

/** The answer, or as text why there is none. */
function attempt<T>(run: () => T): T | string {
  try {
    return run()
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}
