import type { Agreement, AgreementVersion, Flow } from '../../agreements/agreement.ts'
import type { Advice } from '../../agreements/model/advice.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import type { PolicyFlow, Snapshot } from '../policy/policy.ts'
import type { RequestedItems } from '../rules/facts.ts'
import type { Drafted } from './drafted.ts'

/**
 * Rules of the domain reference, sections 1 to 5, that a decision does not repeat: they are checked once, when a version
 * is approved (6.3.1, first paragraph).
 */
export interface ApprovalQuestion {
  readonly source: Agreement
  readonly version: AgreementVersion
  readonly drafted: Drafted
  readonly codes: CodeLists
  readonly organisation: Snapshot['organisation']
}

/** One flow as the checks look at it. */
export interface CheckedFlow {
  readonly flow: Flow
  readonly compiled: PolicyFlow
  /** `/terms/flows/<index>`. */
  readonly at: string
  readonly items: RequestedItems
  readonly isPersonal: boolean
}

/** One check of one flow. Pure. */
export type ApprovalCheck = (question: ApprovalQuestion, checked: CheckedFlow) => Advice[]

/** Whether a flow is regular: any frequency but one-off or on an event, none recorded included (3.8). */
export function isRegular({ frequency }: Flow): boolean {
  return frequency !== 'ONE_OFF' && frequency !== 'ON_EVENT'
}

export function error(code: string, pointer: string, detail: string, citation: string | null, remedy_role: string | null): Advice {
  return { code, pointer, severity: 'ERROR', detail, citation, remedy_role }
}

/** As `error`, for what may be approved once it has been looked at. */
export function warning(...[code, pointer, detail, citation, remedy_role]: Parameters<typeof error>): Advice {
  return { ...error(code, pointer, detail, citation, remedy_role), severity: 'WARNING' }
}
