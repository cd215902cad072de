import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Connection, connectionOf, cutOff, ended, type OpenRequest } from './connections.ts'
import type { ContractOperation } from './openapi.ts'
import { giveBack, hasRoomNow, isFree, type Places, placesFor, resize, type Ticket, take, type Work } from './places.ts'
import { problem } from './problem.ts'
import { sendProblem } from './problem-handler.ts'
import { slowReaders } from './slow-readers.ts'

/** Whose places are how many, in percent of all. */
export interface Shares {
  /** For one caller, one organisation, and everybody without a token together; absent: no limit of their own. */
  readonly callerPercent?: number
  readonly organisationPercent?: number
  readonly anonymousPercent?: number
  /** How many requests of one caller, other than decisions, are worked on at the same time; the others wait. Absent: all. */
  readonly callerAtWork?: number
  /** Of all, of an organisation's and of a caller's, for decisions alone; absent: none. */
  readonly decisionPercent?: number
}

/** How many requests are answered at once. */
interface AdmissionLimits extends Shares {
  readonly max: number
  /** How long a caller may take to take a reply. */
  readonly replyTimeoutMs: number
}

/** Whose request it is; both are opaque. */
export interface CallerNames {
  readonly caller: string
  readonly organisation: string
  /** The caller's share in percent, where it is not that of every caller. */
  readonly callerPercent?: number
}

/** Lets requests in, and says what is going on. */
interface Admission {
  /** Whose a request is, once that is known. False: it is not let in, since this caller or everybody has as many as may be. */
  identify(request: FastifyRequest, names: CallerNames): boolean
  /** Whether a decision would be let in now. */
  hasRoom(): boolean
  /** How many requests hold a place, of each kind; all are 0 when nobody asks. */
  counts(): ReadonlyMap<string, number>
}

declare module 'fastify' {
  interface FastifyInstance {
    admission: Admission
  }
  interface FastifyRequest {
    ticket: OpenTicket | null
  }
}

interface OpenTicket extends Ticket, OpenRequest {
  readonly connection: Connection
  names: CallerNames | undefined
  lane: Lane | undefined
  /** Its handler is at work. */
  isAtWork: boolean
  isReplied: boolean
  /** Its reply was taken, or its connection has ended. */
  isOver: boolean
}

/** What is worked on for one caller, and what waits for that. */
interface Lane {
  atWork: number
  readonly waiting: (() => void)[]
}

/** Health, metrics and the public log are answered whatever the others do: so many at once. */
const RESERVE = 64
const PROBES = new Set(['getLiveness', 'getReadiness', 'getMetrics'])
/** A handler that goes on although its caller has left counts against that caller for so long at most. */
const LEFT_BEHIND_MAX_MS = 120_000
const LOOK_EVERY_MS = 5_000

/**
 * Refuses early what could not be answered in time (FM-21 of the failure matrix): 503 with `Retry-After`, before the token or the
 * body is looked at where nobody gets in, else as soon as it is known whose request it is.
 *
 * A place is given back when the reply was taken or the connection has ended, whichever comes first; an event of the reply
 * alone need not come. What a handler does for a caller that has left counts against that caller until it is done.
 *
 * Register it before anything that costs time.
 */
export function admit(app: FastifyInstance, limits: AdmissionLimits): void {
  const { max, callerPercent, organisationPercent, anonymousPercent, decisionPercent, callerAtWork } = limits
  const part = (percent: number) => (max * percent) / 100
  const total = placesFor(max, decisionPercent)
  const unidentified = placesFor(max, decisionPercent)
  const anonymous = anonymousPercent === undefined ? undefined : placesFor(part(anonymousPercent))
  const probes = placesFor(RESERVE)
  const publicLog = placesFor(RESERVE)
  const callers = new Map<string, Places>()
  const organisations = new Map<string, Places>()
  const lanes = new Map<string, Lane>()
  const leftBehind = new Map<OpenTicket, number>()
  const readers = slowReaders(limits.replyTimeoutMs)
  const looking = setInterval(forgetLeftBehind, LOOK_EVERY_MS)
  looking.unref()

  app.decorateRequest('ticket', null)
  app.decorate('admission', {
    identify,
    hasRoom: () => [total, unidentified].every((places) => hasRoomNow(places, performance.now())),
    counts: () =>
      new Map([
        ['all', total.held.size],
        ['other than decisions', total.others],
        ['anonymous', anonymous?.held.size ?? 0],
        ['unidentified', unidentified.held.size],
        ['probes', probes.held.size],
        ['public log', publicLog.held.size],
        ['callers', callers.size],
        ['organisations', organisations.size],
        ['left behind', leftBehind.size],
      ]),
  })
  app.addHook('onRequest', (request, reply, done) => {
    const operation = request.routeOptions.config?.operation
    const ticket = open(request, reply, operation?.seesMalformed ? 'DECISION' : 'OTHER')
    const now = performance.now()
    // Looking at a token is cheap, but not where nobody gets in.
    const needsToken = operation !== undefined && operation.permission !== 'none'
    const isIn = needsToken ? hasRoomNow(total, now) && take(ticket, [unidentified], now) : take(ticket, publicPlaces(operation), now)
    if (isIn) return done()
    sendProblem(request, reply, problem('OVERLOADED', 'The service is answering as many requests as it can.'))
  })
  // The body is here: from now on it is we who work.
  app.addHook('preValidation', (request, reply, done) => {
    const { ticket } = request
    if (!ticket) return done()
    ticket.waitingSince = undefined
    if (ticket.work === 'DECISION' || !ticket.names || callerAtWork === undefined) return start(ticket, request, reply, done)
    inLane(ticket, callerAtWork, () => start(ticket, request, reply, done))
  })
  app.addHook('onSend', (request, _reply, payload, done) => {
    if (request.ticket) replied(request.ticket)
    done(null, payload)
  })
  app.addHook('onClose', async () => {
    readers.close()
    clearInterval(looking)
  })

  function publicPlaces(operation: ContractOperation | undefined): readonly Places[] {
    if (operation && PROBES.has(operation.id)) return [probes]
    if (operation?.url.startsWith('/log/')) return [publicLog]
    return anonymous ? [total, anonymous] : [total]
  }

  function open(request: FastifyRequest, reply: FastifyReply, work: Work): OpenTicket {
    const connection = connectionOf(request.raw.socket)
    const ticket: OpenTicket = {
      work,
      waitingSince: performance.now(),
      in: new Set(),
      raw: request.raw,
      connection,
      names: undefined,
      lane: undefined,
      isAtWork: false,
      isReplied: false,
      isOver: false,
      cut: () => cutOff(connection),
      end: () => end(ticket),
    }
    request.ticket = ticket
    connection.open.add(ticket)
    connection.newest = request.raw
    reply.raw.once('finish', ticket.end)
    reply.raw.once('close', ticket.end)
    return ticket
  }

  function identify({ ticket }: FastifyRequest, names: CallerNames): boolean {
    if (!ticket) return true
    giveBack(ticket, unidentified)
    // A page is let in before anybody knows that somebody has signed in.
    if (anonymous) giveBack(ticket, anonymous)
    if (ticket.isOver) return false
    const own: Places[] = [total]
    if (organisationPercent !== undefined) own.push(placesOf(organisations, names.organisation, organisationPercent))
    const share = names.callerPercent ?? callerPercent
    if (share !== undefined) own.push(placesOf(callers, names.caller, share))
    ticket.names = names
    const isIn = take(ticket, own, performance.now())
    if (!isIn) forget(names)
    return isIn
  }

  function placesOf(all: Map<string, Places>, name: string, percent: number): Places {
    const known = all.get(name)
    const found = known ?? placesFor(part(percent), decisionPercent)
    // The share of a caller may have been set anew while it holds some.
    if (known) resize(known, part(percent), decisionPercent)
    all.set(name, found)
    return found
  }

  // Not inside the hook: a function with a name is named anew (`keepNames` of tsx) whenever it is made.
  function start(ticket: OpenTicket, request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    if (ticket.isOver || request.raw.socket.destroyed)
      return void sendProblem(request, reply, problem('REQUEST_TIMEOUT', 'the caller left before it was answered'))
    ticket.isAtWork = true
    done()
  }

  /** Lets a request be worked on when it is its caller's turn. */
  function inLane(ticket: OpenTicket, most: number, start: () => void): void {
    const name = ticket.names?.caller ?? ''
    const lane = lanes.get(name) ?? { atWork: 0, waiting: [] }
    lanes.set(name, lane)
    if (lane.atWork < most) enter(lane, ticket, start)
    else lane.waiting.push(() => enter(lane, ticket, start))
  }

  function enter(lane: Lane, ticket: OpenTicket, start: () => void): void {
    lane.atWork += 1
    ticket.lane = lane
    // That a caller has left is known once its socket was looked at again, one turn of the loop later.
    setImmediate(() => setImmediate(start))
  }

  function leaveLane(ticket: OpenTicket): void {
    const { lane, names } = ticket
    if (!lane) return
    ticket.lane = undefined
    lane.atWork -= 1
    lane.waiting.shift()?.()
    if (lane.atWork === 0 && names) lanes.delete(names.caller)
  }

  /** The handler is done: what follows is the caller's to take. */
  function replied(ticket: OpenTicket): void {
    ticket.isAtWork = false
    leaveLane(ticket)
    if (ticket.isOver) giveAllBack(ticket)
    else if (!ticket.isReplied) {
      ticket.isReplied = true
      ticket.waitingSince = performance.now()
      readers.begun(ticket.connection)
    }
  }

  function end(ticket: OpenTicket): void {
    if (ticket.isOver) return
    ticket.isOver = true
    const { connection } = ticket
    ended(connection, ticket)
    if (ticket.isReplied) readers.over(connection)
    if (ticket.isAtWork) {
      giveBack(ticket, total)
      giveBack(ticket, unidentified)
      leftBehind.set(ticket, performance.now())
    } else giveAllBack(ticket)
  }

  function giveAllBack(ticket: OpenTicket): void {
    if (leftBehind.delete(ticket)) leaveLane(ticket)
    giveBack(ticket)
    if (ticket.names) forget(ticket.names)
  }

  function forget({ caller, organisation }: CallerNames): void {
    for (const [all, name] of [
      [callers, caller],
      [organisations, organisation],
    ] as const) {
      const found = all.get(name)
      if (found && isFree(found)) all.delete(name)
    }
  }

  function forgetLeftBehind(): void {
    for (const [ticket, since] of leftBehind) {
      if (performance.now() - since < LEFT_BEHIND_MAX_MS) return
      giveAllBack(ticket)
    }
  }
}
