import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { PolicyAgreement } from './policy.ts'
import type { AgreementEntry, AgreementText, StoredAgreement } from './policy-record.ts'

interface Kept extends AgreementText {
  readonly isPacked: boolean
}

/** The text of an agreement, and what finds it. Pure. */
export function textOf(agreement: StoredAgreement): AgreementText {
  const agents = agreement.versions.flatMap(({ terms }) => terms.agents?.map(({ org }) => org) ?? [])
  const parties = agreement.parties.map(({ org }) => org)
  return { id: agreement.id, parties, agents: [...new Set(agents)], text: JSON.stringify(agreement) }
}

/** How many agreements are held as they are and how many are held compiled; the rest is packed and compiled when asked about. */
export interface AgreementStoreLimits {
  readonly keptMax: number
  readonly compiledMax: number
}

/** A register of all of London fits; one of a hundred thousand agreements takes a tenth of the memory that it would take compiled. */
const LIMITS: AgreementStoreLimits = { keptMax: 5_000, compiledMax: 5_000 }

/**
 * The agreements of a policy by their ids. Each is compiled when it is first asked about and stays compiled while it is among those asked
 * about last. It may never answer an agreement compiled from anything but what was put last.
 *
 * @param compile what an agreement is compiled to now; what else that depends on is told by `forget`
 */
export function agreementStore(compile: (source: StoredAgreement) => PolicyAgreement, limits: AgreementStoreLimits = LIMITS) {
  const kept = new Map<string, Kept>()
  /** The one asked about last comes last, once there are more than fit. */
  const compiled = new Map<string, PolicyAgreement>()
  const packing = packer()

  return {
    /** Answers what stood there before. */
    put({ id, parties, agents, text }: AgreementText): { readonly entry: AgreementEntry; readonly before: AgreementEntry | undefined } {
      const before = kept.get(id)
      const isPacked = before?.isPacked ?? kept.size >= limits.keptMax
      const entry = { id, parties, agents, text: isPacked ? packing.pack(text) : text, isPacked }
      kept.set(id, entry)
      compiled.delete(id)
      return { entry, before }
    },
    get(id: string): PolicyAgreement | undefined {
      const known = compiled.get(id)
      if (known && kept.size <= limits.compiledMax) return known
      const found = known ?? made(kept.get(id))
      if (!found) return undefined
      compiled.delete(id)
      compiled.set(id, found)
      for (const oldest of compiled.keys()) {
        if (compiled.size <= limits.compiledMax) break
        compiled.delete(oldest)
      }
      return found
    },
    /** Those of which this holds, or all, are compiled anew when they are asked about next. */
    forget(isConcerned: (agreement: PolicyAgreement) => boolean = () => true): void {
      for (const [id, agreement] of compiled) if (isConcerned(agreement)) compiled.delete(id)
    },
  }

  function made(entry: Kept | undefined): PolicyAgreement | undefined {
    return entry && compile(JSON.parse(entry.isPacked ? packing.unpack(entry.text) : entry.text) as StoredAgreement)
  }
}

/** A window of 16 kB holds a usual text and the first one; longer ones take more room. */
const DEFLATE = { level: 1, windowBits: 14, memLevel: 6, chunkSize: 4096 }

/** Texts that resemble each other, each by itself in little room (RFC 1951): what they share with the first is not said again. */
function packer() {
  let dictionary: Buffer | undefined
  return {
    pack(text: string): string {
      dictionary ??= Buffer.from(text)
      return deflateRawSync(text, { ...DEFLATE, dictionary }).toString('latin1')
    },
    unpack: (packed: string): string => inflateRawSync(Buffer.from(packed, 'latin1'), { ...DEFLATE, dictionary }).toString(),
  }
}
