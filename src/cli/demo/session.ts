import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Role } from '../../identity/permissions.ts'
import { type Clock, systemClock } from '../../platform/kernel/clock.ts'
import { londonDay, spokenDay } from '../../platform/kernel/london-day.ts'
import type { OwnService } from '../own-service.ts'

const PLACEMENT = 'HOMELESSNESS.PLACEMENT_NOTIFICATION'

/** A person of an organisation with one role. Different names are different people. */
export interface Actor {
  readonly name: string
  readonly org: string
  readonly role: Role
}

/** A reply as a story reads it; members of the body are looked up by name. */
export interface DemoReply {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
  readonly etag: string | null
}

/** One request of a story. */
interface DemoRequest {
  readonly by: Actor
  /** The token to call with; null: none; absent: one of this person. */
  readonly token?: string | null
  readonly does: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** Sent as JSON; a text as the file that it is. */
  readonly body?: unknown
  /** Media type of a text; absent: CSV. */
  readonly type?: string
  readonly ifMatch?: string
  /** The status that the story expects; anything else is a surprise. */
  readonly expect: number
}

/** A mail as its file says. */
export interface DemoMail {
  readonly to: string
  readonly text: string
}

export interface DemoSession {
  /** Sends one request, prints one line, and counts a surprise where the status is another. */
  act(line: DemoRequest): Promise<DemoReply>
  /** Asks for a live decision and compares it: `PERMIT`, or `DENY` with the reason. */
  decide(question: {
    readonly from: string
    readonly to: string
    readonly items?: readonly string[]
    /** Absent: a placement of a homeless household. */
    readonly purpose?: string
    readonly subjects?: readonly string[]
    readonly expect: string
  }): Promise<DemoReply>
  /** Lets so many days pass, and everything happen that is due by then. */
  pass(days: number): Promise<void>
  /** Is done each time before days pass: what is on its way arrives on its day. */
  beforeTimePasses(work: () => Promise<void>): void
  /** What day it is in the story. */
  now(): number
  /** Sends what is to leave the building; answers every mail that was written so far. */
  sendOut(): Promise<readonly DemoMail[]>
  /** States a fact of the story; a surprise where it does not hold. */
  check(fact: string, holds: boolean): void
  /** Prints what is read, which counts for nothing. */
  show(words: string): void
  counts(): { readonly events: number; readonly decisions: number; readonly surprises: number }
}

/** A story; `argument` is what the command line adds to its name, for those that take it. */
export type Demo = (session: DemoSession, argument?: string) => Promise<void>

/** The clock of a story: it goes on as clocks do, and can be moved. */
export interface DemoClock {
  readonly clock: Clock
  pass(days: number): void
}

const DAY_MS = 86_400_000

export function demoClock(): DemoClock {
  let ahead = 0
  return {
    clock: () => new Date(systemClock().getTime() + ahead),
    pass: (days) => {
      ahead += days * DAY_MS
    },
  }
}

/** A session on a running service: everything goes over HTTP, as any client would. */
export function openDemoSession(service: OwnService, out: (line: string) => void, time: DemoClock): DemoSession {
  const counts = { events: 0, decisions: 0, surprises: 0 }
  let beforeTimePasses = async () => {}
  const tell = (kind: 'events' | 'decisions', words: string, surprise: string | null) => {
    counts[kind] += 1
    if (surprise !== null) counts.surprises += 1
    out(surprise === null ? words : `${words}  SURPRISE: ${surprise}`)
  }

  async function send(headers: Record<string, string>, method: string, path: string, body: unknown): Promise<DemoReply> {
    const reply = await fetch(`${service.url}${path}`, {
      method,
      headers: {
        ...headers,
        ...(typeof body === 'string' || body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await reply.text()
    const isJson = reply.headers.get('content-type')?.includes('json') === true
    return { status: reply.status, body: isJson ? (JSON.parse(text) as DemoReply['body']) : {}, text, etag: reply.headers.get('etag') }
  }

  return {
    async act({ by, token: given, does, method, path, body, type = 'text/csv', ifMatch, expect }) {
      const own = () => service.token({ sub: `urn:accord:demo:${by.name}`, org: by.org, roles: [by.role], clientId: null })
      const token = given === undefined ? await own() : given
      const headers = {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        ...(typeof body === 'string' ? { 'content-type': type } : {}),
      }
      const reply = await send(headers, method, path, body)
      const said = reply.status < 400 ? String(reply.status) : `${reply.status} ${String(reply.body['detail'])}`
      const isExpected = reply.status === expect
      tell(
        'events',
        `${by.org} ${by.role}: ${does} -> ${said}`,
        isExpected ? null : `expected ${expect}; ${JSON.stringify(reply.body['errors'] ?? null)}`,
      )
      return reply
    },

    async decide({ from, to, items = ['IDENTITY.NAME'], purpose = PLACEMENT, subjects = ['HOMELESS_APPLICANT'], expect }) {
      const token = await service.token({ org: from, roles: ['API_CLIENT'], clientId: 'demo' })
      const reply = await send({ authorization: `Bearer ${token}` }, 'POST', '/v1/decisions', {
        ...{ provider: from, recipient: to, purpose, data_items: items },
        ...{ data_subjects: subjects, method: 'API_MTLS', country: 'GB', mode: 'SYSTEMATIC' },
      })
      const { status, body } = reply
      const reasons = Array.isArray(body['reasons']) ? (body['reasons'] as { readonly code: string }[]).map(({ code }) => code) : []
      const given = status === 200 ? [String(body['decision']), ...reasons].join(' ') : `${status} ${String(body['detail'])}`
      tell('decisions', `  may ${from} send ${items.join(', ')} to ${to}? ${given}`, given === expect ? null : `expected ${expect}`)
      return reply
    },

    async pass(days) {
      await beforeTimePasses()
      time.pass(days)
      await service.app.services.timers.fireDue()
      out(`-- ${days} days later: ${spokenDay(londonDay(time.clock().getTime()))}`)
    },
    beforeTimePasses(work) {
      beforeTimePasses = work
    },
    now: () => time.clock().getTime(),

    async sendOut() {
      const { mailing, webhooks } = service.app.services
      await mailing.run()
      await webhooks.delivering.deliverDue()
      return readMails(join(service.folder, 'mail'))
    },

    check: (fact, holds) => tell('events', fact, holds ? null : 'it does not hold'),
    show: out,
    counts: () => ({ ...counts }),
  }
}

async function readMails(folder: string): Promise<DemoMail[]> {
  const files = await readdir(folder).catch(() => [])
  const texts = await Promise.all(files.filter((name) => name.endsWith('.eml')).map((name) => readFile(join(folder, name), 'utf8')))
  return texts.map((text) => ({ to: /^To: (.+?)\r?$/m.exec(text)?.[1] ?? '', text }))
}
