import type { AuditService } from '../audit/audit.service.ts'
import { type Database, withTransaction } from '../platform/database/database.ts'
import type { Clock } from '../platform/kernel/clock.ts'

export interface FailedAuthenticationsOptions {
  readonly db: Database
  readonly audit: Pick<AuditService, 'recordAct' | 'onOpenLog'>
  readonly clock: Clock
  /** The policy revision of the moment, which every act names. */
  readonly revision: () => number
  readonly everyMs: number
}

/** Addresses that are told apart in a window; who comes from more is counted together. */
const ADDRESSES_MAX = 100

/** Counts calls whose caller nobody knows, and says so in the log of acts. */
export interface FailedAuthentications {
  /** One more from this address. It waits for nothing. */
  seen(address: string): void
  /** Records what was counted; done by itself every minute. What cannot be written is counted on. */
  record(): Promise<void>
  close(): Promise<void>
}

/**
 * Failures of authentication, one entry an address and minute with a count: whoever guesses tokens is seen, and cannot fill the log. Nothing of a
 * token is kept. The address, a /64 of IPv6, is personal data (UK GDPR, recital 30): it stands in the payload alone, never in the leaf, is read on
 * record, and goes after 90 days (`audit.keep_until`). Counted per process.
 */
export function failedAuthentications({ db, audit, clock, revision, everyMs }: FailedAuthenticationsOptions): FailedAuthentications {
  let counts = new Map<string, number>()
  let others = 0
  let since = ''

  async function record(): Promise<void> {
    if (counts.size === 0) return
    const window = { from: since, to: clock().toISOString() }
    const [counted, further] = [counts, others]
    counts = new Map()
    others = 0
    const payloads = [...counted].map(([address, count]) => ({ ...window, address, count }))
    const all = further === 0 ? payloads : [...payloads, { ...window, address: null, count: further }]
    const act = { event: 'authentication.failed', act: 'authenticate', revision: revision() } as const
    try {
      await audit.onOpenLog(() =>
        withTransaction(db, async (tx) => {
          for (const payload of all) await audit.recordAct(tx, { ...act, payload })
        }),
      )
    } catch (error) {
      // The window goes on until it can be said.
      since = window.from
      others += further
      for (const [address, count] of counted) add(address, count)
      throw error
    }
  }

  function add(address: string, count: number): void {
    const known = counts.get(address)
    if (known === undefined && counts.size >= ADDRESSES_MAX) others += count
    else counts.set(address, (known ?? 0) + count)
  }

  const interval = setInterval(() => void record().catch(() => {}), everyMs)
  interval.unref()
  return {
    seen(address) {
      if (counts.size === 0) since = clock().toISOString()
      add(address, 1)
    },
    record,
    async close() {
      clearInterval(interval)
      await record().catch(() => {})
    },
  }
}
