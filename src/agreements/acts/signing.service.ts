import assert from 'node:assert/strict'
import { permits } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { type Day, londonDay } from '../../platform/kernel/london-day.ts'
import { type Refusal, Refused } from '../../platform/kernel/refusal.ts'
import type { ActCall, ActContext, ActingService, ChangeOf } from '../acting.service.ts'
import { isProcessorRole } from '../agreement.ts'
import { acceptedVersion, hasCommenced, missingSignatures } from '../model/in-force.ts'
import { lifecycleFacts } from '../model/lifecycle-facts.ts'
import { assessmentNamedIn } from '../model/signed-text.ts'
import { keeperOf, presentParties } from '../model/standing.ts'
import { signaturesRepository } from '../store/signatures.repository.ts'
import { standingRepository } from '../store/standing.repository.ts'
import { versionsRepository } from '../store/versions.repository.ts'
import type { ChainsService } from './chains.service.ts'
import { keepAddress } from './signature-addresses.service.ts'

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

export interface SigningOptions extends Pick<ActingService, 'act'> {
  readonly chains: Pick<ChainsService, 'sign' | 'isDeputy'>
  /** Why somebody signs nothing for their organisation on a London day, for training of theirs that has ended. */
  readonly untrained: (tx: Transaction, principal: Principal, day: Day) => Promise<Refusal | undefined>
}

/** Whether the party has accepted the assessment that the text names: a controller accepts its risk before it signs (DP-7). */
async function acceptance({ tx, agreement, principal, at }: ActContext, version: number): Promise<{ readonly hasAccepted?: boolean }> {
  const isController = !isProcessorRole(agreement.parties.find(({ org }) => org === principal.org)?.role)
  if (!agreement.dpia.made || !isController) return {}
  const named = assessmentNamedIn((await versionsRepository(tx).find(agreement.id, version))?.document?.toString('utf8'))
  if (named?.id !== agreement.dpia.made.id) return {}
  return { hasAccepted: (acceptedVersion(lifecycleFacts(agreement).dpia, principal.org, at) ?? 0) >= named.version }
}

export type SigningService = ReturnType<typeof signingService>

/** LC-3, LC-4: a party binds itself to exactly one text. */
export function signingService({ act, chains, untrained }: SigningOptions) {
  const mustBeTrained = async ({ tx, principal, at }: ActContext) => {
    const no = await untrained(tx, principal, londonDay(at))
    if (no) throw new Refused(no)
  }
  return {
    sign: (call: ActCall, { version, version_hash: versionHash, ...by }: SignatureBody) =>
      act(call, 'sign', async (context) => {
        const { tx, agreement, principal, now, newId, decided, tell } = context
        const { id } = agreement
        const { org } = principal
        await mustBeTrained(context)
        const signatures = signaturesRepository(tx)
        const isThis = (known: { readonly org: string; readonly version: number }) => known.org === org && known.version === version
        // A deputy signs by the right of whoever they stand in for (WF-3).
        const isDeputy = !permits(principal.roles, 'agreement:sign') && (await chains.isDeputy(context, version))
        const change = decided(
          {
            ...({ type: 'sign', version, hash: versionHash } as const),
            hasDrafted: await signatures.hasDrafted(id, version, principal),
            hasSignedForAnother: await signatures.hasSignedForAnother(id, principal, org),
            isRecordedElsewhere: (await signatures.of(id)).some((known) => isThis(known) && known.confirmed_at === null),
            ...(await acceptance(context, version)),
          },
          isDeputy ? { ...principal, roles: [...principal.roles, 'SIGNATORY'] } : principal,
        )
        const { to } = change
        const signed = await chains.sign(context, version, versionHash)
        const deputyFor = signed?.deputyFor ?? null
        const { authentication = null } = principal
        const record = { by: principal, signedAt: now, versionHash, authentication, deputyFor, ...by }
        const signature = newId()
        await signatures.insert({ id: signature, agreementId: id, version, org, ...record })
        if (call.address !== undefined) await keepAddress(tx, { id: signature, org, agreementId: id, address: call.address, now })
        if (to !== agreement.status) await standingRepository(tx).setStatus(id, to)
        const accession = await standingRepository(tx).join(id, org, now)
        const outcome = signedBy(context, change, versionHash, now)
        if (accession) await tell('PARTY_JOINED', { org, stage: 'SIGNED', version })
        await tellOfSignature(context, outcome)
        const detail = { org, ...by, accession, ...(deputyFor ? { deputy_for: deputyFor } : {}), sign_off: signed?.signOff ?? null }
        return { to, version, versionHash, detail, outcome }
      }),

    confirm: (call: ActCall, { version }: { readonly version: number }) =>
      act(call, 'confirm', async (context) => {
        const { tx, agreement, principal, now, decided } = context
        const { id } = agreement
        const { org } = principal
        await mustBeTrained(context)
        const signatures = signaturesRepository(tx)
        const recorded = (await signatures.of(id)).find((known) => known.org === org && known.version === version)
        const change = decided({
          ...({ type: 'confirm', version } as const),
          recorded: recorded ? (recorded.confirmed_at === null ? 'UNCONFIRMED' : 'CONFIRMED') : 'NONE',
          hasRecorded: await signatures.hasRecorded(id, principal),
          hasSignedForAnother: await signatures.hasSignedForAnother(id, principal, org),
        })
        const { to } = change
        await signatures.confirm(id, version, org, principal, now)
        if (to !== agreement.status) await standingRepository(tx).setStatus(id, to)
        const versionHash = agreement.versions.find((known) => known.version === version)?.hash
        assert(recorded && versionHash, 'a confirmed signature is on an approved version')
        const outcome = signedBy(context, change, versionHash, recorded.signed_at)
        await tellOfSignature(context, outcome)
        return { to, version, versionHash, detail: { org, signed_at: recorded.signed_at }, outcome }
      }),
  }
}

/** `signed_at` null: recorded elsewhere without an instant. `missing`: who has left or ended gives no signature. */
function signedBy({ agreement, principal: { org }, at, now }: ActContext, change: ChangeOf<'sign'>, hash: string, signedAt: string | null) {
  const { version, hasCommenced } = change
  const missing = missingSignatures(agreement, version, at).filter((other) => other !== org)
  return { org, version, version_hash: hash, signed_at: signedAt, confirmed_at: now, commenced: hasCommenced, missing }
}

/** Whoever keeps the text hears of each signature; everybody when it is the one by which the text begins to bind. */
async function tellOfSignature(
  { agreement, principal, at, now, tell }: ActContext,
  { org, version, commenced, missing }: ReturnType<typeof signedBy>,
): Promise<void> {
  const parties = presentParties(agreement, at)
  const keeper = keeperOf(agreement, at)
  const counts = { signed: parties.length - missing.length, parties: parties.length }
  if (keeper !== null && keeper !== principal.org) await tell('PARTY_SIGNED', { org, version, ...counts }, [keeper])
  if (!commenced || hasCommenced(agreement, version, at)) return
  const first = agreement.versions.find((known) => known.version === version)?.effective_from ?? null
  const today = londonDay(Date.parse(now))
  const detail = { version, effective_from: first === null || first < today ? today : first }
  await tell('IN_FORCE', detail, [...new Set([...parties, ...(keeper === null ? [] : [keeper])])])
}
