import type { Principal } from '../../identity/principal.ts'
import type { IdempotencyKey } from './act.ts'

/** Who calls for an act on which agreement, with the headers that matter. */
export interface ActCall {
  readonly principal: Principal
  readonly agreementId: string
  /** `If-Match`; undefined: this act does not need one; null: it needs one and none was sent. */
  readonly ifMatch?: string | null
  readonly idempotency: IdempotencyKey | null
}

/** What every act answers first: on which agreement, what, when, and how its status moved. */
export interface ActOutcome {
  readonly agreement: string
  readonly act: string
  /** The instant of the act; from here on decisions stand on it. */
  readonly at: string
  readonly from: string
  readonly to: string
}
