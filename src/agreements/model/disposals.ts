import { ALWAYS, type Instant, NEVER, written } from '../../platform/kernel/instant.ts'
import { addDays, type Day, londonDay, londonMidnight, londonMorning } from '../../platform/kernel/london-day.ts'
import { ok } from '../../platform/kernel/result.ts'
import type { Agreement, Flow } from '../agreement.ts'
import { type ActingPerson, type CommandOf, type Decided, notAllowed } from './command.ts'
import { isNamedIn } from './flow-suspensions.ts'
import { lifecycleFacts, type VersionFacts } from './lifecycle-facts.ts'
import { awaitedBy, statusAt } from './standing.ts'

/**
 * What becomes of data that was received once sharing is over (LC-5: retention duties survive): each party that could receive says,
 * flow by flow, that it returned or deleted it, or which law makes it keep it (UK GDPR Arts 5(1)(e), 28(3)(g)). Pure.
 */

/** RETAINED_BY_LAW can still be followed by one of the others. */
export type DisposalHow = 'RETURNED' | 'DELETED' | 'RETAINED_BY_LAW'

/** What a party received under one flow and has to account for. */
export interface ReceivedFlow {
  readonly flow: string
  readonly purpose: string
  readonly retention_days: number | null
  readonly retention_rule: string | null
  /** Last London day of what it may keep by the flow's retention; null: a rule in words says, or nobody knows when sharing ended. */
  readonly due_on: Day | null
}

/** When sharing with a party is over: the end of the agreement, the last day of its last text, or its own leaving, whichever comes first; NEVER: it goes on. */
export function endOfSharing(agreement: Agreement, org: string): Instant {
  const facts = lifecycleFacts(agreement)
  return Math.min(facts.terminatedAt, expiryOf(agreement), facts.parties.get(org)?.leftAt ?? NEVER)
}

/** When the text that comes last is over by its own last day; NEVER: it states none, or there is no text. */
function expiryOf(agreement: Agreement): Instant {
  const last = lifecycleFacts(agreement).approved.findLast(({ source }) => source.dropped_at === undefined)
  return last?.effectiveTo == null ? NEVER : londonMidnight(addDays(last.effectiveTo, 1))
}

/** The flows under which a party could receive before sharing with it was over: of texts that had begun and that it and a provider had signed. */
export function receivedFlows(agreement: Agreement, org: string, boroughs: ReadonlySet<string>): ReceivedFlow[] {
  const end = endOfSharing(agreement, org)
  const day = Number.isFinite(end) ? londonDay(end) : null
  // Ended on a day that nobody stated: whatever was signed counts.
  const by = end === ALWAYS ? NEVER : end
  const found = new Map<string, Flow>()
  for (const version of lifecycleFacts(agreement).approved) {
    if (day !== null && version.effectiveFrom > day) continue
    for (const flow of version.source.terms.flows)
      if (couldReceive(agreement, version, flow, { org, by, boroughs })) found.set(flow.id, flow)
  }
  return [...found.values()].map(({ id, purpose, retention_days, retention_rule }) => ({
    ...{ flow: id, purpose, retention_days, retention_rule },
    due_on: day !== null && retention_days !== null ? addDays(day, retention_days) : null,
  }))
}

function couldReceive(
  { parties }: Agreement,
  version: VersionFacts,
  { providers, recipients }: Flow,
  { org, by, boroughs }: { readonly org: string; readonly by: Instant; readonly boroughs: ReadonlySet<string> },
): boolean {
  const { signedAt, commencement } = version
  const signed = (body: string) => (signedAt.get(body) ?? NEVER) <= by
  if (!isNamedIn(recipients, org, boroughs) || !signed(org)) return false
  if (commencement.rule === 'ALL_SIGNED' && !awaitedBy(version, by).every(signed)) return false
  if (commencement.rule === 'THRESHOLD' && [...signedAt.keys()].filter(signed).length < commencement.n) return false
  return parties.some((party) => party.org !== org && isNamedIn(providers, party.org, boroughs) && signed(party.org))
}

/** Flows of what a party received that it has not returned or deleted yet, however long it may keep them. */
export function openFlows(received: readonly ReceivedFlow[], confirmed: ReadonlyMap<string, DisposalHow>): ReceivedFlow[] {
  return received.filter(({ flow }) => (confirmed.get(flow) ?? 'RETAINED_BY_LAW') === 'RETAINED_BY_LAW')
}

/** How a party last confirmed a flow, and until when a law lets it keep what it received. */
export interface ConfirmedDisposal {
  readonly org: string
  readonly flow: string
  readonly how: DisposalHow
  readonly law: string | null
  readonly keep_until: string | null
}

/** The last day on which a party may hold what it received under a flow; null: nobody knows one. */
export function lastDayOf(
  { due_on }: Pick<ReceivedFlow, 'due_on'>,
  confirmed: Pick<ConfirmedDisposal, 'law' | 'keep_until'> | undefined,
): Day | null {
  return confirmed?.law ? confirmed.keep_until : due_on
}

/** Days before the last day on which a party is told again what it has not returned or deleted; 0: on that day. */
const REMINDED_DAYS = [30, 7, 0] as const

/** When a party is told again what is open. */
export interface DisposalReminder {
  readonly name: string
  readonly org: string
  readonly at: Instant
  /** The last day of what is named; null: nobody knows one. */
  readonly due_on: Day | null
  readonly flows: readonly string[]
}

/** Every reminder of what parties still hold of an agreement, past ones too; none of a flow that is returned or deleted. */
export function disposalReminders(
  agreement: Agreement,
  confirmed: readonly ConfirmedDisposal[],
  boroughs: ReadonlySet<string>,
): DisposalReminder[] {
  return agreement.parties.flatMap(({ org }) => {
    const end = endOfSharing(agreement, org)
    if (!Number.isFinite(end)) return []
    const own = new Map(confirmed.filter((one) => one.org === org).map((one) => [one.flow, one]))
    const open = openFlows(receivedFlows(agreement, org, boroughs), new Map([...own].map(([flow, { how }]) => [flow, how])))
    const days = [...new Set(open.flatMap((one) => lastDayOf(one, own.get(one.flow)) ?? []))]
    const reminders = days.flatMap((due_on) => {
      const flows = open.filter((one) => lastDayOf(one, own.get(one.flow)) === due_on).map(({ flow }) => flow)
      return REMINDED_DAYS.map((before) => ({
        ...{ name: `${org}/${due_on}/${before}`, org, due_on, flows },
        at: Math.max(end, londonMorning(addDays(due_on, -before))),
      }))
    })
    const hasExpired = end === expiryOf(agreement) && open.length > 0
    const first = {
      name: `${org}/ended/${londonDay(end)}`,
      org,
      at: end,
      due_on: days.toSorted()[0] ?? null,
      flows: open.map(({ flow }) => flow),
    }
    return hasExpired ? [first, ...reminders] : reminders
  })
}

/** One party confirms what it did, or whoever follows it does in its place, for some flows or for all that are open. */
export function decideDispose(
  { type, how, flows, on, law, keepUntil, confirmed, boroughs }: CommandOf<'dispose' | 'dispose_in_place'>,
  agreement: Agreement,
  { org }: ActingPerson,
  now: Instant,
): Decided {
  const end = endOfSharing(agreement, org)
  if (end > now) return notAllowed('ILLEGAL_STATE', 'LC-5', `Sharing goes on: ${org} has neither left nor has the agreement ended.`)
  const received = receivedFlows(agreement, org, boroughs)
  if (received.length === 0)
    return notAllowed('FORBIDDEN', 'RECIPIENT', `${org} was bound by no text under which it could receive anything.`)
  const today = londonDay(now)
  if (on > today) return notAllowed('UNPROCESSABLE', 'FUTURE', 'What is confirmed has happened: the day lies today or earlier.', '/on')
  if ((how === 'RETAINED_BY_LAW') !== (law !== null))
    return notAllowed('UNPROCESSABLE', 'LAW', 'Whoever keeps it names the law, and whoever does not names none.', '/law')
  if (keepUntil !== null && (law === null || keepUntil < today))
    return notAllowed('UNPROCESSABLE', 'KEEP_UNTIL', 'A last day is of what the law keeps, today or later.', '/keep_until')
  const known = new Set(received.map(({ flow }) => flow))
  const unknown = (flows ?? []).findIndex((id) => !known.has(id))
  if (unknown >= 0) return notAllowed('UNPROCESSABLE', 'FLOW', `${org} received nothing under this flow.`, `/flows/${unknown}`)
  const open = openFlows(received, confirmed).map(({ flow }) => flow)
  const done = (flows ?? open).filter((id) => !open.includes(id))
  if (open.length === 0 || done.length > 0)
    return notAllowed('CONFLICT', 'CONFIRMED', `It was confirmed already: ${(open.length === 0 ? ['all of it'] : done).join(', ')}.`)
  const named = flows === null ? open : [...new Set(flows)]
  const remaining = open.filter((flow) => !named.includes(flow) || how === 'RETAINED_BY_LAW')
  return ok({ type, to: statusAt(agreement, now), flows: named, remaining, endedAt: written(end) })
}
