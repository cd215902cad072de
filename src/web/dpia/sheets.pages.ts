import type { FastifyRequest } from 'fastify'
import type { AssessmentCall } from '../../assessments/made/made-kind.service.ts'
import type { AssessmentSheet, SheetService } from '../../assessments/made/sheet.service.ts'
import { sha256Hex } from '../../audit/format/canonical-json.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { OperationId } from '../../platform/http/openapi.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { mayCall } from '../access.pages.ts'
import { once } from '../forms.pages.ts'

/** What the address of a page of an assessment names. */
export interface AssessmentParams {
  readonly id: string
  readonly risk: string
  readonly measure: string
  readonly version: string
  readonly step: string
}

export const paramsOf = (request: FastifyRequest): AssessmentParams => request.params as AssessmentParams

/** Where the assessment stands that the address names, or a page of it. */
export const at = (request: FastifyRequest, rest = ''): string => `/assessments/${encodeURIComponent(paramsOf(request).id)}${rest}`

/** Reads the assessment that the address names. @throws Refused where the reader may not know it */
export const sheetReader =
  (sheets: Pick<SheetService, 'read'>) =>
  async (request: FastifyRequest): Promise<AssessmentSheet> =>
    orThrow(await sheets.read(callerOf(request), paramsOf(request).id))

/** The call of a form for something on the assessment that the address names; `part`: of a form that does several things, which. */
export function callFor(request: FastifyRequest, part = '', sent = once(request)): AssessmentCall {
  const key = part === '' ? sent.key : sha256Hex(`${sent.key}\n${part}`)
  return { principal: callerOf(request), idempotency: { ...sent, key }, ifMatch: '*', assessmentId: paramsOf(request).id }
}

/** Why the reader does not do something that whoever keeps the text does while it is written; null: they do. */
export function closedTo(request: FastifyRequest, { isKeptHere, isOpen, view }: AssessmentSheet, operation: OperationId): string | null {
  if (!isOpen && !(operation === 'screenAssessment' && view.state === 'SCREENED_OUT'))
    return view.state === 'SCREENED_OUT'
      ? 'The screening says that no assessment is needed, so nothing is written.'
      : 'It was sent for review, so it is not changed now. Whoever reviews it can return it, and once it is decided it can be opened again.'
  if (!isKeptHere) return 'The organisation that keeps the text of the agreement writes its assessment.'
  return mayCall(callerOf(request), operation) ? null : 'Your roles let you read it.'
}
