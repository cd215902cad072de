import type { ActReply } from '../../agreements/acts/act.ts'
import { etagOf, refusalForRecord } from '../../agreements/acts/act-shell.service.ts'
import type { AuditService } from '../../audit/audit.service.ts'
import type { Principal } from '../../identity/principal.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import { type Database, type Transaction, withTransaction } from '../../platform/database/database.ts'
import { readAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { ifMatchHolds } from '../../platform/kernel/entity-tags.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import { type ProblemDetail, ProblemError, problem } from '../../platform/kernel/problem.ts'
import {
  type ListWithLocalCodes,
  type LocalCode,
  listWithLocalCodes,
  localCodeOf,
  type StoredLocalCode,
} from '../../reference/local-code.ts'
import { clashOf, type LocalCodeBody, localCodeFaults } from '../../reference/local-code-faults.ts'
import type { ReferenceService } from '../../reference/reference.service.ts'
import { type PolicyService, policyPublication } from '../policy/policy.service.ts'

/** A local code as it is shown to everybody. */
export interface LocalCodeView extends LocalCode {
  readonly why: string
  readonly verified: false
  readonly local: true
  readonly added_at: string
}

/** Which local code, and whether it is still as the caller read it (`If-Match`; null: not said). */
export interface LocalCodeCall {
  readonly principal: Principal
  readonly list: string
  readonly code: string
  readonly ifMatch: string | null
}

/** An act that was refused; `code` is what the caller named, known or not. */
type RefusedAct = (typeof ADDED | typeof ENDED) & { readonly code?: string }

export type LocalCodesService = ReturnType<typeof localCodesService>

/** Local codes of one organisation, those that have ended among them: every decision compiles them. */
export const LOCAL_CODES_MAX = 200
const ADDED = { event: 'local_code.added', act: 'add_local_code' } as const
const ENDED = { event: 'local_code.ended', act: 'end_local_code' } as const
const RECORDED_REFUSALS = new Set([403, 409, 412, 422])

/**
 * What organisations add to the lists. Each act is a policy revision and a leaf of the governance log in one transaction: once it
 * has answered, every node decides on it.
 */
export function localCodesService(options: {
  readonly db: Database
  readonly clock: Clock
  readonly audit: AuditService
  readonly parties: PartiesService
  readonly reference: ReferenceService
  readonly policy: PolicyService
  /** Whether a word is one of the contract's, not a caller's own. */
  readonly isName: (word: string) => boolean
}) {
  const { db, clock, audit, parties, reference, isName } = options
  const policy = policyPublication(options.policy)

  /** The instant of an act: never before the newest one, whatever this node's clock says. */
  async function instantOf(tx: Transaction): Promise<string> {
    const now = clock().toISOString()
    const { instant } = await policy.head(tx)
    return now > instant ? now : instant
  }

  async function add(principal: Principal, listName: string, body: LocalCodeBody): Promise<ActReply<LocalCodeView>> {
    const name = listOf(listName)
    return withTransaction(db, async (tx) => {
      await readAs(tx, { kind: 'system' })
      // Additions of one organisation come one after another, so that they are counted and told apart.
      const owner = await parties.lock(tx, principal.org)
      const now = await instantOf(tx)
      if (!owner || (owner.active_to !== null && owner.active_to <= now))
        throw new ProblemError(problem('ILLEGAL_STATE', `${principal.org} is no organisation of the register at present.`))
      const known = await reference.localCodesIn(tx).read()
      const clash = clashOf(body.name, owner.code, known)
      if (clash)
        throw new ProblemError(
          problem('CONFLICT', `${clash.code} stands in ${clash.list} already${clash.valid_to ? ` (until ${clash.valid_to})` : ''}.`),
        )
      if (known.filter(({ owner_org }) => owner_org === owner.code).length >= LOCAL_CODES_MAX)
        throw new ProblemError(problem('ILLEGAL_STATE', `${owner.code} has added ${LOCAL_CODES_MAX} local codes, which is the most.`))
      const list = (await reference.currentIn(tx)).find((one) => one.list === name)
      if (!list) throw new ProblemError(problem('NOT_READY', 'The register is empty.'))
      const today = londonDay(Date.parse(now))
      const faults = localCodeFaults(body, owner.code, list, today)
      if (faults.length > 0) throw refused(faults)
      const { label, broader, why } = body
      const code = localCodeOf(owner.code, body.name)
      const stored = { code, list: name, owner_org: owner.code, name: body.name, label, broader, why, valid_from: today }
      await reference.localCodesIn(tx).insert({ ...stored, added_at: now, added_by: principal.sub })
      return publish(tx, principal, code, now, { ...ADDED, status: 201, why })
    })
  }

  async function end(
    { principal, list, code, ifMatch }: LocalCodeCall,
    body: { last_day?: string | null; why: string },
  ): Promise<ActReply<LocalCodeView>> {
    const name = listOf(list)
    // Whom the caller's body follows, read before the act, which holds the one connection that it may have.
    const kept = new Set([principal.org, ...((await parties.find(principal.org))?.successor_of ?? [])])
    return withTransaction(db, async (tx) => {
      await readAs(tx, { kind: 'system' })
      const found = await reference.localCodesIn(tx).lock(code)
      if (!found || found.list !== name) throw noSuchCode()
      if (!kept.has(found.owner_org))
        throw new ProblemError(
          problem('FORBIDDEN', `${code} is ended by ${found.owner_org}, which added it, or by the body that follows it.`),
        )
      if (ifMatch === null) throw new ProblemError(problem('PRECONDITION_REQUIRED', 'Send If-Match with the ETag you read.'))
      if (!ifMatchHolds(ifMatch, etagOf(found.row_version)))
        throw new ProblemError(problem('PRECONDITION_FAILED', 'The local code has changed since you read it.'))
      const now = await instantOf(tx)
      const today = londonDay(Date.parse(now))
      if (found.valid_to !== null && found.valid_to < today)
        throw new ProblemError(problem('ILLEGAL_STATE', `${code} ended on ${found.valid_to}.`))
      const lastDay = body.last_day ?? today
      if (lastDay < today) throw refused([{ pointer: '/last_day', detail: `lies before today, ${today}` }])
      await reference.localCodesIn(tx).end(code, lastDay, principal.sub)
      return publish(tx, principal, code, now, { ...ENDED, status: 200, why: body.why })
    })
  }

  /** The last of every act: the record that decisions stand on, and the leaf. */
  async function publish(
    tx: Transaction,
    principal: Principal,
    code: string,
    now: string,
    { status, why, ...act }: (typeof ADDED | typeof ENDED) & { readonly status: 200 | 201; readonly why: string },
  ): Promise<ActReply<LocalCodeView>> {
    const stored = await reference.localCodesIn(tx).find(code)
    if (!stored) throw new Error(`local code ${code} was written and cannot be read`)
    const body = asRecord(stored)
    const revision = await options.policy.publish(tx, [{ kind: 'LOCAL_CODE', id: code, body }], now)
    await audit.recordAct(tx, { ...act, org: principal.org, revision, payload: { ...actor(principal), ...body, why } })
    return { status, body: toView(stored), etag: etagOf(stored.row_version) }
  }

  /** A refusal is an event too: who tried what, and by which rule it was refused; none of the caller's own words. */
  async function recorded<T>(principal: Principal, act: RefusedAct, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof ProblemError && RECORDED_REFUSALS.has(error.problem.status)) await recordRefusal(principal, act, error)
      throw error
    }
  }

  async function recordRefusal(principal: Principal, { code, ...act }: RefusedAct, refusal: ProblemError): Promise<void> {
    await withTransaction(db, async (tx) => {
      const { revision } = await policy.head(tx)
      const isKnown = code !== undefined && (await reference.localCodesIn(tx).find(code)) !== undefined
      const payload = { ...actor(principal), ...(isKnown ? { code } : {}), problem: refusalForRecord(refusal, isName) }
      await audit.recordAct(tx, { ...act, org: principal.org, revision, refused: true, payload })
    })
  }

  return {
    /** Adds one from today (London) on. @throws ProblemError 404 for a list that takes none, 409 where it exists, 422 with each fault */
    add: (principal: Principal, list: string, body: LocalCodeBody) => recorded(principal, ADDED, () => add(principal, list, body)),
    /** Gives one its last day. @throws ProblemError 403 for anybody but its owner, 404, 409 where it has ended, 412, 422, 428 */
    end: (call: LocalCodeCall, body: { last_day?: string | null; why: string }) =>
      recorded(call.principal, { ...ENDED, code: call.code }, () => end(call, body)),
    async all(list: string): Promise<LocalCodeView[]> {
      const name = listOf(list)
      return (await reference.localCodes()).filter((one) => one.list === name).map(toView)
    },
    async one(list: string, code: string): Promise<{ readonly view: LocalCodeView; readonly etag: string }> {
      const name = listOf(list)
      const found = await reference.localCode(code)
      if (!found || found.list !== name) throw noSuchCode()
      return { view: toView(found), etag: etagOf(found.row_version) }
    },
  }
}

function listOf(name: string): ListWithLocalCodes {
  const found = listWithLocalCodes(name)
  if (!found) throw new ProblemError(problem('NOT_FOUND', 'There is no list with this name that takes local codes.'))
  return found
}

function asRecord({ list, code, owner_org, label, broader, valid_from, valid_to }: StoredLocalCode): LocalCode {
  return { list, code, owner_org, label, broader, valid_from, valid_to }
}

function toView(stored: StoredLocalCode): LocalCodeView {
  return { ...asRecord(stored), why: stored.why, verified: false, local: true, added_at: stored.added_at }
}

function actor({ sub, roles, org }: Principal) {
  return { actor: sub, roles, org }
}

function noSuchCode(): ProblemError {
  return new ProblemError(problem('NOT_FOUND', 'There is no local code with this name in the list.'))
}

function refused(errors: readonly ProblemDetail[]): ProblemError {
  const [first] = errors
  return new ProblemError(
    problem('UNPROCESSABLE', `The local code cannot be as it is described: ${first?.pointer} ${first?.detail}.`, errors),
  )
}
