import type { Role } from '../../identity/permissions.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import { refused } from '../../platform/kernel/refusal.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import type { StepName } from '../../workflow/model/events.ts'
import { type Fact, routeStep } from '../../workflow/model/route.ts'
import { type Person, type Requester, routeOf, type SignedContent, type SignOff } from '../../workflow/model/sign-off.ts'
import type { ActingOn } from '../../workflow/subject-room.service.ts'
import type { RoomCommand, WorkflowService } from '../../workflow/workflow.service.ts'
import type { ActContext } from '../acting.service.ts'
import type { AgreementVersion, Party } from '../agreement.ts'
import { signOffFacts } from '../model/sign-off-facts.ts'
import { standingVersions } from '../model/standing.ts'
import { approvalsRepository } from '../store/approvals.repository.ts'
import { signaturesRepository } from '../store/signatures.repository.ts'

export interface ChainsOptions {
  readonly workflow: WorkflowService
  /** The code lists in force. */
  readonly codes: () => CodeLists
  /** Of these organisations those that ALL_SIGNED_BOROUGHS stands for. */
  readonly boroughs: (tx: Transaction, orgs: readonly string[]) => Promise<ReadonlySet<string>>
  /** Who asked for the share that the agreement is about, or for joining it. */
  readonly askers: (tx: Transaction, agreement: string) => Promise<readonly Requester[]>
}

/** How a frozen text is to be signed off. */
export interface AskedRoute {
  /** Code of the route; absent: STANDARD. */
  readonly route?: string
  /** Parties in the order in which they sign; absent: in any. */
  readonly signing_order?: readonly string[] | null
  /** Whether a statute sets the deadline, which no text says by itself. */
  readonly statutory_deadline?: boolean
}

/** What came of opening a sign-off. */
export interface OpenedChains {
  readonly signOff: string
  /** Key of the route, for example `STANDARD/1`. */
  readonly route: string
  /** Parties whose own approvals come before their signature. */
  readonly awaits: readonly string[]
  /** Whose people have something to do first, and until when: of the parties whose approvals come before their signature. */
  readonly first: readonly FirstStep[]
  /** Parties that may sign at once. */
  readonly due: readonly string[]
  /** What was approved of a text that this one replaces, and holds no longer. */
  readonly voids: readonly StepName[]
}

/** A step that is open from the beginning. */
export interface FirstStep {
  readonly org: string
  readonly role: Role
  readonly due: Day | null
}

/** What an act on an agreement hands over. */
type ChainContext = Pick<ActContext, 'tx' | 'agreement' | 'principal' | 'at' | 'now' | 'newId'>

/** A frozen version: what is signed off. */
type FrozenVersion = AgreementVersion & { readonly hash: string }

export type ChainsService = ReturnType<typeof chainsService>

/** What acts on an agreement do to the sign-off of its versions, inside their transaction. A version that was recorded elsewhere has none. */
export function chainsService({ workflow, codes, boroughs, askers }: ChainsOptions) {
  const named = ({ agreement }: ChainContext, version?: number) => ({
    ...{ type: 'agreement', id: agreement.id },
    ...(version === undefined ? {} : { version }),
  })

  async function factsOf(context: ChainContext, version: AgreementVersion, orgs: readonly string[], more: Known) {
    const { tx, agreement, principal, at } = context
    const { issuer, sub, org } = principal
    const requesters = [
      ...(await askers(tx, agreement.id)),
      ...(await signaturesRepository(tx).drafters(agreement.id, version.version)),
      ...(more.isFreezing ? [{ issuer, sub, org }] : []),
    ]
    const known = { codes: (more.codes ?? codes()).on(londonDay(at)), at, boroughs: await boroughs(tx, orgs), stated: more.stated ?? [] }
    const parties = [...agreement.parties, ...(more.joining ? [more.joining] : [])]
    return signOffFacts({ ...agreement, parties }, version, orgs, { ...known, requesters })
  }

  return {
    /** Opens the approvals of a version that was frozen now, of these parties, in place of those of the versions that it supersedes. */
    async open(
      context: ChainContext,
      version: FrozenVersion,
      orgs: readonly string[],
      asked: AskedRoute & {
        readonly supersedes: readonly number[]
        /** Parties that sign by what they signed before. */
        readonly carried?: ReadonlyMap<string, SignedContent>
        readonly codes?: CodeLists
      },
    ): Promise<OpenedChains> {
      const { tx, agreement, principal } = context
      const { route, signing_order: signingOrder = null, statutory_deadline, supersedes: replaces, carried = new Map() } = asked
      for (const [index, org] of (signingOrder ?? []).entries()) {
        if (!orgs.includes(org)) throw no(`/signing_order/${index}`, `${org} takes no part in this text.`)
      }
      const stated: readonly Fact[] = statutory_deadline ? ['STATUTORY_DEADLINE'] : []
      const { facts, parties } = await factsOf(context, version, orgs, { stated, isFreezing: true, codes: asked.codes ?? codes() })
      const subject = { type: 'agreement', id: agreement.id, version: version.version, hash: version.hash }
      const opened = await workflow.open(
        tx,
        { subject, keeper: principal.org, facts, parties, signingOrder, replaces, carried, ...(route === undefined ? {} : { route }) },
        actingOf(context),
      )
      await approvalsRepository(tx).await(agreement.id, version.version, opened.awaits)
      const signOff = await workflow.of(tx, subject)
      return {
        signOff: opened.id,
        route: opened.route,
        awaits: opened.awaits,
        first: signOff ? firstSteps(signOff) : [],
        due: signOff ? mayStartSigning(signOff) : [],
        voids: opened.voids,
      }
    },

    /** Whether the caller was to stand in for a signatory of their party, on whatever days: whether these are the days `sign` says. */
    isDeputy: (context: ChainContext, version: number): Promise<boolean> =>
      workflow.isDeputyToSign(context.tx, { ...named(context), version }, actingOf(context)),

    /** Signs in the sign-off; null: this version has none. @throws Refused while the party's approvals are not complete, and before its turn */
    async sign(
      context: ChainContext,
      version: number,
      hash: string,
    ): Promise<{ readonly signOff: string; readonly deputyFor: Person | null } | null> {
      return workflow.sign(context.tx, { ...named(context), version }, hash, actingOf(context))
    },

    /** Opens the approvals of a party that is invited, of every text that it can sign; answers whether any come before its signature. */
    async join(context: ChainContext, party: Party): Promise<boolean> {
      let isAwaited = false
      const { tx, agreement, at } = context
      for (const version of standingVersions(agreement, at)) {
        const { parties } = await factsOf(context, version, [party.org], { joining: party })
        const [joining] = parties
        if (!joining) continue
        const joined = await workflow.join(tx, { ...named(context), version: version.version }, joining, actingOf(context))
        if (!joined?.awaits) continue
        isAwaited = true
        await approvalsRepository(tx).await(agreement.id, version.version, [party.org])
      }
      return isAwaited
    },

    /** What follows in every sign-off of the agreement that is at work, or in those of these versions. */
    async follow(context: ChainContext, command: RoomCommand, versions?: readonly number[]): Promise<void> {
      const subjects = versions ? versions.map((version) => named(context, version)) : [named(context)]
      for (const subject of subjects) await workflow.onSubject(context.tx, subject, command, actingOf(context))
    },
  }
}

/** A party goes, by its own act: its approvals end, or all of them where the agreement ends with it. */
export async function endChains(
  chains: Pick<ChainsService, 'follow'>,
  context: ChainContext,
  {
    org,
    abandons,
    endsAll,
    reason,
  }: { readonly org: string; readonly abandons: readonly number[]; readonly endsAll: boolean; readonly reason: string },
): Promise<void> {
  await chains.follow(context, { type: 'withdraw', reason }, abandons)
  await chains.follow(context, endsAll ? { type: 'withdraw', reason } : { type: 'leave', org, reason })
}

interface Known {
  readonly codes?: CodeLists
  readonly stated?: readonly Fact[]
  readonly joining?: Party
  readonly isFreezing?: boolean
}

/** Whoever acts, without the leaf of the act: it records itself, whatever follows in a sign-off. */
function actingOf({ principal, at, now, newId }: ChainContext): ActingOn {
  return { principal, at, now, newId }
}

/** Parties whose signature is due from the beginning: nothing of their own comes before it. */
function mayStartSigning(signOff: SignOff): string[] {
  return signOff.chains.flatMap((chain) => {
    const isDue = chain.steps.some(({ id, state }) => state === 'OPEN' && routeStep(routeOf(signOff, chain), id).kind === 'SIGNATURE')
    return chain.org !== null && isDue ? [chain.org] : []
  })
}

/** The steps of parties that are open and no signatures. */
function firstSteps(signOff: SignOff): FirstStep[] {
  return signOff.chains.flatMap((chain) =>
    chain.steps.flatMap(({ id, state, due }) => {
      const { kind, role } = routeStep(routeOf(signOff, chain), id)
      return chain.org !== null && state === 'OPEN' && kind !== 'SIGNATURE' ? [{ org: chain.org, role, due }] : []
    }),
  )
}

function no(pointer: string, detail: string) {
  return refused('UNPROCESSABLE', detail, [{ pointer, detail, code: 'UNKNOWN_PARTY' }])
}
