import { UNREAD_BY_DECISIONS } from '../../parties/organisation.ts'
import { isActive } from '../evaluation/stage-zero.ts'
import type { PolicyFlow, Snapshot } from '../policy/policy.ts'
import type { Reason } from '../rules/reason.ts'
import type { Drafted, Pair } from './drafted.ts'

/** Bodies of a flow that the rules tell apart by nothing but their names: the same number, the same answer. */
export interface Kinds {
  readonly ofProvider: ReadonlyMap<string, number>
  readonly ofRecipient: ReadonlyMap<string, number>
}

type Register = Pick<Snapshot, 'codes' | 'organisation'>

/** What does not tell bodies of a draft apart: names, days on which they began, and whose signatures they accept, since all have signed. */
const TELLS_NOTHING: ReadonlySet<string> = new Set([
  ...['code', 'active_from', 'active_to', 'merged_into', 'accepts_attested_since'],
  ...UNREAD_BY_DECISIONS,
])

/** Sorts the bodies of a flow by all that a rule may read of them. Pure. */
export function kindsIn(drafted: Drafted, flow: PolicyFlow, register: Register): Kinds {
  const named = new Set([...flow.providers, ...flow.recipients])
  const other = [...named].flatMap((code) => register.organisation(code) ?? []).filter(({ code }) => named.has(code))
  const times = new Map<string, number>()
  for (const { code } of other) times.set(code, (times.get(code) ?? 0) + 1)
  const numbers = new Map<string, number>()
  const kind = (code: string, isProvider: boolean) => {
    const body = register.organisation(code)
    // Whoever goes by another name, or is unknown, is asked about alone.
    const isAlone = !body || body.code !== code || (times.get(code) ?? 0) > 1
    const key = isAlone ? code : JSON.stringify([readOf(drafted, body), heldBy(drafted, code), lawNaming(flow, register, code, isProvider)])
    return numbers.get(key) ?? numbers.set(key, numbers.size).size - 1
  }
  return {
    ofProvider: new Map([...flow.providers].map((code) => [code, kind(code, true)])),
    ofRecipient: new Map([...flow.recipients].map((code) => [code, kind(code, false)])),
  }
}

function readOf({ at }: Drafted, body: NonNullable<ReturnType<Register['organisation']>>): unknown {
  const read = Object.entries(body).filter(([name]) => !TELLS_NOTHING.has(name))
  return [read.toSorted(([one], [next]) => (one < next ? -1 : 1)), isActive(body, at)]
}

/** What the agreement holds about a body: whether it is a party, and its policy documents. */
function heldBy({ agreement }: Drafted, code: string): unknown {
  return [agreement.parties.has(code), [...(agreement.policyDocuments.get(code) ?? [])].toSorted()]
}

/** What the laws that a flow cites say of a body by its name (GW-7). A refusal names whoever may not receive: nobody else answers for them. */
function lawNaming({ source }: PolicyFlow, { codes }: Register, code: string, isProvider: boolean): unknown {
  return source.legal.provider.gateways.map((cited) => {
    const { providerOrgs = null, recipientOrgs = null } = codes.gateways.get(cited) ?? {}
    const isNamed = [providerOrgs?.includes(code) ?? true, recipientOrgs?.includes(code) ?? true]
    return isProvider || isNamed[1] ? isNamed : code
  })
}

/**
 * Asks about as few pairs as will do: about one pair of each two kinds, and where what stands against it names a body, about one more
 * body of that kind, to see that only the name differs. A reason about the recipient names nobody but the recipient, any other one nobody
 * but the provider; so each pair is answered, word for word and in the same order, as if it had been asked about by itself. Pure where
 * `ask` is.
 */
export function askedByKind({ ofProvider, ofRecipient }: Kinds, ask: (pair: Pair) => readonly Reason[]): (pair: Pair) => readonly Reason[] {
  const ofKinds: (First | undefined)[][] = []
  return (pair) => {
    const [sending = 0, receiving = 0] = [ofProvider.get(pair.provider), ofRecipient.get(pair.recipient)]
    ofKinds[sending] ??= []
    ofKinds[sending][receiving] ??= firstOf(pair, ask(pair))
    const { reasons, ofSender, ofReceiver } = ofKinds[sending][receiving]
    if (!ofSender && !ofReceiver) return reasons
    const sender = ofSender?.(pair.provider, () => ask(pair)) ?? reasons
    const receiver = ofReceiver?.(pair.recipient, () => ask(pair)) ?? reasons
    return sender.map((reason, place) => (isOfReceiver(reason) ? (receiver[place] ?? reason) : reason))
  }
}

/** What was found of the first pair of two kinds; and where that names a body, what is found of the others of its kind. */
interface First {
  readonly reasons: readonly Reason[]
  readonly ofSender?: OfBody
  readonly ofReceiver?: OfBody
}

type OfBody = (code: string, ask: () => readonly Reason[]) => readonly Reason[]

const isOfReceiver = ({ side }: Reason) => side === 'RECIPIENT'
const isOfSender = (reason: Reason) => !isOfReceiver(reason)

function firstOf({ provider, recipient }: Pair, reasons: readonly Reason[]): First {
  const names = (code: string, isOf: (reason: Reason) => boolean) =>
    reasons.some((reason) => isOf(reason) && JSON.stringify(reason).includes(code))
  return {
    reasons,
    ...(names(provider, isOfSender) ? { ofSender: byName(provider, reasons, isOfSender) } : {}),
    ...(names(recipient, isOfReceiver) ? { ofReceiver: byName(recipient, reasons, isOfReceiver) } : {}),
  }
}

/**
 * What stands against each body of a kind, from what was found of its first. The second one is asked about: where it is answered in the
 * same words but for its name, so is every other one; where it is not (a law is named like the first), each is asked about.
 */
function byName(first: string, reasons: readonly Reason[], isOf: (reason: Reason) => boolean): OfBody {
  const known = new Map([[first, reasons]])
  let isOnlyName: boolean | undefined
  const renamed = (code: string) =>
    reasons.map((reason) => (isOf(reason) ? { ...reason, detail: reason.detail.replaceAll(first, code) } : reason))
  return (code, ask) => {
    const before = known.get(code)
    if (before) return before
    const found = isOnlyName ? renamed(code) : ask()
    isOnlyName ??= JSON.stringify(found.filter(isOf)) === JSON.stringify(renamed(code).filter(isOf))
    known.set(code, found)
    return found
  }
}
