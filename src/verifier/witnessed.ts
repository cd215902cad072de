/**
 * The newest checkpoint of an exported log that witnesses cosigned: that they did, and that the log still begins so.
 */
import { type CheckResult, check, fail } from './check.ts'
import { cosignedBy, readWitnessVkeys, type WitnessVerifier } from './cosignature.ts'
import { type ExportFiles, mustRead } from './files.ts'
import { type LogKey, openHead, readVkey, type SignedHead, utf8 } from './note.ts'
import { same } from './tree.ts'

/** Whose cosignatures are asked for: keys of witnesses, one a line, and how many of them must have signed each log; absent: all. */
export interface Witnesses {
  readonly vkeys: string
  readonly quorum?: number
}

/** The witnesses asked for, as they were read. */
export interface AskedWitnesses {
  readonly keys: readonly WitnessVerifier[]
  readonly quorum: number
}

/** Reads the keys of the witnesses, as a check; undefined when they cannot be read, and that check has failed. */
export function askedOf({ vkeys, quorum }: Witnesses, checks: CheckResult[]): AskedWitnesses | undefined {
  let asked: AskedWitnesses | undefined
  check(checks, 'witness keys', () => {
    const keys = readWitnessVkeys(vkeys)
    const least = quorum ?? keys.length
    if (!Number.isSafeInteger(least) || least < 1 || least > keys.length) fail(`quorum ${least} of ${keys.length} witnesses`)
    asked = { keys, quorum: least }
    return `${least} of ${keys.map(({ name }) => name).join(', ')}`
  })
  return asked
}

/** The witnessed checkpoint of a log, where there is one or one is asked for: signed by the log, and by enough of the witnesses. */
export function verifyWitnessed(
  files: ExportFiles,
  log: { readonly name: string; readonly origin: string },
  trusted: readonly LogKey[],
  asked: AskedWitnesses | undefined,
  checks: CheckResult[],
  accounted: Set<string>,
): SignedHead | undefined {
  const path = `${log.name}/checkpoint.witnessed`
  accounted.add(path)
  if (!asked && files.read(path) === undefined) return undefined
  let head: SignedHead | undefined
  check(checks, `${log.name}: cosignatures`, () => {
    const note = mustRead(files, path)
    const own = () => [readVkey(utf8(mustRead(files, `${log.name}/vkey`), 'vkey').trim())]
    head = openHead(note, trusted.length === 0 ? own() : trusted)
    if (head.origin !== log.origin) fail(`${path}: a checkpoint of ${head.origin}`)
    if (!asked) return 'signed by the log; no key of a witness was given'
    const cosigned = cosignedBy(note, asked.keys)
    if (cosigned.length < asked.quorum) fail(`${path}: cosigned by ${cosigned.length} of the witnesses you gave, not ${asked.quorum}`)
    return cosigned.map(({ name, timeSeconds }) => `${name} at ${timeSeconds} s since 1970`).join(', ')
  })
  return head
}

/** Whether the log begins with what was cosigned. `roots`: of its entries, at the size that was. */
export function verifyExtends(
  name: string,
  witnessed: SignedHead,
  head: SignedHead,
  roots: ReadonlyMap<number, Uint8Array | undefined>,
  checks: CheckResult[],
): void {
  check(checks, `${name}: extends the witnessed checkpoint`, () => {
    const root = roots.get(witnessed.size)
    if (root === undefined) return fail(`${name}/checkpoint.witnessed: cosigned for ${witnessed.size} leaves, the log has ${head.size}`)
    if (!same(root, witnessed.root))
      fail(`${name}/checkpoint.witnessed: the first ${witnessed.size} entries are not those that were cosigned`)
    return `the first ${witnessed.size} of ${head.size} leaves are those that were cosigned`
  })
}
