import { ALWAYS, type Instant, type Interval, instantOf, NEVER } from '../../platform/kernel/instant.ts'
import { addDays, type Day, londonMidnight } from '../../platform/kernel/london-day.ts'
import type { ApprovalCondition } from '../../workflow/model/sign-off.ts'
import { type Agreement, type AgreementVersion, type Commencement, type Dpia, isProcessorRole, type Party } from '../agreement.ts'
import { flowSuspensions } from './flow-suspensions.ts'

/**
 * What the lifecycle of an agreement is worked out from, compiled once per change of the agreement: instants are numbers, and
 * each fact holds from an instant to an instant. Nothing here judges by an instant: `standing.ts` and `in-force.ts` do, for the
 * decisions, the state, the lists, the acts and the certificate alike. Pure.
 */
export interface LifecycleFacts<Version extends VersionFacts = VersionFacts> {
  /** The record these facts were compiled from. */
  readonly source: Agreement
  readonly parties: ReadonlyMap<string, PartyFacts>
  /** Versions that stand or stood as frozen texts, earliest `effectiveFrom` first, equal dates by number. */
  readonly approved: readonly Version[]
  /** Intervals in which the whole agreement is suspended. */
  readonly suspensions: readonly Interval[]
  /** NEVER while no end is set, ALWAYS where it ended on a day that nobody stated. */
  readonly terminatedAt: Instant
  readonly reviews: Timeline<ReviewFacts>
  readonly dpia: DpiaFacts
  readonly keepers: Timeline<string | null>
  /** Whether any signature on it is attested: most have none, and nobody looks further. */
  readonly hasAttested: boolean
}

/** Values one after another: the first one whose `until` lies ahead holds. */
export type Timeline<T> = readonly { readonly until: Instant; readonly value: T }[]

export interface PartyFacts {
  readonly isController: boolean
  /** Its part now, or the last one: from the invitation (ALWAYS: named in the text) until it left. */
  readonly joinedAt: Instant
  readonly leftAt: Instant
  /** Whether the last part was an invitation that was taken back: then nothing of it is left. */
  readonly isUninvited: boolean
  readonly earlier: readonly (Interval & { readonly isUninvited: boolean })[]
  readonly suspensions: readonly Interval[]
  /** While the body itself exists. */
  readonly exists: Interval
  /** From when it accepts attested signatures; NEVER: it does not, or that was not looked up. */
  readonly acceptsAttestedAt: Instant
}

export interface VersionFacts {
  readonly version: number
  readonly source: AgreementVersion
  readonly hash: string | null
  readonly effectiveFrom: Day
  /** Last day, included; null: open. */
  readonly effectiveTo: Day | null
  /** It stands from here (ALWAYS: made elsewhere) until it is replaced or given up. */
  readonly frozenAt: Instant
  readonly droppedAt: Instant
  readonly commencement: Commencement
  /** Where all must sign: these, whatever became of them since (CK-2), and until when: an invitation may be taken back, NEVER else. */
  readonly awaits: ReadonlyMap<string, Instant>
  /** First signature of each party on it. */
  readonly signedAt: ReadonlyMap<string, Instant>
  /** Signatures given elsewhere that are attested, and until when nobody disputed them, by party: one that was disputed may be attested anew. */
  readonly attested: ReadonlyMap<string, readonly AttestedFor[]>
  /** When a party's approval chain was complete; NEVER while it is not; absent: complete. */
  readonly approvedAt: ReadonlyMap<string, Instant>
  /** What controllers among the parties set as conditions of their approval; absent: none. */
  readonly conditions: ReadonlyMap<string, readonly ApprovalCondition[]>
  /** Intervals in which a flow is suspended, by its id. */
  readonly flowSuspensions: ReadonlyMap<string, readonly Interval[]>
}

export interface ReviewFacts {
  readonly due: Day | null
  /** Last day on which an overdue review still permits; null when it never denies. */
  readonly lastDay: Day | null
}

export interface DpiaFacts {
  readonly initialState: string
  /** Earliest first. */
  readonly changes: readonly { readonly at: Instant; readonly state: string }[]
  readonly recorded: Timeline<Pick<Dpia, 'required' | 'residual' | 'prior_consultation' | 'review_due'>>
  /** While one recorded elsewhere as approved waits for a second person of an organisation. */
  readonly awaiting: readonly (Interval & { readonly org: string })[]
  /** Of one that is made here: from when each controller has to have accepted it, and when each had (DP-7). Null: none is. */
  readonly accepting: { readonly id: string; readonly since: Instant; readonly by: ReadonlyMap<string, readonly AcceptedFor[]> } | null
}

/** While a signature given elsewhere is attested, and whether its party approved the text there too. */
export interface AttestedFor extends Interval {
  readonly approved: boolean
}

/** While a controller has accepted the risk of a version. */
export interface AcceptedFor extends Interval {
  readonly version: number
}

/** After every day: the first day of a version made elsewhere that states none, so that it governs on no day. */
const NO_DAY: Day = '9999-12-31'

const compiled = new WeakMap<Agreement, LifecycleFacts>()

/** The facts of an agreement; the same record is compiled once. */
export function lifecycleFacts(agreement: Agreement): LifecycleFacts {
  const known = compiled.get(agreement)
  if (known) return known
  const facts = compile(agreement)
  compiled.set(agreement, facts)
  return facts
}

function compile(source: Agreement): LifecycleFacts {
  return {
    source,
    parties: new Map(source.parties.map((party) => [party.org, partyFacts(source, party)])),
    approved: source.versions
      .filter(stoodAsText)
      .map((version) => versionFacts(source, version))
      .sort(byStart),
    suspensions: source.suspensions.filter(({ scope }) => scope === 'AGREEMENT').map(interval),
    // Made elsewhere, and ended on a day that nobody stated: over at every instant.
    terminatedAt: instantOf(source.terminated_at, source.status === 'TERMINATED' ? ALWAYS : NEVER),
    reviews: timeline(
      (source.review_changes ?? []).map(({ at, before }) => ({ until: at, value: reviewFacts(source, before) })),
      reviewFacts(source, source.review_due),
    ),
    dpia: dpiaFacts(source.dpia),
    keepers: timeline(
      (source.keepers ?? []).map(({ at, from }) => ({ until: at, value: from })),
      source.keepers?.at(-1)?.to ?? source.owner_org,
    ),
    hasAttested: source.attested !== undefined && source.attested.length > 0,
  }
}

/** Drafts, and what was dropped without ever standing, are no texts. */
function stoodAsText({ status, frozen_at, dropped_at }: AgreementVersion): boolean {
  if (status === 'APPROVED') return true
  return status !== 'DRAFT' && typeof frozen_at === 'string' && typeof dropped_at === 'string'
}

function partyFacts(agreement: Agreement, party: Party): PartyFacts {
  return {
    isController: !isProcessorRole(party.role),
    joinedAt: instantOf(party.invited_at, ALWAYS),
    leftAt: instantOf(party.left_at),
    isUninvited: party.left_how === 'UNINVITED',
    earlier: (party.earlier ?? []).map((part) => ({
      from: instantOf(part.invited_at, ALWAYS),
      to: instantOf(part.left_at),
      isUninvited: part.left_how === 'UNINVITED',
    })),
    suspensions: agreement.suspensions.filter((held) => held.scope === 'PARTY' && held.party === party.org).map(interval),
    exists: { from: instantOf(party.active_from, ALWAYS), to: instantOf(party.active_to) },
    acceptsAttestedAt: instantOf(party.accepts_attested_since),
  }
}

function versionFacts(agreement: Agreement, version: AgreementVersion): VersionFacts {
  const signedAt = new Map<string, Instant>()
  for (const signature of agreement.signatures) {
    if (signature.version !== version.version) continue
    const at = instantOf(signature.signed_at)
    signedAt.set(signature.org, Math.min(at, signedAt.get(signature.org) ?? at))
  }
  return {
    version: version.version,
    source: version,
    hash: version.hash,
    effectiveFrom: version.effective_from ?? NO_DAY,
    effectiveTo: version.effective_to,
    frozenAt: instantOf(version.frozen_at, ALWAYS),
    droppedAt: instantOf(version.dropped_at),
    commencement: version.terms.commencement,
    awaits: new Map(agreement.parties.flatMap((party) => awaitedUntil(version, party).map((until) => [party.org, until]))),
    signedAt,
    attested: attestedOn(agreement, version),
    approvedAt: new Map(
      agreement.approvals.filter((one) => one.version === version.version).map((one) => [one.org, instantOf(one.complete_at)]),
    ),
    conditions: conditions(agreement, version),
    flowSuspensions: flowSuspensions(agreement, version),
  }
}

const NOTHING_ATTESTED: VersionFacts['attested'] = new Map()

function attestedOn({ attested }: Agreement, { version }: AgreementVersion): VersionFacts['attested'] {
  if (attested === undefined) return NOTHING_ATTESTED
  const by = new Map<string, AttestedFor[]>()
  for (const one of attested)
    if (one.version === version) by.set(one.org, [...(by.get(one.org) ?? []), { ...interval(one), approved: one.approved }])
  return by
}

/** A processor sets none: no permit rests on an approval of its own (CK-16). */
function conditions({ approvals, parties }: Agreement, { version }: AgreementVersion): ReadonlyMap<string, readonly ApprovalCondition[]> {
  const isController = (org: string) => !isProcessorRole(parties.find((party) => party.org === org)?.role)
  const found = approvals.filter((one) => one.version === version && one.conditions !== undefined && isController(one.org))
  return new Map(found.map((one) => [one.org, one.conditions ?? []]))
}

/**
 * Until when the signature of a party that was present when the version was frozen is awaited (CK-2); of a text made elsewhere every
 * party was. None: it was not present.
 */
function awaitedUntil(version: AgreementVersion, party: Party): readonly [] | readonly [Instant] {
  const frozenAt = instantOf(version.frozen_at, ALWAYS)
  const wasIn = (from: Instant, to: Instant) => (from === ALWAYS || from < frozenAt) && frozenAt < to
  const parts = [...(party.earlier ?? []), party]
  const part = frozenAt === ALWAYS ? party : parts.find((one) => wasIn(instantOf(one.invited_at, ALWAYS), instantOf(one.left_at)))
  return part ? [part.left_how === 'UNINVITED' ? instantOf(part.left_at) : NEVER] : []
}

function reviewFacts({ review_policy, review_grace_days }: Agreement, due: Day | null): ReviewFacts {
  return { due, lastDay: review_policy === 'BLOCK_AFTER_GRACE' && due !== null ? addDays(due, review_grace_days) : null }
}

function dpiaFacts({ status, status_changes, earlier = [], elsewhere = [], made, ...now }: Dpia): DpiaFacts {
  return {
    initialState: status,
    changes: status_changes.map((change) => ({ at: instantOf(change.at), state: change.status })).sort((a, b) => a.at - b.at),
    recorded: timeline(
      earlier.map(({ until, ...value }) => ({ until, value })),
      now,
    ),
    awaiting: elsewhere.flatMap(({ org, outcome, recorded_at, confirmed_at }, place) => {
      if (outcome !== 'APPROVED') return []
      const from = instantOf(recorded_at)
      const stated = earlier.map(({ until }) => instantOf(until)).filter((until) => until > from)
      return [{ org, from, to: Math.min(instantOf(confirmed_at), instantOf(elsewhere[place + 1]?.recorded_at), ...stated) }]
    }),
    accepting: made ? { id: made.id, since: instantOf(made.since), by: acceptances(made.accepted) } : null,
  }
}

/** When each controller had accepted which version: until its review is over, or an incident ended it. */
function acceptances(accepted: NonNullable<Dpia['made']>['accepted']): ReadonlyMap<string, readonly AcceptedFor[]> {
  const by = new Map<string, AcceptedFor[]>()
  for (const { org, version, at, holds_to, until } of accepted) {
    const held = { version, from: instantOf(at), to: Math.min(instantOf(until), londonMidnight(addDays(holds_to, 1))) }
    by.set(org, [...(by.get(org) ?? []), held])
  }
  return by
}

function timeline<T>(earlier: readonly { readonly until: string; readonly value: T }[], last: T): Timeline<T> {
  return [
    ...earlier.map(({ until, value }) => ({ until: instantOf(until), value })).sort((a, b) => a.until - b.until),
    { until: NEVER, value: last },
  ]
}

/** A suspension, or anything that ends or not, as an interval. */
export function interval({ from, to }: { readonly from: string; readonly to: string | null }): Interval {
  return { from: instantOf(from), to: instantOf(to) }
}

function byStart(a: VersionFacts, b: VersionFacts): number {
  if (a.effectiveFrom !== b.effectiveFrom) return a.effectiveFrom < b.effectiveFrom ? -1 : 1
  return a.version - b.version
}
