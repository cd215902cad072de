import type { CommandContext } from '../commands/commands.service.ts'
import type { Principal } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import type { Instant } from '../platform/kernel/instant.ts'
import type { SignOffEvent } from './model/events.ts'
import type { Fact } from './model/route.ts'
import type { SignOff } from './model/sign-off.ts'

/** Who acts in a transaction, when, and how ids are made in it. */
export interface ActingOn extends Pick<CommandContext<unknown>, 'principal' | 'at' | 'now' | 'newId'> {
  /** The leaf that records a command on a sign-off, and what it calls it; absent: an act of the room is at work, and records itself. */
  readonly leaf?: { readonly id: string; readonly act: string }
}

/** What the leaf of a command on a sign-off says besides of an agreement that it moved: its count of acts, and its status. */
export interface RecordedInRoom {
  readonly agreement: string
  readonly sequence: number
  readonly from: string
  readonly to: string
  /** What happened to it, in order. */
  readonly what: readonly Readonly<Record<string, unknown>>[]
}

/** What a room says of the subjects that are signed off here; handed over by the composition root, by type of subject. */
export interface SubjectRoom {
  /**
   * Locks the subject, always before its sign-off: one order of locks everywhere. Undefined where there is none, or the caller may
   * not know it; else what is known of it afresh, for example ASSESSMENT_COMPLETE. The transaction reads for the caller's organisation.
   */
  lock(tx: Transaction, subjectId: string, principal: Principal, at: Instant): Promise<{ readonly facts: readonly Fact[] } | undefined>
  /**
   * What follows in the room of what happened in a sign-off, in its transaction, which reads everything. Not asked of what `open`
   * begins. Answers what the leaf says of it besides, where the room's own subject moved.
   */
  onEvents(
    tx: Transaction,
    signOff: SignOff,
    events: readonly SignOffEvent[],
    acting: ActingOn,
    // biome-ignore lint/suspicious/noConfusingVoidType: a room that keeps no count answers nothing
  ): Promise<RecordedInRoom | undefined | void>
  /** Publishes what decisions may know differently from now on, after these events, and answers the revision; undefined: nothing. */
  /** Whether there is anything to publish of these events; absent: there may be. */
  publishes?(events: readonly SignOffEvent[]): boolean
  publish(tx: Transaction, subjectId: string, now: string, events: readonly SignOffEvent[]): Promise<number | undefined>
}

export type SubjectRooms = Readonly<Record<string, SubjectRoom>>
