import type { FastifyRequest } from 'fastify'
import { ProblemError, problem } from './problem.ts'

/** A media range of an `Accept` header with its weight. */
interface Range {
  readonly type: string
  readonly weight: number
  readonly position: number
}

/**
 * The type to reply with: of those we have, the one that `Accept` weighs most; named alike, the one named first. Without the
 * header the first of ours. @throws ProblemError 406 when the header leaves none of ours (RFC 9110, 12.5.1)
 */
export function typeWanted<T extends string>(request: Pick<FastifyRequest, 'headers'>, ours: readonly [T, ...T[]]): T {
  const header = request.headers.accept
  if (header === undefined || header.trim() === '') return ours[0]
  const wanted = typeOf(header, ours)
  if (wanted === undefined) throw new ProblemError(problem('NOT_ACCEPTABLE', `this address replies with ${ours.join(', ')}`))
  return wanted
}

/** As `typeWanted`, undefined where there is none. Pure. */
export function typeOf<T extends string>(header: string, ours: readonly T[]): T | undefined {
  const ranges = header.split(',').map(rangeOf)
  const found = ours.flatMap((type) => {
    const range = mostSpecific(type, ranges)
    return range && range.weight > 0 ? [{ type, range }] : []
  })
  return found.toSorted((a, b) => b.range.weight - a.range.weight || a.range.position - b.range.position)[0]?.type
}

function rangeOf(text: string, position: number): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.map((one) => /^q=(\d(?:\.\d{0,3})?)$/.exec(one)?.[1]).find((one) => one !== undefined)
  return { type, weight: weight === undefined ? 1 : Number(weight), position }
}

function mostSpecific(type: string, ranges: readonly Range[]): Range | undefined {
  const patterns = [type, `${type.split('/')[0]}/*`, '*/*']
  return patterns.map((pattern) => ranges.find((range) => range.type === pattern)).find((range) => range !== undefined)
}
