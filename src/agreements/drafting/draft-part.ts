import { instantOf } from '../../platform/kernel/instant.ts'
import { type Fault, type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import type { Agreement, AgreementVersion } from '../agreement.ts'
import type { AgreementRecord } from '../agreement-view.ts'
import type { DraftFacts } from '../model/draft-rules.ts'
import { isInvited, isKeeper, keeperOf, standingOf, statusAt } from '../model/standing.ts'

/** What the rules of one part of a draft may look at. */
export interface PartContext {
  readonly agreement: Agreement
  readonly record: AgreementRecord
  /** The version that can be written, undefined where there is none. */
  readonly draft: AgreementVersion | undefined
  /** The organisation that edits. */
  readonly org: string
  readonly facts: DraftFacts
  readonly now: string
}

/** The same with the draft there. */
export type DraftContext = PartContext & { readonly draft: AgreementVersion }

/** States in which a text is written. */
const WRITABLE: ReadonlySet<string> = new Set(['DRAFT', 'IN_REVIEW', 'AWAITING_SIGNATURE', 'ACTIVE'])

/** WF-4: only the organisation that keeps the text edits it; whoever takes part may know that. */
export function refusalUnlessOwner({ agreement, org, now }: Pick<PartContext, 'agreement' | 'org' | 'now'>): Refusal | undefined {
  return isKeeper(agreement, org, instantOf(now))
    ? undefined
    : refusal('FORBIDDEN', 'Only the organisation that keeps the text edits it.', [
        { pointer: '', detail: 'Another party says what it wants changed; it does not write.', code: 'WF-4' },
      ])
}

/** What stands beside the text a party keeps for itself while it takes part: who has left or ended does nothing more. */
export function refusalUnlessPresent({ agreement, org, now }: PartContext): Refusal | undefined {
  const at = instantOf(now)
  const standing = standingOf(agreement, org, at)
  if (isKeeper(agreement, org, at) || standing === 'DRAFTING' || isInvited(standing) || standing === 'BOUND') return undefined
  return refusal('FORBIDDEN', `${org} takes part no more; ${keeperOf(agreement, at)} keeps the text.`, [
    { pointer: '', detail: 'Who has left or ended reads what governed it and does nothing else.', code: 'PARTY' },
  ])
}

/** The text is written only while a draft is open: a frozen version never changes (LC-1). */
export function refusalUnlessDraft({ agreement, draft, now }: Pick<PartContext, 'agreement' | 'draft' | 'now'>): Refusal | undefined {
  const refused = refusalUnlessWritable(agreement, now)
  return refused || draft
    ? refused
    : illegal('There is no draft: a version that was frozen never changes. Amend to open the next one.', 'LC-1')
}

/** What is over is no longer edited. */
export function refusalUnlessWritable(agreement: Agreement, now: string): Refusal | undefined {
  const status = statusAt(agreement, instantOf(now))
  return WRITABLE.has(status) ? undefined : illegal(`An agreement that is ${status} is no longer edited.`, 'LC-5')
}

/** Whether a version was ever frozen: from then on what all versions share no longer changes by editing (LC-7). */
export function wasEverFrozen(agreement: Agreement): boolean {
  return agreement.versions.some(({ status }) => status === 'APPROVED' || status === 'SUPERSEDED')
}

/** A 409 with the rule that stands in the way. */
export function illegal(detail: string, rule: string, pointers: readonly string[] = ['']): Refusal {
  return refusal(
    'ILLEGAL_STATE',
    detail,
    pointers.map((pointer) => ({ pointer, detail, code: rule })),
  )
}

/** A 422 with every finding, or undefined when there is none. */
export function unprocessable(errors: readonly Fault[]): Refusal | undefined {
  if (errors.length === 0) return undefined
  return refusal(
    'UNPROCESSABLE',
    errors.length === 1 ? 'The draft cannot say this.' : `The draft cannot say ${errors.length} of these things.`,
    errors,
  )
}

/** What an edit changed, for the history: names of members, with both values where they are plain. Pure. */
export function changesBetween(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  const plain = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value)
  return Object.fromEntries(
    changed.map((name) => {
      const [from, to] = [before[name] ?? null, after[name] ?? null]
      const isShort = plain(from) && plain(to) && String(from).length + String(to).length <= 1000
      return [name, isShort ? { from, to } : before[name] === undefined ? 'added' : after[name] === undefined ? 'removed' : 'changed']
    }),
  )
}
