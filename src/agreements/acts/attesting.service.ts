import type { EvidenceFile } from '../../files/evidence-file.ts'
import type { FilesService } from '../../files/files.service.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { type Refused, refused } from '../../platform/kernel/refusal.ts'
import type { ActCall, ActContext, ActingService } from '../acting.service.ts'
import type { Agreement } from '../agreement.ts'
import { presentParties } from '../model/standing.ts'
import type { ReadAgreement } from '../reading.service.ts'
import {
  attestedSignaturesRepository,
  type SignatureStatement,
  type SignatureWay,
  type StoredStatement,
} from '../store/attested-signatures.repository.ts'

/** What is said of a signature that was given elsewhere. */
export interface StatementBody {
  readonly org: string
  readonly version: number
  readonly version_hash: string
  readonly signatory: { readonly name: string; readonly post: string; readonly subject?: string | null }
  readonly signed_on: string
  readonly way: SignatureWay
  readonly approved_elsewhere: boolean
  readonly evidence: readonly string[]
}

/** SIGNED: the party has signed here since, and that signature counts alone. */
export type StatementState = 'PROPOSED' | 'ATTESTED' | 'DISPUTED' | 'SIGNED'
/** A statement as it is shown. */
export interface StatementView extends SignatureStatement {
  readonly state: StatementState
}

export interface AttestingOptions extends Pick<ActingService, 'act'> {
  readonly read: ReadAgreement
  readonly files: Pick<FilesService, 'attach' | 'prepare'>
}

/** Signatures given elsewhere: stated with evidence, attested by a second person, disputed by the party named (docs/decisions/0021). */
export function attestingService({ act, read, files }: AttestingOptions) {
  async function mustFind({ tx, agreement }: ActContext, id: string): Promise<StoredStatement> {
    const found = await attestedSignaturesRepository(tx, agreement.id).find(id)
    if (!found) throw refused('NOT_FOUND', 'This agreement has no such statement of a signature.')
    return found
  }

  /** What an act on a statement did; told to everybody who takes part. */
  async function done(
    context: ActContext,
    id: string,
    to: Agreement['status'],
    kind: 'STATED' | 'ATTESTED' | 'DISPUTED',
    more: object = {},
  ) {
    const { agreement, tell, principal, at } = context
    const { statement } = await mustFind(context, id)
    const { org, version, version_hash: versionHash, held_by } = statement
    const others = presentParties(agreement, at).filter((other) => other !== principal.org)
    await tell(`SIGNATURE_${kind}`, { org, version, held_by }, others)
    const { evidence, signed_on, way, approved_elsewhere, signatory_name: name, signatory_post: post } = statement
    const detail = { id, org, version, held_by, evidence, signed_on, way, approved_elsewhere, name, post, ...more }
    return { to, version, versionHash, detail, outcome: { statement: viewOf(statement, agreement) } }
  }

  return {
    /** The first of two who attest it: with the files that show it, which become evidence of the agreement. */
    async state(call: ActCall, { org, version, version_hash, signatory, evidence, ...said }: StatementBody) {
      await files.prepare(call.principal, evidence)
      return act(call, 'state', async (context) => {
        const { tx, agreement, principal, now, newId, decided } = context
        const repository = attestedSignaturesRepository(tx, agreement.id)
        const stated = (await repository.list()).map(({ facts }) => facts).filter((one) => one.org === org && one.version === version)
        const signatorySub = signatory.subject ?? null
        const isSignatory = signatorySub !== null && signatorySub === principal.sub
        const { to } = decided({ type: 'state', org, version, hash: version_hash, signedOn: said.signed_on, isSignatory, stated })
        const owner = { type: 'agreement', id: agreement.id }
        const note = `Signature of ${org} on version ${version}`
        await files.attach(tx, principal, { ids: evidence, owner, at: now, note, pointerOf: (place) => `/evidence/${place}` })
        const id = newId()
        const named = { signatory_name: signatory.name, signatory_post: signatory.post }
        const row = { id, org, held_by: principal.org, version, version_hash, ...named, ...said, evidence, stated_at: now }
        await repository.add(row, { by: principal, signatorySub })
        return done(context, id, to, 'STATED')
      })
    },

    /** The second: from now on the signature is attested, and counts for whoever accepts such. */
    attest: (call: ActCall, id: string) =>
      act(call, 'attest', async (context) => {
        const { tx, agreement, principal, now, decided } = context
        const { facts: statement, signatorySub } = await mustFind(context, id)
        const { to } = decided({ type: 'attest', statement, isSignatory: signatorySub === principal.sub })
        await attestedSignaturesRepository(tx, agreement.id).attest(id, principal, now)
        return done(context, id, to, 'ATTESTED')
      }),

    /** The party named says that it did not sign: from now on nothing rests on it. */
    dispute: (call: ActCall, id: string, { reason }: { readonly reason: string }) =>
      act(call, 'dispute', async (context) => {
        const { tx, agreement, principal, now, decided } = context
        const { facts: statement } = await mustFind(context, id)
        const { to } = decided({ type: 'dispute', statement })
        await attestedSignaturesRepository(tx, agreement.id).dispute(id, principal, now, reason)
        return done(context, id, to, 'DISPUTED', { reason })
      }),

    list: (principal: Principal, id: string) =>
      read(principal, id, async (tx, agreement) => {
        const found = await attestedSignaturesRepository(tx, id).list()
        return { statements: found.map(({ statement }) => viewOf(statement, agreement)) }
      }),
  }
}

/** What keeps a file of an agreement from being erased: a statement that stands rests on it. */
export async function heldByStatement(tx: Transaction, { id, owner }: Pick<EvidenceFile, 'id' | 'owner'>): Promise<Refused | undefined> {
  const found = owner ? await attestedSignaturesRepository(tx, owner.id).list() : []
  if (!found.some(({ statement, facts }) => !facts.isDisputed && statement.evidence.includes(id))) return undefined
  const detail = 'A signature given elsewhere rests on this file.'
  return refused('ILLEGAL_STATE', detail, [{ pointer: '', detail, code: 'EVIDENCE' }])
}

function viewOf(statement: SignatureStatement, agreement: Agreement): StatementView {
  const { org, version, attested_at, disputed_at } = statement
  const hasSigned = agreement.signatures.some((one) => one.org === org && one.version === version)
  if (hasSigned) return { ...statement, state: 'SIGNED' }
  if (disputed_at !== null) return { ...statement, state: 'DISPUTED' }
  return { ...statement, state: attested_at === null ? 'PROPOSED' : 'ATTESTED' }
}
