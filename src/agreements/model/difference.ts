import type { AgreementVersion, Flow, LegalSide, Party, Terms } from '../agreement.ts'
import { BINDING_LABELS, FLOW_LABELS, HEAD_LABELS, NARRATIVE_LABELS, SIDE_LABELS } from './field-labels.ts'
import { isTypo } from './typo.ts'

/** The text of a version, or as much of it as both sides of a comparison know: what only one side has is not compared. */
export interface ComparedText extends Pick<AgreementVersion, 'effective_from' | 'effective_to' | 'terms'> {
  readonly title?: string
  readonly instrument_type?: string
  readonly owner_org?: string | null
  readonly parties?: readonly (Omit<Party, 'left_at'> & { readonly contacts?: Readonly<Record<string, unknown>> })[]
}

/** One clause that differs. null: not there on that side. */
export interface ChangedClause {
  /** Into the later text; into the earlier one where the clause was taken out. */
  readonly pointer: string
  readonly label: string
  readonly before: unknown
  readonly after: unknown
}

/** MINOR: contacts and slips of the pen, whenever that begins. MATERIAL: a new version that every party signs, and a new look at the DPIA (LC-7). */
export interface Difference {
  readonly clauses: readonly ChangedClause[]
  readonly change_class: 'MINOR' | 'MATERIAL'
}

/**
 * What changed between two versions, clause by clause. The order of codes in a list says nothing, so it is not a change;
 * flows are compared by their ids. Nothing changed: no clauses, and MINOR.
 */
export function difference(before: ComparedText, after: ComparedText): Difference {
  const found = [...head(before, after), ...parties(before, after), ...terms(before.terms, after.terms)]
  const isMinor = found.every(({ minor }) => minor)
  return { clauses: found.map(({ minor: _minor, ...clause }) => clause), change_class: isMinor ? 'MINOR' : 'MATERIAL' }
}

type Found = ChangedClause & { readonly minor: boolean }

function changed(pointer: string, label: string, before: unknown, after: unknown, minor = false): Found[] {
  const was = before ?? null
  const is = after ?? null
  return fingerprint(was) === fingerprint(is) ? [] : [{ pointer, label, before: was, after: is, minor }]
}

/** A text in words: a slip of the pen is minor. */
function text(pointer: string, label: string, before: string | undefined, after: string | undefined): Found[] {
  return changed(pointer, label, before, after, before !== undefined && after !== undefined && isTypo(before, after))
}

function head(before: ComparedText, after: ComparedText): Found[] {
  const both = (name: keyof typeof HEAD_LABELS) => name in before && name in after
  return (Object.keys(HEAD_LABELS) as (keyof typeof HEAD_LABELS)[]).filter(both).flatMap((name) => {
    const label = HEAD_LABELS[name]
    if (name === 'title') return text('/title', label, before.title, after.title)
    return changed(`/${name}`, label, before[name], after[name], name === 'effective_from' && beginsNoEarlier(before, after))
  })
}

/** A later text of one that has begun begins later: that is when the change begins, and no change of what was agreed. */
function beginsNoEarlier(before: ComparedText, { effective_from: day }: ComparedText): boolean {
  return before.effective_from !== null && (day === null || day >= before.effective_from)
}

function parties(before: ComparedText, after: ComparedText): Found[] {
  if (!before.parties || !after.parties) return []
  const was = before.parties
  const is = after.parties
  return union(was, is, (party) => party.org).flatMap(({ key, a, b, index }) => {
    const at = `/parties/${index}`
    if (!a || !b) return changed(at, `Party ${key}`, a && { org: a.org, role: a.role }, b && { org: b.org, role: b.role })
    return [
      ...changed(`${at}/role`, `Party ${key}: role`, a.role, b.role),
      ...changed(`${at}/capacities`, `Party ${key}: capacities`, a.capacities, b.capacities),
      ...(a.contacts && b.contacts ? changed(`${at}/contacts`, `Party ${key}: contacts`, a.contacts, b.contacts, true) : []),
    ]
  })
}

function terms(before: Terms, after: Terms): Found[] {
  const at = '/terms'
  const names = Object.keys(NARRATIVE_LABELS) as (keyof typeof NARRATIVE_LABELS)[]
  return [
    ...union(before.flows, after.flows, (flow) => flow.id).flatMap(({ key, a, b, index }) =>
      a && b ? flow(a, b, `${at}/flows/${index}`) : changed(`${at}/flows/${index}`, `Flow ${key}`, a, b),
    ),
    ...(Object.keys(BINDING_LABELS) as (keyof typeof BINDING_LABELS)[]).flatMap((name) =>
      changed(`${at}/${name}`, BINDING_LABELS[name], before[name], after[name]),
    ),
    ...names.flatMap((name) => {
      // The rule by which changes are agreed is a code: no spelling of it is a slip.
      const compare = name === 'amendment_policy' ? changed : text
      return compare(`${at}/narrative/${name}`, NARRATIVE_LABELS[name], before.narrative[name], after.narrative[name])
    }),
  ]
}

function flow(before: Flow, after: Flow, at: string): Found[] {
  const fields = (Object.keys(FLOW_LABELS) as (keyof typeof FLOW_LABELS)[]).flatMap((name) =>
    changed(`${at}/${name}`, `Flow ${after.id}: ${FLOW_LABELS[name]}`, before[name], after[name]),
  )
  const sides = (['provider', 'recipient'] as const).flatMap((name) =>
    side(before.legal[name], after.legal[name], `${at}/legal/${name}`, `Flow ${after.id}, ${name}`),
  )
  return [...fields, ...sides]
}

function side(before: LegalSide | null, after: LegalSide | null, at: string, label: string): Found[] {
  if (!before || !after) return changed(at, `${label}: law relied on`, before, after)
  return (Object.keys(SIDE_LABELS) as (keyof typeof SIDE_LABELS)[]).flatMap((name) =>
    changed(`${at}/${name}`, `${label}: ${SIDE_LABELS[name]}`, before[name], after[name]),
  )
}

/** Pairs the members of two lists by key: the later list in its order, then what was taken out. */
function union<T>(before: readonly T[], after: readonly T[], keyOf: (member: T) => string) {
  const earlier = new Map(before.map((member) => [keyOf(member), member]))
  const later = new Set(after.map(keyOf))
  const kept = after.map((b, index) => ({ key: keyOf(b), a: earlier.get(keyOf(b)), b: b as T | undefined, index }))
  const gone = before.flatMap((a, index) => (later.has(keyOf(a)) ? [] : [{ key: keyOf(a), a: a as T | undefined, b: undefined, index }]))
  return [...kept, ...gone]
}

/** The same for values that mean the same: members in any order, lists of codes in any order. */
function fingerprint(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (Array.isArray(member)) return member.every((code) => typeof code === 'string') ? [...member].sort() : member
    if (member === null || typeof member !== 'object') return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
