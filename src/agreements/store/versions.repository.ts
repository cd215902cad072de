import type { Contacts } from '../../parties/contacts.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { AgreementVersion, Terms } from '../agreement.ts'
import type { Advice } from '../model/advice.ts'
import type { SignedText } from '../model/signed-text.ts'
import { flowRow, sideRows } from './flow-rows.ts'

/** A version as it is kept for ever: its exact bytes where it was frozen. */
export interface StoredVersion {
  readonly status: AgreementVersion['status']
  /** Canonical JSON, UTF-8; null while it is a draft. */
  readonly document: Buffer | null
  readonly hash: string | null
  readonly frozenAt: string | null
  readonly changeClass: 'MINOR' | 'MATERIAL' | null
  /** What whoever approved it was told (3.8). */
  readonly warnings: readonly Advice[]
}

/** What a version is frozen with. */
export interface FrozenWith {
  readonly text: SignedText
  /** ISO 8601. */
  readonly at: string
  readonly changeClass: 'MINOR' | 'MATERIAL' | null
  readonly warnings: readonly Advice[]
}

/** Writes versions: a draft copied from another, the freeze, the status. Joins the caller's transaction. */
export function versionsRepository(tx: Transaction) {
  return {
    /** Stores the next draft with these terms and days. @throws a unique violation while another draft is open */
    insertDraft: (id: string, version: Pick<AgreementVersion, 'version' | 'effective_from' | 'effective_to' | 'terms'>): Promise<void> =>
      insertDraftVersion(tx, id, version, 'ACCORD'),

    /** Fixes a draft for ever (LC-1): bytes, hash, instant. The terms can no longer be written from here on. */
    async freeze(id: string, version: number, { text, at, changeClass, warnings }: FrozenWith): Promise<void> {
      await tx
        .updateTable('agreement_version')
        .set({
          status: 'APPROVED',
          frozen_at: at,
          document: Buffer.from(text.document, 'utf8'),
          hash: text.hash,
          change_class: changeClass,
          warnings: JSON.stringify(warnings),
        })
        .where('agreement_id', '=', id)
        .where('version', '=', version)
        .execute()
    },

    /** Notes in which sign-off a version is approved. */
    async signedOffIn(id: string, version: number, signOff: string): Promise<void> {
      await tx
        .updateTable('agreement_version')
        .set({ sign_off_id: signOff })
        .where('agreement_id', '=', id)
        .where('version', '=', version)
        .execute()
    },

    /** Keeps which contacts applied when a version was frozen. */
    async keepContacts(agreement_id: string, version: number, of: ReadonlyMap<string, Contacts>): Promise<void> {
      const rows = [...of].map(([org, contacts]) => ({ agreement_id, version, org, contacts: JSON.stringify(contacts) }))
      if (rows.length > 0) await tx.insertInto('version_contacts').values(rows).execute()
    },

    /** The contacts that applied when a version was frozen, by organisation. */
    async contactsOf(id: string, version: number): Promise<{ readonly org: string; readonly contacts: Contacts }[]> {
      const rows = await tx
        .selectFrom('version_contacts as c')
        .select(['c.org', 'c.contacts'])
        .where('c.agreement_id', '=', id)
        .where('c.version', '=', version)
        .orderBy('c.org')
        .execute()
      return rows.map(({ org, contacts }) => ({ org, contacts: contacts as Contacts }))
    },

    /** Takes versions out from an instant on: replaced before they began, or given up. */
    async drop(id: string, versions: readonly number[], status: 'SUPERSEDED' | 'ABANDONED', at: string): Promise<void> {
      if (versions.length === 0) return
      await tx
        .updateTable('agreement_version')
        .set({ status, dropped_at: at })
        .where('agreement_id', '=', id)
        .where('version', 'in', [...versions])
        .execute()
    },

    /** A version with its bytes; undefined when there is none, or the reader may not see the agreement. */
    async find(id: string, version: number): Promise<StoredVersion | undefined> {
      const row = await tx
        .selectFrom('agreement_version as v')
        .select(['v.status', 'v.document', 'v.hash', 'v.frozen_at', 'v.change_class', 'v.warnings'])
        .where('v.agreement_id', '=', id)
        .where('v.version', '=', version)
        .executeTakeFirst()
      if (!row) return undefined
      const { status, document, hash, frozen_at, change_class, warnings } = row
      return {
        status: status as StoredVersion['status'],
        ...{ document, hash, frozenAt: frozen_at, changeClass: change_class as StoredVersion['changeClass'] },
        warnings: warnings as unknown as readonly Advice[],
      }
    },
  }
}

async function insertTerms(tx: Transaction, key: { agreement_id: string; version: number }, terms: Terms): Promise<void> {
  const flows = terms.flows.map((flow, position) => flowRow(key, flow, position))
  if (flows.length > 0) await tx.insertInto('flow').values(flows).execute()
  const sides = terms.flows.flatMap((flow) => sideRows(key, flow))
  if (sides.length > 0) await tx.insertInto('flow_side').values(sides).execute()
  const prohibitions = terms.prohibitions.map((found, position) => ({ ...key, position, purposes: [...found.purposes], note: found.note }))
  if (prohibitions.length > 0) await tx.insertInto('prohibition').values(prohibitions).execute()
  const agents = (terms.agents ?? []).map((agent, position) => ({
    ...key,
    position,
    org: agent.org,
    for_party: agent.for,
    contract_ref: agent.contract_ref,
    valid_from: agent.valid_from,
    valid_to: agent.valid_to,
  }))
  if (agents.length > 0) await tx.insertInto('agent').values(agents).execute()
}

/** Stores a version as a draft, with its terms. @throws a unique violation while another draft made here is open */
export async function insertDraftVersion(
  tx: Transaction,
  id: string,
  version: Pick<AgreementVersion, 'version' | 'effective_from' | 'effective_to' | 'terms'>,
  origin: 'ACCORD' | 'ELSEWHERE',
): Promise<void> {
  const { terms } = version
  const key = { agreement_id: id, version: version.version }
  await tx
    .insertInto('agreement_version')
    .values({
      ...key,
      status: 'DRAFT',
      effective_from: version.effective_from,
      effective_to: version.effective_to,
      commencement_rule: terms.commencement.rule,
      commencement_threshold: terms.commencement.rule === 'THRESHOLD' ? terms.commencement.n : null,
      narrative: JSON.stringify(terms.narrative),
      processor_contract: terms.processor_contract && JSON.stringify(terms.processor_contract),
      joint_controller_arrangement: terms.joint_controller_arrangement && JSON.stringify(terms.joint_controller_arrangement),
      agents_recorded: terms.agents !== null,
      recorded_elsewhere: origin === 'ELSEWHERE',
    })
    .execute()
  await insertTerms(tx, key, terms)
}
