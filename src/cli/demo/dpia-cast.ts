import type { Actor, DemoReply, DemoSession } from './session.ts'
import { a, CAMDEN, drafter, HACKNEY } from './sign-off-cast.ts'

/** What the people of the demo of assessments do over HTTP. */

export const CONTROLLERS = [CAMDEN, HACKNEY] as const

/** The assessment, and the agreement that stands on it. */
export interface Assessed {
  readonly session: DemoSession
  readonly agreement: string
  readonly id: string
}

/** An assessment as the story reads it. */
export interface ShownAssessment {
  readonly state: string
  readonly version: number
  readonly approved_version: number | null
  readonly sign_off: string | null
  readonly residual: string | null
  readonly derived: readonly { readonly code: string; readonly citation?: string }[]
  readonly versions: readonly { readonly version: number; readonly hash: string }[]
  readonly advice: readonly { readonly org: string; readonly version: number; readonly says: string; readonly overruled: unknown }[]
  readonly acceptances: readonly { readonly org: string; readonly version: number }[]
  readonly consultation: { readonly due: string } | null
  readonly content: {
    readonly answers: Readonly<Record<string, { readonly text: string; readonly choice: string | null }>>
    readonly risks: readonly { readonly id: string }[]
    readonly measures: readonly { readonly id: string }[]
  }
}

export const shownBy = ({ body }: DemoReply): ShownAssessment => body as unknown as ShownAssessment

/** Somebody does something to the assessment itself; whoever writes the text, unless another is named. */
export function acts(
  { session, id }: Assessed,
  does: string,
  request: {
    readonly by?: Actor
    readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
    readonly path?: string
    readonly body?: unknown
    readonly expect?: number
  } = {},
): Promise<DemoReply> {
  const { by = drafter, method = 'POST', path = '', body, expect = 200 } = request
  return session.act({ by, does, method, path: `/v1/assessments/${id}${path}`, body, expect })
}

/** How it stands now. */
export async function stands(assessed: Assessed): Promise<ShownAssessment> {
  return shownBy(await acts(assessed, 'reads the assessment', { method: 'GET' }))
}

/** Does something in the review of what was sent last; the step is that of the organisation of whoever does it. */
export async function reviews(
  assessed: Assessed,
  by: Actor,
  does: string,
  command: Readonly<Record<string, unknown>>,
  expect = 200,
): Promise<DemoReply> {
  const { sign_off, versions } = await stands(assessed)
  const { step, ...rest } = command
  const body = { ...rest, ...(step === undefined ? {} : { org: by.org, step }) }
  const hash = command['command'] === 'approve' ? { hash: versions.at(-1)?.hash } : {}
  return assessed.session.act({
    ...{ by, does, method: 'POST', path: `/v1/sign-offs/${sign_off}/commands`, expect },
    body: { ...body, ...hash },
  })
}

/** The data protection officer of an organisation advises to go on. */
export const advises = (assessed: Assessed, org: string, words: string) =>
  reviews(assessed, a('DPO', org), 'advises to go on', { command: 'approve', step: 'DPO_REVIEW', comment: words })

/** Its SIRO accepts the risk that is left, or tries to. */
export const accepts = (assessed: Assessed, org: string, expect = 200, does = 'accepts the risk that is left') =>
  reviews(assessed, a('SIRO', org), does, { command: 'approve', step: 'SIRO_APPROVAL' }, expect)
