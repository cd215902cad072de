import { canonicalJson, sha256Hex } from '../../audit/format/canonical-json.ts'
import type { Identity } from '../../identity/principal.ts'
import type { Instant } from '../../platform/kernel/instant.ts'
import { type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import type { Agreement, AgreementVersion, Flow } from '../agreement.ts'
import { isNamedIn } from './flow-suspensions.ts'
import { lifecycleFacts } from './lifecycle-facts.ts'
import { governingVersion, standingOf, statusAt } from './standing.ts'

/** The longest that a manifest may be relied on (OB-3). */
export const STANDING_HOURS_MAX = 24

/** What a senior information risk owner accepts, word for word: how late a revocation may arrive. */
export const STANDING_STATEMENT =
  'I accept that a permit which is suspended or withdrawn may still be relied on, for up to the hours stated, by whoever holds a manifest that was issued before.'

/** A flow that its provider lets stand in manifests, as it is stored. */
export interface StoredStandingPermit {
  readonly id: string
  readonly agreement_id: string
  readonly version: number
  readonly flow: string
  readonly flow_hash: string
  /** The provider. */
  readonly org: string
  readonly hours: number
  readonly statement: string
  readonly reason: string | null
  readonly allowed_at: string
  /** null: it has not been ended. */
  readonly ended_at: string | null
  readonly end_reason: string | null
}

/** The same with who allowed it, and who ended it. */
export interface AttributedStandingPermit {
  readonly permit: StoredStandingPermit
  readonly allowed_by: Identity
  readonly ended_by: Identity | null
}

/** Which flow, for which provider. */
export interface StandingPermitAsked {
  readonly flow: string
  readonly org: string
  readonly at: Instant
  /** Those ALL_SIGNED_BOROUGHS stands for (LC-4). */
  readonly boroughs: ReadonlySet<string>
  /** Purposes for which a permit counts at its own instant only (OB-3). */
  readonly restrictedPurposes: ReadonlySet<string>
}

/** The text of a flow, as a hash: a standing permit is for exactly this one. */
export function flowHash(flow: Flow): string {
  return sha256Hex(canonicalJson(flow))
}

/** The flow that a provider may opt in: one that it discloses on, as a controller, in the text that governs. Pure. */
export function standingFlow(
  agreement: Agreement,
  { flow: name, org, at, boroughs, restrictedPurposes }: StandingPermitAsked,
): Result<{ readonly version: AgreementVersion; readonly flow: Flow }, Refusal> {
  if (standingOf(agreement, org, at) !== 'BOUND' || !lifecycleFacts(agreement).parties.get(org)?.isController)
    return no('FORBIDDEN', 'PARTY', 'Only a controller that is bound by this agreement lets its own flows stand.')
  const version = governingVersion(agreement, at)
  if (statusAt(agreement, at) !== 'ACTIVE' || !version) return no('ILLEGAL_STATE', 'STATE', 'This agreement is not in force.')
  const flow = version.terms.flows.find(({ id }) => id === name)
  if (!flow) return no('UNPROCESSABLE', 'UNKNOWN_FLOW', `The version in force has no flow ${name}.`)
  if (!isNamedIn(flow.providers, org, boroughs)) return no('FORBIDDEN', 'OWN_FLOW', `${org} does not provide on flow ${name}.`)
  for (const restricted of restrictedPurposes)
    if (flow.purpose === restricted || flow.purpose.startsWith(`${restricted}.`))
      return no('UNPROCESSABLE', 'OB-3', `For ${flow.purpose} a permit counts at its own instant only: each share is asked about.`)
  return ok({ version, flow })
}

function no(code: 'FORBIDDEN' | 'ILLEGAL_STATE' | 'UNPROCESSABLE', rule: string, detail: string) {
  return refuse(refusal(code, detail, [{ pointer: '/flow', detail, code: rule }]))
}
