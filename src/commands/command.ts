// Commands: one thing that is done to one subject, in one transaction, recorded whether it succeeds or is refused.
// Words: call (who asks, under which key), command (what is asked), subject (what it is about), outcome (what came of it).
// It must never know what a subject is, nor speak HTTP.
import type { GovernanceAct } from '../audit/append/governance-act.ts'
import type { Principal } from '../identity/principal.ts'
import type { Refusal } from '../platform/kernel/refusal.ts'
import type { Result } from '../platform/kernel/result.ts'

/** The key of a call, and the hash of operation and body (hex) that it stands for. */
export interface IdempotencyKey {
  readonly key: string
  readonly requestHash: string
}

/** Who asks, under which key, and which state is meant. */
export interface Call {
  readonly principal: Principal
  readonly idempotency: IdempotencyKey | null
  /** `If-Match`; undefined: this command does not need one; null: it needs one and none was sent. */
  readonly ifMatch?: string | null
  /** The address that the call came from; kept with a signature alone, for a while. Absent: the service itself. */
  readonly address?: string
  /** The command whose work does this one too, in its transaction: both are done, or neither. */
  readonly within?: RunningCommand
}

/** A command at work, as another module hands it on; whose transaction it is, the shell alone knows. */
export interface RunningCommand {
  readonly tx: object
  /** ISO 8601. */
  readonly now: string
}

/** What is asked. */
export interface Command extends Call {
  /** The subject; absent: the work makes it. */
  readonly id?: string
  /** For example `sign`; the leaf's `act`. */
  readonly act: string
  /** What the log calls it, past tense, for example `agreement.signed`. */
  readonly event: GovernanceAct['event']
}

/** What came of a command, and the version of the subject that it left; it is what an idempotency key stands for afterwards. */
export interface VersionedOutcome<Outcome> {
  readonly outcome: Outcome
  readonly version: string
}

/** What every command answers. */
export type CommandResult<Outcome> = Result<VersionedOutcome<Outcome>, Refusal>
