/** What every command is called with under a key, and answers. */

/** `Idempotency-Key` of the call, and the hash of operation and body (hex) that it stands for. */
export interface IdempotencyKey {
  readonly key: string
  readonly requestHash: string
}

/** The reply of a command; `etag` names the state it left. */
export interface CommandReply<Body> {
  readonly status: number
  readonly body: Body
  readonly etag: string
}

/** The `ETag` of a state (RFC 9110, 8.8.3). */
export function etagOf(rowVersion: string | number | bigint): string {
  return `"${rowVersion}"`
}
