import { isProcessorRole } from '../../agreements/agreement.ts'
import type { AgreementView } from '../../agreements/agreement-view.ts'
import type { ReviewingService } from '../../assessments/made/reviewing.service.ts'
import { permits } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import { routeStep } from '../../workflow/model/route.ts'
import { type ChainStatus, chainOf, routeOf, type SignOff } from '../../workflow/model/sign-off.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'

/** Where the reader's organisation stands in a sign-off, and which of its steps come next. */
export interface OwnPart {
  readonly signOff: string
  readonly status: ChainStatus
  readonly next: readonly { readonly title: string; readonly role: string; readonly due: string | null }[]
}

/** What an organisation that has not signed a text that is in force does first: its people approve it and accept the assessment, then it signs (LC-4, DP-7). */
export interface Joining {
  readonly approval: OwnPart | null
  /** NONE: none is made here that it accepts. NOT_ASKED: it is asked within two minutes of its invitation. */
  readonly assessment: OwnPart | 'NONE' | 'NOT_ASKED'
}

export interface OwnPartOptions {
  readonly signOffs: Pick<SignOffsService, 'read'>
  readonly reviewing: Pick<ReviewingService, 'read'>
}

export function ownPartOf(signOff: SignOff, { org }: Pick<Principal, 'org'>): OwnPart | null {
  const chain = chainOf(signOff, org)
  if (!chain) return null
  const next = chain.steps
    .filter(({ state }) => state === 'OPEN')
    .map(({ id, due }) => ({ ...routeStep(routeOf(signOff, chain), id), due }))
  return { signOff: signOff.id, status: chain.status, next }
}

/** Where the people of the reader's organisation stand with a version of an agreement. */
export async function joiningOf(
  { signOffs, reviewing }: OwnPartOptions,
  principal: Principal,
  agreement: AgreementView,
  version: number,
): Promise<Joining> {
  const read = async (id: string | null | undefined) => {
    const found = id ? await signOffs.read(principal, id) : undefined
    return found?.ok ? ownPartOf(found.value.outcome.signOff, principal) : null
  }
  const approval = await read(agreement.versions.find((one) => one.version === version)?.sign_off)
  const role = agreement.parties.find(({ org }) => org === principal.org)?.role
  const { made_here: made } = agreement.dpia
  // Whoever comes with an invitation of their own reads the agreement alone.
  if (!made || principal.invitedTo || isProcessorRole(role) || !permits(principal.roles, 'assessment:read'))
    return { approval, assessment: 'NONE' }
  const assessed = await reviewing.read(principal, made)
  return { approval, assessment: assessed.ok ? ((await read(assessed.value.outcome.sign_off)) ?? 'NOT_ASKED') : 'NONE' }
}
