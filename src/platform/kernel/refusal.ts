import { type Result, refuse } from './result.ts'

/** The stable name of a refusal; a program branches on this and never on the words. What each is on HTTP: `platform/http/refusals.ts`. */
export type RefusalCode =
  | 'INVALID_REQUEST'
  | 'MALFORMED_JSON'
  | 'AT_OUT_OF_RANGE'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_ACCEPTABLE'
  | 'REQUEST_TIMEOUT'
  | 'CONFLICT'
  | 'ILLEGAL_STATE'
  | 'IDEMPOTENCY_KEY_IN_USE'
  | 'PRECONDITION_FAILED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'RANGE_NOT_SATISFIABLE'
  | 'EXPECTATION_FAILED'
  | 'UNPROCESSABLE'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'PRECONDITION_REQUIRED'
  | 'TOO_MANY_REQUESTS'
  | 'HEADERS_TOO_LARGE'
  | 'INTERNAL'
  | 'LOG_UNAVAILABLE'
  | 'OVERLOADED'
  | 'NOT_READY'

/** One place in what was asked that is wrong. `pointer` is an RFC 6901 JSON pointer into the body, or `/query/<name>`, `/path/<name>`, `/headers/<name>`. */
export interface Fault {
  readonly pointer: string
  readonly detail: string
  /** A code of the rule that refused, where the rule has one. */
  readonly code?: string
  /** The law that the rule is of, and the GOV_ROLE that can put it right, where it is one of law. */
  readonly citation?: string
  readonly remedy_role?: string
}

/** A "no" in the words of the domain. */
export interface Refusal {
  readonly code: RefusalCode
  /** For a person: what was wrong this time, never a secret or a name of a person. */
  readonly detail: string
  readonly errors: readonly Fault[]
  /** Whether the log keeps that somebody tried; a call that only came too early or said too little is not an act. */
  readonly recorded: boolean
  readonly facts: RefusalFacts
}

/** What else there is to know about a refusal. */
interface RefusalFacts {
  /** Seconds after which asking again makes sense. */
  readonly retryAfterSeconds?: number
  /** The record of a refused decision call, and the receipt of that record. */
  readonly decisionId?: string
  readonly receipt?: string
}

/** Refusals of an act that was understood: the others say nothing of what somebody tried to do. */
const RECORDED: ReadonlySet<RefusalCode> = new Set([
  'FORBIDDEN',
  'CONFLICT',
  'ILLEGAL_STATE',
  'PRECONDITION_FAILED',
  'UNPROCESSABLE',
  'IDEMPOTENCY_KEY_REUSED',
])
/** Places that one refusal names, and characters of what it says of each: a refusal is never larger than a small page. */
const ERRORS_MAX = 200
const TEXT_MAX = 1_000

/** The refusal with this code, its texts and the number of its errors bounded: `detail` says how many there are where some are left out. Pure. */
export function refusal(code: RefusalCode, detail: string, errors: readonly Fault[] = [], facts: RefusalFacts = {}): Refusal {
  const more = errors.length > ERRORS_MAX ? ` The first ${ERRORS_MAX} of ${errors.length} places are named.` : ''
  return {
    code,
    detail: `${bounded(detail)}${more}`,
    errors: errors.slice(0, ERRORS_MAX).map((one) => ({ ...one, pointer: bounded(one.pointer), detail: bounded(one.detail) })),
    recorded: RECORDED.has(code),
    facts,
  }
}

function bounded(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text
}

/** Carries a refusal out of a transaction, so that nothing of what was written stays, or up to where it is answered. */
export class Refused extends Error {
  readonly refusal: Refusal

  constructor(carried: Refusal, options?: { readonly cause?: unknown }) {
    super(carried.detail, options)
    this.name = 'Refused'
    this.refusal = carried
  }
}

/** A refusal to be thrown; see `refusal`. */
export function refused(
  code: RefusalCode,
  detail: string,
  errors: readonly Fault[] = [],
  { cause, ...facts }: RefusalFacts & { readonly cause?: unknown } = {},
): Refused {
  return new Refused(refusal(code, detail, errors, facts), cause === undefined ? undefined : { cause })
}

/** A refusal by one rule, to be thrown: `errors` names the rule and the place, `detail` says it. */
export function refusedBy(code: RefusalCode, rule: string, detail: string, pointer = ''): Refused {
  return refused(code, detail, [{ pointer, detail, code: rule }])
}

/** What work answers, or what it was refused with; whatever else it throws is thrown on. */
export async function answered<T>(work: () => Promise<T>): Promise<Result<T, Refusal>> {
  try {
    return { ok: true, value: await work() }
  } catch (error) {
    if (error instanceof Refused) return refuse(error.refusal)
    throw error
  }
}

/** The same work, answering what it is refused with where it throws that itself. */
export function answering<Args extends readonly unknown[], T>(
  work: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<Result<T, Refusal>> {
  return (...args) => answered(() => work(...args))
}

/** The value of a result. @throws Refused with its refusal */
export function orThrow<T>(result: Result<T, Refusal>): T {
  if (!result.ok) throw new Refused(result.refusal)
  return result.value
}

/** What a permanent record keeps of the places: at most so many. */
const RECORDED_MAX = 20
/** Words of the caller stand in a detail in one form only (`validation-problem.ts`). */
const CALLERS_WORD = /"(?:[^"\\]|\\.)*" (is not a known (?:member|type))/g
/** Where a schema never looked: no step of the pointer is known to be an index. */
const UNSEEN = new Set(['is given twice'])
/** An index of a list; a longer number may be one that a caller made a name of. */
const INDEX = /^\d{1,4}$/

/**
 * Places as a permanent record may keep them: bounded, and without a word that the caller chose, since a member's name can be
 * about a person as well as its value (UK GDPR Art 5(1)(c) and (e)). Pure.
 *
 * @param isName whether a word is one of the contract's
 */
export function withoutCallersWords(errors: readonly Fault[], isName: (word: string) => boolean): Fault[] {
  const placeOf = ({ pointer, detail }: Fault) => {
    if (UNSEEN.has(detail)) return ''
    return knownPart(detail.includes('is not a known member') ? pointer.slice(0, pointer.lastIndexOf('/')) : pointer, isName)
  }
  return errors.slice(0, RECORDED_MAX).map(({ pointer, detail, code }) => ({
    pointer: placeOf({ pointer, detail }),
    detail: detail.replaceAll(CALLERS_WORD, '$1'),
    ...(code === undefined ? {} : { code }),
  }))
}

/** The beginning of a pointer, up to the first step that is neither a name of the contract nor an index. */
function knownPart(pointer: string, isName: (word: string) => boolean): string {
  const [, ...steps] = pointer.split('/')
  const end = steps.findIndex((step) => !isName(step) && !INDEX.test(step))
  return (end < 0 ? steps : steps.slice(0, end)).map((step) => `/${step}`).join('')
}
