import type { Day } from '../platform/kernel/london-day.ts'
import type { ListedTask } from './lists.ts'
import { waitsToSign } from './model/advance.ts'
import { sharedWith } from './model/duties.ts'
import type { PartyToSignOff } from './model/events.ts'
import { type RouteStep, routeStep } from './model/route.ts'
import { type Chain, type Person, routeOf, type SignOff, type Step, type Task, type TaskResult } from './model/sign-off.ts'
import type { NumberedEvent } from './stored-event.ts'

/** A sign-off as it is shown: with what its routes say of each step, and who is shared between parties. Pure. */
export function viewOf(signOff: SignOff) {
  const { id, subject, keeper, route, facts, signingOrder, status, startedAt, startedBy, chains, marks, threads } = signOff
  return {
    ...{ id, subject, keeper, route, facts, signing_order: signingOrder, status },
    ...{ started_at: startedAt, started_by: person(startedBy) },
    chains: chains.map((chain) => chainView(signOff, chain)),
    marks: marks.map(({ by, isShared, ...mark }) => ({ ...mark, by: person(by), shared: isShared })),
    threads: threads.map(({ isShared, resolved, comments, ...thread }) => ({
      ...thread,
      shared: isShared,
      resolved: resolved && { by: person(resolved.by), at: resolved.at },
      comments: comments.map(({ by, at, text }) => ({ by: person(by), at, text })),
    })),
  }
}

function chainView(signOff: SignOff, chain: Chain) {
  const { org, route, facts, status, steps, returned, dpoRefusal, overruled, signed, carriedFrom, chasedAt, endReason } = chain
  const definition = routeOf(signOff, chain)
  return {
    ...{ org, route, facts, status },
    waits_for: status === 'READY' ? waitsToSign(signOff, chain) : null,
    steps: steps.map((step) => stepView(signOff, step, routeStep(definition, step.id))),
    returned: returned && { ...returned, by: person(returned.by) },
    dpo_refusal: dpoRefusal && { ...dpoRefusal, by: person(dpoRefusal.by) },
    overruled: overruled && { ...overruled, by: person(overruled.by) },
    signed: signed && { by: person(signed.by), deputy_for: signed.deputyFor && person(signed.deputyFor), at: signed.at },
    carried_from: carriedFrom && { version: carriedFrom.version, hash: carriedFrom.hash },
    chased_at: chasedAt,
    end_reason: endReason,
  }
}

function stepView(signOff: SignOff, { id, state, round, openedAt, due, remindedAt, tasks }: Step, { title, kind, role, after }: RouteStep) {
  return {
    ...{ id, title, kind, role, after, state, round, opened_at: openedAt, due, reminded_at: remindedAt },
    tasks: tasks.map(({ number, org, state, assignee, delegation, result }: Task) => ({
      ...{ number, org, state },
      assignee: assignee && person(assignee),
      delegation: delegation && { ...delegation, from: person(delegation.from), to: person(delegation.to) },
      result: result && { ...resultView(result), shared_with: sharedWith(signOff, org, kind, result.by) },
    })),
  }
}

function resultView({ outcome, by, deputyFor, at, comment, conditions, adopted }: TaskResult) {
  return { outcome, by: person(by), deputy_for: deputyFor && person(deputyFor), at, comment, conditions, adopted }
}

/**
 * What happened, as its history shows it: what all events have, and the rest in the words of the contract. Who asked for it or drafted it
 * inside a party is that party's own; `reader` null: an auditor, who reads of all.
 */
export function eventView({ sequence, event }: NumberedEvent, reader: string | null) {
  const { type, at, org, step, task, by, result, ...rest } = ofOwnRequesters(event, reader) as EventMembers
  const judged = result && resultView(result)
  const who = judged?.by ?? (by ? person(by) : null)
  return {
    ...{ sequence, type, at: judged?.at ?? at ?? '', org: org ?? null, step: step ?? null, task: task ?? null, by: who },
    detail: inContractWords({ ...rest, ...(judged ?? {}), by: undefined, at: undefined }) as Readonly<Record<string, unknown>>,
  }
}

function ofOwnRequesters(event: NumberedEvent['event'], reader: string | null): NumberedEvent['event'] {
  if (reader === null) return event
  const own = (party: PartyToSignOff): PartyToSignOff => ({
    ...party,
    requesters: party.requesters.filter(({ org = party.org }) => org === reader),
  })
  if (event.type === 'STARTED') return { ...event, parties: event.parties.map(own) }
  return event.type === 'CHAIN_ADDED' ? { ...event, party: own(event.party) } : event
}

interface EventMembers {
  readonly type: string
  readonly at?: string
  readonly org?: string | null
  readonly step?: string
  readonly task?: number
  readonly by?: Person | null
  readonly result?: TaskResult
}

const WORDS: Readonly<Record<string, string>> = {
  sub: 'subject',
  isShared: 'shared',
  signingOrder: 'signing_order',
  deputyFor: 'deputy_for',
}

/** Members by the names that they have in the contract, at every depth. */
function inContractWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inContractWords)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => (one === undefined ? [] : [[WORDS[name] ?? name, inContractWords(one)]])),
  )
}

/** A task in a list. */
export function taskView(task: ListedTask, today: Day) {
  const { sign_off_id, sign_off_status, chain_org, step, role, kind, state, org, due_day, opened_at, done_at, outcome } = task
  const who = (issuer: string | null, sub: string | null) => (issuer === null || sub === null ? null : person({ issuer, sub, org }))
  return {
    subject: { type: task.subject_type, id: task.subject_id, version: task.subject_version, hash: task.subject_hash },
    ...{ sign_off: sign_off_id, sign_off_status, org: chain_org === '' ? null : chain_org, task_org: org },
    ...{ step, task: task.task, role, kind, state, due: due_day, overdue: isOverdue(task, today) },
    assignee: who(task.assignee_issuer, task.assignee_sub),
    deputy: who(task.deputy_issuer, task.deputy_sub),
    ...{ opened_at, done_by: who(task.done_issuer, task.done_sub), done_at, outcome },
  }
}

/** Nothing becomes overdue while everything stands still. */
function isOverdue({ state, due_day, sign_off_status }: ListedTask, today: Day): boolean {
  return state === 'OPEN' && sign_off_status !== 'HELD' && due_day !== null && due_day < today
}

/** A person in the words of the contract. */
function person({ issuer, sub, org }: Person) {
  return { issuer, subject: sub, org }
}
