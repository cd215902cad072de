import { createHash } from 'node:crypto'
import type { Cluster } from './cluster.ts'
import type { TestSystem } from './test-system.ts'
import { DATABASE } from './test-system.ts'
import type { AcknowledgedDecision, AcknowledgedSuspension, Verdict } from './words.ts'

/**
 * The oracle: holds what clients were told against what the database has, as its super user and with none of the service's
 * own code for it. It reads; it never repairs and never excuses.
 */
export async function askOracle(
  system: TestSystem,
  since: { readonly decisions: number; readonly suspensions: number },
): Promise<Omit<Verdict, 'findings'> & { findings: string[] }> {
  const { ledger, primary } = system
  const decisions = ledger.decisions.slice(since.decisions)
  const suspensions = ledger.suspensions.slice(since.suspensions)
  const records = await readRecords(primary, decisions)
  const missing = decisions.filter(({ id }) => !records.has(id))
  const faults = decisions.flatMap((told) => {
    const record = records.get(told.id)
    const fault = record && recordFault(told, record)
    return fault ? [`${told.id}: ${fault}`] : []
  })
  const earlierLost = await countMissing(primary, ledger.decisions.slice(0, since.decisions))
  const lostSuspensions = await missingSuspensions(primary, ledger.suspensions)
  const stale = stalePermits(decisions, ledger.suspensions)
  const findings = [...(await gaps(primary)), ...(await doubles(primary))]
  if (missing.length > 0)
    findings.push(
      `acknowledged and gone: ${missing
        .slice(0, 3)
        .map(({ id }) => id)
        .join(', ')}`,
    )
  if (earlierLost > 0) findings.push(`${earlierLost} acknowledged in earlier rounds are gone`)
  if (lostSuspensions.length > 0) findings.push(`suspensions acknowledged and gone: ${lostSuspensions.slice(0, 3).join(', ')}`)
  if (faults.length > 0) findings.push(...faults.slice(0, 3))
  if (stale.length > 0)
    findings.push(
      `stale permits: ${stale
        .slice(0, 3)
        .map(({ id }) => id)
        .join(', ')}`,
    )
  return {
    acknowledged: decisions.length,
    suspensions: suspensions.length,
    lost: missing.length + earlierLost + lostSuspensions.length,
    answersWithoutLeaf: faults.length,
    stalePermits: stale.length,
    leavesWithoutAnswer: Math.max(0, (await countDecisions(primary)) - ledger.decisions.length),
    findings,
  }
}

/** Permits whose request began after a suspension was acknowledged and that arrived before its lifting was asked for. Pure. */
export function stalePermits(
  decisions: readonly AcknowledgedDecision[],
  suspensions: readonly AcknowledgedSuspension[],
): AcknowledgedDecision[] {
  return decisions.filter(
    ({ decision, begun, received }) =>
      decision === 'PERMIT' && suspensions.some((window) => begun > window.received && received < window.liftAsked),
  )
}

interface Stored {
  readonly event_id: string
  readonly leaf: Buffer
  readonly leaf_hash: Buffer
  readonly salt: Buffer | null
  readonly body: Buffer | null
  /** Digest (hex) of the policy revision that the leaf names, as the database has it. */
  readonly policy: string | null
}

async function readRecords(primary: Cluster, decisions: readonly AcknowledgedDecision[]): Promise<Map<string, Stored>> {
  const sql = `select l.event_id, l.leaf, l.leaf_hash, p.salt, p.body, encode(v.digest, 'hex') as policy
     from audit.leaf l join audit.log g on g.log_id = l.log_id and g.kind = 'decisions'
     left join policy.revision v on v.revision = (convert_from(l.leaf, 'UTF8')::json ->> 'rev')::bigint
     left join audit.payload p on p.event_id = l.event_id where l.event_id = any($1::uuid[])`
  const rows = await primary.ask<Stored & Record<string, unknown>>(DATABASE, sql, [decisions.map(({ id }) => id)])
  return new Map(rows.map((row) => [row.event_id, row]))
}

/** Why a stored record does not stand for the answer that was given; undefined when it does. Pure. */
export function recordFault(
  told: AcknowledgedDecision,
  { leaf, leaf_hash, salt, body, policy }: Omit<Stored, 'event_id'>,
): string | undefined {
  if (!leaf_hash.equals(sha256(Buffer.of(0), leaf))) return 'the leaf does not hash to its hash'
  const { id, c, d, pol } = JSON.parse(leaf.toString('utf8')) as { id?: string; c?: string; d?: boolean; pol?: string }
  if (id !== told.id) return 'the leaf is of another decision'
  if (d !== (told.decision === 'PERMIT')) return `the leaf says ${d ? 'PERMIT' : 'DENY'}, the caller was told ${told.decision}`
  if (pol !== `sha256:${policy}`) return 'it was decided on a policy that the database does not have'
  if (!salt || !body) return 'the payload is missing'
  if (c !== sha256(Buffer.from('audit-payload/v1\0'), salt, body).toString('hex')) return 'the payload is not the one the leaf commits to'
  const { response } = JSON.parse(body.toString('utf8')) as { response?: { decision?: string; decision_id?: string } }
  if (response?.decision_id !== told.id || response.decision !== told.decision) return 'the payload holds another answer'
  return undefined
}

async function countMissing(primary: Cluster, decisions: readonly AcknowledgedDecision[]): Promise<number> {
  const sql =
    'select count(*)::int as n from unnest($1::uuid[]) as t(id) where not exists (select from audit.leaf l where l.event_id = t.id)'
  const [row] = await primary.ask<{ n: number }>(DATABASE, sql, [decisions.map(({ id }) => id)])
  return row?.n ?? 0
}

/** A suspension stands when its row, and a leaf of the governance log whose payload names it, are there. */
async function missingSuspensions(primary: Cluster, suspensions: readonly AcknowledgedSuspension[]): Promise<string[]> {
  const sql = `select t.id::text from unnest($1::uuid[]) as t(id)
     where not exists (select from public.suspension s where s.id = t.id)
        or not exists (select from audit.payload p join audit.leaf l on l.event_id = p.event_id join audit.log g on g.log_id = l.log_id
             where g.kind = 'governance' and position(t.id::text in convert_from(p.body, 'UTF8')) > 0)`
  return (await primary.ask<{ id: string }>(DATABASE, sql, [suspensions.map(({ id }) => id)])).map(({ id }) => id)
}

/** Indices from 0 without a gap, and as many leaves as the head says. */
async function gaps(primary: Cluster): Promise<string[]> {
  const sql = `select g.name, h.size::int as size, count(l.idx)::int as n, min(l.idx)::int as first, max(l.idx)::int as last
     from audit.log g join audit.head h using (log_id) left join audit.leaf l using (log_id) group by g.name, h.size`
  const rows = await primary.ask<{ name: string; size: number; n: number; first: number | null; last: number | null }>(DATABASE, sql)
  return rows
    .filter(({ size, n, first, last }) => n !== size || (n > 0 && (first !== 0 || last !== n - 1)))
    .map(({ name, size, n, first, last }) => `${name}: the head says ${size}, there are ${n} leaves from ${first} to ${last}`)
}

async function doubles(primary: Cluster): Promise<string[]> {
  const rows = await primary.ask<{ event_id: string }>(
    DATABASE,
    'select event_id::text from audit.leaf group by event_id having count(*) > 1 limit 3',
  )
  return rows.map(({ event_id }) => `${event_id} has more than one leaf`)
}

async function countDecisions(primary: Cluster): Promise<number> {
  const sql = `select count(*)::int as n from audit.leaf l join audit.log g using (log_id)
     where g.kind = 'decisions' and position('"t":"adl.access_evaluation"'::bytea in l.leaf) > 0`
  return (await primary.ask<{ n: number }>(DATABASE, sql))[0]?.n ?? 0
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
