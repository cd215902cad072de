import { sql } from 'kysely'
import type { Contacts } from '../../parties/contacts.ts'
import type { Transaction } from '../../platform/database/database.ts'
import type { AgreementRecord } from '../agreement-view.ts'
import type { Advice } from '../model/advice.ts'
import type { FilledGroup } from '../model/fill-groups.ts'
import type { LineSupplement } from '../model/register-line.ts'
import { signaturesOf, signaturesRepository } from './signatures.repository.ts'

/** What is stored of an agreement beside the model; it names its assessment. */
export type StoredRecord = Omit<AgreementRecord, 'assessedElsewhere'> & { readonly assessment: string }

/** What is stored of an agreement beside the model; undefined when it is not there or the reader may not see it. */
export async function readStoredRecord(tx: Transaction, id: string): Promise<StoredRecord | undefined> {
  const header = await tx
    .selectFrom('agreement as a')
    .select(['a.assessment_id', 'a.row_version', 'a.review_cycle_months', 'a.provenance', 'a.created_at', 'a.updated_at'])
    .select(sql<boolean>`public.shares_its_assessment(a.id)`.as('shares_assessment'))
    .select((of) =>
      of.selectFrom('made_assessment as m').select('m.id').whereRef('m.assessment_id', '=', 'a.assessment_id').as('made_here'),
    )
    .where('a.id', '=', id)
    .executeTakeFirst()
  if (!header) return undefined
  const parties = await tx
    .selectFrom('agreement_party as p')
    .leftJoin('organisation_contacts as c', 'c.org', 'p.org')
    .select(['p.org', 'p.contacts', 'c.contacts as kept'])
    .where('p.agreement_id', '=', id)
    .execute()
  const versions = await tx
    .selectFrom('agreement_version as v')
    .select(['v.version', 'v.frozen_at', 'v.change_class', 'v.recorded_elsewhere', 'v.warnings', 'v.filled_groups', 'v.sign_off_id'])
    .where('v.agreement_id', '=', id)
    .execute()
  const suspensions = await tx
    .selectFrom('suspension as s')
    .select(['s.id', 's.scope', 's.party', 's.flow', 's.version', 's.from_at', 's.to_at', 's.reason'])
    .where('s.agreement_id', '=', id)
    .orderBy('s.from_at')
    .orderBy('s.id')
    .execute()
  const documents = await tx
    .selectFrom('policy_document as d')
    .select(['d.party', 'd.conditions', 'd.document_ref', 'd.approved_on', 'd.review_on'])
    .where('d.agreement_id', '=', id)
    .orderBy('d.position')
    .execute()
  return {
    rowVersion: header.row_version,
    reviewCycleMonths: header.review_cycle_months,
    assessment: header.assessment_id,
    sharesAssessment: header.shares_assessment,
    assessmentHere: header.made_here,
    provenance: header.provenance as AgreementRecord['provenance'],
    createdAt: header.created_at,
    updatedAt: header.updated_at,
    contacts: new Map(parties.map(({ org, contacts }) => [org, contacts as unknown as Contacts])),
    organisationContacts: new Map(parties.map(({ org, kept }) => [org, (kept ?? {}) as unknown as Contacts])),
    versions: new Map(
      versions.map((row) => [
        row.version,
        {
          frozenAt: row.frozen_at,
          changeClass: row.change_class,
          recordedElsewhere: row.recorded_elsewhere,
          signOff: row.sign_off_id,
          warnings: row.warnings as unknown as readonly Advice[],
          filledGroups: row.filled_groups as unknown as FilledGroup[],
        },
      ]),
    ),
    signatures: await signaturesRepository(tx).of(id),
    suspensions: suspensions.map(({ scope, from_at, to_at, ...row }) => ({
      ...row,
      scope: scope as AgreementRecord['suspensions'][number]['scope'],
      from: from_at,
      to: to_at,
    })),
    policyDocuments: documents,
  }
}

/** What stands beside these agreements for their lines, by reference. One query a table, however many there are. */
export async function lineSupplements(tx: Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, LineSupplement>> {
  if (ids.length === 0) return new Map()
  const headers = await tx
    .selectFrom('agreement as a')
    .select(['a.id', 'a.provenance'])
    .where('a.id', 'in', [...ids])
    .execute()
  const signatures = await signaturesOf(tx, ids)
  return new Map(
    headers.map(({ id, provenance }) => [id, { provenance: provenance as LineSupplement['provenance'], signatures: signatures(id) }]),
  )
}
