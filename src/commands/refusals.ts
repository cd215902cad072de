import { ifMatchHolds } from '../platform/kernel/entity-tags.ts'
import { ProblemError, problem, withoutCallersWords } from '../platform/kernel/problem.ts'
import { etagOf } from './command-reply.ts'

/** What every command refuses alike, and what the record of a refusal keeps. Pure. */

/** @throws ProblemError 428 where a state has to be named and none is, 412 where another one is named than there is */
export function checkPrecondition(ifMatch: string | null | undefined, rowVersion: string, subject: string): void {
  if (ifMatch === null) throw new ProblemError(problem('PRECONDITION_REQUIRED', 'Send If-Match with the ETag you read.'))
  if (ifMatch !== undefined && !ifMatchHolds(ifMatch, etagOf(rowVersion))) {
    throw new ProblemError(problem('PRECONDITION_FAILED', `The ${subject} has changed since you read it.`))
  }
}

/**
 * What the record of a refused act keeps: which problem, where, by which rule. The words of the refusal may repeat what the
 * caller wrote, so they are told and not kept.
 */
export function refusalForRecord({ problem: refused }: ProblemError, isName: (word: string) => boolean) {
  const { type, title, status, code, errors = [] } = refused
  const places = withoutCallersWords(errors, isName).map(({ detail: _, ...place }) => place)
  return { type, title, status, code, ...(places.length > 0 ? { errors: places } : {}) }
}
