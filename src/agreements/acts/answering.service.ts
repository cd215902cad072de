import type { NotificationsService } from '../../notifications/notifications.service.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { grouped } from '../../platform/kernel/grouped.ts'
import { type Instant, instantOf, written } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import type { Agreement } from '../agreement.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { endOfSharing, openFlows, type ReceivedFlow, receivedFlows } from '../model/disposals.ts'
import { disposalsRepository } from '../store/disposals.repository.ts'
import { type Following, successorsRepository } from '../store/successors.repository.ts'

/**
 * Who answers for what a party received: the party, and where the body has ended whoever follows it in the register, however often one
 * followed another since. A signature does not carry over; the duty about what is held does.
 */

/** What is told of one party: which, and by when what it received is gone. */
export type DisposalDue = {
  readonly org: string
  readonly ended_at: string | null
  readonly due_on: string | null
  readonly flows: readonly string[]
}

/** Tells organisations, by whoever knows what it is about. */
export type TellDisposal = (kind: 'DISPOSAL_DUE' | 'DISPOSAL_DUE_IN_PLACE', due: DisposalDue, orgs: readonly string[]) => Promise<void>

/** The agreement that is told of, as it stands once it is over. */
export interface EndedSharing {
  readonly ended: Agreement
  /** The organisations that ALL_SIGNED_BOROUGHS stands for. */
  readonly boroughs: ReadonlySet<string>
}

/** Who answers at an instant for each of these parties; while none of them has ended, each for itself. */
export async function answerersOf(
  tx: Transaction,
  { parties }: Agreement,
  orgs: readonly string[],
  at: Instant,
): Promise<ReadonlyMap<string, string | null>> {
  const gone = parties.filter(({ org, active_to }) => orgs.includes(org) && instantOf(active_to) <= at).map(({ org }) => org)
  return new Map([...orgs.map((org) => [org, org] as const), ...(await successorsRepository(tx).answering(gone, at))])
}

/** @throws Refused where an organisation does not answer for another */
export async function mustFollow(tx: Transaction, org: string, predecessor: string, at: Instant): Promise<void> {
  if ((await successorsRepository(tx).answering([predecessor], at)).get(predecessor) === org) return
  const detail = `${org} does not answer for ${predecessor}: whoever follows a body that has ended does.`
  throw refused('FORBIDDEN', detail, [{ pointer: '/in_place_of', detail, code: 'SUCCESSOR' }])
}

/** Tells whoever answers for each of these parties that what it received is to be returned or deleted, and by when. */
export async function tellDisposalDue(
  { tx, at, tell }: { readonly tx: Transaction; readonly at: Instant; readonly tell: TellDisposal },
  { ended, boroughs }: EndedSharing,
  orgs: readonly string[],
): Promise<void> {
  const received = orgs.map((org) => [org, receivedFlows(ended, org, boroughs)] as const).filter(([, flows]) => flows.length > 0)
  const answering = await answerersOf(
    tx,
    ended,
    received.map(([org]) => org),
    at,
  )
  for (const [org, flows] of received) await tellAnswerer(tell, answering.get(org) ?? null, dueOf(ended, org, flows))
}

/** Tells whoever answers for a party; where nobody follows it, nobody. */
export async function tellAnswerer(tell: TellDisposal, answerer: string | null, due: DisposalDue): Promise<void> {
  if (answerer !== null) await tell(answerer === due.org ? 'DISPOSAL_DUE' : 'DISPOSAL_DUE_IN_PLACE', due, [answerer])
}

/** Agreements that are read at a time. */
const BATCH = 100

/** Tells a successor what its predecessor still answers for, itself or for others it followed: of agreements that are over, or come to an end that is known. */
export async function passOnDisposals(
  tx: Transaction,
  { predecessor, successor, at }: Following,
  given: {
    readonly now: string
    readonly agreements: Pick<AgreementsService, 'read'>
    readonly boroughs: ReadonlySet<string>
    readonly tell: NotificationsService['tell']
  },
): Promise<void> {
  const over = await successorsRepository(tx).passedOn({ predecessor, successor, at }, londonDay(instantOf(given.now)))
  const ids = [...new Set(over.map(({ id }) => id))]
  const partiesOf = grouped(over, ({ id }) => id)
  for (let first = 0; first < ids.length; first += BATCH)
    for (const agreement of await given.agreements.read(tx, ids.slice(first, first + BATCH))) {
      const stored = await disposalsRepository(tx, agreement.id).latest()
      const subject = { type: 'agreement', id: agreement.id }
      for (const { party } of partiesOf(agreement.id)) {
        const confirmed = new Map(stored.filter(({ org }) => org === party).map(({ flow, how }) => [flow, how]))
        const open = openFlows(receivedFlows(agreement, party, given.boroughs), confirmed)
        if (open.length === 0) continue
        const detail = { ...dueOf(agreement, party, open), answers_from: at }
        await given.tell(tx, [successor], { kind: 'DISPOSAL_DUE_IN_PLACE', subject, at: given.now, detail })
      }
    }
}

function dueOf(agreement: Agreement, org: string, flows: readonly ReceivedFlow[]): DisposalDue {
  const days = flows.flatMap(({ due_on }) => due_on ?? []).toSorted()
  return { org, ended_at: written(endOfSharing(agreement, org)), due_on: days[0] ?? null, flows: flows.map(({ flow }) => flow) }
}
