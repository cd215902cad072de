// The connections of a server: how many there may be, in all and from one address, and what each is at.
// Words: idle (no request of it is being answered, also where one has begun to arrive), reply under way (answered, not yet taken).
// It must never cut off a request that is being answered to make room for another connection.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How many connections there may be. */
export interface ConnectionLimits {
  readonly max: number
  /** From one address, unless it is a proxy's. */
  readonly perAddressMax: number
  /** Whether an address is a proxy, behind which are many. */
  readonly isProxy: (address: string) => boolean
}

/** A request that is being answered. */
export interface OpenRequest {
  readonly raw: IncomingMessage
  /** Its reply is on its way. */
  readonly isReplied: boolean
  /** Gives back what it holds. */
  end(): void
}

/** One connection, with what is to happen at its end. */
export interface Connection {
  readonly socket: Socket
  readonly address: string
  /** Requests of it that are being answered, in the order in which they came. */
  readonly open: Set<OpenRequest>
  newest: IncomingMessage | undefined
  /** Requests of it that came in this turn of the event loop and have not been looked at. */
  arrived: number
  /** Replies that its caller has not taken yet. */
  replies: number
  /** What is to happen once none but these is open: the last that is said on it. */
  last: { readonly beside: OpenRequest | undefined; say(): void } | undefined
  /** Is told that a request of it has ended. */
  used(): void
}

const known = new WeakMap<Socket, Connection>()

/** The connection that a socket stands for. What is open at its end is given back then: a reply behind another hears of nothing. */
export function connectionOf(socket: Socket): Connection {
  const found = known.get(socket)
  if (found) return found
  const made: Connection = {
    socket,
    address: socket.remoteAddress ?? '',
    open: new Set(),
    newest: undefined,
    arrived: 0,
    replies: 0,
    last: undefined,
    used: () => {},
  }
  known.set(socket, made)
  socket.once('close', () => giveBack(made))
  return made
}

/** How many requests may be under way on one connection: one chunk of bytes can hold hundreds, all of them read at once. */
export const PIPELINED_MAX = 16

/** Reads no more requests on a connection than may be under way on it: those are answered, then it ends (RFC 9112, 9.3.2). */
export function limitPipelining(server: Server): void {
  const [handle] = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[]
  if (!handle) throw new Error('the server has no handler yet')
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    const connection = connectionOf(request.socket)
    if (connection.last || connection.socket.destroyed) return
    if (connection.open.size + connection.arrived >= PIPELINED_MAX) {
      connection.last = { beside: undefined, say: () => connection.socket.end() }
      return
    }
    const { size } = connection.open
    handle.call(server, request, response)
    // One that was looked at there and then is among the open ones.
    if (connection.open.size > size) return
    connection.arrived += 1
    if (connection.arrived === 1) setImmediate(() => lookedAt(connection))
  })
}

function lookedAt(connection: Connection): void {
  connection.arrived = 0
  sayLast(connection)
}

/** A request is over. */
export function ended(connection: Connection, request: OpenRequest): void {
  connection.open.delete(request)
  connection.used()
  sayLast(connection)
}

/** Says the last thing on a connection, after the replies to what came before. */
export function sayLast({ open, last, arrived }: Connection): void {
  if (last && arrived === 0 && [...open].every((one) => one === last.beside)) last.say()
}

/** Ends a connection now, and gives back what it holds. */
export function cutOff(connection: Connection): void {
  giveBack(connection)
  connection.socket.destroy()
}

function giveBack(connection: Connection): void {
  connection.last = undefined
  for (const request of [...connection.open]) request.end()
}

/** Connections that nothing was ever asked on, oldest first, and the others, in the order in which they were last used. */
interface Pool {
  readonly silent: Set<Connection>
  readonly used: Set<Connection>
}

/**
 * Keeps the connections of a server within limits: where there are as many as there may be, the one that has been idle for
 * longest makes room, of those first that nothing was ever asked on: whoever opens them by the thousand takes no place of who asks.
 * Where none is idle the new one is refused. Answers how many there are.
 */
export function limitConnections(server: Server, { max, perAddressMax, isProxy }: ConnectionLimits): () => number {
  const all = emptyPool()
  const byAddress = new Map<string, Pool>()
  server.on('connection', (socket: Socket) => {
    const connection = connectionOf(socket)
    const { address } = connection
    const neighbours = byAddress.get(address) ?? emptyPool()
    const hasRoom = roomIn(all, max) && (isProxy(address) || roomIn(neighbours, perAddressMax))
    if (!hasRoom) return cutOff(connection)
    byAddress.set(address, neighbours)
    connection.used = () => {
      for (const pool of [all, neighbours]) if (takeOut(pool, connection)) pool.used.add(connection)
    }
    all.silent.add(connection)
    neighbours.silent.add(connection)
    socket.once('close', () => {
      takeOut(all, connection)
      takeOut(neighbours, connection)
      if (sizeOf(neighbours) === 0 && byAddress.get(address) === neighbours) byAddress.delete(address)
    })
  })
  return () => sizeOf(all)

  /** Whether one more fits. */
  function roomIn(pool: Pool, most: number): boolean {
    return sizeOf(pool) < most || makesRoom(pool.silent) || makesRoom(pool.used)
  }

  function makesRoom(connections: Set<Connection>): boolean {
    for (const connection of connections) {
      if (connection.open.size > 0) continue
      takeOut(all, connection)
      const neighbours = byAddress.get(connection.address)
      if (neighbours) takeOut(neighbours, connection)
      cutOff(connection)
      return true
    }
    return false
  }
}

function emptyPool(): Pool {
  return { silent: new Set(), used: new Set() }
}

function sizeOf({ silent, used }: Pool): number {
  return silent.size + used.size
}

function takeOut({ silent, used }: Pool, connection: Connection): boolean {
  return silent.delete(connection) || used.delete(connection)
}
