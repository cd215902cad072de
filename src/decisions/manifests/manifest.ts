import { canonicalJson } from '../../audit/format/canonical-json.ts'
import type { Obligation } from '../evaluation/obligations.ts'
import type { Permission, PermissionsAsked } from '../permitted/permissions.ts'

/** The first line of what is signed: no other text of the service begins like it. */
export const MANIFEST_FORMAT = 'accord-permissions-manifest/v1'

/** One line: a question that the rules permitted, its data subjects with the narrower ones by name, and until when that may be relied on without asking. */
export interface ManifestLine extends Omit<Permission, 'expires_at'> {
  /** Its number within the manifest, from 1. */
  readonly line: number
  /** What must be done with the data; of several methods and countries, for each. */
  readonly obligations: readonly Obligation[]
  readonly valid_until: string
  /** So late may a suspension or withdrawal arrive: what its provider's SIRO accepted. */
  readonly revocation_delay_hours: number
}

/** What an organisation may send or receive while the service cannot be reached. Instants are ISO 8601 in UTC. */
export interface Manifest {
  /** The record of its issuing in the log. */
  readonly manifest: string
  readonly organisation: string
  readonly direction: PermissionsAsked['direction']
  readonly issued_at: string
  /** The last instant at which some line counts; that of issuing where there is none. */
  readonly expires_at: string
  readonly policy_revision: number
  readonly policy_set_version: string
  readonly lines: readonly ManifestLine[]
}

/** The manifest as JSON in its one form (RFC 8785): as it is recorded and signed. */
export function manifestJson(manifest: Manifest): string {
  return canonicalJson(JSON.parse(JSON.stringify(manifest)))
}

/** What is signed: the name of the format, and the JSON, a line each. */
export function manifestText(json: string): string {
  return `${MANIFEST_FORMAT}\n${json}\n`
}
