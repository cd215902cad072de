import type { RefusalCode } from '../kernel/refusal.ts'

/** One row of the table of problems: its status on HTTP, its title, and what its page tells a reader to do. */
interface ProblemKind {
  readonly status: number
  readonly title: string
  readonly explanation: string
}

/**
 * Every "no" that can leave the building, in one table: the code is the key, its type is `/problems/<code in kebab case>`.
 * A guard test keeps the contract and the problem pages equal to it.
 *
 * @see RFC 9457 (problem details), RFC 9110 section 15 (status codes), RFC 6585 (428, 429)
 */
export const problemKinds = {
  INVALID_REQUEST: {
    status: 400,
    title: 'The request does not fit the contract',
    explanation:
      'A member is missing, unknown, of the wrong type or outside its allowed values. `errors` names each place with a JSON pointer. Correct the request and send it again; nothing was changed.',
  },
  MALFORMED_JSON: {
    status: 400,
    title: 'The body is not JSON',
    explanation:
      'The body could not be read as JSON at all, or is empty where a body is required. Check quotes, commas and encoding (UTF-8).',
  },
  AT_OUT_OF_RANGE: {
    status: 400,
    title: 'The instant is not now',
    explanation:
      'A live decision is made for the present. `at` may differ from the server time by the tolerance the service is configured with (60 seconds unless changed). To ask about another time, use the simulation.',
  },
  UNAUTHENTICATED: {
    status: 401,
    title: 'The caller could not be identified',
    explanation:
      'The bearer token is missing, expired, not yet valid, not signed by the configured issuer or not meant for this service. Get a new token.',
  },
  FORBIDDEN: {
    status: 403,
    title: 'The token does not carry the permission',
    explanation:
      'The caller is known, but none of its roles carries the permission this operation needs. Ask your organisation for the role.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'There is nothing here',
    explanation: 'Nothing has this address or identifier, or you may not know that it exists. Both are answered alike on purpose.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'The address does not take this method',
    explanation: 'The address exists, but not with this method. The `Allow` header lists the methods it takes.',
  },
  NOT_ACCEPTABLE: {
    status: 406,
    title: 'Not available in a form you accept',
    explanation:
      'The `Accept` header names none of the media types this address replies with, or weighs all of them 0. `detail` lists them.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: 'The request did not arrive in time',
    explanation:
      'The request was not here whole when its time was over, and its connection is closed. Nothing was changed. Send it again, without pauses.',
  },
  CONFLICT: {
    status: 409,
    title: 'Another record stands in the way',
    explanation:
      'What you sent clashes with a record that exists already, or that was written at the same moment. Read the present state and decide again.',
  },
  ILLEGAL_STATE: {
    status: 409,
    title: 'Not possible in the present state',
    explanation:
      'The record exists, but its state does not allow this step. Read it again; its present state and the steps it allows are part of it.',
  },
  IDEMPOTENCY_KEY_IN_USE: {
    status: 409,
    title: 'The request with this idempotency key is still being answered',
    explanation:
      'The same `Idempotency-Key` came earlier and its work is not done yet. Send the same request again after the seconds in `Retry-After`: you get its reply.',
  },
  PRECONDITION_FAILED: {
    status: 412,
    title: 'The record has changed since you read it',
    explanation:
      '`If-Match` names a version that is no longer the present one. Read the record again, look at what changed, and repeat with the new `ETag`.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: 'The body is too large',
    explanation: 'The body is larger than this service reads. Send less at a time.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The body is not of a media type this address reads',
    explanation: 'Send the body with the `Content-Type` the contract names for this operation, usually `application/json`.',
  },
  RANGE_NOT_SATISFIABLE: {
    status: 416,
    title: 'The range lies outside of what is there',
    explanation: 'The `Range` header names bytes that the answer does not have. Ask without it.',
  },
  EXPECTATION_FAILED: {
    status: 417,
    title: 'The expectation cannot be met',
    explanation: 'The `Expect` header may only say `100-continue`.',
  },
  UNPROCESSABLE: {
    status: 422,
    title: 'Incomplete, or refused by a rule',
    explanation:
      'The request is well formed, but incomplete or against a rule of law or of the framework. `errors` names each place and the rule.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'The idempotency key was used for another request',
    explanation:
      'The same `Idempotency-Key` came earlier with a different body. Use one key per request, and the same key only to repeat that request.',
  },
  PRECONDITION_REQUIRED: {
    status: 428,
    title: 'Say which version you mean to change',
    explanation: 'This change needs `If-Match` with the `ETag` you read, so that nobody overwrites what another person has just written.',
  },
  TOO_MANY_REQUESTS: {
    status: 429,
    title: 'Too many requests',
    explanation: 'The caller sent more requests in a minute than it is allowed. Wait for the seconds in `Retry-After`.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The headers are too large',
    explanation: 'The headers of the request are more, or longer, than this service reads (100 headers, 16 KiB). Send fewer.',
  },
  INTERNAL: {
    status: 500,
    title: 'A defect in this service',
    explanation:
      'Something in this service is broken. It is recorded under the request identifier in `instance`; quote it when you report the defect.',
  },
  LOG_UNAVAILABLE: {
    status: 503,
    title: 'The log is not available',
    explanation:
      'The log could not be written or read. No decision leaves this service unless it stands in the log first: without an answer there is no permission. Ask again after the seconds in `Retry-After`.',
  },
  OVERLOADED: {
    status: 503,
    title: 'Too busy to answer in time',
    explanation:
      'The service or its database had no room to answer in time. Nothing was changed. Ask again after the seconds in `Retry-After`.',
  },
  NOT_READY: {
    status: 503,
    title: 'Not ready',
    explanation:
      'The service is starting, stopping, or cannot reach its database. `/health/ready` says which part is missing. Ask again after the seconds in `Retry-After`.',
  },
} as const satisfies Record<RefusalCode, ProblemKind>
