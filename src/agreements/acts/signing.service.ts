import assert from 'node:assert/strict'
import type { Instant } from '../../platform/kernel/instant.ts'
import type { Agreement } from '../agreement.ts'
import { missingSignatures } from '../model/in-force.ts'
import { othersThan } from '../model/standing.ts'
import type { ActReply } from './act.ts'
import type { ActShell } from './act-shell.service.ts'
import type { ActCall, ActOutcome } from './call.ts'
import { type ChangeOf, decided } from './decided.ts'
import { noticesRepository } from './notices.repository.ts'
import { signaturesRepository } from './signatures.repository.ts'
import { standingRepository } from './standing.repository.ts'

/** What a signatory declares, word for word; both are needed. */
export const SIGNING_STATEMENTS = [
  'I have authority to sign this agreement for my organisation.',
  'I have read this version of the agreement and agree to it for my organisation.',
] as const

/** What a signatory sends. */
export interface SignatureBody {
  readonly version: number
  /** SHA-256 of the text, hex, as the signatory read it. */
  readonly version_hash: string
  readonly statements: readonly string[]
  readonly name: string
  readonly post: string
  readonly authority: string
}

export interface Signed extends ActOutcome {
  readonly org: string
  readonly version: number
  readonly version_hash: string
  /** null: recorded elsewhere without an instant. */
  readonly signed_at: string | null
  readonly confirmed_at: string
  /** Whether enough parties have signed for the version to bind any pair. */
  readonly commenced: boolean
  /** Parties whose signature this version still waits for: those that have left or ended give none. */
  readonly missing: readonly string[]
}

/** LC-3, LC-4: a party binds itself to exactly one text. */
export function signingService({ acts }: { readonly acts: ActShell }) {
  return {
    sign: (call: ActCall, body: SignatureBody): Promise<ActReply<Signed>> =>
      acts.perform({ ...call, act: 'sign', event: 'agreement.signed' }, async ({ tx, agreement, principal, at, now, newId }) => {
        const { id } = agreement
        const { org, sub } = principal
        const signatures = signaturesRepository(tx)
        const standing = standingRepository(tx)
        const change = decided(
          {
            type: 'sign',
            version: body.version,
            hash: body.version_hash,
            hasDrafted: await signatures.hasDrafted(id, body.version, sub, org),
            hasSignedForAnother: await signatures.hasSignedForAnother(id, sub, org),
            isRecordedElsewhere: (await signatures.of(id)).some(
              (known) => known.org === org && known.version === body.version && known.confirmedAt === null,
            ),
          },
          agreement,
          principal,
          at,
        )
        await signatures.insert({
          ...{ id: newId(), agreementId: id, version: body.version, org, sub, signedAt: now, versionHash: body.version_hash },
          ...{ name: body.name, post: body.post, authority: body.authority, statements: body.statements },
        })
        if (change.to !== agreement.status) await standing.setStatus(id, change.to)
        const isAccession = await standing.join(id, org, now)
        if (isAccession) {
          const others = othersThan(agreement, org, at)
          const detail = { org, stage: 'SIGNED', version: body.version }
          await noticesRepository(tx).tell(others, { agreementId: id, kind: 'PARTY_JOINED', at: now, detail }, newId)
        }
        return {
          status: 201,
          to: change.to,
          version: body.version,
          versionHash: body.version_hash,
          detail: { org, name: body.name, post: body.post, authority: body.authority, statements: body.statements, accession: isAccession },
          body: {
            ...{ agreement: id, act: 'sign', at: now, from: agreement.status, to: change.to },
            ...signedBody(agreement, change, { org, hash: body.version_hash, signedAt: now, now, at }),
          },
        }
      }),

    confirm: (call: ActCall, { version }: { readonly version: number }): Promise<ActReply<Signed>> =>
      acts.perform({ ...call, act: 'confirm', event: 'agreement.signature_confirmed' }, async ({ tx, agreement, principal, at, now }) => {
        const { id } = agreement
        const { org, sub } = principal
        const signatures = signaturesRepository(tx)
        const recorded = (await signatures.of(id)).find((known) => known.org === org && known.version === version)
        const state = recorded ? (recorded.confirmedAt === null ? 'UNCONFIRMED' : 'CONFIRMED') : 'NONE'
        const command = {
          ...({ type: 'confirm', version, recorded: state } as const),
          hasRecorded: await signatures.hasRecorded(id, sub),
          hasSignedForAnother: await signatures.hasSignedForAnother(id, sub, org),
        }
        const change = decided(command, agreement, principal, at)
        await signatures.confirm(id, version, org, { sub, at: now })
        if (change.to !== agreement.status) await standingRepository(tx).setStatus(id, change.to)
        const hash = agreement.versions.find((known) => known.version === version)?.hash
        assert(recorded && hash, 'a confirmed signature is on an approved version')
        return {
          status: 201,
          to: change.to,
          version,
          versionHash: hash,
          detail: { org, signed_at: recorded.signedAt },
          body: {
            ...{ agreement: id, act: 'confirm', at: now, from: agreement.status, to: change.to },
            ...signedBody(agreement, change, { org, hash, signedAt: recorded.signedAt, now, at }),
          },
        }
      }),
  }
}

function signedBody(
  agreement: Agreement,
  change: ChangeOf<'sign'>,
  by: { readonly org: string; readonly hash: string; readonly signedAt: string | null; readonly now: string; readonly at: Instant },
): Omit<Signed, keyof ActOutcome> {
  const { version } = change
  return {
    org: by.org,
    version,
    version_hash: by.hash,
    signed_at: by.signedAt,
    confirmed_at: by.now,
    commenced: change.hasCommenced,
    missing: missingSignatures(agreement, version, by.at).filter((org) => org !== by.org),
  }
}
