import type { FastifyPluginAsync } from 'fastify'
import { callOf, outcomeReply } from '../commands/calls.routes.ts'
import { callerOf } from '../identity/identity.plugin.ts'
import { readerFor } from '../identity/permissions.ts'
import { answer, type RequestOf, reply } from '../platform/http/answer.ts'
import { etagOf } from '../platform/kernel/entity-tags.ts'
import { orThrow } from '../platform/kernel/refusal.ts'
import type { CommandDone, PersonalCommand, SignOffsService } from './sign-offs.service.ts'
import { eventView, taskView, viewOf } from './view.ts'

const PAGE = 50
const EVENTS_PAGE = 100

export interface SignOffRoutesOptions {
  readonly signOffs: SignOffsService
  /** Whose tokens this service trusts: the issuer of a person of whom none is named. */
  readonly issuer: string
  readonly newId: () => string
}

/** Sign-offs over HTTP. */
export function signOffsRoutes({ signOffs, ...options }: SignOffRoutesOptions): FastifyPluginAsync {
  return async (app) => {
    answer(app, 'listSignOffs', async (request) => {
      const { subject_type: subjectType, subject, status, before = null, limit = PAGE } = request.query
      const page = await signOffs.list(callerOf(request), { subjectType, subject, status }, { before, limit })
      const sign_offs = page.signOffs.map(({ startedAt, ...one }) => ({ ...one, started_at: startedAt }))
      return reply(200, { sign_offs, next_before: page.nextBefore })
    })
    answer(app, 'listSignOffTasks', async (request) => {
      const { whose = 'MINE', state = 'OPEN', subject_type: subjectType, cursor = null, limit = PAGE, ...filter } = request.query
      const page = await signOffs.tasks(callerOf(request), { whose, state, subjectType, ...filter }, { cursor, limit })
      return reply(200, { tasks: page.tasks.map((task) => taskView(task, page.today)), next_cursor: page.nextCursor })
    })
    answer(app, 'listSignOffEvents', async (request) => {
      const { after = 0, limit = EVENTS_PAGE } = request.query
      const { events, nextAfter } = orThrow(await signOffs.history(callerOf(request), request.params.id, { after, limit }))
      const reader = readerFor(callerOf(request))
      const own = reader.kind === 'party' ? reader.org : null
      return reply(200, { events: events.map((event) => eventView(event, own)), next_after: nextAfter })
    })
    answer(app, 'getSignOff', async (request) => {
      const { outcome, version } = orThrow(await signOffs.read(callerOf(request), request.params.id))
      return reply(200, { ...viewOf(outcome.signOff), commands: outcome.commands, closed: outcome.closed }, { etag: etagOf(version) })
    })
    answer(app, 'performSignOffCommand', async (request) => {
      const command = commandOf(request.body, callerOf(request).org, options)
      const { status, body, headers } = outcomeReply(200, await signOffs.perform(callOf(request), request.params.id, command))
      return reply(status, doneView(body), headers)
    })
  }
}

type Asked = RequestOf<'performSignOffCommand'>['body']

/** A command in the words of the domain; where no party is named it is the own one. */
export function commandOf(body: Asked, own: string, { issuer, newId }: Pick<SignOffRoutesOptions, 'issuer' | 'newId'>): PersonalCommand {
  const place = 'step' in body ? { org: body.org === undefined ? own : body.org, step: body.step } : null
  const task = 'task' in body ? { task: body.task } : {}
  const to = (person: { readonly issuer?: string; readonly subject: string }) => ({ issuer: person.issuer ?? issuer, sub: person.subject })
  switch (body.command) {
    case 'claim':
    case 'release':
      return { type: body.command, ...at(place), ...task }
    case 'assign':
      return { type: 'assign', ...at(place), ...task, to: to(body.to), reason: body.reason }
    case 'delegate':
      return { type: 'delegate', ...at(place), ...task, to: to(body.to), first: body.first, last: body.last, reason: body.reason }
    case 'approve': {
      const conditions = (body.conditions ?? []).map(({ text, bearer, due = null }) => ({ text, bearer, due }))
      return { type: 'approve', ...at(place), ...task, hash: body.hash, comment: body.comment ?? null, conditions }
    }
    case 'adopt':
      return { type: 'adopt', ...at(place), ...task, hash: body.hash, from: body.from, reason: body.reason }
    case 'return':
      return { type: 'return', ...at(place), ...task, reasons: body.reasons, to: body.to }
    case 'take_back_return':
      return { type: 'take_back_return', ...at(place), reason: body.reason }
    case 'refuse':
      return { type: 'refuse', ...at(place), ...task, reason: body.reason }
    case 'overrule':
    case 'decline':
      return { type: body.command, org: own, reason: body.reason }
    case 'chase':
      return { type: 'chase', org: body.org ?? own }
    case 'comment':
      return { type: 'comment', thread: body.thread ?? newId(), part: body.part ?? '', text: body.text, isShared: body.shared ?? false }
    case 'resolve':
    case 'reopen':
      return { type: body.command, thread: body.thread }
    case 'mark':
      return { type: 'mark', part: body.part, mark: body.mark, isShared: body.shared ?? false }
  }
}

function at<Place>(place: Place | null): Place {
  if (place === null) throw new RangeError('the contract asks for the step of this command')
  return place
}

function doneView({ signOff, command, at, status, chainStatus, events }: CommandDone) {
  return {
    ...{ sign_off: signOff, command, at, status, chain_status: chainStatus },
    events: events.map((event) => ({
      type: event.type,
      org: 'org' in event ? event.org : null,
      step: 'step' in event ? event.step : null,
      task: 'task' in event ? event.task : null,
    })),
  }
}
