// What never becomes a request: bytes that are no HTTP, headers without end, bodies that do not arrive. Node tells them apart by codes.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Connection, connectionOf, cutOff, sayLast } from './connections.ts'
import { type Problem, problem } from './problem.ts'

const TYPE = 'application/problem+json; charset=utf-8'
const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
}

/**
 * Answers what cannot be read with a problem, and ends the connection. Requests before it on the same connection get their own
 * replies first; nothing is written into a reply that has begun, nor to a caller that has gone.
 */
export function answerConnectionFaults(newId: () => string) {
  return (error: Error & { readonly code?: string }, socket: Duplex): void => {
    const connection = connectionOf(socket as Socket)
    const found = faultOf(error.code)
    // Requests that came in the same bytes have not been looked at yet.
    if (found) setImmediate(() => endWith(connection, found, newId()))
    else cutOff(connection)
  }
}

/** Answers `CONNECT`, which would otherwise end without a word: this is no proxy. */
export function refuseTunnels(server: Server, newId: () => string): void {
  server.on('connect', (_request, socket) =>
    endWith(connectionOf(socket as Socket), problem('METHOD_NOT_ALLOWED', 'this is no proxy'), newId()),
  )
}

function endWith(connection: Connection, found: Problem, id: string): void {
  if (connection.last) return
  const { newest, open, socket } = connection
  const isInBody = newest !== undefined && !newest.complete
  const beside = isInBody ? [...open].find(({ raw }) => raw === newest) : undefined
  // Of a fault in a body whose request has been answered already there is nothing left to say.
  const isSaid = isInBody && (!beside || beside.isReplied)
  const say = () => {
    connection.last = undefined
    if (socket.writable && !isSaid) socket.end(replyOf(found, id), () => cutOff(connection))
    else cutOff(connection)
  }
  connection.last = { beside, say }
  sayLast(connection)
}

function faultOf(code: string | undefined): Problem | undefined {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problem('REQUEST_TIMEOUT', 'the request did not arrive in time')
    case 'HPE_HEADER_OVERFLOW':
      return problem('HEADERS_TOO_LARGE', 'the headers are longer than this service reads')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return problem('PAYLOAD_TOO_LARGE', 'the chunk extensions are longer than this service reads')
    default:
      return problem('INVALID_REQUEST', 'this is no HTTP request that can be read')
  }
}

function replyOf(found: Problem, id: string): string {
  const body = JSON.stringify({ ...found, instance: `urn:uuid:${id}` })
  return [
    `HTTP/1.1 ${found.status} ${REASONS[found.status]}`,
    `content-type: ${TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `date: ${new Date().toUTCString()}`,
    `x-request-id: ${id}`,
    ...(found.status === 405 ? ['allow: GET, HEAD, POST, PUT, DELETE'] : []),
    'x-content-type-options: nosniff',
    'connection: close',
    '',
    body,
  ].join('\r\n')
}
