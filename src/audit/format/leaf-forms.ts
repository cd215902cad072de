import type { DecisionLeaf, Leaf, LogLeaf } from './leaf.ts'

// The closed form of every member of every leaf: whatever does not fit is no leaf, and so no name, address or number of a
// person can stand in one (R34).

type Test = (value: unknown) => boolean
type Members = Readonly<Record<string, Test>>
interface Form {
  readonly required: Members
  readonly optional: Members
}

const matches =
  (pattern: RegExp): Test =>
  (value) =>
    typeof value === 'string' && pattern.test(value)
const oneOf =
  (...values: readonly (string | number | boolean)[]): Test =>
  (value) =>
    values.some((allowed) => allowed === value)
const count: Test = (value) => Number.isSafeInteger(value) && !Object.is(value, -0) && (value as number) >= 0
const digest = matches(/^sha256:[0-9a-f]{64}$/)
const hex32 = matches(/^[0-9a-f]{64}$/)
// A code starts with a letter, holds no space, dot, @ or lower case and no run of seven digits: no address, mail,
// telephone, NHS or citizen number fits, and no name as people write it.
const code = matches(/^(?!.*[0-9]{7})[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/)
const CODE_MAX = 64
/** Reason codes that one leaf carries at most. */
export const CODES_MAX = 64
/** Whether a value is a code as leaves carry them. */
export const shortCode: Test = (value) => code(value) && (value as string).length <= CODE_MAX
const verb = matches(/^[a-z]{2,16}(?:_[a-z]{2,16}){0,3}$/)
/** Whether a value names an agreement. */
export const agreementUrn = matches(
  /^urn:(?:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|accord:agreement:(?!.*[0-9]{7})[A-Z][A-Z0-9]{0,15}(?:[_-][A-Z0-9]{1,16}){0,6})$/,
)
/** Whether a value names an organisation. */
export const organisationUrn = matches(
  /^urn:(?:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|accord:organisation:(?!.*[0-9]{7})[A-Z][A-Z0-9]{0,31}(?:_[A-Z0-9]{1,32}){0,6})$/,
)
const origin = matches(/^[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]{1,5})?\/log\/[a-z0-9-]{1,63}$/)
const vkey = matches(/^[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]{1,5})?\/log\/[a-z0-9-]{1,63}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/)
const day = matches(/^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$/)
/** Whether a value is the reference of a file, as a legal hold carries it. */
export const fileReference = matches(/^(?!.*[0-9]{7})[A-Z0-9][A-Z0-9_/-]{0,63}$/)
const codes: Test = (value) =>
  Array.isArray(value) && value.length <= CODES_MAX && value.every(shortCode) && new Set(value).size === value.length
const checkpoint: Test = (value) =>
  typeof value === 'object' &&
  value !== null &&
  fault(value, { required: { origin, root: hex32, size: count }, optional: {} }) === undefined

const any: Members = {
  id: matches(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  t: () => true,
  ts: count,
  v: oneOf(1),
}
const caused: Members = { ...any, c: hex32, trace: matches(/^(?!0+$)[0-9a-f]{32}$/) }
const key: Form = { required: { ...any, vkey }, optional: {} }
const decision: Form = {
  required: {
    ...caused,
    cfg: digest,
    n: count,
    pol: digest,
    rc: codes,
    rev: count,
    span: matches(/^(?!0+$)[0-9a-f]{16}$/),
    st: oneOf('Unset', 'Ok', 'Error'),
  },
  optional: { ctr: agreementUrn, d: oneOf(true, false), sim: oneOf(true) },
}
const governance: Form = {
  required: { ...caused, act: verb, rev: count },
  optional: { ctr: agreementUrn, cseq: count, from: shortCode, org: organisationUrn, revh: digest, st: oneOf('Refused'), to: shortCode },
}
const FORMS: Readonly<Record<DecisionLeaf['t'] | LogLeaf['t'], Form>> = {
  'adl.access_evaluation': decision,
  'adl.access_evaluations': decision,
  'adl.search_subject': decision,
  'adl.search_resource': decision,
  'adl.search_action': decision,
  'audit.log.opened': { required: { ...any, origin, vkey, why: oneOf('FIRST', 'PERIOD', 'INCIDENT') }, optional: { prev: checkpoint } },
  'audit.log.closed': { required: { ...any, size: count, why: oneOf('PERIOD', 'INCIDENT') }, optional: {} },
  'audit.canary': { required: any, optional: {} },
  'audit.key.added': key,
  'audit.key.removed': key,
  'audit.payload.purged': { required: { ...any, first: day, last: day, n: count, why: oneOf('RETENTION') }, optional: {} },
  'audit.payload.erased': {
    required: { ...any, n: count, why: oneOf('ERASURE_REQUEST', 'COURT_ORDER', 'RECORDED_IN_ERROR') },
    optional: {},
  },
  'audit.hold.placed': { required: { ...any, first: day, hold: count, last: day, ref: fileReference }, optional: {} },
  'audit.hold.lifted': { required: { ...any, hold: count }, optional: {} },
  'audit.read': {
    required: { ...caused, first: count, n: count, origin, what: oneOf('ENTRIES', 'EXPORT', 'PAYLOAD') },
    optional: { org: organisationUrn },
  },
  'audit.incident': {
    required: {
      ...any,
      why: oneOf('FORK', 'ROLLBACK', 'GAP', 'CORRUPT_LEAF', 'CORRUPT_TILE', 'NOT_DURABLE', 'KEY_COMPROMISE', 'OMISSION'),
    },
    optional: { at: count, seen: checkpoint },
  },
}

/** What is wrong with a leaf, in words; undefined when it has the form of its event. @throws Error for an event that is not in the list */
export function leafFault(leaf: Leaf): string | undefined {
  return fault(leaf, formOf(leaf.t)) ?? contradiction(leaf)
}

function formOf(event: string): Form {
  if (/^gov\.[a-z]{2,24}(?:_[a-z]{2,24}){0,3}\.[a-z]{2,24}(?:_[a-z]{2,24}){0,3}$/.test(event)) return governance
  if (Object.hasOwn(FORMS, event)) return FORMS[event as keyof typeof FORMS]
  throw new Error(`leaf: unknown event ${JSON.stringify(event)}`)
}

function fault(value: object, { required, optional }: Form): string | undefined {
  for (const name in required) if (!Object.hasOwn(value, name)) return `member ${name} is missing`
  for (const name of Object.keys(value)) {
    const test = Object.hasOwn(required, name) ? required[name] : Object.hasOwn(optional, name) ? optional[name] : undefined
    if (test === undefined) return `member ${name} is not in the closed list`
    if (!test((value as Record<string, unknown>)[name])) return `member ${name} is outside its closed form`
  }
  return undefined
}

function contradiction(leaf: Leaf): string | undefined {
  if ('cseq' in leaf && !('ctr' in leaf)) return 'cseq counts the acts on an agreement and ctr names none'
  if (!('span' in leaf)) return undefined
  const decides = leaf.st !== 'Error' && leaf.t.startsWith('adl.access_')
  if (decides !== (leaf.d !== undefined)) return decides ? 'd is missing' : 'd is given where nothing was decided'
  return decides && leaf.n < 1 ? 'n is 0 where something was decided' : undefined
}
