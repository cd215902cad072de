import { type Fault, type Refusal, type RefusalCode, refusal, withoutCallersWords } from '../kernel/refusal.ts'
import { problemKinds } from './refusals.ts'

/** The stable name of a problem: that of the refusal it stands for. */
export type ProblemCode = RefusalCode

/** The body of every refusal on HTTP (`application/problem+json`). `instance` is the request id and is set where the reply is sent. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly detail: string
  readonly instance?: string
  readonly errors?: readonly Fault[]
  /** The record of a refused decision call. */
  readonly decision_id?: string
}

/** The problem with this code; its texts and the number of its errors are bounded (`refusal`). Pure. */
export function problem(code: ProblemCode, detail: string, errors: readonly Fault[] = []): Problem {
  return problemOfRefusal(refusal(code, detail, errors))
}

/** A refusal as it leaves the building. Pure. */
export function problemOfRefusal({ code, detail, errors, facts }: Refusal): Problem {
  const { status, title } = problemKinds[code]
  return {
    ...{ type: problemType(code), title, status, code, detail },
    ...(errors.length > 0 ? { errors } : {}),
    ...(facts.decisionId === undefined ? {} : { decision_id: facts.decisionId }),
  }
}

/**
 * What the record of a refused act keeps: which problem, where, by which rule. The words of the refusal may repeat what the
 * caller wrote, so they are told and not kept.
 *
 * @param isName whether a word is one of the contract's
 */
export function refusalForRecord(refused: Refusal, isName: (word: string) => boolean) {
  const { type, title, status, code, errors = [] } = problemOfRefusal(refused)
  const places = withoutCallersWords(errors, isName).map(({ detail: _, ...place }) => place)
  return { type, title, status, code, ...(places.length > 0 ? { errors: places } : {}) }
}

/** The type of a problem: a path on this service that explains it, for example `/problems/not-found`. */
export function problemType(code: ProblemCode): string {
  return `/problems/${code.toLowerCase().replaceAll('_', '-')}`
}

/** The code whose page has this name (`not-found`), or undefined when there is none. */
export function problemCodeOf(slug: string): ProblemCode | undefined {
  const code = slug.toUpperCase().replaceAll('-', '_')
  return Object.hasOwn(problemKinds, code) ? (code as ProblemCode) : undefined
}

/** Carries a problem of the edge itself to where replies are made; what a service refuses is a `Refused`. */
export class ProblemError extends Error {
  readonly problem: Problem
  /** Seconds after which asking again makes sense; sent as `Retry-After`. */
  readonly retryAfterSeconds: number | undefined
  /** Headers that go with the reply. */
  readonly headers: Readonly<Record<string, string>>

  constructor(
    carried: Problem,
    options: { readonly cause?: unknown; readonly retryAfterSeconds?: number; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(carried.detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ProblemError'
    this.problem = carried
    this.retryAfterSeconds = options.retryAfterSeconds
    this.headers = options.headers ?? {}
  }
}
