import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { appender, appendInTransaction, isBadEntry } from './append.repository.ts'
import { type Appended, type AppendQueue, appendQueue, type Build } from './append-queue.ts'
import { type Entry, entryOf, type RandomBytes } from './entry.ts'
import { type GovernanceLeaf, urnOfAgreement, urnOfOrganisation } from './leaf.ts'
import { logSigner } from './log-keys.ts'
import { type LogRow, logsRepository } from './logs.repository.ts'
import { formatVkey } from './signed-note.ts'

/** What the log needs of the rest: the policy revision that decisions stand on, and how to get a later one. */
export interface PolicyRevisions {
  revision(): number
  refresh(staleRevision: number): Promise<void>
}

export interface AuditOptions {
  readonly db: Database
  readonly url: string
  /** Role of the append connections; undefined: the session user. */
  readonly role: string | undefined
  readonly clock: Clock
  readonly random: RandomBytes
  readonly newId: () => string
  readonly publicHost: string
  readonly logKey: Uint8Array
  readonly lanes: number
  readonly batchMax: number
  readonly queueMax: number
  readonly queueAgeMaxMs: number
  readonly policy: PolicyRevisions
  readonly onBatch?: (size: number, milliseconds: number) => void
}

/** One act on the register, done or refused, as the governance log records it. */
export interface GovernanceAct {
  /** The leaf's id; absent: a new one. */
  readonly id?: string
  /** `<subject>.<act, past tense>`, for example `agreement.signed`. */
  readonly event: `${string}.${string}`
  /** The command, for example `sign`. */
  readonly act: string
  readonly org?: string
  readonly agreement?: string
  /** Number of this act among those on the agreement, without gaps. */
  readonly sequence?: number
  readonly from?: string
  readonly to?: string
  /** SHA-256, hex, of the text signed or changed. */
  readonly textHash?: string
  readonly revision: number
  readonly refused?: boolean
  readonly payload: unknown
}

const BATCH_BYTES_MAX = 1_048_576

export type AuditService = Awaited<ReturnType<typeof openAudit>>

/** Opens this year's logs and the lanes through which decisions are appended. */
export async function openAudit(options: AuditOptions) {
  const { db, clock, random } = options
  const year = clock().getUTCFullYear()
  const decisions = await openLog(options, `decisions-${year}`, 'decisions')
  const governance = await openLog(options, `governance-${year}`, 'governance')
  const day = () => clock().toISOString().slice(0, 10)
  await withTransaction(db, (tx) => logsRepository(tx).openDay(day()))
  const connections = Array.from({ length: options.lanes }, () => appender(options))
  const free = [...connections]
  const queue: AppendQueue = appendQueue(
    {
      async append(entries, revision) {
        const connection = free.pop()
        if (!connection) throw new Error('more batches in flight than lanes')
        try {
          return await connection.append(decisions.logId, entries, revision, day())
        } finally {
          free.push(connection)
        }
      },
      revision: options.policy.revision,
      refresh: options.policy.refresh,
      isBadEntry,
      now: () => performance.now(),
      batchMax: options.batchMax,
      batchBytesMax: BATCH_BYTES_MAX,
      queueMax: options.queueMax,
      queueAgeMaxMs: options.queueAgeMaxMs,
      ...(options.onBatch ? { onBatch: options.onBatch } : {}),
    },
    options.lanes,
  )
  return {
    logs: [decisions, governance] as readonly LogRow[],
    /** Records one decision call; resolves once its commit was acknowledged. `build` runs again when the policy moves. */
    record: <T>(build: Build<T>): Promise<Appended<T>> => queue.submit(build),
    /** Records one decision call inside a transaction that changes the policy itself, as its last statement. */
    recordInTransaction: (tx: Transaction, entry: Entry): Promise<number> => appendInTransaction(tx, decisions.logId, [entry], day()),
    /** Records one act in the governance log, as the last statement of the transaction that did it. Answers its leaf's id. */
    async recordAct(tx: Transaction, act: GovernanceAct): Promise<string> {
      const entry = entryOf(governanceLeaf(act, act.id ?? options.newId(), clock(), random), act.payload, random)
      await withDay(tx)
      await appendInTransaction(tx, governance.logId, [entry], day())
      return entry.id
    },
    queue: () => queue.state(),
    async close(): Promise<void> {
      await queue.drained()
      await Promise.all(connections.map((connection) => connection.close()))
    },
  }

  async function withDay(tx: Transaction): Promise<void> {
    await logsRepository(tx).openDay(day())
  }
}

function governanceLeaf(act: GovernanceAct, id: string, now: Date, random: RandomBytes): Omit<GovernanceLeaf, 'c'> {
  return {
    id,
    ts: now.getTime(),
    v: 1,
    t: `gov.${act.event}`,
    act: act.act,
    trace: Buffer.from(random(16)).toString('hex'),
    rev: act.revision,
    ...(act.org === undefined ? {} : { org: urnOfOrganisation(act.org) }),
    ...(act.agreement === undefined ? {} : { ctr: urnOfAgreement(act.agreement) }),
    ...(act.sequence === undefined ? {} : { cseq: act.sequence }),
    ...(act.from === undefined ? {} : { from: act.from }),
    ...(act.to === undefined ? {} : { to: act.to }),
    ...(act.textHash === undefined ? {} : { revh: `sha256:${act.textHash}` }),
    ...(act.refused ? { st: 'Refused' as const } : {}),
  }
}

/** The log of this name; its origin is fixed when it is first opened, whatever the address of the service is later. */
async function openLog({ db, clock, publicHost, logKey }: AuditOptions, name: string, kind: LogRow['kind']): Promise<LogRow> {
  return withTransaction(db, async (tx) => {
    const logs = logsRepository(tx)
    const known = await logs.find(name)
    const origin = known?.origin ?? `${publicHost}/log/${name}`
    const log = { name, kind, origin, vkey: formatVkey(logSigner(logKey, origin)) }
    return { logId: await logs.open(log, clock().toISOString()), ...log }
  })
}
