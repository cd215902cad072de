import type { Identity } from '../../identity/principal.ts'
import type { MailGroup } from './mail-kinds.ts'

/** Where somebody gets mail for one organisation, and what one by one. Pure. */
export interface MailSettings extends Identity {
  readonly org: string
  /** Their own, by a code that was mailed there. */
  readonly confirmed: string | null
  /** Recorded with a role: counts while they have none of their own. */
  readonly recorded: string | null
  /** Their own, and not confirmed yet. */
  readonly pending: PendingAddress | null
  /** ISO 8601: when codes were sent lately. */
  readonly codesSent: readonly string[]
  readonly single: readonly MailGroup[]
  /** Whether they chose the summary of Mondays. */
  readonly weekly: boolean
}

/** An address that waits for its code. */
export interface PendingAddress {
  readonly address: string
  /** SHA-256, hex. */
  readonly codeHash: string
  /** ISO 8601. */
  readonly expiresAt: string
  /** How often a code was entered. */
  readonly tries: number
}

export const CODE_MINUTES = 30
export const TRIES_MAX = 5
const CODES_A_DAY = 5
const DAY_MS = 86_400_000

/** Settings as they are shown to whose they are. */
export function shown({ confirmed, recorded, pending, single, weekly }: MailSettings) {
  return {
    address: confirmed ?? recorded,
    counts: confirmed !== null ? ('CONFIRMED' as const) : recorded !== null ? ('RECORDED' as const) : null,
    pending: pending?.address ?? null,
    single,
    weekly,
  }
}

/** When codes were sent in the day before an instant (ISO 8601), that one counted; null: as many as may be. */
export function withCodeSent({ codesSent }: Pick<MailSettings, 'codesSent'>, now: string): readonly string[] | null {
  const since = new Date(Date.parse(now) - DAY_MS).toISOString()
  const lately = codesSent.filter((at) => at > since)
  return lately.length < CODES_A_DAY ? [...lately, now] : null
}

/** Whether an address still waits for its code at an instant (ISO 8601), this try counted. */
export function isWaiting(pending: PendingAddress | null, now: string): pending is PendingAddress {
  return pending !== null && pending.tries <= TRIES_MAX && now < pending.expiresAt
}
