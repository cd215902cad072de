import { type Identity, servicePrincipal } from '../identity/principal.ts'
import type { Transaction } from '../platform/database/database.ts'
import { readingAs } from '../platform/database/reader.ts'
import { refused } from '../platform/kernel/refusal.ts'
import { act, actorOf, begin, type Changed, change, type DeputisesFor, serviceActor } from './acting.service.ts'
import { deputations } from './model/allowed.ts'
import type { SignOffCommand } from './model/commands.ts'
import { decide, start } from './model/decide.ts'
import type { SignOffEvent, StepName } from './model/events.ts'
import { type Fact, holds, type Route, routeKey } from './model/route.ts'
import {
  chainOf,
  isOpenChain,
  type Person,
  type Requester,
  routeOf,
  type SignedContent,
  type SignOff,
  type Subject,
  stepOf,
} from './model/sign-off.ts'
import { type ReactionsOptions, reactions } from './reactions.service.ts'
import { routesRepository } from './store/routes.repository.ts'
import { type StoredSignOff, signOffsRepository } from './store/sign-offs.repository.ts'
import type { ActingOn } from './subject-room.service.ts'

/** A party as the room of the subject names it; `route`: the code of a route for its own chain, where it is not the main one. */
export interface AskedParty {
  readonly org: string
  readonly facts: readonly Fact[]
  readonly requesters: readonly Requester[]
  readonly route?: string | null
}

/** What a room asks to be signed off. */
export interface AskedSignOff {
  readonly subject: Subject
  readonly keeper: string
  readonly facts: readonly Fact[]
  readonly parties: readonly AskedParty[]
  /** Code of the route; absent: STANDARD. */
  readonly route?: string | undefined
  readonly signingOrder?: readonly string[] | null
  /** Versions whose sign-off this one takes the place of, besides one of the same version; absent: all that are at work. */
  readonly replaces?: readonly number[]
  /** Parties that sign by what they signed of an earlier content. */
  readonly carried?: ReadonlyMap<string, SignedContent>
}

/** What came of opening a sign-off. */
export interface OpenedSignOff {
  readonly id: string
  /** Key of its route. */
  readonly route: string
  /** Parties whose steps before the signature are still to be done. */
  readonly awaits: readonly string[]
  /** Steps that were done on an earlier content and hold no longer. */
  readonly voids: readonly StepName[]
}

/** Names a subject, or one version of it. */
export interface SubjectName {
  readonly type: string
  readonly id: string
  readonly version?: number
}

/** A person that no longer holds some roles in an organisation. */
export interface RoleEnded {
  readonly person: Identity
  readonly org: string
  readonly roles: readonly string[]
}

/** What follows in a sign-off from an act on its subject. */
export type RoomCommand = Extract<SignOffCommand, { type: 'hold' | 'release_hold' | 'leave' | 'object' | 'withdraw' | 'supersede' }>

const DEFAULT_ROUTE = 'STANDARD'
const UNDONE: readonly SignOff['status'][] = ['OPEN', 'HELD']

export interface WorkflowOptions extends ReactionsOptions {
  readonly deputisesFor: DeputisesFor
}

export type WorkflowService = ReturnType<typeof workflowService>

/**
 * Sign-off, for the rooms of its subjects: everything joins the caller's transaction, which has locked the subject. What a
 * person does to a sign-off by itself: `sign-offs.service.ts`.
 */
export function workflowService({ deputisesFor, ...reacting }: WorkflowOptions) {
  const { rooms } = reacting
  const { react } = reactions(reacting)
  const asSystem = <T>(tx: Transaction, work: () => Promise<T>) => readingAs(tx, { kind: 'system' }, work)

  async function locked(tx: Transaction, found: StoredSignOff): Promise<SignOff> {
    await signOffsRepository(tx).lock(found.id)
    return signOffsRepository(tx).state(found.id)
  }

  /** A command of the service on a sign-off; null where its state does not let it happen. */
  async function follow(tx: Transaction, found: StoredSignOff, command: SignOffCommand, acting: ActingOn): Promise<Changed | null> {
    const signOff = await locked(tx, found)
    const decided = decide(command, signOff, { actor: serviceActor(signOff.keeper), now: acting.at })
    if (!decided.ok) return null
    const changed = await change(tx, signOff, decided.value, false)
    await react(tx, changed, acting)
    return changed
  }

  async function chosen(tx: Transaction, { route: code = DEFAULT_ROUTE, facts, parties }: AskedSignOff) {
    const codes = [...new Set([code, ...parties.flatMap(({ route }) => route ?? [])])]
    const written = await routesRepository(tx).newest(
      codes,
      parties.map(({ org }) => org),
    )
    const routes = written.map(({ written_at: _at, ...route }): Route => route)
    const find = (owner: string | null, wanted: string) => routes.find((route) => route.owner === owner && route.code === wanted)
    const main = find(null, code)
    if (!main) throw unprocessable('ROUTE', `There is no route ${code}.`)
    mustFit(main, new Set(facts))
    const own = parties.map((party) => {
      const wanted = party.route ?? code
      const known = new Set([...facts, ...party.facts])
      const ownRoute = find(party.org, wanted)
      // Where the condition of its own route does not hold its people approve by the shared one: it says of whom that is asked, and holds up nobody else.
      const route = ownRoute && holds(ownRoute.when, known) ? ownRoute : (find(null, wanted) ?? ownRoute)
      if (!route) throw unprocessable('ROUTE', `There is no route ${wanted} for ${party.org}.`)
      if (route !== main) mustFit(route, known)
      return { party, route }
    })
    return { main, own }
  }

  return {
    /**
     * Opens a sign-off of a subject, in place of the one of the same subject that is still at work.
     * @throws Refused 422 where there is no such route, or it is not meant for what is known of the subject
     */
    open: (tx: Transaction, asked: AskedSignOff, acting: ActingOn): Promise<OpenedSignOff> =>
      asSystem(tx, async () => {
        const { subject, keeper, facts, signingOrder = null, replaces, carried = new Map() } = asked
        const { main, own } = await chosen(tx, asked)
        const voids: StepName[] = []
        for (const found of await signOffsRepository(tx).ofSubject({ type: subject.type, id: subject.id })) {
          const { version } = found.subject
          const isMeant = version === subject.version || replaces === undefined || replaces.includes(version)
          if (!isMeant || !(UNDONE.includes(found.status) || (version === subject.version && found.status === 'COMPLETE'))) continue
          const replaced = await follow(tx, found, { type: 'supersede', reason: 'Another content is signed off.' }, acting)
          for (const event of replaced?.events ?? []) if (event.type === 'ENDED') voids.push(...event.voids)
        }
        const parties = own.map(({ party: { org, facts, requesters }, route }) => ({ org, facts, requesters, route: routeKey(route) }))
        const routes = [...new Set([main, ...own.map(({ route }) => route)])]
        const command = { type: 'start', id: acting.newId(), subject, keeper, facts, routes, parties, signingOrder, carried } as const
        const signOff = await begin(tx, start(command, { actor: acting.principal, now: acting.at }))
        const awaits = signOff.chains.flatMap((chain) =>
          chain.org === null || chain.status === 'READY' || !isOpenChain(chain) ? [] : [chain.org],
        )
        return { id: signOff.id, route: signOff.route, awaits, voids }
      }),

    /**
     * Signs for the caller's party, as part of the room's own act. Null: this content is not signed off here.
     * @throws Refused with the rule that stands in the way
     */
    sign: (
      tx: Transaction,
      subject: Pick<Subject, 'type' | 'id' | 'version'>,
      hash: string,
      acting: ActingOn,
    ): Promise<{ readonly signOff: string; readonly deputyFor: Person | null } | null> =>
      asSystem(tx, async () => {
        const [found] = await signOffsRepository(tx).ofSubject(subject)
        if (!found) return null
        const { org } = acting.principal
        const by = { actor: await actorOf(tx, acting, deputisesFor), at: acting.at }
        const changed = await act(tx, await locked(tx, found), { type: 'sign', org, hash }, by, false)
        await react(tx, changed, acting)
        return { signOff: found.id, deputyFor: chainOf(changed.signOff, org)?.signed?.deputyFor ?? null }
      }),

    /** A command of a person, as a part of something greater that is recorded as a whole; nobody is told. @throws Refused as the command is */
    act: (tx: Transaction, subject: Required<SubjectName>, command: SignOffCommand, acting: ActingOn): Promise<void> =>
      asSystem(tx, async () => {
        const [found] = await signOffsRepository(tx).ofSubject(subject)
        if (!found) throw new RangeError(`there is no sign-off of ${subject.type} ${subject.id}`)
        await act(tx, await locked(tx, found), command, { actor: await actorOf(tx, acting, deputisesFor), at: acting.at }, false)
      }),

    /** Whether the signature of the caller's party was handed to them, on whatever days: whether these are the days `sign` says. */
    isDeputyToSign: (tx: Transaction, subject: Pick<Subject, 'type' | 'id' | 'version'>, acting: ActingOn): Promise<boolean> =>
      asSystem(tx, async () => {
        const [found] = await signOffsRepository(tx).ofSubject(subject)
        const signOff = found && (await signOffsRepository(tx).state(found.id))
        const chain = signOff && chainOf(signOff, acting.principal.org)
        if (!chain) return false
        const actor = await actorOf(tx, acting, deputisesFor)
        const definition = routeOf(signOff, chain).steps.find(({ kind }) => kind === 'SIGNATURE')
        const tasks = (definition && stepOf(chain, definition.id)?.tasks) ?? []
        return definition !== undefined && tasks.some((task) => deputations({ task, definition }, actor).length > 0)
      }),

    /** What follows from an act on the subject, in the sign-offs of it, or of one version, that this can still happen to. */
    onSubject: (tx: Transaction, subject: SubjectName, command: RoomCommand, acting: ActingOn): Promise<void> =>
      asSystem(tx, async () => {
        const found = await signOffsRepository(tx).ofSubject(subject)
        const meant = subject.version === undefined ? found.filter(({ status }) => UNDONE.includes(status)) : found.slice(0, 1)
        for (const one of meant) await follow(tx, one, command, acting)
      }),

    /**
     * Adds a party to the sign-off of one version, by its own route of that code or everybody's.
     * @throws Refused 409 where it takes part already or the sign-off has ended
     */
    join: (
      tx: Transaction,
      subject: Required<SubjectName>,
      party: AskedParty,
      acting: ActingOn,
    ): Promise<{ readonly id: string; readonly awaits: boolean } | null> =>
      asSystem(tx, async () => {
        const [found] = await signOffsRepository(tx).ofSubject(subject)
        if (!found) return null
        const signOff = await locked(tx, found)
        const main = signOff.routes[signOff.route]
        const { own } = await chosen(tx, { ...signOff, route: main?.code, parties: [party] })
        // Whoever goes by everybody's route goes by the version that the sign-off began with.
        const route = own[0]?.route.owner === null && !party.route ? main : own[0]?.route
        if (!route) throw new RangeError('a party joins by a route')
        const joining = { org: party.org, facts: party.facts, requesters: party.requesters, route: routeKey(route) }
        const by = { actor: serviceActor(signOff.keeper), at: acting.at }
        const changed = await act(tx, signOff, { type: 'join', party: joining, route }, by, false)
        await react(tx, changed, acting)
        const chain = chainOf(changed.signOff, party.org)
        return { id: found.id, awaits: chain !== undefined && chain.status !== 'READY' && isOpenChain(chain) }
      }),

    /** Organisations that take part, or took part, in the sign-off of one version; none where it is not signed off here. */
    partiesOf: (tx: Transaction, subject: Required<SubjectName>): Promise<string[]> =>
      asSystem(tx, async () => {
        const [found] = await signOffsRepository(tx).ofSubject(subject)
        const chains = found ? (await signOffsRepository(tx).state(found.id)).chains : []
        return chains.flatMap(({ org }) => org ?? [])
      }),

    /**
     * Gives back to everybody of the role what a person has whose role ended, in every sign-off. Joins a transaction that has locked no
     * subject yet: they are locked here, in one order.
     */
    roleEnded: (tx: Transaction, { person, org, roles }: RoleEnded, acting: ActingOn): Promise<void> =>
      asSystem(tx, async () => {
        for (const found of await signOffsRepository(tx).heldBy(person, org, roles)) {
          const known = await rooms[found.subject.type]?.lock(tx, found.subject.id, servicePrincipal(org), acting.at)
          if (known) await follow(tx, found, { type: 'role_ended', person, org, roles }, acting)
        }
      }),

    /** Sign-offs in which a person has something of these roles to do. */
    heldBy: async (tx: Transaction, { person, org, roles }: RoleEnded): Promise<string[]> =>
      (await signOffsRepository(tx).heldBy(person, org, roles)).map(({ id }) => id),

    /** The sign-offs of a subject that are at work, of whichever version, with everything in them. */
    atWork: (tx: Transaction, subject: SubjectName): Promise<SignOff[]> =>
      asSystem(tx, async () => {
        const found = (await signOffsRepository(tx).ofSubject(subject)).filter(({ status }) => UNDONE.includes(status))
        const states: SignOff[] = []
        for (const { id } of found) states.push(await signOffsRepository(tx).state(id))
        return states
      }),

    /** Subjects of a type whose sign-off is at work, by id. */
    subjectsAtWork: (tx: Transaction, type: string): Promise<string[]> =>
      asSystem(tx, () => signOffsRepository(tx).subjectsOf(type, UNDONE)),

    /** What happened in the sign-off of one version of a subject, as far as this transaction's reader may read it. */
    eventsKnown: async (tx: Transaction, subject: Required<SubjectName>): Promise<SignOffEvent[]> => {
      const [found] = await signOffsRepository(tx).ofSubject(subject)
      return found ? signOffsRepository(tx).events(found.id) : []
    },

    /** The sign-off of one version of a subject, with everything in it. */
    of: (tx: Transaction, subject: Required<SubjectName>): Promise<SignOff | undefined> =>
      asSystem(tx, async () => {
        const [found] = await signOffsRepository(tx).ofSubject(subject)
        return found && signOffsRepository(tx).state(found.id)
      }),
  }
}

function mustFit(route: Route, facts: ReadonlySet<Fact>): void {
  if (!holds(route.when, facts)) throw unprocessable('ROUTE', `The route ${route.code} is not for this: ${route.purpose}`)
}

function unprocessable(rule: string, detail: string) {
  return refused('UNPROCESSABLE', detail, [{ pointer: '/route', detail, code: rule }])
}
