/** Where a call stands in its caller's trace. */
export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string
  /** The caller's span, 16 hex digits. */
  readonly parentSpanId: string
}

/**
 * The trace of a `traceparent` header, null where there is none or it is not one: then the call begins a trace of its own.
 * The sampled bit has no say. Pure.
 *
 * @see W3C Trace Context, section 3.2 (version ff and identifiers of zeros only are invalid)
 */
export function traceOf(header: unknown): Trace | null {
  const found = typeof header === 'string' ? /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(header) : null
  const [, traceId = '', parentSpanId = ''] = found ?? []
  return /[1-9a-f]/.test(traceId) && /[1-9a-f]/.test(parentSpanId) ? { traceId, parentSpanId } : null
}
