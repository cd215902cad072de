/**
 * The offline proof of one entry (C2SP tlog-proof): leaf bytes, proof text and a key known beforehand, and the payload
 * that the entry commits to where its holder has it.
 */
import { createHash } from 'node:crypto'
import { type CheckResult, check, fail } from './check.ts'
import { base64, decimal, openHead, readVkeys, type SignedHead } from './note.ts'
import { hashOfLeaf, rootOfPath, same } from './tree.ts'

/** The parts of a proof text; `checkpoint` is the signed note to the byte. */
interface ProofText {
  readonly index: number
  readonly hashes: readonly Buffer[]
  readonly checkpoint: string
}

/** What the holder says was recorded: payload bytes, and the salt as the record shows it, 64 hex digits. */
export interface ClaimedPayload {
  readonly payload: Uint8Array
  readonly salt: string
}

/**
 * Whether the log with this vkey states that exactly these bytes are its entry at the proof's index, and, where
 * one is given, whether the entry commits to that payload: SHA-256 of "audit-payload/v1", a zero byte, salt and payload is its `c`.
 * Never throws for what it is given: each thing wrong is a check that failed. Later checks are left out when an
 * earlier one leaves nothing to check.
 */
export function verifyProof(proofText: string, leafBytes: Uint8Array, vkey: string, claimed?: ClaimedPayload): { checks: CheckResult[] } {
  const checks: CheckResult[] = []
  let proof: ProofText | undefined
  let head: SignedHead | undefined
  check(checks, 'proof format', () => {
    proof = readProof(proofText)
    return `index ${proof.index}, ${proof.hashes.length} hashes`
  })
  check(checks, 'checkpoint signature', () => {
    const keys = readVkeys(vkey)
    if (proof === undefined) return fail('no checkpoint to check')
    head = openHead(proof.checkpoint, keys)
    return `${head.origin} signed ${head.size} leaves`
  })
  check(checks, 'inclusion', () => {
    if (proof === undefined || head === undefined) return fail('no signed checkpoint to be included in')
    const root = rootOfPath(proof.index, head.size, hashOfLeaf(leafBytes), proof.hashes)
    if (!same(root, head.root))
      fail(`the leaf is not entry ${proof.index} of ${head.origin} at ${head.size} leaves: the proof leads to another root`)
    return `the leaf is entry ${proof.index} of ${head.origin}`
  })
  if (claimed !== undefined) check(checks, 'payload', () => payloadOf(leafBytes, claimed))
  return { checks }
}

function payloadOf(leafBytes: Uint8Array, { payload, salt }: ClaimedPayload): string {
  const hex = salt.trim()
  if (!/^[0-9a-f]{64}$/.test(hex)) fail('the salt is not 64 hex digits')
  const committed = /"c":"([0-9a-f]{64})"/.exec(Buffer.from(leafBytes).toString('utf8'))?.[1] ?? fail('the leaf commits to no payload')
  const found = createHash('sha256').update('audit-payload/v1\0').update(Buffer.from(hex, 'hex')).update(payload).digest('hex')
  return found === committed ? 'the payload is the one the leaf commits to' : fail('the leaf commits to another payload')
}

function readProof(text: string): ProofText {
  const blank = text.indexOf('\n\n')
  if (blank < 0) fail('proof: no blank line before the checkpoint')
  const lines = text.slice(0, blank).split('\n')
  if (lines.shift() !== 'c2sp.org/tlog-proof@v1') fail('proof: the first line is not c2sp.org/tlog-proof@v1')
  if (lines[0]?.startsWith('extra ')) base64(lines.shift()?.slice('extra '.length) ?? '', 'proof extra')
  const index = lines.shift() ?? ''
  if (!index.startsWith('index ')) fail('proof: no index line')
  const hashes = lines.map((line, i) => {
    const hash = base64(line, `proof hash ${i}`)
    return hash.length === 32 ? hash : fail(`proof hash ${i}: ${hash.length} bytes`)
  })
  return { index: decimal(index.slice('index '.length), 'proof index'), hashes, checkpoint: text.slice(blank + 2) }
}
