import { SIGNING_STATEMENTS } from '../../agreements/model/signed-text.ts'
import type { Role } from '../../identity/permissions.ts'
import { isLondonAuthority } from '../../parties/organisation.ts'
import { shippedOrganisations } from '../../parties/shipped-organisations.service.ts'
import { MISSING_CHILDREN } from './missing-children-text.ts'
import type { Actor, DemoReply, DemoSession } from './session.ts'

/** Who is who in the demo of sign-off, and what each of them does over HTTP. */

export const [CAMDEN, HACKNEY, HARINGEY, ISLINGTON, BARNET, BRENT] = [
  'LBC_CAMDEN',
  'LBC_HACKNEY',
  'LBC_HARINGEY',
  'LBC_ISLINGTON',
  'LBC_BARNET',
  'LBC_BRENT',
] as const
export const [MPS, ICB] = ['MPS', 'ICB_NEL'] as const

/** Who takes part: 33 London authorities, the police and one integrated care board. */
export const PARTIES = [
  ...shippedOrganisations()
    .filter(isLondonAuthority)
    .map(({ code }) => code),
  MPS,
  ICB,
]
/** Who tells a story of its own; the others adopt the review that Camden made, and sign. */
export const APART: readonly string[] = [CAMDEN, HACKNEY, HARINGEY, ISLINGTON, BARNET, BRENT, MPS, ICB]

/** A pair of which one has not signed, and one has not approved. */
export const NEITHER = 'DENY PARTY_NOT_SIGNED COMMENCEMENT_NOT_MET'

export const drafter: Actor = { name: 'drafter-camden', org: CAMDEN, role: 'IG_OFFICER' }
export const a = (role: Role, org: string, name = `${role.toLowerCase()}-${org.toLowerCase()}`): Actor => ({ name, org, role })

/** What one step is done as. */
const ROLE_OF: Readonly<Record<string, Role>> = {
  IG_REVIEW: 'IG_OFFICER',
  IAO_CONFIRMATION: 'IAO',
  DPO_REVIEW: 'DPO',
  LEGAL_REVIEW: 'LEGAL',
  CALDICOTT_REVIEW: 'CALDICOTT_GUARDIAN',
  INFOSEC_REVIEW: 'INFOSEC',
  SIRO_APPROVAL: 'SIRO',
}

/** A sign-off as the story reads it. */
export interface Story {
  readonly session: DemoSession
  readonly agreement: string
  readonly signOff: string
  readonly hash: string
}

/** Asks whether one may tell the other who is missing. */
export function asked(session: DemoSession, from: string, to: string, expect: string): Promise<DemoReply> {
  const { purpose, subjects } = MISSING_CHILDREN
  return session.decide({ from, to, purpose, subjects, items: ['IDENTITY.NAME'], expect })
}

/** Somebody does something to the sign-off. */
export function command(
  { session, signOff: id }: Story,
  by: Actor,
  does: string,
  body: Readonly<Record<string, unknown>>,
  expect = 200,
): Promise<DemoReply> {
  return session.act({ by, does, method: 'POST', path: `/v1/sign-offs/${id}/commands`, body, expect })
}

/** The person of an organisation who has the role of a step approves it. */
export function approves(story: Story, org: string, step: string, more: Readonly<Record<string, unknown>> = {}): Promise<DemoReply> {
  const by = a(ROLE_OF[step] ?? 'IG_OFFICER', org)
  return command(story, by, `approves ${step}`, { command: 'approve', org, step, hash: story.hash, ...more })
}

/** They adopt what Camden found instead. */
export function adopts(story: Story, org: string, step: string): Promise<DemoReply> {
  const by = a(ROLE_OF[step] ?? 'IG_OFFICER', org)
  return command(story, by, `adopts what Camden found at ${step}`, {
    command: 'adopt',
    org,
    step,
    hash: story.hash,
    from: CAMDEN,
    reason: 'The same processing in this borough.',
  })
}

/** The signatory of an organisation signs, or tries to. */
export function signs({ session, agreement, hash }: Story, org: string, expect = 201, does = 'signs'): Promise<DemoReply> {
  const by = a('SIGNATORY', org)
  const declared = {
    statements: SIGNING_STATEMENTS,
    name: `Signatory of ${org}`,
    post: 'Director of Children’s Services',
    authority: 'Scheme of delegation',
  }
  return session.act({
    by,
    does,
    method: 'POST',
    path: `/v1/agreements/${agreement}/signatures`,
    body: { version: 1, version_hash: hash, ...declared },
    expect,
  })
}
