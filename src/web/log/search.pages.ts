import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { askedOf, cursorOf, DECISION_COLUMNS, jsonLines } from '../../decisions/history/log-search.routes.ts'
import type { LogSearchService } from '../../decisions/history/log-search.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { permits } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { PeopleService } from '../../people/people.service.ts'
import { csvPieces } from '../../platform/csv.ts'
import { CSV_TYPE } from '../../platform/http/list-files.ts'
import { ProblemError, problem } from '../../platform/http/problem.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { chosen, type FieldError } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { addressOf, askedDays, DAY_FIELDS } from './asked-days.pages.ts'

export interface LogSearchPagesOptions {
  readonly logSearch: Pick<LogSearchService, 'search' | 'export'>
  readonly people: Pick<PeopleService, 'own'>
}

type Form = Readonly<Record<string, string>>
type Asked = ReturnType<typeof askedOf>

const PAGE = 50
/** Decisions in one file. */
const FILE = 1_000
const TEXT_MAX = 100
const TEXTS = ['provider', 'recipient', 'party', 'reason', 'agreement', 'caller', 'client'] as const
/** What the form offers to choose from; anything else in an address is no choice. */
const CHOICES = {
  outcome: ['PERMIT', 'DENY', 'ERROR', 'SEARCH'],
  mode: ['SYSTEMATIC', 'AD_HOC', 'EMERGENCY'],
  via: ['AGREEMENT', 'AD_HOC', 'BREAK_GLASS'],
  simulated: ['false', 'true'],
} as const
const CHOICE_NAMES = Object.keys(CHOICES) as (keyof typeof CHOICES)[]
const NO_STORE = 'private, no-store'

/** The search in the decision log, on pages and as files. That what others asked was read is recorded by the search itself (R39). */
export function logSearchPages({ logSearch, people }: LogSearchPagesOptions) {
  async function send(request: FastifyRequest, reply: FastifyReply, type: string, name: string, pieces: (asked: Asked) => Pieces) {
    const { query, errors } = askedIn(request, FILE)
    if (!query) throw new ProblemError(problem('INVALID_REQUEST', errors[0]?.text ?? ''))
    const body = Readable.from(await pieces(query))
    return reply.type(type).header('cache-control', NO_STORE).header('content-disposition', `attachment; filename="${name}"`).send(body)
  }

  return ({ page, file }: Web): void => {
    page('/decisions', 'searchDecisions', async (request) => {
      const principal = callerOf(request)
      const { form, query, errors } = askedIn(request, PAGE)
      const found = query && orThrow(await logSearch.search(principal, query))
      const next = cursorOf(found?.next ?? null)
      const at = (path: string, cursor: string | null) => addressOf(path, form, cursor)
      const here = chosen(request, 'cursor') || null
      return {
        template: 'log/search.njk',
        title: 'Decision log',
        ...(errors.length > 0 ? { errors, status: 422 } : {}),
        data: {
          ...{ form, choices: CHOICES, decisions: found?.items ?? [], unsearched: found?.unsearched ?? 0 },
          isNarrowed: Object.values(form).some((value) => value !== ''),
          isMore: [...CHOICE_NAMES, 'party', 'reason', 'caller', 'client'].some((name) => name !== 'outcome' && form[name]),
          ...{ isLater: here !== null, next: next && at('/decisions', next), first: at('/decisions', null) },
          ...{ csv: at('/decisions.csv', here), records: at('/decisions.jsonl', here) },
          auditing: await auditing(principal),
        },
      }
    })
    file('/decisions.csv', 'searchDecisions', (request, reply) =>
      send(request, reply, CSV_TYPE, 'decisions.csv', async (asked) =>
        csvPieces(DECISION_COLUMNS, orThrow(await logSearch.search(callerOf(request), asked)).items),
      ),
    )
    file('/decisions.jsonl', 'exportDecisions', (request, reply) =>
      send(request, reply, 'application/x-ndjson', 'decisions.jsonl', async (asked) =>
        jsonLines(orThrow(await logSearch.export(callerOf(request), 'adl', asked)).items),
      ),
    )
  }

  /** Whether somebody reads as an auditor, and until which day that is recorded for them; null: no last day is. */
  async function auditing(principal: Principal): Promise<{ readonly until: string | null } | undefined> {
    if (!permits(principal.roles, 'agreement:audit')) return undefined
    const held = (await people.own(principal)).filter(({ role, counts }) => role === 'AUDITOR' && counts)
    const isOpen = held.length === 0 || held.some(({ to }) => to === null)
    return {
      until: isOpen
        ? null
        : (held
            .map(({ to }) => to ?? '')
            .toSorted()
            .at(-1) ?? null),
    }
  }
}

type Pieces = Promise<AsyncIterable<string>>

/** What the address asks for, as its form shows it; no query where one of the days is none, and why. */
function askedIn(
  request: FastifyRequest,
  limit: number,
): {
  readonly form: Form
  readonly query?: Asked
  readonly errors: readonly FieldError[]
} {
  const form = Object.fromEntries(
    [...TEXTS, ...CHOICE_NAMES, ...DAY_FIELDS].map((name) => [name, chosen(request, name).slice(0, TEXT_MAX)]),
  )
  const { from, to, errors } = askedDays(request)
  if (errors.length > 0) return { form, errors }
  const choice = <Name extends keyof typeof CHOICES>(name: Name) => CHOICES[name].find((known) => known === form[name])
  const simulated = choice('simulated')
  const query = askedOf(
    {
      ...Object.fromEntries(TEXTS.map((name) => [name, form[name] || undefined])),
      ...{ outcome: choice('outcome'), mode: choice('mode'), via: choice('via'), from, to },
      simulated: simulated && simulated === 'true',
      ...{ limit, cursor: chosen(request, 'cursor') || undefined },
    },
    limit,
  )
  return { form, query, errors }
}
