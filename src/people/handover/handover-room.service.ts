import type { RunningCommand } from '../../commands/command.ts'
import type { Identity } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { TakesOver } from './handover.ts'

/** What another room keeps that names people; handed over by the composition root. Each joins the transaction, which reads as the system. */
export interface HandoverRoom<InHand> {
  /** What is in somebody's hands, and to whom it would pass; at most 200. */
  inHands(tx: Transaction, org: string, person: Identity, takesOver: TakesOver): Promise<InHand[]>
  /** Keys of everything that is in somebody's hands, in the order in which it is locked. */
  allInHands(tx: Transaction, org: string, person: Identity): Promise<readonly string[]>
  /** Passes one of them on, as it stands by then: within a command, or by itself. Doing it again changes nothing. */
  passOn(
    id: string,
    handover: { readonly org: string; readonly person: Identity; readonly within?: RunningCommand },
    takesOver: TakesOver,
  ): Promise<void>
}
