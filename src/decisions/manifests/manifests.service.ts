import { standingPermits } from '../../agreements/acts/standing-permits.service.ts'
import { writerFor } from '../../identity/permissions.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { RandomBytes } from '../../platform/kernel/ids.ts'
import { type Refusal, refused } from '../../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../../platform/kernel/result.ts'
import { inTurns } from '../../platform/kernel/turns.ts'
import { nowOn } from '../decide.ts'
import { type RecordedSearch, searchedEntry } from '../decision-entry.ts'
import type { PermitPolicy } from '../evaluation/expiry.ts'
import { type LivePolicy, notReady } from '../live-policy.service.ts'
import type { PermissionsAsked } from '../permitted/permissions.ts'
import { type RecordedCaller, type Recorder, refusalOf } from '../recorder.service.ts'
import { type Manifest, manifestJson, manifestText } from './manifest.ts'
import type { ManifestKeys } from './manifest-keys.ts'
import { LINES_MAX, manifestLines } from './manifest-lines.ts'

export interface ManifestsOptions {
  readonly db: Database
  readonly recorder: Recorder
  readonly live: LivePolicy
  readonly permits: PermitPolicy
  readonly keys: ManifestKeys
  readonly clock: Clock
  readonly random: RandomBytes
}

/** A call for a manifest, as the edge hands it over. */
export interface ManifestCall extends Omit<RecordedCaller, 'simulated'> {
  readonly asked: PermissionsAsked
  /** What of it is recorded. */
  readonly request: RecordedSearch
}

/** A manifest, signed, and the receipt of the record of its issuing. */
export interface IssuedManifest {
  readonly id: string
  readonly note: string
  readonly lines: number
  readonly receipt: string
}

/** Standing permits that are read for one manifest, at most. */
const STANDING_MAX = 1_000
/** How often a manifest is made anew because the policy moved under it. */
const ATTEMPTS_MAX = 5

/** The policy moved between making a manifest and recording it. */
class PolicyMovedError extends Error {
  override name = 'PolicyMovedError'
}

export type ManifestsService = ReturnType<typeof manifestsService>

/** Issues manifests: made as decisions are, recorded, then signed. It may never give one that is not recorded, nor one on a policy that has moved. */
export function manifestsService({ db, recorder, live, permits, keys, clock, random }: ManifestsOptions) {
  async function make({ caller, asked }: ManifestCall, id: string) {
    const index = live.current()
    // After the policy: an act on a standing permit makes a revision, so that what is read here is at least as new.
    const provider = asked.direction === 'SEND' ? asked.organisation : null
    const standing = await withTransactionAs(db, writerFor(caller), (tx) => standingPermits.open(tx, provider, STANDING_MAX + 1))
    const now = nowOn(index, clock().getTime())
    const found =
      standing.length > STANDING_MAX
        ? null
        : await inTurns(manifestLines(asked, standing, { permits, asking: { caller, at: now }, index }, id))
    if (found === null) {
      const detail = `A manifest has at most ${LINES_MAX} lines: name the other organisation or the purpose.`
      throw refused('UNPROCESSABLE', detail, [{ pointer: '/query/with', detail }])
    }
    const manifest: Manifest = {
      ...{ manifest: id, organisation: asked.organisation, direction: asked.direction },
      issued_at: new Date(now).toISOString(),
      expires_at: found.map(({ valid_until }) => valid_until).reduce((a, b) => (a > b ? a : b), new Date(now).toISOString()),
      ...{ policy_revision: index.head.revision, policy_set_version: `sha256:${index.head.digest}`, lines: found },
    }
    return { index, now, count: found.length, json: manifestJson(manifest) }
  }

  async function issue(call: ManifestCall): Promise<IssuedManifest> {
    const { caller, request } = call
    live.mustNotBeRevoked(caller)
    const { id, ...ids } = recorder.idsOf(call)
    const { index, now, count, json } = await make(call, id)
    const appended = await recorder.record(() => {
      live.mustNotBeRevoked(caller)
      if (live.current() !== index) throw new PolicyMovedError('the policy has moved')
      const facts = { id, ...ids, ...recorder.basisOf(index), caller, now }
      return { entry: searchedEntry({ request, count, text: json }, facts, random), value: now }
    })
    const note = keys.sign(appended.origin, manifestText(json))
    return { id, note, lines: count, receipt: recorder.receiptOf(appended, now) }
  }

  return {
    async issue(call: ManifestCall): Promise<Result<IssuedManifest, Refusal>> {
      for (let attempt = 1; ; attempt++) {
        try {
          return ok(await issue(call))
        } catch (error) {
          if (!(error instanceof PolicyMovedError)) {
            const refused = refusalOf(error)
            return refuse(refused.code === 'UNPROCESSABLE' ? await recorder.recordRefused({ ...call, simulated: false }, refused) : refused)
          }
          if (attempt === ATTEMPTS_MAX) return refuse(notReady('The agreements change faster than a manifest is made.').refusal)
        }
      }
    },

    /** Records a call that does not fit the contract. */
    recordRefused: recorder.recordRefused,
  }
}
