import { londonDay } from '../../platform/kernel/london-day.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import { knowledgeOf } from '../decide.ts'
import type { Finding } from '../evaluation/candidates.ts'
import type { Outcome } from '../evaluation/evaluate.ts'
import { expiresAt, type PermitPolicy } from '../evaluation/expiry.ts'
import { type LegalGrounds, legalGrounds } from '../legal-grounds.ts'
import type { PolicyAgreement, PolicyFlow } from '../policy/policy.ts'
import type { PolicyIndex } from '../policy/policy-index.ts'
import type { DecisionBody } from '../request-body.ts'
import { transferBasis } from '../rules/transfers.ts'
import { flowsBetween, itemsOf, purposesOf } from './candidates.ts'
import type { FoundPage } from './search-call.ts'
import { AGREEMENTS_A_PAGE, type Asking, mayAskOf, outcomeOf, PAIRS_A_PAGE, type Place } from './seek.ts'

/**
 * What agreements permit an organisation to send or to receive, as a table: a line a flow and purpose. Pure. A line is no reading of the
 * agreement: it stands for a question that the rules permitted, asked as a live decision is, so it may never say more than they would.
 */
export interface PermissionsAsked {
  readonly organisation: string
  readonly direction: 'SEND' | 'RECEIVE'
  /** The other body alone; null: every one. */
  readonly with: string | null
  /** PURPOSE: this one alone; null: every one. */
  readonly purpose: string | null
}

/** One line: members of a question are named as there, so that it can be asked again with one of the methods and countries. */
export interface Permission extends Pick<DecisionBody, 'provider' | 'recipient' | 'purpose' | 'data_items'> {
  /** Null, as version and flow, where the caller may not know the agreement. */
  readonly agreement: string | null
  readonly version: number | null
  readonly flow: string | null
  readonly data_subjects: readonly string[]
  readonly methods: readonly string[]
  readonly countries: readonly string[]
  /** No more identifying than this (CK-3). */
  readonly data_form: string
  /** At most so many in one request, which then states how many (CK-14); null: no limit. */
  readonly subject_count: number | null
  readonly record_count: number | null
  readonly legal: LegalGrounds | null
  readonly expires_at: string | null
}

/** Questions after which a page ends, about: those of the flow and purpose at which it stops are all asked. */
const QUESTIONS_A_PAGE = 2_000
/** Behind every line of a candidate: codes of items are upper case. */
const AFTER_ITEMS = '~'

/** A page of lines after a place, in the order of the other bodies, then of agreements, flows and purposes; it may hold fewer than `limit`, or none, and not be the last. */
export function permissionsOn(
  asked: PermissionsAsked,
  permits: PermitPolicy,
  asking: Asking,
  index: PolicyIndex,
  after: Place | null,
  limit: number,
): FoundPage<Permission> {
  const results: Permission[] = []
  const looked = new Set<string>()
  let last = after
  let pairs = 0
  let questions = 0
  for (const other of othersOf(asked, asking, index)) {
    if (after && (after.pair > other || (after.pair === other && after.result === null))) continue
    if (looked.size >= AGREEMENTS_A_PAGE || pairs === PAIRS_A_PAGE) return { results, next: last }
    pairs += 1
    const pair = pairOf(asked, other, index)
    const agreements = index.between(pair.provider, pair.recipient)
    for (const { id } of agreements) looked.add(id)
    const on: PolicyIndex = { ...index, between: () => agreements }
    const begun = after?.pair === other ? after.result : null
    for (const candidate of candidatesOf(asked, pair, agreements, index.codes.on(londonDay(asking.at)))) {
      const end = `${candidate.key}\n${AFTER_ITEMS}`
      if (begun !== null && end <= begun) continue
      if (questions >= QUESTIONS_A_PAGE) return { results, next: last }
      const found = linesOf(candidate, { permits, asking, index: on })
      questions += found.questions
      for (const { key, line } of found.lines) {
        if (begun !== null && key <= begun) continue
        // One more than fits is looked for, so that the last page says that it is the last.
        if (results.length === limit) return { results, next: last }
        results.push(line)
        last = { pair: other, result: key }
      }
      last = { pair: other, result: end }
    }
    last = { pair: other, result: null }
  }
  return { results, next: null }
}

/** The bodies with which the organisation may share something and about which the caller may ask (as of a search), sorted. */
export function othersOf({ organisation, with: only }: PermissionsAsked, asking: Asking, index: PolicyIndex): readonly string[] {
  const org = index.codeOf(organisation)
  const others = index.besides(org).filter((other) => other !== org && (only === null || other === index.codeOf(only)))
  return mayAskOf(org, asking, index) ? others : others.filter((other) => mayAskOf(other, asking, index))
}

export function pairOf({ organisation, direction }: PermissionsAsked, other: string, index: PolicyIndex) {
  const org = index.codeOf(organisation)
  return direction === 'SEND' ? { provider: org, recipient: other } : { provider: other, recipient: org }
}

/** A flow with a purpose for which it may be, as a question that names everything that it lists. */
export interface Candidate {
  readonly key: string
  readonly agreement: PolicyAgreement
  readonly flow: PolicyFlow
  readonly items: readonly string[]
  readonly body: DecisionBody
  readonly methods: readonly string[]
}

export function candidatesOf(
  { purpose: only }: Pick<PermissionsAsked, 'purpose'>,
  pair: Pick<DecisionBody, 'provider' | 'recipient'>,
  agreements: readonly PolicyAgreement[],
  codes: CodeLists,
): readonly Candidate[] {
  const found: Candidate[] = []
  for (const agreement of agreements)
    for (const [position, flow] of flowsBetween([agreement], pair.provider, pair.recipient).entries()) {
      // What is in no list cannot be asked about.
      const methods = [...flow.methods].filter((method) => codes.methods.has(method)).toSorted()
      const data_subjects = flow.source.data_subjects.filter((subject) => codes.subjects.has(subject))
      const items = itemsOf([flow], codes).filter((item) => codes.items.has(item))
      const [method] = methods
      if (method === undefined || data_subjects.length === 0) continue
      const { data_form, volume_limit } = flow.source
      for (const purpose of purposesOf([flow], codes)) {
        if (only !== null && purpose !== only) continue
        const body: DecisionBody = {
          ...pair,
          ...{
            purpose,
            data_items: items,
            data_subjects,
            method,
            country: 'GB',
            mode: 'SYSTEMATIC',
            data_form,
            agreement_ref: agreement.id,
          },
          ...{ subject_count: volume_limit?.subjects ?? null, record_count: volume_limit?.records ?? null },
        }
        // Versions may have flows of the same name.
        found.push({ key: `${agreement.id}\n${flow.id}\n${position}\n${purpose}`, agreement, flow, items, body, methods })
      }
    }
  return found.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

export interface Grounds {
  readonly permits: PermitPolicy
  readonly asking: Asking
  readonly index: PolicyIndex
}

export type Permitted = Extract<Outcome, { via: 'AGREEMENT' }>

interface Lines {
  readonly lines: readonly { readonly key: string; readonly line: Permission; readonly permit: Permitted }[]
  readonly questions: number
}

/**
 * All items in one line where the rules permit them together. Where they do not, those that are permitted alone are asked together; and a line each
 * where not even these go together (one law carries one, another the other).
 */
export function linesOf(candidate: Candidate, grounds: Grounds): Lines {
  const { key, items } = candidate
  const ask = (data_items: readonly string[]) => permitOf(candidate, { ...candidate.body, data_items }, grounds)
  const whole = (data_items: readonly string[], permit: Permitted) => [
    { key: `${key}\n`, permit, line: lineOf(candidate, data_items, permit, grounds) },
  ]
  if (items.length === 0) return { lines: [], questions: 0 }
  const all = ask(items)
  if (all) return { lines: whole(items, all), questions: 1 }
  const alone = items.flatMap((item) => {
    const permit = ask([item])
    return permit ? [{ item, permit }] : []
  })
  const fitting = alone.map(({ item }) => item)
  const together = fitting.length > 1 ? ask(fitting) : alone[0]?.permit
  const questions = items.length + 2
  if (together) return { lines: whole(fitting, together), questions }
  return {
    lines: alone.map(({ item, permit }) => ({ key: `${key}\n${item}`, permit, line: lineOf(candidate, [item], permit, grounds) })),
    questions,
  }
}

/** The permit that rides on this very flow; undefined: there is none. */
export function permitOf({ flow }: Candidate, body: DecisionBody, { asking, index }: Grounds): Permitted | undefined {
  const outcome = outcomeOf(body, asking, index)
  if (outcome.decision !== 'PERMIT' || outcome.via !== 'AGREEMENT') return undefined
  const finding = [outcome.finding, ...outcome.others].find((one: Finding) => one.flow === flow)
  return finding && { ...outcome, finding }
}

function lineOf(candidate: Candidate, data_items: readonly string[], permit: Permitted, { permits, asking, index }: Grounds): Permission {
  const { agreement, flow, body, methods } = candidate
  const { facts, finding } = permit
  const isKnown = knowledgeOf({ ...asking, body, simulated: false, askedAt: asking.at }, { index, callers: index })(agreement)
  const expires = expiresAt(permit, permits)
  const abroad = [...flow.countries].filter(
    (country) => country !== 'GB' && facts.codes.countries.has(country) && transferBasis(facts, country, flow.source).why === null,
  )
  return {
    ...{ provider: body.provider, recipient: body.recipient, purpose: body.purpose },
    data_items,
    data_subjects: body.data_subjects ?? [],
    methods,
    countries: ['GB', ...abroad.toSorted()],
    data_form: flow.source.data_form,
    subject_count: body.subject_count ?? null,
    record_count: body.record_count ?? null,
    agreement: isKnown ? agreement.id : null,
    version: isKnown ? (finding.version?.version ?? null) : null,
    flow: isKnown ? flow.id : null,
    legal: legalGrounds(facts, finding),
    expires_at: expires === null ? null : new Date(expires).toISOString(),
  }
}
