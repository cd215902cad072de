import type { Appended, Build } from '../audit/append/append-queue.ts'
import { NotRecordedError, QueueFullError } from '../audit/append/append-queue.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { Receipt } from '../audit/format/receipt.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import type { RandomBytes } from '../platform/kernel/ids.ts'
import { type Refusal, Refused, refusal, refused } from '../platform/kernel/refusal.ts'
import type { DecisionCall } from './decision-call.ts'
import { type CallEvent, refusedEntry, settingsOf } from './decision-entry.ts'
import type { PermitPolicy } from './evaluation/expiry.ts'
import type { LivePolicy } from './live-policy.service.ts'
import type { PolicyIndex } from './policy/policy-index.ts'

/** What the records of decision calls have in common, and how they are made. */
export interface RecorderOptions {
  readonly audit: AuditService
  readonly live: LivePolicy
  readonly clock: Clock
  readonly random: RandomBytes
  readonly newId: () => string
  readonly permits: PermitPolicy
  /** Digest of this build of the rules, `sha256:<hex>`. */
  readonly engine: string
  readonly deadlineMs: number
  /** Whether a word is one of the contract's: others are a caller's own, and no record of a refused call keeps them. */
  readonly isName: (word: string) => boolean
  /** Makes the receipt of a record. */
  readonly receipt: (receipt: Receipt) => string
  /** Called for each call that was recorded and refused (metrics). */
  readonly onRefused?: (found: RefusedCall, simulated: boolean) => void
}

/** Why a call cannot be answered. */
export type RefusedCall = Pick<Refusal, 'code' | 'detail'> & Partial<Pick<Refusal, 'errors'>>

/** What a call is given before it is answered, and keeps however often that happens. */
export interface CallIds {
  readonly id: string
  readonly traceId: string
  readonly parentSpanId?: string
  readonly references?: NonNullable<DecisionCall['references']>
  readonly event?: CallEvent
}

/** What of a call goes into its record besides what it asks. */
export type RecordedCaller = Pick<DecisionCall, 'caller' | 'simulated' | 'trace' | 'references'> & { readonly event?: CallEvent }

export type Recorder = ReturnType<typeof recorder>

/** Records decision calls, each before it is answered. It may never let one be answered that was not recorded, nor outlast its deadline. */
export function recorder(options: RecorderOptions) {
  const { audit, live, clock, random } = options
  const settings = settingsOf(options.permits)

  function idsOf({ trace, references, event }: Omit<RecordedCaller, 'caller' | 'simulated'>): CallIds {
    const made: CallIds = { id: options.newId(), ...(trace ?? { traceId: Buffer.from(random(16)).toString('hex') }) }
    return references || event ? { ...made, ...(references ? { references } : {}), ...(event ? { event } : {}) } : made
  }

  /** What a record names as its basis, besides the call. */
  function basisOf({ head, codeListVersion }: PolicyIndex) {
    return { head, codeLists: codeListVersion, engine: options.engine, settings }
  }

  /** The caller is told 503 at its deadline; the append goes on, since a leaf without an answer is allowed (R18). */
  function withinDeadline<T>(recorded: Promise<Appended<T>>): Promise<Appended<T>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(unrecorded(new NotRecordedError('not recorded in time'))), options.deadlineMs)
      recorded.then(
        (appended) => {
          clearTimeout(timer)
          resolve(appended)
        },
        (cause: unknown) => {
          clearTimeout(timer)
          reject(unrecorded(cause))
        },
      )
    })
  }

  /** The receipt of a record whose leaf has this instant. */
  function receiptOf({ origin, index, entry }: Appended<unknown>, at: number): string {
    return options.receipt({ origin, index, leafHash: entry.leafHash, at })
  }

  return {
    idsOf,
    basisOf,
    withinDeadline,
    receiptOf,

    /** Records what is built at the moment of the append, or says in time that it could not. */
    record: <T>(build: Build<T>): Promise<Appended<T>> => withinDeadline(audit.record(build)),

    /**
     * Records a call that does not fit the contract: one leaf, no answer in it. Answers what to refuse it with: the refusal with the id of
     * its record and the receipt; of a revoked client, or where it could not be recorded, that alone.
     */
    async recordRefused(call: RecordedCaller, found: RefusedCall): Promise<Refusal> {
      try {
        const { caller, simulated } = call
        const made = idsOf(call)
        const appended = await withinDeadline(
          audit.record(() => {
            live.mustNotBeRevoked(caller)
            const now = clock().getTime()
            const facts = { ...made, ...basisOf(live.current()), caller, now }
            return { entry: refusedEntry(found, { simulated, isName: options.isName }, facts, random), value: now }
          }),
        )
        options.onRefused?.(found, simulated)
        const receipt = receiptOf(appended, appended.value)
        return refusal(found.code, found.detail, found.errors, { decisionId: made.id, receipt })
      } catch (error) {
        return refusalOf(error)
      }
    },
  }
}

/** The refusal that an error carries. @throws the error where it carries none: a fault of ours */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal
  throw error
}

/** What a caller is told where its answer was not recorded; a refusal, or a fault of ours, stays what it is. */
function unrecorded(cause: unknown): unknown {
  if (cause instanceof QueueFullError) return unavailable('OVERLOADED', cause)
  return cause instanceof NotRecordedError ? unavailable('LOG_UNAVAILABLE', cause) : cause
}

function unavailable(code: 'OVERLOADED' | 'LOG_UNAVAILABLE', cause: Error): Refused {
  return refused(code, 'There is no answer, because it could not be recorded. Treat it as no permission.', [], { cause })
}
