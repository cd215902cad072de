import type { Principal } from '../../identity/principal.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { ProblemError } from '../../platform/kernel/problem.ts'
import { governingVersion, hasLeft, leadingVersion, signatoriesOf, statusAt } from '../acts/governing.ts'
import { commandsFor } from '../acts/lifecycle.ts'
import { type Notice, noticesRepository } from '../acts/notices.repository.ts'
import { versionsRepository } from '../acts/versions.repository.ts'
import type { Agreement } from '../agreement.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { derivedStates } from '../derived-state.ts'
import { noSuchAgreement, readerFor } from '../visibility.ts'
import { type HistoryEntry, lastActBefore, readHistory } from './history.repository.ts'

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
  readonly suspended: readonly { readonly scope: string; readonly party: string | null; readonly flow: string | null }[]
  /** What the caller may do now. */
  readonly commands: readonly string[]
}

export interface HistoryOptions {
  readonly db: Database
  readonly agreements: AgreementsService
  readonly clock: Clock
}

export type HistoryService = ReturnType<typeof historyService>

/** What happened to an agreement, how it stood at any instant, and what its parties were told. */
export function historyService({ db, agreements, clock }: HistoryOptions) {
  async function read<T>(principal: Principal, id: string, work: (tx: Transaction, agreement: Agreement) => Promise<T>): Promise<T> {
    return withTransaction(db, async (tx) => {
      const reader = readerFor(principal)
      await readAs(tx, reader)
      const agreement = await agreements.find(tx, reader, id)
      if (!agreement) throw new ProblemError(noSuchAgreement())
      return work(tx, agreement)
    })
  }

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
    state: (principal: Principal, id: string, asked: string | undefined): Promise<AgreementState> =>
      read(principal, id, async (tx, agreement) => {
        const now = clock().toISOString()
        const at = asked === undefined ? now : new Date(asked).toISOString()
        const then = await asOf(tx, agreement, at)
        const day = londonDay(Date.parse(at))
        const governing = governingVersion(then.agreement, day)
        const leading = leadingVersion(then.agreement, day)
        const signed = leading ? signatoriesOf(then.agreement, leading.version) : []
        const present = then.agreement.parties.filter((party) => !hasLeft(party.left_at, at)).map(({ org }) => org)
        return {
          agreement: id,
          at,
          status: then.status,
          derived: derivedStates(then.agreement, at),
          governing_version: governing?.version ?? null,
          version_hash: governing?.hash ?? null,
          signed,
          missing: leading ? present.filter((org) => !signed.includes(org)) : [],
          left: then.agreement.parties.map(({ org }) => org).filter((org) => !present.includes(org)),
          suspended: agreement.suspensions
            .filter(({ from, to }) => Date.parse(from) <= Date.parse(at) && (to === null || Date.parse(at) < Date.parse(to)))
            .map(({ scope, party, flow }) => ({ scope, party, flow })),
          commands: commandsFor(agreement, principal, now),
        }
      }),

    /** What the caller's organisation was told, newest first. */
    notices: (principal: Principal, page: { readonly before: string | null; readonly limit: number }) =>
      withTransaction(db, async (tx) => {
        await readAs(tx, { kind: 'party', org: principal.org })
        const found = await noticesRepository(tx).of(principal.org, { before: page.before, limit: page.limit + 1 })
        const shown = found.slice(0, page.limit)
        return { notices: shown.map(toNotice), next_before: found.length > page.limit ? (shown.at(-1)?.id ?? null) : null }
      }),
  }
}

/** The agreement with what was signed, frozen and decided by then; its status from the last act before. */
async function asOf(tx: Transaction, agreement: Agreement, at: string): Promise<{ agreement: Agreement; status: string | null }> {
  const ms = Date.parse(at)
  const frozen = await versionsRepository(tx).frozenAt(agreement.id)
  // What was made elsewhere was frozen there; the instant it was loaded here says nothing.
  const isThere = (version: number) => {
    const instant = frozen.get(version)
    return agreement.origin === 'ELSEWHERE' || instant === undefined || Date.parse(instant) <= ms
  }
  const then: Agreement = {
    ...agreement,
    versions: agreement.versions.filter(({ version }) => isThere(version)),
    signatures: agreement.signatures.filter(({ signed_at }) => Date.parse(signed_at) <= ms),
  }
  const last = await lastActBefore(tx, agreement.id, at)
  const stored = last === 'NO_ACTS' ? agreement.status : (last?.to ?? null)
  return { agreement: then, status: stored === null ? null : statusAt(agreement, at) === 'TERMINATED' ? 'TERMINATED' : stored }
}

function toLine(entry: HistoryEntry, knowsOfficers: boolean): HistoryLine {
  const { sequence, at, act, actorOrg, actorSub, from, to, version, versionHash, detail, leafId } = entry
  return {
    ...{ sequence, at, act, org: actorOrg, actor: knowsOfficers ? actorSub : null, from, to, version },
    ...{ version_hash: versionHash, detail: knowsOfficers ? detail : null, leaf_id: leafId },
  }
}

function toNotice({ id, agreementId, kind, at, detail }: Notice) {
  return { id, agreement: agreementId, kind, at, detail }
}
