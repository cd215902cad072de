import { receiptSigner } from '../format/log-keys.ts'
import { formatReceipt, type Receipt } from '../format/receipt.ts'
import { formatVkey, type NoteSigner } from '../format/signed-note.ts'

/**
 * Makes receipts; signs them where the service is set to. It may never make one for an entry whose commit was not acknowledged.
 *
 * @param secret of the log keys; undefined: receipts are not signed
 */
export function receiptsService(secret: Uint8Array | undefined) {
  const signers = new Map<string, NoteSigner>()

  function signerOf(origin: string): NoteSigner | undefined {
    if (!secret) return undefined
    const signer = signers.get(origin) ?? receiptSigner(secret, origin)
    signers.set(origin, signer)
    return signer
  }

  return {
    /** The receipt as one line for a header. */
    line: (receipt: Receipt): string => formatReceipt(receipt, signerOf(receipt.origin)),
    /** The key (vkey) that receipts of this log are signed with; undefined while they are not. */
    keyOf(origin: string): string | undefined {
      const signer = signerOf(origin)
      return signer && formatVkey(signer)
    },
  }
}
