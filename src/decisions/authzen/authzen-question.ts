import type { DecisionBody } from '../request-body.ts'

// A question as OpenID AuthZEN asks it, read as the one question that this service answers. Pure. It may never guess: what is not
// said stays open, and what belongs to another type of subject or resource is nobody's and nothing's.

/** A subject or resource (Authorization API 1.0, 5.1 and 5.2). */
export interface AuthzenEntity {
  readonly type: string
  readonly id: string
  readonly properties?: Members
}

/** An action (5.3). */
export interface AuthzenAction {
  readonly name: string
  readonly properties?: Members
}

/** A request of the Access Evaluation API (6.1), as the contract lets it through. */
export interface AuthzenQuestion {
  readonly subject: AuthzenEntity
  readonly action: AuthzenAction
  readonly resource: AuthzenEntity
  readonly context?: Members
}

export type Members = Readonly<Record<string, unknown>>

/** Members of a native question that the properties of an action state (domain reference, 6.1). */
const OF_ACTION = [
  ...['method', 'country', 'lawful_basis', 'at', 'agreement_ref', 'consent_ref', 'subject_flags', 'subject_count', 'record_count'],
  ...['disclosure_decision_id', 'provider_agent', 'recipient_agent', 'correlation_id'],
] as const
const OF_EMERGENCY = ['ground', 'justification', 'art9', 'subject_incapable', 'sch1', 'sch8', 'transfer'] as const
const OF_RESOURCE = ['data_subjects', 'data_form'] as const

/**
 * The recipient asks to do the purpose with items of the provider: the resource is `PROVIDER/ITEM`, its properties may name more items,
 * and how it is done belongs to the action (`docs/authzen-profile.md`).
 */
export function bodyOf({ subject, action, resource, context = NOTHING }: AuthzenQuestion): DecisionBody {
  const { properties: how = NOTHING } = action
  const { properties: what = NOTHING } = resource
  const slash = resource.id.indexOf('/')
  const provider = slash < 0 ? resource.id : resource.id.slice(0, slash)
  const more = (what['data_items'] ?? []) as readonly string[]
  const data_items = slash < 0 ? more : [...new Set([resource.id.slice(slash + 1), ...more])]
  const body: Record<string, unknown> = {
    provider: ofType(resource.type, 'data', provider),
    recipient: ofType(subject.type, 'organisation', subject.id),
    purpose: action.name,
    data_items,
    mode: how['mode'] ?? 'SYSTEMATIC',
  }
  take(body, OF_ACTION, how)
  take(body, OF_RESOURCE, what)
  if (how['emergency'] != null) body['emergency'] = take({}, OF_EMERGENCY, how['emergency'] as Members)
  if (context['min_revision'] != null) body['min_revision'] = context['min_revision']
  const stated = statedIn(how, context)
  if (stated) body['stated'] = stated
  return body as unknown as DecisionBody
}

const NOTHING: Members = {}

/** No code of an organisation has a colon: an id of another type is never taken for one. */
function ofType(type: string, known: string, id: string): string {
  return type === known ? id : `${type}:${id}`
}

/** Null says what absence says. */
function take(to: Record<string, unknown>, names: readonly string[], from: Members): Record<string, unknown> {
  for (const name of names) {
    const value = from[name]
    if (value != null) to[name] = value
  }
  return to
}

const STATED_OF_ACTION = ['processing_activity_id', 'algorithm_id'] as const
const STATED_OF_CONTEXT = ['time', 'mim', 'ld-context', 'traceparent', 'tracestate'] as const
const STATED_MAX = 2_000

/**
 * What the Dutch profile of AuthZEN asks to be kept with a call: where the processing and the algorithm are registered, when it began, what
 * its words mean, and its trace. Texts, and one object, of a bounded length; anything else is ignored.
 */
function statedIn(how: Members, context: Members): Members | null {
  let stated: Record<string, unknown> | null = null
  for (const [names, from] of [
    [STATED_OF_ACTION, how],
    [STATED_OF_CONTEXT, context],
  ] as const) {
    for (const name of names) {
      const value = from[name]
      if (value === undefined || !isKept(name, value)) continue
      stated ??= {}
      stated[name] = value
    }
  }
  return stated
}

function isKept(name: string, value: unknown): boolean {
  if (typeof value === 'string') return value.length <= STATED_MAX
  return name === 'ld-context' && typeof value === 'object' && value !== null && JSON.stringify(value).length <= STATED_MAX
}
