import { type Instant, type Interval, instantOf } from '../../platform/kernel/instant.ts'
import type { Agreement, AgreementVersion, Flow, Suspension } from '../agreement.ts'

/** Stands for every party that is a London borough or the City Corporation (LC-4). */
export const ALL_SIGNED_BOROUGHS = 'ALL_SIGNED_BOROUGHS'

/**
 * The intervals in which each flow of a version is suspended (LC-6, CK-18), by its id.
 *
 * A suspension stops a share, and a text may give that share another name: so it holds for the flow of that id in every version,
 * and for each flow that a later version adds and that carries some of what the suspended one did: one of its pairs, a purpose
 * that is the same, narrower or broader, and one of its items. Only whoever may lift it lets it go. Pure.
 */
export function flowSuspensions(agreement: Agreement, version: AgreementVersion): ReadonlyMap<string, readonly Interval[]> {
  const found = new Map<string, Interval[]>()
  for (const suspension of agreement.suspensions) {
    if (suspension.scope !== 'FLOW') continue
    for (const flow of version.terms.flows) {
      if (!stops(agreement, suspension, version, flow)) continue
      const held = { from: instantOf(suspension.from), to: instantOf(suspension.to) }
      found.set(flow.id, [...(found.get(flow.id) ?? []), held])
    }
  }
  return found
}

/** Flows of a version that a suspension holding at an instant stops under another name than the suspended one. */
export function renamedSuspendedFlows(
  agreement: Agreement,
  version: AgreementVersion,
  at: Instant,
): { readonly suspended: string; readonly flow: string }[] {
  return agreement.suspensions
    .filter(({ scope, to }) => scope === 'FLOW' && instantOf(to) > at)
    .flatMap((suspension) =>
      version.terms.flows
        .filter((flow) => flow.id !== suspension.flow && stops(agreement, suspension, version, flow))
        .map((flow) => ({ suspended: suspension.flow ?? '', flow: flow.id })),
    )
}

function stops(agreement: Agreement, suspension: Suspension, version: AgreementVersion, flow: Flow): boolean {
  if (flow.id === suspension.flow) return (suspension.version ?? version.version) === version.version
  return agreement.versions.some(
    (earlier) =>
      earlier.version < version.version &&
      (suspension.version ?? earlier.version) === earlier.version &&
      // A flow that had this name already was not what was stopped.
      !earlier.terms.flows.some(({ id }) => id === flow.id) &&
      earlier.terms.flows.some((stopped) => stopped.id === suspension.flow && sharesSome(stopped, flow)),
  )
}

function sharesSome(a: Flow, b: Flow): boolean {
  return (
    shareBody(a.providers, b.providers) &&
    shareBody(a.recipients, b.recipients) &&
    isRelated(a.purpose, b.purpose) &&
    a.data_items.some((one) => b.data_items.some((other) => isRelated(one, other)))
  )
}

function shareBody(a: readonly string[], b: readonly string[]): boolean {
  return a.includes(ALL_SIGNED_BOROUGHS) || b.includes(ALL_SIGNED_BOROUGHS) || a.some((org) => b.includes(org))
}

/** Whether the providers or recipients of a flow are meant to include an organisation. `boroughs`: whom ALL_SIGNED_BOROUGHS stands for (LC-4). */
export function isNamedIn(codes: readonly string[], org: string, boroughs: ReadonlySet<string>): boolean {
  return codes.includes(org) || (boroughs.has(org) && codes.includes(ALL_SIGNED_BOROUGHS))
}

/** Codes are hierarchical by dot: whether one is the other, or within it. */
function isRelated(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`)
}
