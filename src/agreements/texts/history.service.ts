import { isService, type Principal } from '../../identity/principal.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { holdsAt, instantOf } from '../../platform/kernel/instant.ts'
import { derivedStates } from '../model/derived-states.ts'
import { missingSignatures, partiesInForce } from '../model/in-force.ts'
import { interval } from '../model/lifecycle-facts.ts'
import { governingVersion, keeperOf, leadingVersion, signatoriesOf, standingOf } from '../model/standing.ts'
import { actsClosedTo, actsOpenTo } from '../model/standing-acts.ts'
import type { ReadAgreement } from '../reading.service.ts'
import { statusThen } from '../store/status.repository.ts'
import { isAmongThem } from '../visibility.ts'
import { type HistoryEntry, readHistory, readRecentEdits } from './history.repository.ts'

export interface HistoryOptions {
  readonly read: ReadAgreement
  readonly clock: Clock
}

/** Which acts of a history: at most `limit` after the number `after`. */
interface HistoryPage {
  readonly after: number
  readonly limit: number
}

/** Edits that a page of a draft looks through for the last one of its section. */
const RECENT_EDITS = 50

export type HistoryService = ReturnType<typeof historyService>

/** What happened to an agreement, and how it stood at any instant. */
export function historyService({ read, clock }: HistoryOptions) {
  const historyOf = <Line>(
    principal: Principal,
    id: string,
    page: HistoryPage,
    asLine: (entry: HistoryEntry, knowsOfficers: boolean) => Line,
  ) =>
    read(principal, id, async (tx, agreement) => {
      const found = await readHistory(tx, id, { after: page.after, limit: page.limit + 1 })
      const shown = found.slice(0, page.limit)
      return {
        agreement: id,
        acts: shown.map((entry) => asLine(entry, isAmongThem(principal, agreement))),
        next_after: found.length > page.limit ? (shown.at(-1)?.sequence ?? null) : null,
      }
    })

  return {
    /** Acts in their order, at most `limit` after the number `after`. */
    history: (principal: Principal, id: string, page: HistoryPage) => historyOf(principal, id, page, toLine),

    /** The same, each with whom it is of as a person. */
    historyWithPeople: (principal: Principal, id: string, page: HistoryPage) => historyOf(principal, id, page, toLineOfPerson),

    /** The latest edits of its parts, newest first. */
    recentEdits: (principal: Principal, id: string) =>
      read(principal, id, async (tx, agreement) => {
        const found = await readRecentEdits(tx, id, RECENT_EDITS)
        return found.map((entry) => toLineOfPerson(entry, isAmongThem(principal, agreement)))
      }),

    /** How it stood, or will stand if nobody does anything, at an instant (absent: now). */
    state: (principal: Principal, id: string, asked: string | undefined) =>
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

    /** The acts that are not open to the caller now, and what stands against each. */
    closed: (principal: Principal, id: string) =>
      read(principal, id, async (_tx, agreement) => actsClosedTo(agreement, principal, clock().getTime())),
  }
}

/** Who acted and what is said of it is shown to parties and auditors only. */
function toLine({ actor_org, actor_issuer: _, actor_sub, from_status, to_status, ...entry }: HistoryEntry, knowsOfficers: boolean) {
  const said = { actor: knowsOfficers ? actor_sub : null, detail: knowsOfficers ? entry.detail : null }
  return { ...entry, org: actor_org, from: from_status, to: to_status, ...said }
}

function toLineOfPerson(entry: HistoryEntry, knowsOfficers: boolean) {
  const { actor_issuer: issuer, actor_sub: sub, actor_org: org } = entry
  return { ...toLine(entry, knowsOfficers), by: knowsOfficers && !isService({ issuer, sub, roles: [] }) ? { issuer, sub, org } : null }
}
