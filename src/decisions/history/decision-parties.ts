/** Whom a recorded decision is about: read out of its payload, since the leaf names no one but the agreement. */

/** One share that was asked about: provider and recipient by code. */
export interface Share {
  readonly provider: string
  readonly recipient: string
}

/** Who called, and what was asked about. */
export interface DecisionParties {
  readonly caller: string | null
  readonly shares: readonly Share[]
  /** Whether the payload names an agreement that the caller was not told. */
  readonly withholds: boolean
}

/** What a reader may see of a decision. Nobody may know of a decision on others. */
export type DecisionView = 'NOTHING' | 'RECORD' | 'RECORD_AND_PAYLOAD'

const DEPTH_MAX = 8

/**
 * The parties in a payload, whatever kind of call it records: every object under `request` (or `parties`) that names a provider
 * and a recipient, in the native form or as AuthZEN subject and resource (`PROVIDER/ITEM`). Pure; never throws.
 */
export function partiesOf(payload: unknown): DecisionParties {
  const { caller, request, parties, response, relied_on, prohibited_by } = asObject(payload)
  const org = asObject(caller)['org']
  const shares: Share[] = []
  collect(parties ?? request, {}, shares, 0)
  const answered = text(asObject(response)['agreement'])
  const withholds = [relied_on, prohibited_by].some((named) => typeof named === 'string' && named !== answered)
  return { caller: typeof org === 'string' ? org : null, shares, withholds }
}

/**
 * What an organisation may see: the record when it called or is a party of any share asked about; the payload only when
 * every share in it is its own, since a payload is disclosed whole or not at all. A caller that is no party sees its own words
 * back, but not when an agreement that it may not know stands beside them. Pure.
 */
export function viewOf(org: string, { caller, shares, withholds }: DecisionParties): DecisionView {
  const isOwn = ({ provider, recipient }: Share) => org === provider || org === recipient
  const isParty = shares.some(isOwn)
  if (org === caller) return withholds && !isParty ? 'RECORD' : 'RECORD_AND_PAYLOAD'
  if (!isParty) return 'NOTHING'
  return shares.every(isOwn) ? 'RECORD_AND_PAYLOAD' : 'RECORD'
}

/** What stands above holds below where it is not said again, as in batches. */
function collect(value: unknown, above: { provider?: string; recipient?: string }, found: Share[], depth: number): void {
  if (depth > DEPTH_MAX || value === null || typeof value !== 'object') return
  if (Array.isArray(value)) {
    for (const item of value) collect(item, above, found, depth + 1)
    return
  }
  const object = asObject(value)
  const provider = text(object['provider']) ?? text(asObject(object['resource'])['id'])?.split('/')[0] ?? above.provider
  const recipient = text(object['recipient']) ?? text(asObject(object['subject'])['id']) ?? above.recipient
  const here = { ...(provider === undefined ? {} : { provider }), ...(recipient === undefined ? {} : { recipient }) }
  const lists = Object.values(object).filter(Array.isArray)
  const before = found.length
  for (const list of lists)
    collect(
      list.filter((item) => namesSomeone(item)),
      here,
      found,
      depth + 1,
    )
  if (found.length === before && provider !== undefined && recipient !== undefined) found.push({ provider, recipient })
}

function namesSomeone(value: unknown): boolean {
  const object = asObject(value)
  return ['provider', 'recipient', 'subject', 'resource'].some((name) => name in object)
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
