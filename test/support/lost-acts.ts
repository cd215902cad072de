import type { Pool } from 'pg'

/**
 * Puts the policy back to an earlier revision, as a failover to a server that never got the later acts does, or an old backup.
 * Nobody is told and no connection breaks. As super user.
 */
export async function loseActsAfter(root: Pool, revision: number): Promise<void> {
  await loseRecords(root, revision)
  await loseRevisions(root, revision)
}

/** As `loseActsAfter`, and until `work` is over nobody can read the records that are left: a node stays on what it remembers. */
export async function whileActsAreLost(root: Pool, revision: number, work: () => Promise<void>): Promise<void> {
  // The records go first: their revisions are still there, so that no node misses anything before the lock is held.
  await loseRecords(root, revision)
  const holder = await root.connect()
  try {
    await holder.query('begin; lock table policy.record in access exclusive mode')
    await loseRevisions(root, revision)
    await work()
  } finally {
    await holder.query('rollback')
    holder.release()
  }
}

function loseRecords(root: Pool, revision: number): Promise<void> {
  return asIfNeverThere(root, `delete from policy.record where revision > ${revision}`)
}

function loseRevisions(root: Pool, revision: number): Promise<void> {
  return asIfNeverThere(
    root,
    `delete from policy.revision where revision > ${revision};
     update policy.head set (revision, digest, instant) = (select revision, digest, instant from policy.revision where revision = ${revision})`,
  )
}

/** In one transaction, while nothing is appended or published, and without the triggers that keep these tables append-only. */
async function asIfNeverThere(root: Pool, statements: string): Promise<void> {
  await root.query(
    `begin; set local session_replication_role = replica; select pg_advisory_xact_lock(policy.lock_key()); ${statements}; commit`,
  )
}
