import type { OrganisationProposal } from './proposal.ts'

/** What somebody says of a name that the register does not know: a new body, or a group of bodies. */
export type PartnerAnswer = { readonly create: OrganisationProposal } | { readonly group: string }

/** Whom a name stands for from then on; of a group, which one and on which London day its members were these. */
export interface AnsweredPartners {
  readonly organisations: readonly string[]
  readonly group?: string
  readonly on?: string
}
