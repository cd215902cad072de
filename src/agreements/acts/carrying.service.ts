import assert from 'node:assert/strict'
import { type Identity, isSamePerson } from '../../identity/principal.ts'
import { chainOf, type SignedContent, type SignOff } from '../../workflow/model/sign-off.ts'
import type { WorkflowService } from '../../workflow/workflow.service.ts'
import type { ActContext } from '../acting.service.ts'
import type { AgreementVersion } from '../agreement.ts'
import { affectedBy, carriedVersion, isAffected, type WholeText } from '../model/affected.ts'
import { difference } from '../model/difference.ts'
import { approvalsRepository } from '../store/approvals.repository.ts'
import { signaturesRepository } from '../store/signatures.repository.ts'
import { versionsRepository } from '../store/versions.repository.ts'
import type { ChainsOptions } from './chains.service.ts'

export interface CarryingOptions extends Pick<ChainsOptions, 'boroughs' | 'askers'> {
  readonly workflow: Pick<WorkflowService, 'of'>
}

/** A party whose approvals and signature hold for the text that is frozen. */
export interface CarriedParty {
  readonly org: string
  /** The version that its signature stands on now. */
  readonly from: number
  /** What was signed: that version, or where it was carried there itself, an earlier one. */
  readonly signed: SignedContent
  /** What differs from that version, in the words of the labels of its clauses. */
  readonly changes: readonly string[]
}

/** Clauses that a notice names; more are read in the differences of the versions. */
const NAMED_CHANGES = 30

export type CarryingService = ReturnType<typeof carryingService>

/**
 * AFFECTED_RE_SIGN: who need not sign an amendment anew. The text that a party has signed says so, not the new one; the change must not
 * affect it; and nobody who approved or signed for it has asked for the share or written the new text (SD-1).
 */
export function carryingService({ workflow, boroughs, askers }: CarryingOptions) {
  /** Texts and sign-offs by version, each read once. */
  function reading({ tx, agreement: { id } }: ActContext) {
    const texts = new Map<number, Promise<WholeText | null>>()
    const signOffs = new Map<number, Promise<SignOff | undefined>>()
    const textOf = async (version: number) => {
      const found = await versionsRepository(tx).find(id, version)
      return found?.document ? (JSON.parse(found.document.toString('utf8')) as WholeText) : null
    }
    return {
      text: (version: number) => once(texts, version, textOf),
      signOff: (version: number) => once(signOffs, version, (of) => workflow.of(tx, { type: 'agreement', id, version: of })),
    }
  }

  return {
    /** Of these parties those whose signature is carried to a version whose text is frozen. */
    async carried(context: ActContext, { version }: AgreementVersion, orgs: readonly string[]): Promise<CarriedParty[]> {
      const { tx, agreement, principal, at } = context
      const bases = orgs.flatMap((org) => {
        const base = carriedVersion(agreement, org, at)
        return base ? [{ org, from: base.version }] : []
      })
      if (bases.length === 0) return []
      const read = reading(context)
      const after = await read.text(version)
      assert(after, 'a version that is frozen has its text')
      const signatures = await signaturesRepository(tx).of(agreement.id)
      const writers: Identity[] = [
        ...(await askers(tx, agreement.id)),
        ...(await signaturesRepository(tx).drafters(agreement.id, version)),
        principal,
      ]
      const standsFor = await boroughs(tx, [...new Set([...orgs, ...agreement.parties.map(({ org }) => org)])])
      const found: CarriedParty[] = []
      for (const { org, from } of bases) {
        const before = await read.text(from)
        const signature = signatures.find((one) => one.org === org && one.version === from)
        if (!before || !signature?.version_hash || isAffected(affectedBy(before, after, standsFor), org)) continue
        const signed = signature.carried_from ?? { version: from, hash: signature.version_hash }
        const signOff = await read.signOff(signed.version)
        // Where nobody here knows who approved it, nobody can tell that another person wrote the change.
        if (!signOff || peopleOf(signOff, org).some((person) => writers.some((writer) => isSamePerson(person, writer)))) continue
        const labels = [...new Set(difference(before, after).clauses.map(({ label }) => label))]
        found.push({ org, from, signed, changes: labels.slice(0, NAMED_CHANGES) })
      }
      return found
    },

    /** Writes what holds for the new version: the signatures, and approvals with their conditions. Tells the parties what changed. */
    async record(
      { tx, agreement, now, newId, tell }: ActContext,
      to: SignedContent & { readonly effective_from: string },
      carried: readonly CarriedParty[],
    ) {
      const { id: agreementId } = agreement
      const { version, hash: version_hash, effective_from } = to
      for (const { org, from, signed, changes } of carried) {
        await signaturesRepository(tx).carry(newId(), agreementId, org, { from, to: version, at: now })
        const conditions = agreement.approvals.find((one) => one.org === org && one.version === from)?.conditions ?? []
        await approvalsRepository(tx).await(agreementId, version, [org])
        await approvalsRepository(tx).complete({ agreementId, version, org }, now, conditions)
        await tell('SIGNATURE_CARRIED', { version, version_hash, effective_from, carried_from: signed, changes }, [org])
      }
    },
  }
}

/** Everybody who approved or signed for a party, and whom they stood in for. */
function peopleOf(signOff: SignOff, org: string): Identity[] {
  const steps = chainOf(signOff, org)?.steps ?? []
  const results = steps.flatMap(({ tasks }) => tasks.flatMap(({ result }) => result ?? []))
  return results.flatMap(({ by, deputyFor }) => [by, ...(deputyFor ? [deputyFor] : [])])
}

function once<Key, Value>(known: Map<Key, Value>, key: Key, read: (key: Key) => Value): Value {
  const value = known.get(key) ?? read(key)
  known.set(key, value)
  return value
}
