import type { Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type Instant, written } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { ActCall, ActingService } from '../acting.service.ts'
import type { Agreement } from '../agreement.ts'
import { type DisposalHow, endOfSharing, lastDayOf, openFlows, type ReceivedFlow, receivedFlows } from '../model/disposals.ts'
import { othersThan } from '../model/standing.ts'
import type { ReadAgreement, ReadInPlace } from '../reading.service.ts'
import { disposalsRepository, type StoredDisposal } from '../store/disposals.repository.ts'
import { answerersOf, mustFollow } from './answering.service.ts'

/** What a party confirms. */
export interface DisposalBody {
  /** A party that has ended and that the caller's organisation follows; null or absent: the caller's organisation itself. */
  readonly in_place_of?: string | null
  readonly how: DisposalHow
  readonly flows?: readonly string[] | null
  readonly what: string
  readonly on: string
  readonly done_by: string
  readonly law?: string | null
  readonly keep_until?: string | null
}

/** What one party received, and what became of it. */
export interface PartyDisposals {
  readonly org: string
  /** Who confirms: the party, or where it has ended whoever follows it; null: nobody does. */
  readonly answered_by: string | null
  readonly ended_at: string | null
  readonly is_complete: boolean
  readonly flows: readonly (ReceivedFlow & {
    readonly is_overdue: boolean
    readonly confirmed: Omit<StoredDisposal, 'org' | 'flow'> | null
  })[]
}

export interface DisposingOptions extends Pick<ActingService, 'act'> {
  readonly read: ReadAgreement
  readonly readInPlace: ReadInPlace
  readonly clock: Clock
  /** The organisations that ALL_SIGNED_BOROUGHS stands for. */
  readonly boroughs: () => Promise<ReadonlySet<string>>
}

/** LC-5: sharing ends, the duties about what was received do not. */
export function disposingService({ act, read, readInPlace, clock, boroughs: readBoroughs }: DisposingOptions) {
  const disposalsAt = async (
    tx: Transaction,
    agreement: Agreement,
    orgs: readonly string[],
    { at, boroughs }: { readonly at: Instant; readonly boroughs: ReadonlySet<string> },
  ) => {
    const over = orgs.filter((org) => endOfSharing(agreement, org) <= at)
    const stored = await disposalsRepository(tx, agreement.id).latest()
    const answering = await answerersOf(tx, agreement, over, at)
    return {
      disposals: over.flatMap((org) => disposalsOf(agreement, org, { stored, boroughs, at, answered_by: answering.get(org) ?? null })),
    }
  }

  return {
    /** @throws Refused 403 in the place of a body that exists or that another follows */
    async confirm(
      call: ActCall,
      { in_place_of = null, how, flows = null, what, on, done_by, law = null, keep_until = null }: DisposalBody,
    ) {
      // Read before the act, so that it needs no second connection while it holds one.
      const boroughs = await readBoroughs()
      const org = in_place_of ?? call.principal.org
      const isOwn = org === call.principal.org
      const named = isOwn ? call : { ...call, inPlaceOf: org }
      return act(named, isOwn ? 'dispose' : 'dispose_in_place', async ({ tx, agreement, principal, at, now, sequence, decided, tell }) => {
        if (!isOwn) await mustFollow(tx, principal.org, org, at)
        const repository = disposalsRepository(tx, agreement.id)
        const confirmed = confirmedBy(await repository.latest(), org)
        const type = isOwn ? 'dispose' : 'dispose_in_place'
        const command = { type, how, flows, on, law, keepUntil: keep_until, confirmed, boroughs } as const
        const { to, flows: named, remaining } = decided(command, { ...principal, org })
        const confirmed_by = isOwn ? null : principal.org
        const rows = named.map((flow) => ({ org, flow, how, what, on, done_by, law, keep_until, at: now, confirmed_by }))
        await repository.add(rows, sequence)
        const outcome = { org, confirmed_by, how, flows: named, remaining }
        await tell('DISPOSAL_CONFIRMED', outcome, othersThan(agreement, principal.org, at))
        return { to, detail: { ...outcome, what, on, done_by, law, keep_until }, outcome }
      })
    },

    /** Each party with whom sharing is over, as far as the reader may know; whoever follows a party that has ended reads what that one received, and nothing else. */
    async list(principal: Principal, id: string) {
      const [boroughs, at] = [await readBoroughs(), clock().getTime()]
      const found = await read(principal, id, (tx, agreement) =>
        disposalsAt(
          tx,
          agreement,
          agreement.parties.map((party) => party.org),
          { at, boroughs },
        ),
      )
      return found.ok
        ? found
        : readInPlace(principal, id, (tx, agreement, followed) => disposalsAt(tx, agreement, followed, { at, boroughs }))
    },
  }
}

function confirmedBy(stored: readonly StoredDisposal[], org: string): ReadonlyMap<string, DisposalHow> {
  return new Map(stored.filter((one) => one.org === org).map(({ flow, how }) => [flow, how]))
}

function disposalsOf(
  agreement: Agreement,
  org: string,
  {
    stored,
    boroughs,
    at,
    answered_by,
  }: {
    readonly stored: readonly StoredDisposal[]
    readonly boroughs: ReadonlySet<string>
    readonly at: Instant
    readonly answered_by: string | null
  },
): PartyDisposals[] {
  const received = receivedFlows(agreement, org, boroughs)
  if (received.length === 0) return []
  const open = new Set(openFlows(received, confirmedBy(stored, org)).map(({ flow }) => flow))
  const today = londonDay(at)
  const flows = received.map((one) => {
    const found = stored.find((row) => row.org === org && row.flow === one.flow)
    const until = lastDayOf(one, found)
    const { org: _org, flow: _flow, ...confirmed } = found ?? { org, flow: one.flow }
    return {
      ...one,
      is_overdue: open.has(one.flow) && until !== null && until < today,
      confirmed: found ? (confirmed as Omit<StoredDisposal, 'org' | 'flow'>) : null,
    }
  })
  return [{ org, answered_by, ended_at: written(endOfSharing(agreement, org)), is_complete: open.size === 0, flows }]
}
