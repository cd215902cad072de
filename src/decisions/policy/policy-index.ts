import type { Agreement } from '../../agreements/agreement.ts'
import type { DisclosureRecord } from '../../disclosures/disclosure-record.ts'
import type { Organisation } from '../../parties/organisation.ts'
import type { CodeList } from '../../reference/code-list.ts'
import { type CodeLists, compileCodeLists } from '../../reference/code-lists.ts'
import { type LocalCode, versionWithLocalCodes, withLocalCodes } from '../../reference/local-code.ts'
import { compileAgreement } from './compile.ts'
import { type PairIndex, pairIndex } from './pair-index.ts'
import type { DisclosureDecision, PolicyAgreement, Snapshot } from './policy.ts'

/** One record of a policy revision, as stored: what decisions stand on. */
export type PolicyRecord =
  | { readonly kind: 'CODE_LISTS'; readonly id: string; readonly body: CodeListEdition }
  | { readonly kind: 'LOCAL_CODE'; readonly id: string; readonly body: LocalCode }
  | { readonly kind: 'ORGANISATION'; readonly id: string; readonly body: Organisation }
  | { readonly kind: 'AGREEMENT'; readonly id: string; readonly body: Agreement }
  | { readonly kind: 'DISCLOSURE_DECISION'; readonly id: string; readonly body: DisclosureRecord }
  | { readonly kind: 'CLIENT_REVOCATION'; readonly id: string; readonly body: ClientRevocation }

/** An API client that is answered no more: the `client_id` of its tokens and since when. There is no way back; a new client gets a new id. */
export interface ClientRevocation {
  readonly client_id: string
  readonly revoked_at: string
}

/** All code lists as shipped, and their version; what organisations added stands in records of its own. */
export interface CodeListEdition {
  readonly version: string
  readonly lists: readonly CodeList[]
}

/** A policy revision: its number, its digest (hex) and its latest governance instant (ms). */
export interface PolicyHead {
  readonly revision: number
  readonly digest: string
  readonly instant: number
}

/** The compiled policy at one revision. Reading it never changes it; `apply` makes the next one. */
export interface PolicyIndex extends Snapshot {
  readonly head: PolicyHead
  /** Version of the code lists, local codes among them, as the answer reports it. */
  readonly codeListVersion: string
  /** An agreement by its reference, whoever its parties are. */
  agreement(id: string): PolicyAgreement | undefined
  /** The code of the body that a code names now: of one that was merged, that of the body that it is. */
  codeOf(code: string): string
  /** Whether an API client was revoked: from then on nobody answers it. */
  isRevoked(clientId: string): boolean
  /** The index at a later revision: this one with the changed records replaced. */
  apply(records: readonly PolicyRecord[], head: PolicyHead): PolicyIndex
}

interface Content {
  readonly codes: CodeLists
  readonly codeListVersion: string
  readonly shipped: CodeListEdition
  readonly localCodes: Map<string, LocalCode>
  readonly organisations: Map<string, Organisation>
  readonly agreements: Map<string, PolicyAgreement>
  readonly byParty: Map<string, Set<string>>
  readonly pairs: PairIndex
  readonly byAgent: Map<string, Set<string>>
  readonly disclosures: Map<string, DisclosureDecision>
  readonly disclosuresByShare: Map<string, Set<string>>
  readonly revokedClients: Set<string>
}

/** The index of no policy at all: every question is denied. */
export function emptyPolicyIndex(): PolicyIndex {
  return policyIndex(
    {
      codes: compileCodeLists(new Map()),
      codeListVersion: 'none',
      shipped: { version: 'none', lists: [] },
      localCodes: new Map(),
      organisations: new Map(),
      agreements: new Map(),
      byParty: new Map(),
      pairs: pairIndex(),
      byAgent: new Map(),
      disclosures: new Map(),
      disclosuresByShare: new Map(),
      revokedClients: new Set(),
    },
    { revision: 0, digest: '', instant: 0 },
  )
}

/** A decision runs to its end on one index without awaiting, so the maps may be shared with the next index: it never sees half a change. */
function policyIndex(content: Content, head: PolicyHead): PolicyIndex {
  const codeOf = (code: string) => content.organisations.get(code)?.merged_into ?? code
  const agreementsOf = (ids: Iterable<string>) => [...ids].flatMap((id) => content.agreements.get(id) ?? [])
  return {
    head,
    revision: head.revision,
    codes: content.codes,
    codeListVersion: content.codeListVersion,
    organisation: (code) => content.organisations.get(codeOf(code)),
    codeOf,
    between: content.pairs.between,
    agreement: (id) => content.agreements.get(id),
    isRevoked: (clientId) => content.revokedClients.has(clientId),
    whereAgent: (agent) => agreementsOf(content.byAgent.get(agent) ?? []),
    disclosureDecision: (id) => content.disclosures.get(id),
    disclosureDecisionsFor: (provider, recipient, purpose) =>
      [...(content.disclosuresByShare.get(shareKey(provider, recipient, purpose)) ?? [])].flatMap(
        (id) => content.disclosures.get(id) ?? [],
      ),
    apply: (records, next) => policyIndex(applyAll(content, records), next),
  }
}

function applyAll(content: Content, records: readonly PolicyRecord[]): Content {
  const next: Content = withCodes(content, records)
  const boroughsMayChange = new Set<string>()
  for (const record of records) {
    if (record.kind !== 'ORGANISATION') continue
    if (next.organisations.get(record.id)?.type !== record.body.type) boroughsMayChange.add(record.id)
    next.organisations.set(record.id, record.body)
  }
  const organisation = (code: string) => next.organisations.get(code)
  for (const record of records) {
    if (record.kind === 'AGREEMENT') putAgreement(next, compileAgreement(record.body, organisation))
    if (record.kind === 'DISCLOSURE_DECISION') putDisclosure(next, record.body)
    if (record.kind === 'CLIENT_REVOCATION') next.revokedClients.add(record.id)
  }
  // ALL_SIGNED_BOROUGHS follows the type of a party, so its agreements are compiled anew.
  const recompiled = new Set(records.flatMap((record) => (record.kind === 'AGREEMENT' ? [record.id] : [])))
  for (const code of boroughsMayChange) {
    // A copy: putting an agreement takes it out of these sets and adds it again, which a walk over them would never see the end of.
    for (const id of [...(next.byParty.get(code) ?? [])]) {
      const known = next.agreements.get(id)
      if (known && !recompiled.has(id)) putAgreement(next, compileAgreement(known.source, organisation))
    }
  }
  return next
}

/** Shipped lists and local codes are compiled together, whichever of them changed: a local item is as strict as its relatives are now. */
function withCodes(content: Content, records: readonly PolicyRecord[]): Content {
  const newest = records.findLast((record) => record.kind === 'CODE_LISTS')
  const local = records.filter((record) => record.kind === 'LOCAL_CODE')
  if (!newest && local.length === 0) return content
  const shipped = newest?.body ?? content.shipped
  const localCodes = new Map([...content.localCodes, ...local.map(({ id, body }) => [id, body] as const)])
  const lists = withLocalCodes(shipped.lists, [...localCodes.values()])
  const codes = compileCodeLists(new Map(lists.map((list) => [list.list, list])))
  return { ...content, codes, codeListVersion: versionWithLocalCodes(shipped.version, [...localCodes.values()]), shipped, localCodes }
}

function putAgreement(content: Content, agreement: PolicyAgreement): void {
  const before = content.agreements.get(agreement.id)
  if (before) {
    for (const org of before.parties.keys()) content.byParty.get(org)?.delete(agreement.id)
    for (const org of agentsOf(before)) content.byAgent.get(org)?.delete(agreement.id)
  }
  content.agreements.set(agreement.id, agreement)
  content.pairs.put(agreement, before)
  for (const org of agreement.parties.keys()) addTo(content.byParty, org, agreement.id)
  for (const org of agentsOf(agreement)) addTo(content.byAgent, org, agreement.id)
}

function agentsOf(agreement: PolicyAgreement): Set<string> {
  return new Set(agreement.approved.flatMap((version) => version.agents?.map((agent) => agent.org) ?? []))
}

function putDisclosure(content: Content, record: DisclosureRecord): void {
  content.disclosures.set(record.id, {
    id: record.id,
    provider: record.provider,
    recipient: record.recipient,
    purpose: record.purpose,
    dataItems: new Set(record.data_items),
    subjectCount: record.subject_count,
    recordCount: record.record_count,
    isApproved: record.status === 'APPROVED',
    validFrom: Date.parse(record.valid_from),
    validTo: Date.parse(record.valid_to),
    singleUse: record.single_use,
    consumed: record.consumed_at !== null,
    form: record.form,
  })
  addTo(content.disclosuresByShare, shareKey(record.provider, record.recipient, record.purpose), record.id)
}

function shareKey(...parts: readonly string[]): string {
  return parts.join('\n')
}

function addTo(index: Map<string, Set<string>>, key: string, value: string): void {
  const known = index.get(key)
  if (known) known.add(value)
  else index.set(key, new Set([value]))
}
