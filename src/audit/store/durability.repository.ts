import type { DurabilitySettings } from './durability.ts'
import type { Sql } from './tree.repository.ts'

/** Reads the settings that durability rests on (R13). */
export async function serverSettings(sql: Sql): Promise<DurabilitySettings> {
  const { rows } = await sql.query(
    `select current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
            current_setting('synchronous_commit') as synchronous_commit,
            current_setting('synchronous_standby_names') as standby_names, audit.synchronous_standbys() as standbys,
            pg_is_in_recovery() as is_standby`,
  )
  const row = rows[0] ?? {}
  return {
    fsync: String(row['fsync']),
    fullPageWrites: String(row['full_page_writes']),
    synchronousCommit: String(row['synchronous_commit']),
    standbyNames: String(row['standby_names']),
    isStandby: row['is_standby'] === true,
    standbys: Number(row['standbys']),
  }
}
