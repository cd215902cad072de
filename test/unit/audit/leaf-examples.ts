import type { DecisionLeaf, GovernanceLeaf, Leaf } from '../../../src/audit/format/leaf.ts'

const hex64 = 'ab'.repeat(32)
const id = '019aa0f0-1c2d-7abc-8def-0123456789ab'
const trace = '0af7651916cd43dd8448eb211c80319c'
const vkey = 'accord.example/log/decisions-2026+0c2f1b9a+AZ1YgZ9m3b0Y8x1mE5y7cJ8l3wq0V5nT2kR4uH6gD9aB'
const prev = { origin: 'accord.example/log/decisions-2025', root: hex64, size: 70_000 }
const origin = 'accord.example/log/decisions-2026'
const any = { id, ts: 1_795_374_000_123, v: 1 } as const

export const aDecision: DecisionLeaf = {
  ...any,
  c: hex64,
  cfg: `sha256:${hex64}`,
  ctr: 'urn:accord:agreement:AGR-001',
  d: true,
  n: 1,
  pol: `sha256:${hex64}`,
  rc: ['PURPOSE_NOT_COVERED', 'DATA_NOT_COVERED'],
  rev: 7,
  sim: true,
  span: '00f067aa0ba902b7',
  st: 'Unset',
  t: 'adl.access_evaluation',
  trace,
}

export const anAct: GovernanceLeaf = {
  ...any,
  act: 'sign',
  c: hex64,
  ctr: 'urn:uuid:019aa0f0-1c2d-7abc-8def-0123456789ab',
  cseq: 12,
  from: 'AWAITING_SIGNATURE',
  org: 'urn:accord:organisation:LBC_CAMDEN',
  rev: 7,
  revh: `sha256:${hex64}`,
  st: 'Refused',
  t: 'gov.agreement.signed',
  to: 'ACTIVE',
  trace,
}

/** One leaf of every kind with every member it can have. */
export const everyLeaf: readonly Leaf[] = [
  aDecision,
  anAct,
  { ...any, t: 'audit.log.opened', origin, prev, vkey, why: 'PERIOD' },
  { ...any, t: 'audit.log.closed', size: 70_001, why: 'PERIOD' },
  { ...any, t: 'audit.key.added', vkey },
  { ...any, t: 'audit.key.removed', vkey },
  { ...any, t: 'audit.payload.purged', first: '2019-11-01', last: '2019-11-30', n: 412, why: 'RETENTION' },
  { ...any, t: 'audit.payload.erased', n: 3, why: 'ERASURE_REQUEST' },
  { ...any, t: 'audit.hold.placed', first: '2026-11-01', hold: 3, last: '2026-11-30', ref: 'INQUIRY/2026-4' },
  { ...any, t: 'audit.hold.lifted', hold: 3 },
  { ...any, t: 'audit.read', c: hex64, first: 0, n: 256, org: 'urn:accord:organisation:LBC_CAMDEN', origin, trace, what: 'ENTRIES' },
  { ...any, t: 'audit.incident', at: 17, seen: prev, why: 'ROLLBACK' },
]
