import type { Principal } from '../identity/principal.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { Notification, NotificationFacts, NotificationKind } from './kinds.ts'
import { notificationsRepository } from './notifications.repository.ts'

export type { NotificationKind } from './kinds.ts'

/** One page, newest first. */
export interface NotificationPage {
  readonly notifications: readonly Notification[]
  /** The last one shown, where there are older ones. */
  readonly nextBefore: string | null
}

export type NotificationsService = ReturnType<typeof notificationsService>

/** What organisations should know. Whoever tells hands over the facts; what a subject is, and why they are told, is not asked here. */
export function notificationsService({ db, newId }: { readonly db: Database; readonly newId: () => string }) {
  return {
    /** Tells each of these organisations once. Joins the transaction of what happened: both are kept, or neither. */
    tell: (tx: Transaction, orgs: readonly string[], facts: NotificationFacts): Promise<void> =>
      notificationsRepository(tx).add(orgs, facts, newId),

    /** Tells those who were not told the same before, whenever that was. Two at once are told apart by whoever calls. */
    async tellOnce(tx: Transaction, orgs: readonly string[], facts: NotificationFacts): Promise<void> {
      const repository = notificationsRepository(tx)
      for (const org of orgs) if (!(await repository.hasTold(org, facts))) await repository.add([org], facts, newId)
    },

    /** What the caller's organisation was told; where `kinds` are named, of those alone. */
    list: (
      { org }: Principal,
      page: { readonly before: string | null; readonly limit: number; readonly kinds?: readonly NotificationKind[] },
    ): Promise<NotificationPage> =>
      withTransactionAs(db, { kind: 'party', org }, async (tx) => {
        const found = await notificationsRepository(tx).of(org, { ...page, limit: page.limit + 1 })
        const notifications = found.slice(0, page.limit)
        return { notifications, nextBefore: found.length > page.limit ? (notifications.at(-1)?.id ?? null) : null }
      }),
  }
}
