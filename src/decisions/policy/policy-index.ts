import { assessmentOf } from '../../agreements/agreement.ts'
import type { Assessment } from '../../assessments/assessment.ts'
import type { DisclosureRecord } from '../../disclosures/disclosure-record.ts'
import type { Organisation } from '../../parties/organisation.ts'
import { type CodeLists, compileCodeLists } from '../../reference/code-lists.ts'
import { type LocalCode, versionWithLocalCodes, withLocalCodes } from '../../reference/local-code.ts'
import { compileAgreement } from './compile.ts'
import { type PairIndex, pairIndex } from './pair-index.ts'
import type { DisclosureDecision, PolicyAgreement, Snapshot } from './policy.ts'
import { type CodeListEdition, type PolicyRecord, type StoredRecord, toStored, toWhole, withAssessment } from './policy-record.ts'

export type { ClientRevocation, CodeListEdition, PolicyRecord, StoredRecord } from './policy-record.ts'

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
  apply(records: readonly (PolicyRecord | StoredRecord)[], head: PolicyHead): PolicyIndex
}

interface Content {
  readonly codes: CodeLists
  readonly codeListVersion: string
  readonly shipped: CodeListEdition
  readonly localCodes: Map<string, LocalCode>
  readonly organisations: Map<string, Organisation>
  readonly assessments: Map<string, Assessment>
  readonly agreements: Map<string, PolicyAgreement>
  readonly byAssessment: Map<string, Set<string>>
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
      assessments: new Map(),
      agreements: new Map(),
      byAssessment: new Map(),
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
    apply: (records, next) => policyIndex(applyAll(content, toStored(records)), next),
  }
}

function applyAll(content: Content, records: readonly StoredRecord[]): Content {
  const next: Content = withCodes(content, records)
  const boroughsMayChange = new Set<string>()
  for (const record of records) {
    if (record.kind !== 'ORGANISATION') continue
    if (next.organisations.get(record.id)?.type !== record.body.type) boroughsMayChange.add(record.id)
    next.organisations.set(record.id, record.body)
  }
  const organisation = (code: string) => next.organisations.get(code)
  for (const record of records) if (record.kind === 'ASSESSMENT') next.assessments.set(record.id, record.body)
  for (const record of records) {
    if (record.kind === 'AGREEMENT')
      putAgreement(next, compileAgreement(toWhole(record.body, next.assessments.get(record.body.assessment)), organisation))
    if (record.kind === 'DISCLOSURE_DECISION') putDisclosure(next, record.body)
    if (record.kind === 'CLIENT_REVOCATION') next.revokedClients.add(record.id)
  }
  const recompiled = new Set(records.flatMap((record) => (record.kind === 'AGREEMENT' ? [record.id] : [])))
  // Every agreement that stands on an assessment stands on what it says now, whichever of them it was stated for.
  for (const record of records) {
    if (record.kind !== 'ASSESSMENT') continue
    for (const id of [...(next.byAssessment.get(record.id) ?? [])]) {
      const known = next.agreements.get(id)
      if (known && !recompiled.has(id)) putAgreement(next, compileAgreement(withAssessment(known.source, record.body), organisation))
    }
  }
  // ALL_SIGNED_BOROUGHS follows the type of a party, so its agreements are compiled anew.
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

function putAgreement(content: Content, agreement: PolicyAgreement): void {
  const before = content.agreements.get(agreement.id)
  if (before) {
    for (const org of before.parties.keys()) content.byParty.get(org)?.delete(agreement.id)
    for (const org of agentsOf(before)) content.byAgent.get(org)?.delete(agreement.id)
    content.byAssessment.get(assessmentOf(before.source))?.delete(agreement.id)
  }
  content.agreements.set(agreement.id, agreement)
  content.pairs.put(agreement, before)
  addTo(content.byAssessment, assessmentOf(agreement.source), agreement.id)
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
