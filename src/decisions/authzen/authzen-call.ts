import type { CallReferences } from '../decision-call.ts'
import { type Trace, traceOf } from '../trace.ts'

/** Characters of a name that a record keeps. */
const REFERENCE_MAX = 512

/**
 * By what a caller knows its call: the trace of the header, else of the context of the question (the Dutch profile of AuthZEN lets it stand
 * in either), and its own request id. Pure.
 */
export function callNames(
  headers: Readonly<Record<string, unknown>>,
  body: unknown,
): { readonly trace: Trace | null; readonly references?: CallReferences } {
  const context = contextOf(body)
  const trace = traceOf(headers['traceparent']) ?? traceOf(context['traceparent'])
  const requestId = headers['x-request-id']
  const tracestate = headers['tracestate'] ?? context['tracestate']
  const references = {
    ...(typeof requestId === 'string' ? { request_id: requestId.slice(0, REFERENCE_MAX) } : {}),
    ...(trace && typeof tracestate === 'string' ? { tracestate: tracestate.slice(0, REFERENCE_MAX) } : {}),
  }
  return 'request_id' in references || 'tracestate' in references ? { trace, references } : { trace }
}

function contextOf(body: unknown): Readonly<Record<string, unknown>> {
  const { context } = (typeof body === 'object' && body !== null ? body : {}) as { readonly context?: unknown }
  return (typeof context === 'object' && context !== null ? context : {}) as Readonly<Record<string, unknown>>
}
