import { assessmentOf } from '../../agreements/agreement.ts'
import type { Assessment } from '../../assessments/assessment.ts'
import { approvalConditions, type DisclosureRecord } from '../../disclosures/disclosure-record.ts'
import type { Organisation } from '../../parties/organisation.ts'
import { type CodeLists, compileCodeLists } from '../../reference/code-lists.ts'
import { type LocalCode, versionWithLocalCodes, withLocalCodes } from '../../reference/local-code.ts'
import { type AgreementStoreLimits, agreementStore, textOf } from './agreement-store.ts'
import { compileAgreement } from './compile.ts'
import { type PairIndex, pairIndex } from './pair-index.ts'
import type { DisclosureDecision, PolicyAgreement, Snapshot } from './policy.ts'
import {
  type AgreementText,
  type CodeListEdition,
  type LimitedClient,
  type PolicyRecord,
  type RegisteredClient,
  type StoredAgreement,
  type StoredRecord,
  toStored,
  toWhole,
} from './policy-record.ts'

export type {
  ClientLimits,
  ClientRevocation,
  CodeListEdition,
  LimitedClient,
  PolicyRecord,
  RegisteredClient,
  StoredRecord,
} from './policy-record.ts'

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
  /** Codes of the bodies that may share an agreement with one, as they are named now, sorted. */
  besides(org: string): readonly string[]
  /** An API client that is registered here; undefined: there is none of this name. */
  client(clientId: string): RegisteredClient | undefined
  /** What of an API client is limited; undefined: nobody said. */
  limitsOf(clientId: string): LimitedClient | undefined
  /** Whether an API client was revoked: from then on nobody answers it. */
  isRevoked(clientId: string): boolean
  /** The index at a later revision: this one with the changed records replaced. */
  apply(records: readonly (PolicyRecord | StoredRecord)[], head: PolicyHead): PolicyIndex
}

interface Content {
  readonly codes: CodeLists
  readonly codeListVersion: string
  readonly shipped: CodeListEdition
  readonly localCodes: Map<string, LocalCode>
  readonly organisations: Map<string, Organisation>
  readonly assessments: Map<string, Assessment>
  readonly agreements: ReturnType<typeof agreementStore>
  readonly pairs: PairIndex
  readonly byAgent: Map<string, Set<string>>
  readonly disclosures: Map<string, DisclosureDecision>
  readonly disclosuresByShare: Map<string, Set<string>>
  readonly clients: Map<string, RegisteredClient>
  readonly clientLimits: Map<string, LimitedClient>
  readonly revokedClients: Set<string>
}

/** The index of no policy at all: every question is denied. */
export function emptyPolicyIndex(limits?: AgreementStoreLimits): PolicyIndex {
  const organisations = new Map<string, Organisation>()
  const assessments = new Map<string, Assessment>()
  const organisation = (code: string) => organisations.get(code)
  const compile = (stored: StoredAgreement) => compileAgreement(toWhole(stored, assessments.get(stored.assessment)), organisation)
  return policyIndex(
    {
      codes: compileCodeLists(new Map()),
      codeListVersion: 'none',
      shipped: { version: 'none', lists: [] },
      localCodes: new Map(),
      organisations,
      assessments,
      agreements: agreementStore(compile, limits),
      pairs: pairIndex(),
      byAgent: new Map(),
      disclosures: new Map(),
      disclosuresByShare: new Map(),
      clients: new Map(),
      clientLimits: new Map(),
      revokedClients: new Set(),
    },
    { revision: 0, digest: '', instant: 0 },
  )
}

/**
 * Reads the changes up to a later revision, some at a time, and answers how to make the index of it. One that nobody asks yet is made on
 * the way, so that a large register is never held twice; one in use is changed in the moment of that call, by all of them at once.
 */
export async function changesUpTo(
  head: PolicyHead,
  from: PolicyIndex,
  batches: AsyncIterable<readonly StoredRecord[]>,
): Promise<() => PolicyIndex> {
  if (from.revision > 0) {
    const records: StoredRecord[] = []
    for await (const batch of batches) records.push(...batch)
    return () => from.apply(records, head)
  }
  let made = emptyPolicyIndex()
  for await (const batch of batches) made = made.apply(batch, head)
  return () => made
}

/** A decision runs to its end on one index without awaiting, so the maps may be shared with the next index: it never sees half a change. */
function policyIndex(content: Content, head: PolicyHead): PolicyIndex {
  const codeOf = (code: string) => content.organisations.get(code)?.merged_into ?? code
  const agreementsOf = (entries: Iterable<{ readonly id: string }>) => {
    const found: PolicyAgreement[] = []
    for (const { id } of entries) {
      const agreement = content.agreements.get(id)
      if (agreement) found.push(agreement)
    }
    return found
  }
  return {
    head,
    revision: head.revision,
    codes: content.codes,
    codeListVersion: content.codeListVersion,
    organisation: (code) => content.organisations.get(codeOf(code)),
    codeOf,
    between: (a, b) => agreementsOf(content.pairs.between(a, b)),
    agreement: (id) => content.agreements.get(id),
    besides: (org) => [...new Set([...content.pairs.besides(org)].map(codeOf))].toSorted(),
    client: (clientId) => content.clients.get(clientId),
    limitsOf: (clientId) => content.clientLimits.get(clientId),
    isRevoked: (clientId) => content.revokedClients.has(clientId),
    whereAgent: (agent) => agreementsOf([...(content.byAgent.get(agent) ?? [])].map((id) => ({ id }))),
    disclosureDecision: (id) => content.disclosures.get(id),
    disclosureDecisionsFor: (provider, recipient, purpose) =>
      [...(content.disclosuresByShare.get(shareKey(provider, recipient, purpose)) ?? [])].flatMap(
        (id) => content.disclosures.get(id) ?? [],
      ),
    apply: (records, next) => policyIndex(applyAll(content, toStored(records)), next),
  }
}

function applyAll(content: Content, records: readonly StoredRecord[]): Content {
  const next: Content = withCodes(content, records)
  const stated = new Set<string>()
  for (const record of records) {
    if (record.kind === 'ORGANISATION') {
      // ALL_SIGNED_BOROUGHS follows the type of a party.
      if (next.organisations.get(record.id)?.type !== record.body.type) next.agreements.forget()
      next.organisations.set(record.id, record.body)
    }
    if (record.kind === 'ASSESSMENT') {
      next.assessments.set(record.id, record.body)
      stated.add(record.id)
    }
    if (record.kind === 'AGREEMENT') putAgreement(next, record.body)
    if (record.kind === 'DISCLOSURE_DECISION') putDisclosure(next, record.body)
    if (record.kind === 'CLIENT') next.clients.set(record.id, record.body)
    if (record.kind === 'CLIENT_LIMITS') next.clientLimits.set(record.id, record.body)
    if (record.kind === 'CLIENT_REVOCATION') next.revokedClients.add(record.id)
  }
  // Every agreement that stands on an assessment stands on what it says now, whichever of them it was stated for.
  if (stated.size > 0) next.agreements.forget(({ source }) => stated.has(assessmentOf(source)))
  return next
}

/** Shipped lists and local codes are compiled together, whichever of them changed: a local item is as strict as its relatives are now. */
function withCodes(content: Content, records: readonly StoredRecord[]): Content {
  const newest = records.findLast((record) => record.kind === 'CODE_LISTS')
  const local = records.filter((record) => record.kind === 'LOCAL_CODE')
  if (!newest && local.length === 0) return content
  const shipped = newest?.body ?? content.shipped
  const localCodes = new Map([...content.localCodes, ...local.map(({ id, body }) => [id, body] as const)])
  const lists = withLocalCodes(shipped.lists, [...localCodes.values()])
  const codes = compileCodeLists(new Map(lists.map((list) => [list.list, list])))
  return { ...content, codes, codeListVersion: versionWithLocalCodes(shipped.version, [...localCodes.values()]), shipped, localCodes }
}

function putAgreement({ agreements, pairs, byAgent }: Content, body: StoredAgreement | AgreementText): void {
  const { entry, before } = agreements.put('text' in body ? body : textOf(body))
  pairs.put(entry, before)
  for (const org of before?.agents ?? []) byAgent.get(org)?.delete(entry.id)
  for (const org of entry.agents) addTo(byAgent, org, entry.id)
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
    conditions: approvalConditions(record),
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
