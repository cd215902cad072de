import type { LegalSide } from './agreement.ts'

/** A side for which no law is recorded yet: no rule accepts it. */
export const EMPTY_SIDE: LegalSide = {
  regime: 'UK_GDPR',
  performing_task: true,
  art6: [],
  annex1: [],
  gateways: [],
  art9: [],
  sch1: [],
  criminal: [],
  part3: { sch8: [], strictly_necessary: false, reuse_authority: null },
}
