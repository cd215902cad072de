import type { Commencement, Flow, LegalSide, ProcessorContract } from '../agreement.ts'
import { EMPTY_FLOW, EMPTY_SIDE } from '../empty-text.ts'

/** What a person writes into a draft, brought into the form of the model. Pure. */

/** A flow as it is sent: what is absent is empty, false or not recorded. */
export type FlowBody = Pick<Flow, 'id' | 'providers' | 'recipients' | 'purpose'> &
  Sent<typeof EMPTY_FLOW> & { readonly legal?: { readonly provider: SideBody; readonly recipient: SideBody | null } | undefined }
type SideBody = Pick<LegalSide, 'regime'> & Sent<Omit<LegalSide, 'regime'>>
type Sent<T> = { readonly [Member in keyof T]?: T[Member] | undefined }

/** The flow with every member. Where a side's law is not written yet it is empty, which no rule accepts. */
export function completeFlow({ legal, ...body }: FlowBody): Flow {
  const side = (sent: SideBody): LegalSide => ({ ...EMPTY_SIDE, ...stated(sent) })
  const recipient = legal === undefined ? EMPTY_SIDE : legal.recipient && side(legal.recipient)
  return { ...EMPTY_FLOW, ...stated(body), legal: { provider: legal ? side(legal.provider) : EMPTY_SIDE, recipient } }
}

/** The members of a body that were sent. */
function stated<T extends object>(body: T): { readonly [Member in keyof T]: Exclude<T[Member], undefined> } {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as ReturnType<typeof stated<T>>
}

/** The commencement rule; `n` is checked before and counts with THRESHOLD only. */
export function toCommencement(body: { readonly rule: Commencement['rule']; readonly n?: number | undefined }): Commencement {
  return body.rule === 'THRESHOLD' ? { rule: body.rule, n: body.n ?? 0 } : { rule: body.rule }
}

/** The Art 28 checklist out of the clauses that are there: complete when none of `allClauses` is missing. */
export function toProcessorContract(
  body: { readonly clauses: readonly string[]; readonly approved_sub_processors: readonly string[] },
  allClauses: Iterable<string>,
): ProcessorContract {
  const missing = [...allClauses].filter((clause) => !body.clauses.includes(clause))
  return { art28_complete: missing.length === 0, missing, approved_sub_processors: body.approved_sub_processors }
}

/** How an amendment policy is written in the text: the code, with its days in brackets where it has some. */
export function toAmendmentPolicy(body: { readonly amendment_policy: string; readonly notice_days?: number | undefined }): string {
  return body.amendment_policy === 'NOTICE_PERIOD' ? `NOTICE_PERIOD(${body.notice_days ?? 0})` : body.amendment_policy
}
