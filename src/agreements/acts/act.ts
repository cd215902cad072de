/** What an act on an agreement is called with and answers; the steps are in `act-shell.service.ts`. */

/** `Idempotency-Key` of the call, and the hash of operation and body (hex) that it stands for. */
export interface IdempotencyKey {
  readonly key: string
  readonly requestHash: string
}

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

/** The reply of an act; `etag` names the state it left. */
export interface ActReply<Body> {
  readonly status: number
  readonly body: Body
  readonly etag: string
}
