import type { Principal } from '../../identity/principal.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { readingAs, withTransactionAs } from '../../platform/database/reader.ts'
import type { Refusal } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import { awaitInstant } from '../../workflow/timed-rooms.service.ts'
import type { TimedRoom } from '../../workflow/timers.service.ts'
import type { ReadAgreement } from '../reading.service.ts'
import { type SignatureAddress, signatureAddressesRepository } from '../store/signature-addresses.repository.ts'

/** The room of timers at which the address of a signature is erased. */
export const SIGNATURE_ADDRESSES = 'signature_address'
/** For so long it is kept (screens, C4): to find out who signed, where that is in doubt, and no longer. */
const KEPT_MS = 90 * 86_400_000

/** Notes from where a signature was given, and when that is erased. Joins the transaction of the signature. */
export async function keepAddress(
  tx: Transaction,
  signature: { readonly id: string; readonly org: string; readonly agreementId: string; readonly address: string; readonly now: string },
): Promise<void> {
  const { id, org, agreementId, address, now } = signature
  const kept_until = new Date(Date.parse(now) + KEPT_MS).toISOString()
  await signatureAddressesRepository(tx).keep({ signature_id: id, org, agreement_id: agreementId, address, kept_until })
  await awaitInstant(tx, { room: SIGNATURE_ADDRESSES, subjectId: id, name: 'erase', dueAt: kept_until })
}

export type SignatureAddressesService = ReturnType<typeof signatureAddressesService>

/** From where the own organisation's signatures on an agreement were given, as long as that is kept. */
export function signatureAddressesService({ read }: { readonly read: ReadAgreement }) {
  return {
    of: (principal: Principal, id: string): Promise<Result<readonly SignatureAddress[], Refusal>> =>
      read(principal, id, (tx) =>
        // Whoever reads everything reads this of their own organisation alone.
        readingAs(tx, { kind: 'party', org: principal.org }, () => signatureAddressesRepository(tx).of(id, principal.org)),
      ),
  }
}

/** Erases what was kept long enough. */
export function addressesInTime({ db }: { readonly db: Database }): TimedRoom {
  return {
    fire: ({ subjectId }, fired, now) =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        if (await fired(tx, now.toISOString())) await signatureAddressesRepository(tx).erase(subjectId)
      }),
  }
}
