import type { Principal } from '../../identity/principal.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type Instant, written } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { ActCall, ActContext, ActingService } from '../acting.service.ts'
import type { Agreement } from '../agreement.ts'
import { type DisposalHow, endOfSharing, lastDayOf, openFlows, type ReceivedFlow, receivedFlows } from '../model/disposals.ts'
import { othersThan } from '../model/standing.ts'
import type { ReadAgreement } from '../reading.service.ts'
import { disposalsRepository, type StoredDisposal } from '../store/disposals.repository.ts'

/** What a party confirms. */
export interface DisposalBody {
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
  readonly ended_at: string | null
  readonly is_complete: boolean
  readonly flows: readonly (ReceivedFlow & {
    readonly is_overdue: boolean
    readonly confirmed: Omit<StoredDisposal, 'org' | 'flow'> | null
  })[]
}

export interface DisposingOptions extends Pick<ActingService, 'act'> {
  readonly read: ReadAgreement
  readonly clock: Clock
  /** The organisations that ALL_SIGNED_BOROUGHS stands for. */
  readonly boroughs: () => Promise<ReadonlySet<string>>
}

/** LC-5: sharing ends, the duties about what was received do not. */
export function disposingService({ act, read, clock, boroughs: readBoroughs }: DisposingOptions) {
  return {
    async confirm(call: ActCall, { how, flows = null, what, on, done_by, law = null, keep_until = null }: DisposalBody) {
      // Read before the act, so that it needs no second connection while it holds one.
      const boroughs = await readBoroughs()
      return act(call, 'dispose', async ({ tx, agreement, principal: { org }, at, now, sequence, decided, tell }) => {
        const repository = disposalsRepository(tx, agreement.id)
        const confirmed = confirmedBy(await repository.latest(), org)
        const command = { type: 'dispose', how, flows, on, law, keepUntil: keep_until, confirmed, boroughs } as const
        const { to, flows: named, remaining } = decided(command)
        const rows = named.map((flow) => ({ org, flow, how, what, on, done_by, law, keep_until, at: now }))
        await repository.add(rows, sequence)
        const outcome = { org, how, flows: named, remaining }
        await tell('DISPOSAL_CONFIRMED', outcome, othersThan(agreement, org, at))
        return { to, detail: { ...outcome, what, on, done_by, law, keep_until }, outcome }
      })
    },

    /** Each party with whom sharing is over, as far as the reader may know. */
    async list(principal: Principal, id: string) {
      const boroughs = await readBoroughs()
      return read(principal, id, async (tx, agreement) => {
        const at = clock().getTime()
        const stored = await disposalsRepository(tx, agreement.id).latest()
        const disposals = agreement.parties
          .filter(({ org }) => endOfSharing(agreement, org) <= at)
          .flatMap(({ org }) => disposalsOf(agreement, org, { stored, boroughs, at }))
        return { disposals }
      })
    },
  }
}

/** Tells each party that could receive that what it received is to be returned or deleted, and by when, as the agreement stands once it is over. */
export async function tellDisposalDue(
  tell: ActContext['tell'],
  ended: Agreement,
  orgs: readonly string[],
  boroughs: ReadonlySet<string>,
): Promise<void> {
  for (const org of orgs) {
    const received = receivedFlows(ended, org, boroughs)
    if (received.length === 0) continue
    const days = received.flatMap(({ due_on }) => due_on ?? []).toSorted()
    const facts = { org, ended_at: written(endOfSharing(ended, org)), due_on: days[0] ?? null, flows: received.map(({ flow }) => flow) }
    await tell('DISPOSAL_DUE', facts, [org])
  }
}

function confirmedBy(stored: readonly StoredDisposal[], org: string): ReadonlyMap<string, DisposalHow> {
  return new Map(stored.filter((one) => one.org === org).map(({ flow, how }) => [flow, how]))
}

function disposalsOf(
  agreement: Agreement,
  org: string,
  { stored, boroughs, at }: { readonly stored: readonly StoredDisposal[]; readonly boroughs: ReadonlySet<string>; readonly at: Instant },
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
  return [{ org, ended_at: written(endOfSharing(agreement, org)), is_complete: open.size === 0, flows }]
}
