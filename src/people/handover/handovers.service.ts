import type { Call, CommandResult, RunningCommand } from '../../commands/command.ts'
import type { CommandsService, SubjectKind, WorkDone } from '../../commands/commands.service.ts'
import { permits } from '../../identity/permissions.ts'
import type { Identity, Principal } from '../../identity/principal.ts'
import type { PartiesService } from '../../parties/parties.service.ts'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { readingAs, withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { addDays, type Day, londonDay, londonMidnight } from '../../platform/kernel/london-day.ts'
import { orThrow, type Refusal, refusal, refused } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import { deputiesRepository } from '../deputies.repository.ts'
import type { DeputiesService } from '../deputies.service.ts'
import type { DeputisedRole, Deputy } from '../deputy.ts'
import type { HeldRole, Person } from '../held-role.ts'
import { heldRolesRepository } from '../held-roles.repository.ts'
import { rolesNeededBy } from '../needed-roles.ts'
import { mayKeepFor, mayReadOf, type PeopleService } from '../people.service.ts'
import {
  type AskedHandover,
  type Handover,
  type HandoverPlan,
  personKey,
  type RequestInHand,
  type StepInHand,
  successorsOf,
  type TakesOver,
} from './handover.ts'
import type { HandoverRoom } from './handover-room.service.ts'
import { handoversRepository } from './handovers.repository.ts'
import { dayAfter, gapsPossible, type Known, planRoles, takesOverBy } from './planning.ts'

export interface HandoversOptions {
  readonly db: Database
  readonly clock: Clock
  readonly commands: CommandsService
  readonly parties: PartiesService
  readonly people: Pick<PeopleService, 'record' | 'end'>
  readonly deputies: Pick<DeputiesService, 'name' | 'end'>
  /** Whose tokens this service trusts: the issuer of a person of whom none is named. */
  readonly issuer: string
  /** Whether roles that an issuer claims count: then not all that its people hold is recorded here. */
  readonly isAuthoritative: (issuer: string) => boolean
  readonly steps: HandoverRoom<StepInHand>
  readonly requests: HandoverRoom<RequestInHand>
  /** What ends by itself, and what stays theirs. */
  readonly others: (tx: Transaction, org: string, person: Identity, now: string) => Promise<Pick<HandoverPlan, 'ends' | 'stays'>>
  /** Asks to be told at an instant, ISO 8601, of a handover whose day is over. */
  readonly awaitInstant: (tx: Transaction, id: string, dueAt: string) => Promise<void>
}

interface PersonNamed {
  readonly issuer?: string | undefined
  readonly subject: string
}

/** What is asked over the API. */
export interface HandoverBody {
  readonly person: PersonNamed
  readonly last_day?: Day | null | undefined
  readonly successor?: PersonNamed | null | undefined
  readonly for_roles?:
    | readonly { readonly role: AskedHandover['for_roles'][number]['role']; readonly person: PersonNamed | null }[]
    | undefined
}

/** What somebody took up while it was recorded that they left now is looked for once more. */
const LATER_MS = 60_000

/** The room of timers that say that the last day of somebody who leaves is over. */
export const HANDOVERS = 'handover'

export type HandoversService = ReturnType<typeof handoversService>

/** Somebody leaves an organisation: everything that names them is listed, and passed on in one act. */
export function handoversService(options: HandoversOptions) {
  const { db, clock, commands, parties, people, deputies, issuer, isAuthoritative, steps, requests, others, awaitInstant } = options
  const kind: SubjectKind<Handover, WorkDone<Handover>> = {
    type: 'handover',
    unknown: 'There is no such handover here.',
    readerFor: () => ({ kind: 'system' }),
    lock: async () => undefined,
    admit: (tx, { org }) => parties.mustBeConfirmed(tx, org),
    write: async () => '1',
    publish: async () => undefined,
    record: ({ id, done, now }) => ({ payload: { at: now, handover: id, detail: done.detail } }),
    known: async () => undefined,
  }
  const todayOf = (now: string) => londonDay(Date.parse(now))
  const mayBeClaimed = ({ issuer: of }: Person) => isAuthoritative(of)
  const personOf = (named: PersonNamed): Person => ({ issuer: named.issuer ?? issuer, subject: named.subject })
  const asked = ({ person, last_day = null, successor = null, for_roles = [] }: HandoverBody): AskedHandover => ({
    ...{ person: personOf(person), last_day, successor: successor && personOf(successor) },
    for_roles: for_roles.map(({ role, person: one }) => ({ role, person: one && personOf(one) })),
  })

  /** Everything that names somebody, and what would become of each; the transaction reads as the system. */
  async function planned(tx: Transaction, principal: Principal, org: string, handover: AskedHandover, now: string) {
    const repository = handoversRepository(tx)
    const today = todayOf(now)
    const found: Deputy[] = []
    for (const id of await repository.deputiesOf(handover.person, org, today)) {
      const one = await deputiesRepository(tx).lock(id)
      if (one) found.push(one.deputy)
    }
    const theirs = new Map<string, readonly HeldRole[]>()
    for (const one of [...successorsOf(handover), ...found.map(({ deputy }) => deputy)])
      if (!theirs.has(personKey(one))) theirs.set(personKey(one), await repository.heldFrom(one, org, today))
    const known: Known = {
      ...{ now, today, held: await repository.heldFrom(handover.person, org, today), theirs, deputies: found },
      ...{ givesAnyRole: permits(principal.roles, 'role:keep_any'), actor: { issuer: principal.issuer, subject: principal.sub } },
      mayBeClaimed,
    }
    const rolesPlanned = planRoles(handover, known)
    const takesOver = takesOverBy(handover, { after: rolesPlanned.after, day: dayAfter(handover, today), mayBeClaimed })
    const person = identityOf(handover.person)
    const [body] = await parties.read(tx, [org])
    const gaps: HandoverPlan['gaps'][number][] = []
    for (const one of body ? gapsPossible(rolesPlanned, rolesNeededBy(body), today) : [])
      if (!(await repository.heldByOthers(handover.person, org, one.from)).includes(one.role)) gaps.push(one)
    const plan: HandoverPlan = {
      ...{ roles: rolesPlanned.roles, deputies: rolesPlanned.deputies, refusals: rolesPlanned.refusals, gaps },
      ...{ steps: await steps.inHands(tx, org, person, takesOver), requests: await requests.inHands(tx, org, person, takesOver) },
      ...{ unseen: { steps: 0, requests: 0 }, ...(await others(tx, org, person, now)) },
    }
    return { plan, takesOver }
  }

  /** Ends the roles of the leaver and gives them to whoever takes over. */
  async function passRoles(call: Call, org: string, { person, reason, plan }: Handover): Promise<void> {
    const held = plan.roles.filter(({ last_day, to }) => last_day === null || last_day !== to)
    for (const { id, last_day } of held) orThrow(await people.end(call, org, id, { last_day, reason }, true))
    for (const { role, passes_to, first_day, until } of plan.roles)
      if (passes_to && first_day)
        orThrow(
          await people.record(call, org, {
            person: passes_to,
            role: role as never,
            from: first_day,
            to: until,
            reason: `Takes over from ${person.subject}: ${reason}`.slice(0, 2000),
          }),
        )
  }

  /** Deputies keep what they are: each ends, and is named anew for the days until the leaver leaves, and with the successor for those after. */
  async function passDeputies(call: Call, org: string, handover: Handover, today: Day): Promise<void> {
    const { last_day, person, reason, plan } = handover
    const from = dayAfter(handover, today)
    for (const { id, role, first, last, passes_to, first_day, ...one } of plan.deputies) {
      if (last < from) continue
      orThrow(await deputies.end(call, org, id, { reason }))
      const named = { role: role as DeputisedRole, reason }
      const begins = first > today ? first : today
      if (last_day !== null && begins <= last_day)
        orThrow(await deputies.name(call, org, { ...named, person: one.person, deputy: one.deputy, first: begins, last: last_day }))
      if (!passes_to || !first_day) continue
      const isDeputy = personKey(one.deputy) === personKey(person)
      const next = isDeputy ? { person: one.person, deputy: passes_to } : { person: passes_to, deputy: one.deputy }
      orThrow(await deputies.name(call, org, { ...named, ...next, first: first_day, last }))
    }
  }

  /** What is in the hands of whoever left: in other rooms. */
  async function passOn(
    { org, person: { issuer, subject: sub } }: Pick<Handover, 'org' | 'person'>,
    takesOver: TakesOver,
    reading: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>,
    within?: RunningCommand,
  ): Promise<void> {
    const left = { org, person: { issuer, sub }, ...(within ? { within } : {}) }
    for (const room of [steps, requests])
      for (const id of await reading((tx) => room.allInHands(tx, org, left.person))) await room.passOn(id, left, takesOver)
  }

  return {
    /** Everything that names somebody, and what would become of it; changes nothing. */
    preview: (principal: Principal, org: string, body: HandoverBody): Promise<Result<HandoverPlan, Refusal>> =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        if (!mayReadOf(principal, org) || (await parties.read(tx, [org])).length === 0)
          return refuse(refusal('NOT_FOUND', 'There are no roles here that you may see.'))
        if (!mayKeepFor(principal, org)) return refuse(refusal('FORBIDDEN', MAY_NOT))
        const { plan } = await planned(tx, principal, org, asked(body), clock().toISOString())
        return ok(visibleTo(principal, org, plan))
      }),

    /** Passes on everything that names somebody, in one act: whole, or not at all. */
    handOver: (
      call: Call,
      org: string,
      { reason, ...body }: HandoverBody & { readonly reason: string },
    ): Promise<CommandResult<Handover>> =>
      commands.create<Handover, WorkDone<Handover>>(
        kind as never,
        { ...call, act: 'hand_over', event: 'handover.recorded' },
        async ({ tx, principal, now, newId }) => {
          const handover = asked(body)
          if ((await parties.read(tx, [org])).length === 0 || !mayReadOf(principal, org))
            throw refused('NOT_FOUND', 'There is no organisation here whose people you may hand over.')
          if (!mayKeepFor(principal, org)) throw refused('FORBIDDEN', MAY_NOT)
          const ids = await lockAll(tx, [handover.person, ...successorsOf(handover)], newId)
          const repository = handoversRepository(tx)
          const earlier = await repository.awaited(handover.person, org)
          if (earlier)
            throw refused('CONFLICT', `It is handed over already${earlier.last_day ? `, with ${earlier.last_day} as the last day` : ''}.`)
          const { plan, takesOver } = await planned(tx, principal, org, handover, now)
          const [no] = plan.refusals
          if (no)
            throw refused(
              'UNPROCESSABLE',
              no.detail,
              plan.refusals.map(({ pointer, detail, code }) => ({ pointer, detail, ...(code === null ? {} : { code }) })),
            )
          if (isEmpty(plan)) throw refused('ILLEGAL_STATE', 'Nothing here names this person: there is nothing to pass on.')
          const isNow = handover.last_day === null
          const done: Handover = { id: newId(), org, ...handover, reason, recorded_at: now, passed_on_at: isNow ? now : null, plan }
          const within = { principal, idempotency: null, within: { tx, now } }
          await passRoles(within, org, done)
          await passDeputies(within, org, done, todayOf(now))
          await repository.insert(done, ids.get(personKey(handover.person)) ?? '')
          if (isNow) await passOn(done, takesOver, (work) => work(tx), within.within)
          const dueAt = handover.last_day === null ? Date.parse(now) + LATER_MS : londonMidnight(addDays(handover.last_day, 1))
          await awaitInstant(tx, done.id, new Date(dueAt).toISOString())
          const { last_day, successor, for_roles, person } = handover
          return {
            id: done.id,
            detail: { org, person, last_day, successor, for_roles, reason, plan },
            outcome: { ...done, plan: visibleTo(principal, org, plan) },
          }
        },
      ),

    /** A handover as it was recorded. */
    read: (principal: Principal, org: string, id: string): Promise<CommandResult<Handover>> =>
      withTransactionAs(db, { kind: 'system' }, async (tx) => {
        const found = await handoversRepository(tx).find(id)
        if (!found || found.org !== org || !mayReadOf(principal, org)) return refuse(refusal('NOT_FOUND', kind.unknown))
        return ok({ outcome: { ...found, plan: visibleTo(principal, org, found.plan) }, version: '1' })
      }),

    /** Whether what somebody has when a role of theirs ends on a day is handed over then. Joins the transaction. */
    isAwaited: async (tx: Transaction, person: Person, org: string, last: Day): Promise<boolean> =>
      readingAs(tx, { kind: 'system' }, async () => (await handoversRepository(tx).awaited(person, org))?.last_day === last),

    /** Passes on what is in the hands of whoever has left, once their day is over; each thing is one leaf. Doing it again finds nothing. */
    async fire(
      { subjectId: id }: { readonly subjectId: string },
      fired: (tx: Transaction, at: string) => Promise<boolean>,
      at: Date,
    ): Promise<void> {
      const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, { kind: 'system' }, work)
      const day = londonDay(at.getTime())
      const found = await asSystem((tx) => handoversRepository(tx).find(id))
      if (found) {
        const after = new Map<string, readonly HeldRole[]>()
        for (const one of successorsOf(found))
          after.set(personKey(one), await asSystem((tx) => handoversRepository(tx).heldFrom(one, found.org, day)))
        await passOn(found, takesOverBy(found, { after, day, mayBeClaimed }), asSystem)
      }
      await asSystem(async (tx) => {
        if ((await fired(tx, at.toISOString())) && found?.passed_on_at === null)
          await handoversRepository(tx).passedOn(id, at.toISOString())
      })
    },
  }
}

const MAY_NOT = 'Who leaves, and who takes over, is said by a SIRO of the organisation, or by a register administrator.'

/** Locked in one order whoever hands over whom; by `personKey`. */
async function lockAll(tx: Transaction, persons: readonly Person[], newId: () => string): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  for (const person of persons.toSorted((a, b) => (personKey(a) < personKey(b) ? -1 : 1)))
    ids.set(personKey(person), await heldRolesRepository(tx).lockPerson(person, newId))
  return ids
}

function isEmpty({ roles, deputies, steps, requests }: HandoverPlan): boolean {
  return roles.length + deputies.length + steps.length + requests.length === 0
}

/** Steps and requests are shown to those who may read them: in the own organisation, by their own roles. */
function visibleTo({ org: own, roles }: Principal, org: string, plan: HandoverPlan): HandoverPlan {
  const isTheirs = own === org
  const seesSteps = (isTheirs || permits(roles, 'agreement:audit')) && permits(roles, 'sign_off:read')
  const seesRequests = (isTheirs || permits(roles, 'agreement:audit')) && permits(roles, 'request:read')
  return {
    ...plan,
    steps: seesSteps ? plan.steps : [],
    requests: seesRequests ? plan.requests : [],
    unseen: { steps: seesSteps ? 0 : plan.steps.length, requests: seesRequests ? 0 : plan.requests.length },
  }
}

function identityOf({ issuer, subject }: Person): Identity {
  return { issuer, sub: subject }
}
