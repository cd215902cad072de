/** When an assessment that was approved is opened again (DP-6; UK GDPR Art 35(11)), and what becomes of the share meanwhile. Pure. */

export const REOPENING_REASONS = [
  'NEW_VERSION',
  'INCIDENT',
  'NEW_PROCESSOR',
  'NEW_COUNTRY',
  'NEW_TECHNOLOGY',
  'LAW_CHANGE',
  'REVIEW_DATE',
] as const
export type ReopeningReason = (typeof REOPENING_REASONS)[number]

/** What a reason does. */
export interface Reopening {
  /** What people read. */
  readonly label: string
  /** Whether nothing may be shared on it from that instant on. */
  readonly stops_sharing: boolean
  /** Whether what was approved before holds until its review date (Policy). */
  readonly keeps_approval: boolean
}

const LABELS: Readonly<Record<ReopeningReason, string>> = {
  NEW_VERSION: 'The agreement has a new version',
  INCIDENT: 'There was an incident',
  NEW_PROCESSOR: 'A processor is new',
  NEW_COUNTRY: 'A country is new',
  NEW_TECHNOLOGY: 'A technology is new',
  LAW_CHANGE: 'The law has changed',
  REVIEW_DATE: 'Its review is due',
}

/**
 * What opening it again for a reason does (DP-6): after an incident nothing is shared until it is approved anew. Otherwise what was
 * approved holds until its review date (Policy): what is new waits for the new approval, what goes on does not stop for it.
 */
export function reopens(reason: ReopeningReason): Reopening {
  const stops = reason === 'INCIDENT'
  return { label: LABELS[reason], stops_sharing: stops, keeps_approval: !stops }
}
