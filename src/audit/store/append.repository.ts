import { sql } from 'kysely'
import pg from 'pg'
import type { Transaction } from '../../platform/database/database.ts'
import { TCP_USER_TIMEOUT_MS, WatchedClient } from '../../platform/database/watched-client.ts'
import type { BareEntry, Entry } from '../format/entry.ts'
import { type DurabilityLevel, IS_STANDBY } from './durability.ts'
import type { PolicyRevision } from './policy-revision.ts'

/** A connection of its own through which batches are appended, one after another. Opens itself anew when it broke. */
export interface Appender {
  /** The index of the first entry; null when `on` is not the database's policy now and nothing was written. */
  append(logId: number, entries: readonly Entry[], on: PolicyRevision, day: string): Promise<number | null>
  /** How long the append in flight has been waiting for the database, milliseconds; 0: none is. */
  inFlightMs(): number
  close(): Promise<void>
}

/**
 * What PostgreSQL acknowledged, or would acknowledge, without its being durable: a commit that waited for no standby although it
 * looks done (R16), or a server that takes no commits at all.
 */
export class NotDurableError extends Error {
  override name = 'NotDurableError'
}

/** Prepared once a connection: every batch waits for it. */
const APPEND = {
  name: 'append',
  text: `select audit.append_on($1, $2, $3, $4::date, $5, $6::int[], $7::int[], $8::int[]) as start,
    current_setting('synchronous_standby_names') as standby_names`,
}
const CONNECT_TIMEOUT_MS = 5_000
/** No limit on the statement: an append that waits for a standby is not cancelled (R18). */
const SESSION = [
  'timezone=UTC',
  'synchronous_commit=on',
  'idle_in_transaction_session_timeout=30000',
  `tcp_user_timeout=${TCP_USER_TIMEOUT_MS}`,
]

/** Opens an appender; the connection is made on first use. At D2 nothing counts as appended while no standby is asked to confirm (R13). */
export function appender({
  url,
  role,
  durability,
  stalledAfterMs,
}: {
  readonly url: string
  readonly role: string | undefined
  readonly durability?: DurabilityLevel
  /** After this time the server is asked whether it still works on the append. */
  readonly stalledAfterMs: number
}): Appender {
  let open: Promise<pg.Client> | undefined
  let since: number | undefined
  let warned = false
  const daysOpened = new Set<string>()

  async function connect(): Promise<pg.Client> {
    // What another connection opened, the server behind this one may never have had.
    daysOpened.clear()
    const client = new WatchedClient({
      connectionString: url,
      application_name: 'accord-audit',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      // What cannot be asked about may still commit: it is left alone until the server can be asked (R18).
      ...{ silenceMaxMs: stalledAfterMs, whenUnreachable: 'WAIT' },
      options: [...SESSION, ...(role ? [`role=${role}`] : [])].map((setting) => `-c ${setting}`).join(' '),
    })
    client.on('notice', (notice) => {
      if (isUnsafeCommit(notice)) warned = true
    })
    client.on('error', () => {
      open = undefined
    })
    try {
      await client.connect()
      const { rows } = await client.query<{ is_standby: boolean }>('select pg_is_in_recovery() as is_standby')
      if (rows[0]?.is_standby) throw new NotDurableError(IS_STANDBY)
      // After an unknown outcome: writes WAL, so that its commit waits for all that came before (R17).
      await client.query('select audit.barrier()')
      return client
    } catch (error) {
      // Whatever it was: what the server refuses now it may grant the next time (a standby that is promoted).
      open = undefined
      void client.end().catch(() => {})
      throw error
    }
  }

  async function write(client: pg.Client, logId: number, entries: readonly Entry[], on: PolicyRevision, day: string) {
    if (!daysOpened.has(day)) {
      await client.query('select audit.open_day($1)', [day])
      daysOpened.add(day)
    }
    warned = false
    const { bytes, at, leafBytes, bodyBytes } = packed(entries)
    const { rows } = await client.query<{ start: string | null; standby_names: string }>({
      ...APPEND,
      values: [logId, on.revision, Buffer.from(on.digest, 'hex'), day, bytes, at, leafBytes, bodyBytes],
    })
    return rows
  }

  async function forget(): Promise<void> {
    const broken = open
    open = undefined
    await broken?.then((client) => client.end()).catch(() => {})
  }

  return {
    async append(logId, entries, on, day) {
      since = performance.now()
      open ??= connect()
      try {
        const client = await open
        const rows = await write(client, logId, entries, on, day).catch((error: unknown) => {
          if (!isDayMissing(error)) throw error
          // The day that was opened is gone: the address leads to another server, or to one that was put back to an earlier state.
          daysOpened.delete(day)
          return write(client, logId, entries, on, day)
        })
        if (warned) throw new NotDurableError('the commit was acknowledged without waiting for a standby')
        const start = rows[0]?.start ?? null
        if (start !== null) mustBeConfirmed(durability, rows[0]?.standby_names)
        return start === null ? null : Number(start)
      } catch (error) {
        // A statement that PostgreSQL refused leaves the connection as it was; anything else is an unknown outcome.
        if (!(error instanceof pg.DatabaseError) || error.severity === 'FATAL') await forget()
        throw error
      } finally {
        since = undefined
      }
    },
    inFlightMs: () => (since === undefined ? 0 : performance.now() - since),
    async close() {
      await forget()
    },
  }
}

/** Entries as `audit.append_on` takes them: one value, and where in it each begins (from 1) and how long its leaf and its body are. */
function packed(entries: readonly Entry[]) {
  const parts: Uint8Array[] = []
  const at: number[] = []
  let end = 1
  for (const { id, leafHash, salt, leaf, body } of entries) {
    at.push(end)
    const key = Buffer.from(id.replaceAll('-', ''), 'hex')
    parts.push(key, leafHash, salt, leaf, body)
    end += key.length + leafHash.length + salt.length + leaf.length + body.length
  }
  const leafBytes = entries.map(({ leaf }) => leaf.length)
  return { bytes: Buffer.concat(parts, end - 1), at, leafBytes, bodyBytes: entries.map(({ body }) => body.length) }
}

/** Appends inside a transaction of the caller's, as its last statement (R8). @throws NotDurableError at D2 while no standby is asked to confirm */
export async function appendInTransaction(
  tx: Transaction,
  logId: number,
  entries: readonly (BareEntry | Entry)[],
  day: string,
  durability?: DurabilityLevel,
): Promise<number> {
  const { rows } = await sql<{ start: string; standby_names: string }>`
    select audit.append(${logId}, ${entries.map((e) => e.id)}::uuid[], ${entries.map((e) => Buffer.from(e.leaf))}::bytea[],
      ${entries.map((e) => Buffer.from(e.leafHash))}::bytea[], ${day}::date, ${entries.map((e) => e.salt && Buffer.from(e.salt))}::bytea[],
      ${entries.map((e) => e.body && Buffer.from(e.body))}::bytea[]) as start,
      current_setting('synchronous_standby_names') as standby_names`.execute(tx)
  mustBeConfirmed(durability, rows[0]?.standby_names)
  return Number(rows[0]?.start)
}

/** At D2 a commit that no standby was asked to confirm does not count (R13). */
function mustBeConfirmed(durability: DurabilityLevel | undefined, standbyNames: string | undefined): void {
  if (durability === 'D2' && !standbyNames)
    throw new NotDurableError('synchronous_standby_names is empty: no standby was asked to confirm the commit')
}

/** Whether the error says that a row was refused for what it holds (R6), not that the log cannot be written. */
export function isBadEntry(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return false
  const isDouble = error.code === '23505' && !isPlaceTaken(error)
  return error.code.startsWith('22') || isDouble || (error.code === '23514' && error.constraint !== undefined)
}

/** Whether the error says that an entry stands already where the next one belongs: the log's end is not where its leaves end. */
export function isPlaceTaken(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '23505' && /^leaf_\d+_pkey$/.test(error.constraint ?? '')
}

/** Whether the error says that there is no room for the day: no constraint of a row, although its code is the same. */
function isDayMissing(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '23514' && error.constraint === undefined
}

/** Whether the error says that the log is sealed (FM-28): another one is current now. */
export function isSealed(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '55000' && /is unknown or sealed$/.test(error.message)
}

/** Whether a notice says that a commit was not waited for by a standby, although it looks done (R16). */
export function isUnsafeCommit(notice: { readonly code?: string | undefined; readonly message?: string | undefined }): boolean {
  return notice.code === '01000' && /synchronous replication/i.test(notice.message ?? '')
}
