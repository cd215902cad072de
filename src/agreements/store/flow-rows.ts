import type { Flow, LegalSide, RestrictionOverride } from '../agreement.ts'
import { EMPTY_SIDE } from '../empty-text.ts'

// Members of a flow have the names of their columns; what is not plain is said here.

interface VersionKey {
  readonly agreement_id: string
  readonly version: number
}
/** Rows are written with lists of their own. */
type Mutable<T> = { [Member in keyof T]: T[Member] extends readonly (infer One)[] ? One[] : T[Member] }

/** A flow as its row in table `flow`, without its legal sides. JSON columns are text. Pure. */
export function flowRow(key: VersionKey, flow: Flow, position: number) {
  const { legal: _, transfers, compatibility, volume_limit, restriction_override = null, standing_request_ref = null, ...plain } = flow
  return {
    ...{ ...key, ...(plain as Mutable<typeof plain>), position, standing_request_ref },
    transfers: JSON.stringify(transfers),
    compatibility: compatibility && JSON.stringify(compatibility),
    restriction_override: restriction_override && JSON.stringify(restriction_override),
    volume_subjects: volume_limit?.subjects ?? null,
    volume_records: volume_limit?.records ?? null,
  }
}

/** The legal sides of a flow as rows of table `flow_side`: the provider's, and the recipient's unless it is a processor. */
export function sideRows(key: VersionKey, { id: flow_id, legal: { provider, recipient } }: Flow) {
  const row = (side: 'PROVIDER' | 'RECIPIENT', { part3, ...plain }: LegalSide) => ({
    ...{ ...key, flow_id, side, ...(plain as Mutable<typeof plain>) },
    ...{ sch8: [...part3.sch8], strictly_necessary: part3.strictly_necessary, reuse_authority: part3.reuse_authority },
  })
  return recipient ? [row('PROVIDER', provider), row('RECIPIENT', recipient)] : [row('PROVIDER', provider)]
}

/** Columns of `flow` and `flow_side` as they come from the database. */
type JsonColumn = 'transfers' | 'compatibility' | 'restriction_override'
type FlowRow = Omit<ReturnType<typeof flowRow>, JsonColumn> & Readonly<Record<JsonColumn, unknown>>
type SideRow = Omit<ReturnType<typeof sideRows>[number], 'side' | 'regime'> & { readonly side: string; readonly regime: string }

/** The flow of a row and its sides; the inverse of `flowRow` and `sideRows`. */
export function flowFromRow(row: FlowRow, sides: readonly SideRow[]): Flow {
  const { agreement_id: _id, version: _version, position: _position, volume_subjects: subjects, volume_records: records, ...plain } = row
  const provider = sides.find(({ side }) => side === 'PROVIDER')
  const recipient = sides.find(({ side }) => side === 'RECIPIENT')
  return {
    ...plain,
    transfers: row.transfers as Flow['transfers'],
    compatibility: row.compatibility as Flow['compatibility'],
    restriction_override: row.restriction_override as RestrictionOverride | null,
    volume_limit: subjects === null && records === null ? null : { subjects, records },
    // A draft may not have its law yet: an empty side is one that no rule accepts.
    legal: { provider: provider ? sideFromRow(provider) : EMPTY_SIDE, recipient: recipient ? sideFromRow(recipient) : null },
  }
}

function sideFromRow(row: SideRow): LegalSide {
  const {
    agreement_id: _id,
    version: _version,
    flow_id: _flow,
    side: _side,
    regime,
    sch8,
    strictly_necessary,
    reuse_authority,
    ...plain
  } = row
  return { ...plain, regime: regime === 'PART_3' ? 'PART_3' : 'UK_GDPR', part3: { sch8, strictly_necessary, reuse_authority } }
}
