/** What "durable" means here, and whether a server keeps to it (design: durability levels). */

/** D0: a test's database, nothing is asserted. D1: flushed on this server. D2: also flushed on a synchronous standby. */
export type DurabilityLevel = 'D0' | 'D1' | 'D2'

/** The settings of the server, as it tells them. */
export interface DurabilitySettings {
  readonly fsync: string
  readonly fullPageWrites: string
  readonly synchronousCommit: string
  readonly standbyNames: string
  /** It follows another server, and takes no entries itself. */
  readonly isStandby: boolean
  /** Standbys that confirm commits at this moment. */
  readonly standbys: number
}

/** In a failover the address may lead to the standby before that is promoted. */
export const IS_STANDBY = 'the server is a standby: it takes no entries'

/** Why entries are not durable at this level, in words; empty when they are. Pure. @see R13 */
export function durabilityFaults(level: DurabilityLevel, settings: DurabilitySettings): string[] {
  if (level === 'D0') return []
  const faults: string[] = settings.isStandby ? [IS_STANDBY] : []
  if (settings.fsync !== 'on') faults.push(`fsync is ${settings.fsync}`)
  if (settings.fullPageWrites !== 'on') faults.push(`full_page_writes is ${settings.fullPageWrites}`)
  if (!['on', 'remote_apply'].includes(settings.synchronousCommit)) faults.push(`synchronous_commit is ${settings.synchronousCommit}`)
  if (level === 'D1') return faults
  if (settings.standbyNames === '') faults.push('synchronous_standby_names is empty')
  if (settings.standbys < 1) faults.push('no synchronous standby is connected')
  return faults
}
