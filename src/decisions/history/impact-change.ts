import type { Agreement, Suspension } from '../../agreements/agreement.ts'
import { type Fault, type Refused, refused } from '../../platform/kernel/refusal.ts'
import type { CodeList } from '../../reference/code-list.ts'

/** Changes that can be tried out, and how each is made on a copy. Pure; what cannot be tried out is refused, never passed over. */

/** A change that has not been made. */
export type ImpactChange =
  | { readonly kind: 'DRAFT_VERSION'; readonly agreement: string }
  | {
      readonly kind: 'SUSPENSION'
      readonly agreement: string
      readonly scope: Suspension['scope']
      readonly party?: string | null
      readonly flow?: string | null
    }
  | { readonly kind: 'CODE_LISTS'; readonly lists: readonly CodeList[] }

/** Long before any decision: the change is taken to have been in force at every instant looked at. */
const EVER = '1900-01-01T00:00:00.000Z'

/** The agreement as if its draft were signed by all and had governed at every instant. @throws Refused 422 */
export function governedByDraft(agreement: Agreement): Agreement {
  const draft = agreement.versions.findLast((version) => version.status === 'DRAFT')
  if (!draft) throw changeRefused([{ pointer: '/change/agreement', detail: 'has no draft version' }])
  const signatures = agreement.parties.map(({ org }) => ({ org, version: draft.version, signed_at: EVER }))
  const day = EVER.slice(0, 10)
  return { ...agreement, versions: [{ ...draft, status: 'APPROVED', effective_from: day, effective_to: null }], signatures, approvals: [] }
}

/** The agreement as if it, a party or a flow of it had been suspended at every instant. @throws Refused 422 */
export function suspended(agreement: Agreement, change: Extract<ImpactChange, { kind: 'SUSPENSION' }>): Agreement {
  const { scope, party = null, flow = null } = change
  const faults = [...scopeFaults(change), ...targetFaults(agreement, party, flow)]
  if (faults.length > 0) throw changeRefused(faults)
  const approved = agreement.versions.filter((version) => version.status === 'APPROVED')
  const suspension: Suspension = { scope, party, flow, version: null, from: EVER, to: null }
  return { ...agreement, versions: approved, suspensions: [...agreement.suspensions, suspension] }
}

/** Lists that would silently change nothing: whose name no list in use has, and those that are given twice. */
export function listFaults(lists: readonly CodeList[], inUse: ReadonlySet<string>): Fault[] {
  return lists.flatMap(({ list }, index) => {
    const pointer = `/change/lists/${index}/list`
    if (!inUse.has(list)) return [{ pointer, detail: 'is not the name of a code list in use' }]
    return lists.filter((other) => other.list === list).length > 1 ? [{ pointer, detail: 'is given more than once' }] : []
  })
}

/**
 * A list in place of the one in use: what organisations added to that stays, and is as strict as its relatives are in this one.
 * A local code that is given itself is taken as it is given.
 */
export function keepingLocalCodes(given: CodeList, inUse: readonly CodeList[]): CodeList {
  const codes = new Set(given.entries.map(({ code }) => code))
  const kept = inUse.find(({ list }) => list === given.list)?.entries.filter(({ local, code }) => local === true && !codes.has(code)) ?? []
  return { ...given, entries: [...given.entries, ...kept].map((entry) => (entry.local === true ? { ...entry, attributes: {} } : entry)) }
}

/** The refusal of a change that says what cannot be tried out. */
export function changeRefused(errors: readonly Fault[]): Refused {
  return refused('UNPROCESSABLE', 'The change cannot be tried out as it is described.', errors)
}

/** A party is named where the scope is PARTY and only there, a flow where it is FLOW: as for a suspension that is made. */
function scopeFaults({ scope, party = null, flow = null }: Extract<ImpactChange, { kind: 'SUSPENSION' }>): Fault[] {
  const members = [
    { name: 'PARTY', value: party, pointer: '/change/party' },
    { name: 'FLOW', value: flow, pointer: '/change/flow' },
  ]
  return members.flatMap(({ name, value, pointer }) => {
    if (scope === name && value === null) return [{ pointer, detail: `is required with scope ${name}` }]
    return scope !== name && value !== null ? [{ pointer, detail: `is named with scope ${name} only` }] : []
  })
}

function targetFaults(agreement: Agreement, party: string | null, flow: string | null): Fault[] {
  const flows = agreement.versions.flatMap((version) => version.terms.flows.map(({ id }) => id))
  return [
    ...(party !== null && !takesPart(agreement, party) ? [{ pointer: '/change/party', detail: 'is not a party to the agreement' }] : []),
    ...(flow !== null && !flows.includes(flow) ? [{ pointer: '/change/flow', detail: 'is not a flow of the agreement' }] : []),
  ]
}

/** Whether a suspension of its own would stop anything: a body that was only invited shares nothing yet. */
function takesPart({ parties, signatures }: Agreement, org: string): boolean {
  const party = parties.find((known) => known.org === org)
  return party !== undefined && (!party.invited_at || signatures.some((signature) => signature.org === org))
}
