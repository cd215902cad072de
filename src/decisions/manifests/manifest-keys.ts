import { manifestSigner } from '../../audit/format/log-keys.ts'
import { formatVkey, type NoteSigner, signNote } from '../../audit/format/signed-note.ts'

export type ManifestKeys = ReturnType<typeof manifestKeys>

/** The keys of manifests, one for each log: they sign manifests and nothing else. `secret`: that of the log keys. */
export function manifestKeys(secret: Uint8Array) {
  const signers = new Map<string, NoteSigner>()
  const signerOf = (origin: string): NoteSigner => {
    const signer = signers.get(origin) ?? manifestSigner(secret, origin)
    signers.set(origin, signer)
    return signer
  }
  return {
    /** The signed note of a manifest that stands in the log of this origin. */
    sign: (origin: string, text: string): string => signNote(text, [signerOf(origin)]),
    /** The key (vkey) that manifests of this log are checked against. */
    keyOf: (origin: string): string => formatVkey(signerOf(origin)),
  }
}
