import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LogReading } from '../../audit/reading/log-reading.service.ts'
import type { FoundAct, FoundRead, TrailFilter } from '../../decisions/trail/found-entry.ts'
import { ACT_COLUMNS, READ_COLUMNS, trailAskedOf, trailCursorOf } from '../../decisions/trail/trail.routes.ts'
import type { TrailPage, TrailService } from '../../decisions/trail/trail.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import { csvPieces } from '../../platform/csv.ts'
import { ProblemError, problem } from '../../platform/http/problem.ts'
import { spokenInstant } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { chosen, isKey } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { addressOf, askedDays, DAY_FIELDS } from './asked-days.pages.ts'
import { checkedProof, witnessedTree } from './proof.ts'

export interface TrailPagesOptions {
  readonly trail: TrailService
  readonly reading: Pick<LogReading, 'find' | 'signedAt' | 'witnessed'>
}

const PAGE = 50
/** Entries in one file. */
const FILE = 1_000
const TEXT_MAX = 255
const TEXTS = ['person', 'org', 'record'] as const
const OUTCOMES = ['DONE', 'REFUSED'] as const
const CSV = 'text/csv; charset=utf-8; header=present'
const NO_STORE = 'private, no-store'
/** Records that have a page, by kind. */
const PATHS: Readonly<Record<string, string>> = {
  ...{
    agreement: '/agreements',
    organisation: '/organisations',
    request: '/requests',
    disclosure: '/disclosures',
    emergency: '/emergencies',
  },
}
/** What a search offers as kinds of record. */
const KINDS = [
  'agreement',
  'sign_off',
  'sign_off_route',
  'organisation',
  'group',
  'role',
  'deputy',
  'contact',
  'invitation',
  'client',
  'authentication',
]
  .concat(['request', 'disclosure', 'emergency', 'file', 'calendar', 'webhook', 'notification_settings', 'local_code', 'register'])
  .toSorted()

/** Who did what to which record, who read which part of the log, and the proof of one entry. That it was read is recorded (R39). */
export function trailPages({ trail, reading }: TrailPagesOptions) {
  const lists = {
    '/trail': { operation: 'listTrail', find: trail.acts, columns: ACT_COLUMNS, name: 'acts.csv' },
    '/trail/reads': { operation: 'listLogReads', find: trail.reads, columns: READ_COLUMNS, name: 'reads-of-the-log.csv' },
  } as const

  async function list(request: FastifyRequest, path: keyof typeof lists) {
    const principal = callerOf(request)
    const { form, query, errors } = askedIn(request, PAGE)
    const found = query && orThrow<TrailPage<FoundAct | FoundRead>>(await lists[path].find(principal, query))
    const here = chosen(request, 'cursor') || null
    const next = trailCursorOf(found?.next ?? null)
    return {
      ...(errors.length > 0 ? { errors, status: 422 } : {}),
      data: {
        ...{ form, kinds: KINDS, unsearched: found?.unsearched ?? 0, isAuditor: permits(principal.roles, 'agreement:audit') },
        entries: found?.items.map((one) => ({ ...one, by: byOf(one), page: 'record' in one ? pageOf(one) : undefined })) ?? [],
        isNarrowed: Object.values(form).some((value) => value !== ''),
        ...{ isLater: here !== null, next: next && addressOf(path, form, next), first: addressOf(path, form, null) },
        csv: addressOf(`${path}.csv`, form, here),
      },
    }
  }

  async function send(request: FastifyRequest, reply: FastifyReply, path: keyof typeof lists) {
    const { find, columns, name } = lists[path]
    const { query, errors } = askedIn(request, FILE)
    if (!query) throw new ProblemError(problem('INVALID_REQUEST', errors[0]?.text ?? ''))
    const { items } = orThrow<TrailPage<object>>(await find(callerOf(request), query))
    reply.type(CSV).header('cache-control', NO_STORE).header('content-disposition', `attachment; filename="${name}"`)
    return reply.send(Readable.from(csvPieces(columns, items)))
  }

  return ({ page, file }: Web): void => {
    page('/trail', 'listTrail', async (request) => ({
      template: 'log/trail.njk',
      title: 'Audit trail',
      ...(await list(request, '/trail')),
    }))
    page('/trail/reads', 'listLogReads', async (request) => ({
      ...{ template: 'log/reads.njk', title: 'Who read the log' },
      ...(await list(request, '/trail/reads')),
    }))
    for (const path of ['/trail', '/trail/reads'] as const)
      file(`${path}.csv`, lists[path].operation, (request, reply) => send(request, reply, path))

    page('/trail/:id', 'getTrailEntry', async (request) => {
      const id = idIn(request)
      const evidence = orThrow(await trail.evidence(callerOf(request), id))
      const leaf = JSON.parse(evidence.record.leaf) as { readonly ts: number; readonly t: string }
      const name = evidence.receipt.origin.split('/').at(-1) ?? ''
      const log = await reading.find(name)
      const checked = log && checkedProof(evidence, log.vkey)
      const witnessed = await reading.witnessed(name)
      return {
        template: 'log/trail-entry.njk',
        title: `Entry of ${spokenInstant(leaf.ts)}`,
        data: {
          ...{ event: leaf.t === 'audit.read' ? 'log.read' : leaf.t.replace(/^(gov|audit)[.]/, ''), isRefused: 'st' in leaf },
          ...{ at: new Date(leaf.ts).toISOString(), payload: evidence.record.payload, isAltered: evidence.record.payload_is_altered },
          ...{ leaf: evidence.record.leaf, receipt: evidence.receipt },
          proven: { what: 'Entry', id, here: `/trail/${id}`, file: `entry-${id}.json` },
          proof: {
            ...{ name, checked, signedAt: checked && (await reading.signedAt(name, checked.size)) },
            witnessed: witnessed === undefined ? undefined : witnessedTree(witnessed),
          },
        },
      }
    })
    file('/trail/:id/record.json', 'getTrailEntry', async (request, reply) => {
      const id = idIn(request)
      const evidence = orThrow(await trail.evidence(callerOf(request), id))
      reply.type('application/json; charset=utf-8').header('cache-control', NO_STORE)
      return reply.header('content-disposition', `attachment; filename="entry-${id}.json"`).send(JSON.stringify(evidence))
    })
  }
}

/** What the address asks for, as its form shows it; no query where one of the days is none, and why. */
function askedIn(request: FastifyRequest, limit: number) {
  const names = [...TEXTS, ...DAY_FIELDS, 'outcome', 'record_type']
  const form = Object.fromEntries(names.map((name) => [name, chosen(request, name).slice(0, TEXT_MAX)]))
  const { from, to, errors } = askedDays(request)
  if (errors.length > 0) return { form, errors }
  const filter: TrailFilter = {
    ...Object.fromEntries(TEXTS.map((name) => [name, form[name] || undefined])),
    ...{
      from,
      to,
      outcome: OUTCOMES.find((one) => one === form['outcome']),
      record_type: KINDS.find((one) => one === form['record_type']),
    },
  }
  return { form, query: trailAskedOf({ ...filter, limit, cursor: chosen(request, 'cursor') || undefined }, limit), errors }
}

/** Who did it, for a page to say what they are called. */
function byOf({ actor, issuer }: FoundAct | FoundRead) {
  return actor !== null && issuer !== null ? { sub: actor, issuer } : undefined
}

/** Where the record of an act is shown. */
function pageOf({ record_type, record }: FoundAct): string | undefined {
  const path = record_type === null ? undefined : PATHS[record_type]
  return path && record !== null ? `${path}/${encodeURIComponent(record)}` : undefined
}

/** The entry that an address names. @throws ProblemError 404 where it names none */
function idIn(request: FastifyRequest): string {
  const { id } = request.params as { readonly id: string }
  if (isKey(id)) return id
  throw new ProblemError(problem('NOT_FOUND', 'There is no entry with this identifier.'))
}
