import type { CommandReply, IdempotencyKey } from '../../commands/command-reply.ts'

/** What an act on an agreement is called with and answers; the steps are in `act-shell.service.ts`. */
export type { IdempotencyKey }
/** The reply of an act; `etag` names the state it left. */
export type ActReply<Body> = CommandReply<Body>

/** What an act did, once its rows are written. */
export interface ActDone<Body> {
  readonly status: 200 | 201
  readonly body: Body
  readonly to?: string
  /** Where what was done is not what was asked for in full: what history and log call it. */
  readonly as?: { readonly act: string; readonly event: `${string}.${string}` }
  readonly version?: number
  readonly versionHash?: string
  /** For the history and the payload of the leaf. */
  readonly detail: Readonly<Record<string, unknown>>
}
