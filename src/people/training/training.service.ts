import type { Call, CommandResult } from '../../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import { permits } from '../../identity/permissions.ts'
import { isSamePerson, type Principal } from '../../identity/principal.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import { type Refusal, Refused, refusal, refused } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import { unprocessable } from '../held-role.ts'
import { heldRolesRepository } from '../held-roles.repository.ts'
import { mayKeepFor, mayReadOf } from '../people.service.ts'
import { trainingRepository } from './training.repository.ts'
import { signingRefused, type Training, trainingRefused } from './training.ts'

export interface TrainingOptions {
  readonly db: Database
  readonly clock: Clock
  readonly commands: CommandsService
  readonly parties: PartiesService
  /** Whose tokens this service trusts: the issuer of a person of whom none is named. */
  readonly issuer: string
}

/** Training as it is shown, and whether it counts today. */
export interface TrainingView extends Training {
  readonly counts: boolean
}

/** What somebody completed. */
export interface NewTraining extends Pick<Training, 'course' | 'completed_on' | 'ends_on'> {
  readonly person: { readonly issuer?: string | undefined; readonly subject: string }
  readonly provider?: string | null | undefined
  readonly is_required: boolean
}

/** One page of an organisation's records. */
export interface TrainingPage {
  readonly training: readonly TrainingView[]
  /** `after` of the next page; null: this is the last. */
  readonly next_after: string | null
}

interface TrainingDone extends WorkDone<TrainingView> {
  readonly version: string
}

const PAGE = 100

export type TrainingService = ReturnType<typeof trainingService>

/** Training of the people of an organisation, recorded and withdrawn by whoever keeps its roles; where required training has ended nobody signs. */
export function trainingService({ db, clock, commands, parties, issuer }: TrainingOptions) {
  const kind: SubjectKind<Training, TrainingDone> = {
    type: 'training',
    unknown: 'There is no such training here.',
    // Whose it may be kept for is said below.
    readerFor: () => ({ kind: 'system' }),
    async lock(tx, id, principal) {
      const found = await trainingRepository(tx).lock(id)
      return found && mayKeepFor(principal, found.training.org) ? { state: found.training, version: found.version, actCount: 1 } : undefined
    },
    admit: (tx, { org }) => parties.mustBeConfirmed(tx, org),
    write: async (_tx, { done }) => done.version,
    publish: async () => undefined,
    record: ({ id, done, now }) => ({ payload: { at: now, training: id, detail: done.detail } }),
    async known(tx, id, principal) {
      const found = await trainingRepository(tx).lock(id)
      return found && mayKeepFor(principal, found.training.org) ? { payload: { training: id } } : undefined
    },
  }
  const today = () => londonDay(clock().getTime())
  const shown = (one: Training): TrainingView => ({ ...one, counts: one.withdrawn_at === null && one.ends_on >= today() })

  return {
    /** Records what somebody with a role in the organisation completed. */
    record: (call: Call, org: string, asked: NewTraining): Promise<CommandResult<TrainingView>> =>
      commands.create<TrainingView, TrainingDone>(
        kind as never,
        { ...call, act: 'record', event: 'training.recorded' },
        async ({ tx, principal, now, newId }) => {
          if ((await parties.read(tx, [org])).length === 0) throw refused('NOT_FOUND', 'There is no organisation with this code.')
          if (!mayKeepFor(principal, org))
            throw refused('FORBIDDEN', 'Training is recorded by a SIRO of the organisation, or by a register administrator.')
          await parties.mustBeConfirmed(tx, org)
          const person = { issuer: asked.person.issuer ?? issuer, subject: asked.person.subject }
          const roles = heldRolesRepository(tx)
          notTheirOwn(principal, person)
          const personId = await roles.lockPerson(person, newId)
          if ((await roles.heldBy(personId, org)).length === 0)
            throw new Refused(unprocessable('/person', 'Nobody with this subject has a role in the organisation.'))
          const training: Training = {
            ...{ id: newId(), org, person, course: asked.course.trim(), provider: asked.provider ?? null },
            ...{ completed_on: asked.completed_on, ends_on: asked.ends_on, is_required: asked.is_required },
            ...{ recorded_at: now, withdrawn_at: null, withdraw_reason: null },
          }
          const no = trainingRefused(training, now)
          if (no) throw new Refused(no)
          await trainingRepository(tx).insert(training, personId, principal)
          return { id: training.id, version: '1', detail: { ...training }, outcome: shown(training) }
        },
      ),

    /** Takes a record back that was wrong: it counts no more, and stays on record. */
    withdraw: (call: Call, org: string, id: string, { reason }: { readonly reason: string }): Promise<CommandResult<TrainingView>> =>
      commands.perform<Training, TrainingView, TrainingDone>(
        kind,
        { ...call, id, act: 'withdraw', event: 'training.withdrawn' },
        async ({ tx, state, principal, now }) => {
          if (state.org !== org) throw refused('NOT_FOUND', kind.unknown)
          notTheirOwn(principal, state.person)
          if (state.withdrawn_at !== null) throw refused('ILLEGAL_STATE', 'It was withdrawn already.')
          const version = await trainingRepository(tx).withdraw(id, now, reason, principal)
          const withdrawn = { ...state, withdrawn_at: now, withdraw_reason: reason }
          return { version, detail: { ...withdrawn }, outcome: shown(withdrawn) }
        },
      ),

    /** A page of an organisation's records, in the order in which they were recorded. */
    list: (
      principal: Principal,
      org: string,
      { after = null }: { readonly after?: string | null | undefined },
    ): Promise<Result<TrainingPage, Refusal>> =>
      withTransactionAs(
        db,
        permits(principal.roles, 'role:read_any') ? { kind: 'auditor' } : { kind: 'party', org: principal.org },
        async (tx) => {
          if (!mayReadOf(principal, org) || (await parties.read(tx, [org])).length === 0)
            return refuse(refusal('NOT_FOUND', 'There is no training here that you may see.'))
          const found = await trainingRepository(tx).of(org, { after, limit: PAGE + 1 })
          const page = found.slice(0, PAGE)
          return ok({ training: page.map(shown), next_after: found.length > PAGE ? (page.at(-1)?.id ?? null) : null })
        },
      ),

    /** What is recorded of oneself in the organisation that one acts for. */
    own: (principal: Principal): Promise<readonly TrainingView[]> =>
      withTransactionAs(db, { kind: 'party', org: principal.org }, async (tx) =>
        (await trainingRepository(tx).ofPerson(principal, principal.org)).map(shown),
      ),
  }
}

/** What somebody signs by is said by another person, as the roles are. @throws Refused where it is their own training */
function notTheirOwn(principal: Principal, { issuer, subject }: Training['person']): void {
  if (isSamePerson(principal, { issuer, sub: subject }))
    throw refused('FORBIDDEN', 'Nobody records or withdraws training of their own: another SIRO, or a register administrator, does.')
}

/** Why somebody signs nothing for their organisation on a London day; undefined: no training of theirs that is required has ended. */
export async function signingRefusedOn(tx: Transaction, principal: Principal, day: Day): Promise<Refusal | undefined> {
  return signingRefused(await trainingRepository(tx).ofPerson(principal, principal.org), day)
}
