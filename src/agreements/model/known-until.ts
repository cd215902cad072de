import { type Instant, instantOf, NEVER } from '../../platform/kernel/instant.ts'
import type { Agreement } from '../agreement.ts'

/**
 * An agreement as it was known at an instant: for a reader whose part in it is over. What was frozen, signed, stopped or arranged
 * later is left out, and so is a draft: the talks of those who stayed are none of its business. Pure.
 *
 * @param lastVersion the last version that was there, where it is on record; two acts may share an instant
 */
export function knownUntil(agreement: Agreement, until: Instant, lastVersion: number | null | undefined): Agreement {
  if (until === NEVER) return agreement
  const isKnown = (instant: string | null | undefined) => instantOf(instant) <= until
  const versions = agreement.versions.filter(
    ({ version, status, frozen_at }) =>
      status !== 'DRAFT' && version <= (lastVersion ?? version) && (frozen_at === null || frozen_at === undefined || isKnown(frozen_at)),
  )
  const isEndedLater = agreement.terminated_at !== null && !isKnown(agreement.terminated_at)
  const handedOn = agreement.keepers?.find(({ at }) => !isKnown(at))
  const numbers = new Set(versions.map(({ version }) => version))
  return {
    ...agreement,
    versions: versions.map((version) =>
      isKnown(version.dropped_at) || version.status === 'APPROVED' ? version : { ...version, status: 'APPROVED', dropped_at: null },
    ),
    owner_org: handedOn === undefined ? agreement.owner_org : handedOn.from,
    ...(agreement.keepers === undefined ? {} : { keepers: agreement.keepers.filter(({ at }) => isKnown(at)) }),
    parties: agreement.parties
      .filter(({ invited_at }) => invited_at === null || invited_at === undefined || isKnown(invited_at))
      .map((party) => (isKnown(party.left_at) ? party : { ...party, left_at: null, left_how: null })),
    signatures: [...agreement.signatures, ...(agreement.objections ?? []).filter(({ at }) => !isKnown(at))]
      .filter(({ version, signed_at }) => numbers.has(version) && isKnown(signed_at))
      .map(({ org, version, signed_at, carried_from }) => ({ org, version, signed_at, ...(carried_from ? { carried_from } : {}) })),
    ...(agreement.objections === undefined ? {} : { objections: agreement.objections.filter(({ at }) => isKnown(at)) }),
    ...(agreement.attested === undefined
      ? {}
      : {
          attested: agreement.attested
            .filter(({ version, from }) => numbers.has(version) && isKnown(from))
            .map((one) => (isKnown(one.to) ? one : { ...one, to: null })),
        }),
    // Only what is active is ended; the status that signatures gave it meanwhile is in its history.
    status: agreement.status === 'TERMINATED' && isEndedLater ? 'ACTIVE' : agreement.status,
    terminated_at: isEndedLater ? null : agreement.terminated_at,
    dpia: {
      ...agreement.dpia,
      status_changes: agreement.dpia.status_changes.filter(({ at }) => isKnown(at)),
      ...(agreement.dpia.elsewhere === undefined
        ? {}
        : {
            elsewhere: agreement.dpia.elsewhere
              .filter(({ recorded_at }) => isKnown(recorded_at))
              .map((one) => (isKnown(one.confirmed_at) ? one : { ...one, confirmed_at: null })),
          }),
    },
    approvals: agreement.approvals
      .filter(({ version }) => numbers.has(version))
      .map((one) => (isKnown(one.complete_at) ? one : { org: one.org, version: one.version, complete_at: null })),
    ...(agreement.dpo_advice_overruled === undefined
      ? {}
      : { dpo_advice_overruled: agreement.dpo_advice_overruled.filter(({ version, at }) => numbers.has(version) && isKnown(at)) }),
    suspensions: agreement.suspensions.filter(({ from }) => isKnown(from)).map((held) => (isKnown(held.to) ? held : { ...held, to: null })),
    review_due: agreement.review_changes?.find(({ at }) => !isKnown(at))?.before ?? agreement.review_due,
    review_changes: (agreement.review_changes ?? []).filter(({ at }) => isKnown(at)),
  }
}
