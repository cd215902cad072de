import { hash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import type { DecisionLeaf, Leaf } from './leaf.ts'
import { leafFault } from './leaf-forms.ts'

/** Bounds of an entry: C2SP tlog-tiles gives its length sixteen bits; an empty one would record nothing. */
export const LEAF_BYTES_MAX = 65_535

/**
 * The leaf's bytes: canonical JSON in UTF-8, 1 to 65,535 bytes. Made once, stored as they are, never made again (R5).
 *
 * Pure. Throws, as a programming error, on an unknown member or event, a missing member, a value outside its closed
 * form, an answer where none was given (or the reverse), a counter without its agreement, and an oversized leaf (R34).
 */
export function encodeLeaf(leaf: Leaf): Uint8Array {
  const problem = leafFault(leaf)
  if (problem !== undefined) throw new Error(`leaf ${String(leaf.t)}: ${problem}`)
  const bytes = Buffer.from('span' in leaf ? decisionText(leaf) : canonicalJson(leaf), 'utf8')
  if (bytes.length > LEAF_BYTES_MAX) throw new Error(`leaf ${leaf.t}: ${bytes.length} bytes, at most ${LEAF_BYTES_MAX}`)
  return bytes
}

/**
 * The canonical JSON of a decision's leaf, whose members have their closed forms: sorted, and no text in it needs an escape. It is
 * written without looking, since each decision waits for it; a property shows that it is what `canonicalJson` writes.
 */
function decisionText({ c, cfg, ctr, d, id, n, pol, rc, rev, sim, span, st, t, trace, ts, v }: DecisionLeaf): string {
  const agreement = ctr === undefined ? '' : `"ctr":"${ctr}",`
  const answer = d === undefined ? '' : `"d":${d},`
  const reasons = rc.length === 0 ? '' : `"${rc.join('","')}"`
  const simulated = sim === undefined ? '' : '"sim":true,'
  return `{"c":"${c}","cfg":"${cfg}",${agreement}${answer}"id":"${id}","n":${n},"pol":"${pol}","rc":[${reasons}],"rev":${rev},${simulated}"span":"${span}","st":"${st}","t":"${t}","trace":"${trace}","ts":${ts},"v":${v}}`
}

/** SHA-256(0x00 || bytes), 32 bytes. @see RFC 6962 section 2.1 */
export function leafHash(bytes: Uint8Array): Uint8Array {
  const prefixed = Buffer.allocUnsafe(bytes.length + 1)
  prefixed[0] = 0x00
  prefixed.set(bytes, 1)
  return hash('sha256', prefixed, 'buffer')
}

/** The identifier that stands in a leaf's bytes; undefined when they are no leaf. */
export function leafId(bytes: Uint8Array): string | undefined {
  try {
    const { id } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { id?: unknown }
    return typeof id === 'string' ? id : undefined
  } catch {
    return undefined
  }
}
