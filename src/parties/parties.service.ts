import type { CommandResult } from '../commands/command.ts'
import { permits } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import { type Database, type Transaction, withTransaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { Day } from '../platform/kernel/london-day.ts'
import type { Reader } from '../platform/kernel/reader.ts'
import { type Refusal, refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../platform/kernel/result.ts'
import { contactsRepository } from './contacts.repository.ts'
import { mailboxAmong } from './contacts.ts'
import { finder } from './find.ts'
import type { Organisation, OrganisationName, OrganisationStatus, RegisteredOrganisation } from './organisation.ts'
import { partiesRepository } from './parties.repository.ts'
import { type RegisterActOfPerson, type RegisterActRecord, type RegisterSubject, registerActRepository } from './register-act.repository.ts'

/** Which bodies to list. */
export interface OrganisationsQuery {
  /** A name, a part of one, or a number; absent: all. */
  readonly q?: string | undefined
  readonly type?: string | undefined
  readonly status?: OrganisationStatus | undefined
  /** Only those that come after this one in the same list. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

export interface OrganisationsPage {
  readonly organisations: readonly RegisteredOrganisation[]
  /** `after` of the next page; null: this is the last. */
  readonly next_after: string | null
}

interface HistoryOf<Act> {
  readonly acts: readonly Act[]
  /** `after` of the next page; null: this is the last. */
  readonly next_after: number | null
}

export type PartiesService = ReturnType<typeof partiesService>

const PAGE = 500
const HISTORY_PAGE = 100

/** The register of organisations. */
export function partiesService(db: Database) {
  const all = (): Promise<RegisteredOrganisation[]> => withTransaction(db, (tx) => partiesRepository(tx).read())

  const names = (): Promise<OrganisationName[]> => withTransaction(db, (tx) => partiesRepository(tx).names())

  const historyOf = (principal: Principal, kind: RegisterSubject, code: string, after = 0): Promise<HistoryOf<RegisterActOfPerson>> =>
    withTransactionAs(db, registerReader(principal), async (tx) => {
      const acts = await registerActRepository(tx).history(kind, code, after, HISTORY_PAGE + 1)
      const page = acts.slice(0, HISTORY_PAGE)
      return { acts: page, next_after: acts.length > HISTORY_PAGE ? (page.at(-1)?.sequence ?? null) : null }
    })

  return {
    /** Stores new organisations, confirmed by whoever stores them on that London day. Joins the transaction. @throws a unique violation when a code is taken */
    store: (tx: Transaction, organisations: readonly Organisation[], day: Day): Promise<void> =>
      partiesRepository(tx).insert(organisations, day),
    /** Adds those that the register lacks, gives the others the type they have here, and answers all that changed. Joins the transaction. */
    async renew(tx: Transaction, shipped: readonly Organisation[], day: Day): Promise<Organisation[]> {
      const repository = partiesRepository(tx)
      const known = new Map((await repository.read()).map((organisation) => [organisation.code, organisation]))
      const added = shipped.filter(({ code }) => !known.has(code))
      const retyped = shipped.filter(({ code, type }) => known.has(code) && known.get(code)?.type !== type)
      await repository.insert(added, day)
      for (const { code, type } of retyped) await repository.retype(code, type)
      return repository.read([...added, ...retyped].map(({ code }) => code))
    },
    /** An organisation, locked until the transaction ends; undefined when there is none with this code. */
    async lock(tx: Transaction, code: string): Promise<RegisteredOrganisation | undefined> {
      const repository = partiesRepository(tx)
      return (await repository.lock(code)) ? (await repository.read([code]))[0] : undefined
    },
    /** Ends an organisation at an instant, names who follows it, and answers both as they are now. Joins the transaction. */
    async succeed(
      tx: Transaction,
      { predecessor, successor, at }: { readonly predecessor: string; readonly successor: string; readonly at: string },
    ): Promise<RegisteredOrganisation[]> {
      const repository = partiesRepository(tx)
      await repository.succeed(predecessor, successor, at)
      return repository.read([predecessor, successor])
    },
    /** Makes one body another name of a second, with all that were merged into it before; answers them as they are now. Joins the transaction. */
    async merge(tx: Transaction, code: string, into: string): Promise<RegisteredOrganisation[]> {
      const repository = partiesRepository(tx)
      await repository.update(code, { status: 'MERGED', merged_into: into })
      return repository.read([code, ...(await repository.redirect(code, into))])
    },
    /** Some organisations, by code. Joins the transaction. */
    read: (tx: Transaction, codes: readonly string[]): Promise<RegisteredOrganisation[]> => partiesRepository(tx).read(codes),
    all,
    /** What all of them are called, by code. */
    names,
    /** Where a body as such gets mail; undefined: nowhere. Joins the transaction. */
    mailboxOf: async (tx: Transaction, code: string): Promise<string | undefined> =>
      mailboxAmong((await contactsRepository(tx).of([code])).get(code) ?? {}),
    async find(code: string): Promise<RegisteredOrganisation | undefined> {
      return (await withTransaction(db, (tx) => partiesRepository(tx).read([code])))[0]
    },

    /** An organisation and its version. */
    get: (code: string): Promise<CommandResult<RegisteredOrganisation>> =>
      withTransaction(db, async (tx) => {
        const repository = partiesRepository(tx)
        const [outcome] = await repository.read([code])
        const version = await repository.version(code)
        if (!outcome || version === undefined) return refuse(refusal('NOT_FOUND', 'There is no organisation with this code.'))
        return ok({ outcome, version })
      }),

    /** Bodies of the register: by code, or where something is asked for, best first. Names that were merged are found as the body they are. */
    async list({ q, type, status, after, limit = PAGE }: OrganisationsQuery): Promise<Result<OrganisationsPage, Refusal>> {
      const organisations = await all()
      const found = (q === undefined ? organisations : finder(organisations).search(q)).filter(
        (organisation) => (type === undefined || organisation.type === type) && (status === undefined || organisation.status === status),
      )
      const from = after === undefined ? 0 : found.findIndex(({ code }) => code === after) + 1
      if (after !== undefined && from === 0)
        return refuse(
          refusal('INVALID_REQUEST', 'The list holds no such organisation.', [{ pointer: '/query/after', detail: 'is not in this list' }]),
        )
      const page = found.slice(from, from + limit)
      return ok({ organisations: page, next_after: from + limit < found.length ? (page.at(-1)?.code ?? null) : null })
    },

    /**
     * Whether an organisation may act at all: one that nobody confirmed, or that was merged, reads and does nothing. Joins
     * the transaction.
     * @throws Refused 403
     */
    async mustBeConfirmed(tx: Transaction, code: string): Promise<void> {
      const [found] = await partiesRepository(tx).read([code])
      if (!found || found.status === 'CONFIRMED') return
      const detail =
        found.status === 'MERGED'
          ? `${code} is another name of ${found.merged_into}: its people act under that one.`
          : `${code} is not confirmed in the register: it reads, and acts once a register administrator has confirmed it.`
      throw refused('FORBIDDEN', detail, [{ pointer: '', detail, code: 'ORGANISATION_UNCONFIRMED' }])
    },

    /** What was done to an organisation or a group, as far as the caller may know it, oldest first. */
    async history(principal: Principal, kind: RegisterSubject, code: string, after = 0): Promise<HistoryOf<RegisterActRecord>> {
      const { acts, next_after } = await historyOf(principal, kind, code, after)
      return { acts: acts.map(({ by: _by, ...act }) => act), next_after }
    },

    /** The same with the people whom it names, for pages, which say their names. */
    historyWithPeople: historyOf,
  }
}

/** For whom the register is read: a register administrator keeps what others gave, an auditor reads everything. */
export function registerReader(principal: Principal): Reader {
  if (permits(principal.roles, 'agreement:audit')) return { kind: 'auditor' }
  return permits(principal.roles, 'organisation:confirm') ? { kind: 'system' } : { kind: 'party', org: principal.org }
}
