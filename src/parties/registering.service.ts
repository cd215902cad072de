import type { Call, CommandResult } from '../commands/command.ts'
import { permits } from '../identity/permissions.ts'
import { isSamePerson, type Principal } from '../identity/principal.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { londonDay } from '../platform/kernel/london-day.ts'
import { type Fault, type Refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, type Result } from '../platform/kernel/result.ts'
import { isValidOn } from '../reference/code-list.ts'
import type { ReferenceService } from '../reference/reference.service.ts'
import { finder } from './find.ts'
import { concernsDecisions, type RegisteredOrganisation } from './organisation.ts'
import { partiesRepository } from './parties.repository.ts'
import { codeFor, type Description, describe, isDescribed, namesakeFaults, type OrganisationProposal } from './proposal.ts'
import type { RegisterActs } from './register-act.service.ts'

/** What a register administrator says a body is in law when confirming it. */
export interface Confirmation {
  readonly public_authority: boolean
  readonly competent_authority: RegisteredOrganisation['competent_authority']
  readonly health_or_social_care_authority: boolean
  readonly reason: string
}

export type RegisteringService = ReturnType<typeof registeringService>

/** Proposals of one organisation that may wait for confirmation at a time. */
const OPEN_PROPOSALS_MAX = 500
const CODE_TAKEN = (code: string) =>
  refused('CONFLICT', `${code} is the code of another organisation.`, [{ pointer: '/code', detail: 'It is taken.', code: 'CODE_TAKEN' }])

/** Proposing bodies, describing them, and confirming them: from then on decisions know them. */
export function registeringService({
  db,
  acts,
  reference,
  clock,
}: {
  readonly db: Database
  readonly acts: RegisterActs
  readonly reference: ReferenceService
  readonly clock: Clock
}) {
  const today = () => londonDay(clock().getTime())

  /** Read before the act, so that it needs no second connection while it holds one. */
  async function types(): Promise<ReadonlySet<string>> {
    const day = today()
    const list = (await reference.lists()).find((known) => known.list === 'ORG_TYPE')
    return new Set((list?.entries ?? []).filter(({ valid_from, valid_to }) => isValidOn(day, valid_from, valid_to)).map(({ code }) => code))
  }

  async function view(tx: Transaction, code: string): Promise<RegisteredOrganisation> {
    const [found] = await partiesRepository(tx).read([code])
    if (!found) throw new Error(`organisation ${code} was written and cannot be read`)
    return found
  }

  /** What somebody says of a body that is new. @throws Refused where it cannot be described so, or is in the register already */
  async function checked(tx: Transaction, given: Description, known: ReadonlySet<string>, at = '') {
    const { described, faults } = describe(given, known)
    const placed = (errors: readonly Fault[]) => errors.map((fault) => ({ ...fault, pointer: `${at}${fault.pointer}` }))
    refuseIf('UNPROCESSABLE', 'The body cannot be described like this.', placed(faults))
    const all = await partiesRepository(tx).read()
    refuseIf('CONFLICT', 'It is in the register already.', placed(namesakeFaults(described, given.distinct_from ?? [], all, finder(all))))
    return { described, all }
  }

  /**
   * Puts a body into the register that permits nothing yet.
   * Refused where it is there already, too many wait, or the form or code is not one.
   */
  async function propose(
    call: Call,
    { code, note, organisation: given }: OrganisationProposal,
  ): Promise<CommandResult<RegisteredOrganisation>> {
    const known = await types()
    return acts.perform({ ...call, kind: 'ORGANISATION', act: 'propose', event: 'organisation.proposed' }, async ({ tx, principal }) => {
      const repository = partiesRepository(tx)
      if ((await repository.openProposals(principal.org)) >= OPEN_PROPOSALS_MAX)
        throw refused('ILLEGAL_STATE', `${OPEN_PROPOSALS_MAX} proposals of yours wait to be confirmed.`)
      const { described, all } = await checked(tx, given, known)
      const taken = new Set(all.map((organisation) => organisation.code))
      if (code !== undefined && taken.has(code)) throw CODE_TAKEN(code)
      const chosen = code ?? codeFor(described.type, described.short_name, (one) => taken.has(one))
      const inserted = { ...described, code: chosen, active_from: null, active_to: null, successor_of: [], verified: false }
      await repository.insert([{ ...inserted, status: 'UNCONFIRMED' }], today())
      const detail = { ...described, note: note ?? null, distinct_from: given.distinct_from ?? [] }
      return { id: chosen, detail, outcome: () => view(tx, chosen) }
    })
  }

  return {
    /**
     * Reads what a new body is checked against, before the act that begins it; the answer then puts it into the register, confirmed. The
     * transaction is that of an act on the register.
     * @throws Refused where it cannot be described so, or is there already
     */
    async beginning(): Promise<(tx: Transaction, code: string, given: Description, from: string) => Promise<void>> {
      const known = await types()
      return async (tx, code, given, from) => {
        const { described } = await checked(tx, given, known, '/organisation')
        const begun = { ...described, code, active_from: from, active_to: null, successor_of: [], verified: false }
        await partiesRepository(tx).insert([begun], today())
      }
    },
    propose,
    /** The code of a body that is proposed, or was by the same organisation in the same words and still waits. Refused as `propose`. */
    async proposeOnce(call: Call, proposal: OrganisationProposal): Promise<Result<string, Refusal>> {
      const proposed = await propose(call, proposal)
      if (proposed.ok) return ok(proposed.value.outcome.code)
      if (proposed.refusal.code !== 'CONFLICT') return proposed
      const { described } = describe(proposal.organisation, await types())
      return withTransactionAs(db, { kind: 'system' }, async (tx) => {
        const repository = partiesRepository(tx)
        const same = (await repository.read()).filter((known) => known.status === 'UNCONFIRMED' && isDescribed(known, described))
        for (const { code } of same) if ((await repository.proposer(code))?.org === call.principal.org) return ok(code)
        return proposed
      })
    },

    /**
     * Describes a body anew: one that waits, by whoever proposed it or a register administrator; a confirmed one by an
     * administrator, who may change everything, and by its own people, who may change what else it is called.
     */
    async describe(call: Call, code: string, given: Description): Promise<CommandResult<RegisteredOrganisation>> {
      const known = await types()
      return acts.perform(
        { ...call, kind: 'ORGANISATION', code, act: 'describe', event: 'organisation.described' },
        async ({ tx, principal }) => {
          const repository = partiesRepository(tx)
          const all = await repository.read()
          const before = all.find((organisation) => organisation.code === code)
          if (!before) throw new Error(`organisation ${code} was locked and cannot be read`)
          const { described, faults } = describe(given, known, before)
          const changed = Object.keys(described).filter(
            (name) => JSON.stringify(before[name as keyof typeof before]) !== JSON.stringify(described[name as keyof typeof described]),
          )
          if (before.status === 'MERGED') throw refused('ILLEGAL_STATE', `${code} was merged into ${before.merged_into}.`)
          if (!(await mayDescribe(tx, principal, before, changed)))
            throw refused(
              'FORBIDDEN',
              'A register administrator describes it; its own officers say what else it is called; whoever proposed it, until it is confirmed.',
            )
          refuseIf('UNPROCESSABLE', 'The body cannot be described like this.', faults)
          refuseIf(
            'CONFLICT',
            'Another body is known by this.',
            namesakeFaults(described, given.distinct_from ?? [], all, finder(all), code),
          )
          await repository.update(code, described)
          const after = await view(tx, code)
          return {
            id: code,
            detail: { changed: Object.fromEntries(changed.map((name) => [name, described[name as keyof typeof described]])) },
            changed: concernsDecisions(before, after) ? [after] : [],
            outcome: after,
          }
        },
      )
    },

    /**
     * Confirms that a body is what it is said to be. From the reply on every decision knows it.
     * Refused to whoever proposed it, and where it is confirmed or merged.
     */
    confirm: (call: Call, code: string, { reason, ...standing }: Confirmation): Promise<CommandResult<RegisteredOrganisation>> =>
      acts.perform({ ...call, kind: 'ORGANISATION', code, act: 'confirm', event: 'organisation.confirmed' }, async ({ tx, principal }) => {
        const repository = partiesRepository(tx)
        const before = await view(tx, code)
        if (before.status !== 'UNCONFIRMED') throw refused('ILLEGAL_STATE', `${code} is ${before.status} already.`)
        const proposer = await repository.proposer(code)
        if (proposer && isSamePerson(proposer, principal))
          throw refused('FORBIDDEN', 'Whoever proposed a body does not confirm it.', [
            { pointer: '', detail: 'Another administrator does.', code: 'SD-1' },
          ])
        await repository.update(code, { ...standing, status: 'CONFIRMED', verified: true, registered_on: today() })
        const after = await view(tx, code)
        return { id: code, detail: { ...standing, reason }, changed: [after], outcome: () => view(tx, code) }
      }),
  }

  async function mayDescribe(
    tx: Transaction,
    principal: Principal,
    before: RegisteredOrganisation,
    changed: readonly string[],
  ): Promise<boolean> {
    if (permits(principal.roles, 'organisation:confirm')) return true
    if (before.status === 'UNCONFIRMED') return (await partiesRepository(tx).proposer(before.code))?.org === principal.org
    return before.code === principal.org && changed.every((name) => name === 'aliases' || name === 'departments')
  }
}

function refuseIf(code: 'CONFLICT' | 'UNPROCESSABLE', detail: string, errors: readonly Fault[]): void {
  if (errors.length > 0) throw refused(code, detail, errors)
}
