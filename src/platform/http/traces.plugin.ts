import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type TextMapGetter } from '@opentelemetry/api'
import { type ExportResult, ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import type { FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'

export interface TracesOptions {
  /** Where spans are sent: an OTLP receiver over HTTP, its whole address. */
  readonly url: string
  /** Told of each message that the receiver did not take. */
  readonly onFailure: () => void
}

/** Spans that wait to be sent, and that go in one message, at most: more are dropped, and no caller waits for them. */
const QUEUE = { maxQueueSize: 2_048, maxExportBatchSize: 256, scheduledDelayMillis: 2_000, exportTimeoutMillis: 5_000 }

const headersOf: TextMapGetter<FastifyRequest['headers']> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => headers[name],
}

/**
 * One span a request, in the trace that its caller names by `traceparent` (W3C Trace Context): method, route, status and the id of the request,
 * by the names of OpenTelemetry. Nothing of a caller, an address, a token, a query or a body is in it. Loaded only where traces are switched on.
 */
export const tracesPlugin = fastifyPlugin<TracesOptions>(
  async (app, { url, onFailure }) => {
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'accord' }),
      spanProcessors: [new BatchSpanProcessor(exporterTo(url, onFailure), QUEUE)],
    })
    const tracer = provider.getTracer('accord')
    const propagator = new W3CTraceContextPropagator()
    const spans = new WeakMap<FastifyRequest, Span>()
    app.addHook('onRequest', async (request) => {
      const caller: Context = propagator.extract(ROOT_CONTEXT, request.headers, headersOf)
      const route = request.routeOptions.url
      const attributes = {
        ...{ 'http.request.method': request.method, 'accord.request_id': request.id },
        ...(route === undefined ? {} : { 'http.route': route }),
      }
      spans.set(request, tracer.startSpan(`${request.method} ${route ?? 'unknown'}`, { kind: SpanKind.SERVER, attributes }, caller))
    })
    const end = (request: FastifyRequest, say: (span: Span) => void) => {
      const span = spans.get(request)
      spans.delete(request)
      if (span) say(span)
      span?.end()
    }
    app.addHook('onResponse', async (request, { statusCode }) =>
      end(request, (span) => {
        span.setAttribute('http.response.status_code', statusCode)
        if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      }),
    )
    app.addHook('onRequestAbort', async (request) =>
      end(request, (span) => span.setStatus({ code: SpanStatusCode.ERROR, message: 'the caller went away' })),
    )
    app.addHook('onClose', () => provider.shutdown().catch(() => {}))
  },
  { name: 'traces' },
)

function exporterTo(url: string, onFailure: () => void): OTLPTraceExporter {
  const exporter = new OTLPTraceExporter({ url })
  const send = exporter.export.bind(exporter)
  exporter.export = (spans: ReadableSpan[], done: (result: ExportResult) => void) =>
    send(spans, (result) => {
      if (result.code !== ExportResultCode.SUCCESS) onFailure()
      done(result)
    })
  return exporter
}
