import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import type { NotificationKind } from '../kinds.ts'
import type { Webhook } from './webhook.ts'

/** A webhook as it is stored, with what moves at every act on it. */
interface StoredWebhook {
  readonly webhook: Webhook
  readonly version: string
  readonly actCount: number
}

/** A secret as it is stored. */
export interface SealedSecret {
  readonly generation: number
  readonly sealed: Buffer
  /** Until when it signs, ISO 8601; null: until another comes. */
  readonly ends_at: string | null
}

/** Webhooks and their secrets; of whom, the reader of the transaction says. */
export function webhooksRepository(tx: Transaction) {
  const webhooks = () =>
    tx
      .selectFrom('webhook as w')
      .select(['w.id', 'w.org', 'w.url', 'w.kinds', 'w.state', 'w.failing_since', 'w.created_at', 'w.row_version', 'w.act_count'])

  return {
    /** Lets one after the other add to the webhooks of an organisation; answers how many there are. */
    async countLocked(org: string): Promise<number> {
      await sql`select pg_advisory_xact_lock(4112050, hashtext(${org}))`.execute(tx)
      const { count } = await tx
        .selectFrom('webhook')
        .select((eb) => eb.fn.countAll<string>().as('count'))
        .where('org', '=', org)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    async insert({ kinds, ...webhook }: Webhook): Promise<void> {
      await tx
        .insertInto('webhook')
        .values({ ...webhook, kinds: kinds && [...kinds] })
        .execute()
    },

    /** Locked until the transaction ends; what is queued for it meanwhile waits for nobody. */
    async lock(id: string): Promise<StoredWebhook | undefined> {
      const row = await webhooks().where('w.id', '=', id).forNoKeyUpdate().executeTakeFirst()
      return row && toStored(row)
    },

    async find(id: string): Promise<StoredWebhook | undefined> {
      const row = await webhooks().where('w.id', '=', id).executeTakeFirst()
      return row && toStored(row)
    },

    async of(org: string): Promise<Webhook[]> {
      return (await webhooks().where('w.org', '=', org).orderBy('w.id').execute()).map((row) => toStored(row).webhook)
    },

    /** Notes one more act; answers the new version. */
    async addAct(id: string): Promise<string> {
      const row = await tx
        .updateTable('webhook')
        .set((eb) => ({ row_version: eb('row_version', '+', '1'), act_count: eb('act_count', '+', '1') }))
        .where('id', '=', id)
        .returning('row_version')
        .executeTakeFirst()
      return row?.row_version ?? '0'
    },

    async change({ id, url, kinds, state, failing_since }: Webhook): Promise<void> {
      await tx
        .updateTable('webhook')
        .set({ url, kinds: kinds && [...kinds], state, failing_since })
        .where('id', '=', id)
        .execute()
    },

    /** Notes since when it has failed, and that nothing more is sent there, where that follows. */
    async noteHealth(id: string, failing_since: string | null, stops: boolean): Promise<void> {
      await tx
        .updateTable('webhook')
        .set({ failing_since })
        .$if(stops, (query) => query.set((eb) => ({ state: 'STOPPED', row_version: eb('row_version', '+', '1') })))
        .where('id', '=', id)
        .execute()
    },

    async delete(id: string): Promise<void> {
      await tx.deleteFrom('webhook').where('id', '=', id).execute()
    },

    async addSecret(id: string, generation: number, sealed: Buffer): Promise<void> {
      await tx.insertInto('webhook_secret').values({ webhook_id: id, generation, sealed }).execute()
    },

    /** Those that sign at an instant, the newest first. */
    async secrets(id: string, at: string): Promise<SealedSecret[]> {
      return tx
        .selectFrom('webhook_secret')
        .select(['generation', 'sealed', 'ends_at'])
        .where('webhook_id', '=', id)
        .where((eb) => eb.or([eb('ends_at', 'is', null), eb('ends_at', '>', at)]))
        .orderBy('generation', 'desc')
        .execute()
    },

    /** Ends every secret by then at the latest, and forgets those whose time is over. */
    async endSecrets(id: string, until: string, now: string): Promise<void> {
      await tx.deleteFrom('webhook_secret').where('webhook_id', '=', id).where('ends_at', '<=', now).execute()
      await tx
        .updateTable('webhook_secret')
        .set({ ends_at: sql<string>`least(ends_at, ${until}::timestamptz)` })
        .where('webhook_id', '=', id)
        .execute()
    },
  }
}

function toStored({
  row_version,
  act_count,
  kinds,
  state,
  ...row
}: {
  readonly id: string
  readonly org: string
  readonly url: string
  readonly kinds: readonly string[] | null
  readonly state: string
  readonly failing_since: string | null
  readonly created_at: string
  readonly row_version: string
  readonly act_count: string
}): StoredWebhook {
  const webhook = { ...row, kinds: kinds as readonly NotificationKind[] | null, state: state as Webhook['state'] }
  return { webhook, version: row_version, actCount: Number(act_count) }
}
