import type { Instant } from '../../platform/kernel/instant.ts'
import { londonDay } from '../../platform/kernel/london-day.ts'
import type { Agent, Agreement, AgreementVersion, Flow, Signature } from '../agreement.ts'
import { type ChangedClause, type ComparedText, difference } from './difference.ts'
import { isNamedIn } from './flow-suspensions.ts'
import { lifecycleFacts } from './lifecycle-facts.ts'
import { governing, hasSigned, standingVersions } from './standing.ts'

/**
 * Whom a change of the text affects, and whose signature goes on without a new one: where a text says AFFECTED_RE_SIGN, whoever signed it
 * agreed that a change which does not affect it needs no new signature of its own (LC-3). In doubt a change affects everybody. Pure.
 */

/** The code of AMENDMENT_POLICY by which only those whom a change affects sign again. */
export const AFFECTED_RE_SIGN = 'AFFECTED_RE_SIGN'

/** A text as it was signed, whole: nothing of it is left out of the comparison. */
export type WholeText = Required<Omit<ComparedText, 'parties'>> & { readonly parties: NonNullable<ComparedText['parties']> }

export type Affected = 'EVERYBODY' | ReadonlySet<string>

/** Whom any of the clauses that differ affects. `boroughs`: whom ALL_SIGNED_BOROUGHS stands for (LC-4). */
export function affectedBy(before: WholeText, after: WholeText, boroughs: ReadonlySet<string>): Affected {
  const found = new Set<string>()
  for (const clause of difference(before, after).clauses) {
    // By the first day alone nobody is affected: whoever goes on goes on under the same words.
    if (clause.pointer === '/effective_from') continue
    const whom = affectedByClause(clause, before, after, boroughs)
    if (whom === 'EVERYBODY' || whom.length === 0) return 'EVERYBODY'
    for (const org of whom) found.add(org)
  }
  return found
}

/** Whether a change affects one party. */
export function isAffected(affected: Affected, org: string): boolean {
  return affected === 'EVERYBODY' || affected.has(org)
}

function affectedByClause(clause: ChangedClause, before: WholeText, after: WholeText, boroughs: ReadonlySet<string>) {
  const [head, section, index, field] = clause.pointer.slice(1).split('/')
  const texts = [before, after]
  const across = (org: string) => [org, ...texts.flatMap((text) => acrossFrom(org, text, boroughs))]
  if (head === 'parties') {
    const isWhole = index === undefined
    // Who must sign before it binds anybody is everybody's affair, unless each pair counts for itself.
    const isPairwise = texts.every(({ terms }) => terms.commencement.rule === 'PAIRWISE')
    if (isWhole && !isPairwise) return 'EVERYBODY'
    const org = (clause.after === null && isWhole ? before : after).parties[Number(section)]?.org
    return org === undefined ? 'EVERYBODY' : across(org)
  }
  if (head !== 'terms') return 'EVERYBODY'
  if (section === 'flows') {
    const id = (clause.after === null && field === undefined ? before : after).terms.flows[Number(index)]?.id
    const flows = texts.flatMap((text) => text.terms.flows.filter((flow) => flow.id === id).map((flow) => ({ text, flow })))
    return flows.length === 0 ? 'EVERYBODY' : flows.flatMap(({ text, flow }) => membersOf(flow, text, boroughs))
  }
  if (section === 'agents') {
    const [was, is] = texts.map(({ terms }) => terms.agents)
    if (!was || !is) return 'EVERYBODY'
    return [...missingFrom(was, is), ...missingFrom(is, was)].flatMap((agent) => [agent.org, ...across(agent.for)])
  }
  // Sections in words, when it starts to bind, uses ruled out and contracts apply to all.
  return 'EVERYBODY'
}

/** The parties of a text that a flow names, on either side. */
function membersOf(flow: Flow, { parties }: WholeText, boroughs: ReadonlySet<string>): string[] {
  const sides = [flow.providers, flow.recipients]
  return parties.map(({ org }) => org).filter((org) => sides.some((side) => isNamedIn(side, org, boroughs)))
}

/** With whom a party shares under a text, in either direction. */
function acrossFrom(org: string, { parties, terms }: WholeText, boroughs: ReadonlySet<string>): string[] {
  return terms.flows
    .flatMap(({ providers, recipients }) => [
      ...(isNamedIn(providers, org, boroughs) ? parties.filter((party) => isNamedIn(recipients, party.org, boroughs)) : []),
      ...(isNamedIn(recipients, org, boroughs) ? parties.filter((party) => isNamedIn(providers, party.org, boroughs)) : []),
    ])
    .map((party) => party.org)
}

function missingFrom(some: readonly Agent[], others: readonly Agent[]): Agent[] {
  const known = new Set(others.map((one) => JSON.stringify(one)))
  return some.filter((one) => !known.has(JSON.stringify(one)))
}

/**
 * The version whose signature of a party may be carried to the next one: the last that it has signed of the one that governs and of those
 * that wait to begin, where that text says AFFECTED_RE_SIGN and everything that the signature stands on is complete (CK-16).
 */
export function carriedVersion(agreement: Agreement, org: string, at: Instant): AgreementVersion | undefined {
  const facts = lifecycleFacts(agreement)
  const leading = governing(facts, at, londonDay(at))
  const standing = standingVersions(agreement, at)
  const open = leading ? standing.slice(standing.indexOf(leading.version.source)) : []
  const signed = open.findLast(({ version }) => facts.approved.some((one) => one.version === version && hasSigned(one, org, at)))
  if (signed?.terms.narrative.amendment_policy !== AFFECTED_RE_SIGN) return undefined
  const approvals = agreement.approvals.filter((one) => one.org === org && one.version === signed.version)
  return approvals.every(({ complete_at }) => complete_at !== null && Date.parse(complete_at) <= at) ? signed : undefined
}

/** The signature of a party that was carried over to a change that has not begun: what it may object to. */
export function carriedTo(agreement: Agreement, org: string, now: Instant): Signature | undefined {
  const today = londonDay(now)
  const toBegin = new Set(
    standingVersions(agreement, now)
      .filter(({ effective_from }) => (effective_from ?? '') > today)
      .map(({ version }) => version),
  )
  return agreement.signatures.find((one) => one.org === org && one.carried_from !== undefined && toBegin.has(one.version))
}
