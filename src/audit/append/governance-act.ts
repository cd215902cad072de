import type { GovernanceLeaf } from '../format/leaf.ts'
import { urnOfAgreement, urnOfOrganisation } from '../format/leaf-codes.ts'

/** One act on the register, done or refused, as the governance log records it. */
export interface GovernanceAct {
  /** The leaf's id; absent: a new one. */
  readonly id?: string
  /** `<subject>.<act, past tense>`, for example `agreement.signed`. */
  readonly event: `${string}.${string}`
  /** The command, for example `sign`. */
  readonly act: string
  readonly org?: string
  readonly agreement?: string
  /** Number of this act among those on the agreement, without gaps. */
  readonly sequence?: number
  readonly from?: string
  readonly to?: string
  /** SHA-256, hex, of the text signed or changed. */
  readonly textHash?: string
  readonly revision: number
  readonly refused?: boolean
  readonly payload: unknown
}

/** The leaf of an act. Pure. `traceId` is 32 random hex digits. */
export function governanceLeaf(act: GovernanceAct, id: string, now: Date, traceId: string): Omit<GovernanceLeaf, 'c'> {
  return {
    id,
    ts: now.getTime(),
    v: 1,
    t: `gov.${act.event}`,
    act: act.act,
    trace: traceId,
    rev: act.revision,
    ...(act.org === undefined ? {} : { org: urnOfOrganisation(act.org) }),
    ...(act.agreement === undefined ? {} : { ctr: urnOfAgreement(act.agreement) }),
    ...(act.sequence === undefined ? {} : { cseq: act.sequence }),
    ...(act.from === undefined ? {} : { from: act.from }),
    ...(act.to === undefined ? {} : { to: act.to }),
    ...(act.textHash === undefined ? {} : { revh: `sha256:${act.textHash}` }),
    ...(act.refused ? { st: 'Refused' as const } : {}),
  }
}
