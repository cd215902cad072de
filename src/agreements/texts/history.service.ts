import type { Principal } from '../../identity/principal.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { holdsAt, instantOf } from '../../platform/kernel/instant.ts'
import type { Refusal } from '../../platform/kernel/refusal.ts'
import type { Result } from '../../platform/kernel/result.ts'
import { derivedStates } from '../model/derived-states.ts'
import { missingSignatures, partiesInForce } from '../model/in-force.ts'
import { interval } from '../model/lifecycle-facts.ts'
import { governingVersion, keeperOf, leadingVersion, type Standing, signatoriesOf, standingOf } from '../model/standing.ts'
import { actsOpenTo } from '../model/standing-acts.ts'
import type { ReadAgreement } from '../reading.service.ts'
import { statusThen } from '../store/status.repository.ts'
import { readerFor } from '../visibility.ts'
import { type HistoryEntry, readHistory } from './history.repository.ts'

/** One act as a reader sees it. Who did it is shown to parties and auditors only. */
export interface HistoryLine {
  readonly sequence: number
  readonly at: string
  readonly act: string
  readonly org: string
  /** Token subject of the person; null where the reader may not know it. */
  readonly actor: string | null
  readonly from: string | null
  readonly to: string | null
  readonly version: number | null
  readonly version_hash: string | null
  readonly detail: Readonly<Record<string, unknown>> | null
  readonly leaf_id: string
}

/** How an agreement stands at an instant. */
export interface AgreementState {
  readonly agreement: string
  readonly at: string
  /** null: it was not in the register then. */
  readonly status: string | null
  readonly derived: readonly string[]
  readonly governing_version: number | null
  readonly version_hash: string | null
  /** Of the governing version, or the first to come: who had signed, who had not. */
  readonly signed: readonly string[]
  readonly missing: readonly string[]
  readonly left: readonly string[]
  /** The organisation that keeps the text; null: none is on record. */
  readonly keeper: string | null
  /** Each that takes or took part: what it is, and whether it is one of those between whom the agreement is in force. */
  readonly parties: readonly { readonly org: string; readonly standing: Exclude<Standing, 'NONE'>; readonly in_force: boolean }[]
  readonly suspended: readonly {
    readonly scope: 'AGREEMENT' | 'PARTY' | 'FLOW'
    readonly party: string | null
    readonly flow: string | null
  }[]
  /** What the caller may do now. */
  readonly commands: readonly string[]
}

export interface HistoryOptions {
  readonly read: ReadAgreement
  readonly clock: Clock
}

export type HistoryService = ReturnType<typeof historyService>

/** What happened to an agreement, and how it stood at any instant. */
export function historyService({ read, clock }: HistoryOptions) {
  return {
    /** Acts in their order, at most `limit` after the number `after`. */
    history: (principal: Principal, id: string, page: { readonly after: number; readonly limit: number }) =>
      read(principal, id, async (tx, agreement) => {
        const found = await readHistory(tx, id, { after: page.after, limit: page.limit + 1 })
        const shown = found.slice(0, page.limit)
        const knowsOfficers = readerFor(principal).kind === 'auditor' || agreement.parties.some(({ org }) => org === principal.org)
        return {
          agreement: id,
          acts: shown.map((entry) => toLine(entry, knowsOfficers)),
          next_after: found.length > page.limit ? (shown.at(-1)?.sequence ?? null) : null,
        }
      }),

    /** How it stood, or will stand if nobody does anything, at an instant (absent: now). */
    state: (principal: Principal, id: string, asked: string | undefined): Promise<Result<AgreementState, Refusal>> =>
      read(principal, id, async (tx, agreement) => {
        const now = clock().getTime()
        const at = asked === undefined ? now : instantOf(asked)
        const governing = governingVersion(agreement, at)
        const leading = leadingVersion(agreement, at)
        const inForce = partiesInForce(agreement, at)
        const parties = agreement.parties.flatMap(({ org }) => {
          const standing = standingOf(agreement, org, at)
          return standing === 'NONE' ? [] : [{ org, standing, in_force: inForce.includes(org) }]
        })
        return {
          agreement: id,
          at: new Date(at).toISOString(),
          status: await statusThen(tx, agreement, at),
          derived: derivedStates(agreement, at),
          governing_version: governing?.version ?? null,
          version_hash: governing?.hash ?? null,
          signed: leading ? signatoriesOf(agreement, leading.version, at) : [],
          missing: leading ? missingSignatures(agreement, leading.version, at) : [],
          left: parties.filter(({ standing }) => standing === 'LEFT' || standing === 'ENDED').map(({ org }) => org),
          keeper: keeperOf(agreement, at),
          parties,
          suspended: agreement.suspensions
            .filter((held) => holdsAt([interval(held)], at))
            .map(({ scope, party, flow }) => ({ scope, party, flow })),
          commands: actsOpenTo(agreement, principal, now),
        }
      }),
  }
}

function toLine(entry: HistoryEntry, knowsOfficers: boolean): HistoryLine {
  const { sequence, at, act, actorOrg, actorSub, from, to, version, versionHash, detail, leafId } = entry
  return {
    ...{ sequence, at, act, org: actorOrg, actor: knowsOfficers ? actorSub : null, from, to, version },
    ...{ version_hash: versionHash, detail: knowsOfficers ? detail : null, leaf_id: leafId },
  }
}
