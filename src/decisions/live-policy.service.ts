import type { Caller } from '../identity/principal.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { type Refusal, type Refused, refusal, refused } from '../platform/kernel/refusal.ts'
import { pointerTo } from './decision-call.ts'
import type { PolicyService } from './policy/policy.service.ts'
import type { DecisionBody } from './request-body.ts'

const REFRESHES_MAX = 20

export type LivePolicy = ReturnType<typeof livePolicy>

/** The policy of this moment, and whether a call may be answered on it. It may never wait for a revision that does not come. */
export function livePolicy({
  policy,
  clock,
  liveToleranceMs,
}: {
  readonly policy: PolicyService
  readonly clock: Clock
  readonly liveToleranceMs: number
}) {
  function mustNotBeRevoked({ clientId }: Caller): void {
    if (clientId !== null && policy.current().isRevoked(clientId)) throw revoked()
  }

  return {
    current: policy.current,
    mustNotBeRevoked,

    /** Why these bodies are not asked about now; null: they are. */
    whyNotNow(bodies: readonly Pick<DecisionBody, 'at'>[]): Refusal | null {
      const now = clock().getTime()
      const wrong = bodies.findIndex(({ at }) => at && Math.abs(Date.parse(at) - now) > liveToleranceMs)
      if (wrong < 0) return null
      const detail = `a live decision is for now: within ${liveToleranceMs / 1000} seconds of the server's time`
      return refusal('AT_OUT_OF_RANGE', 'The instant is not now. Ask the simulation about other times.', [
        { pointer: pointerTo(bodies, wrong, 'at'), detail },
      ])
    },

    /** A caller that saw a revision elsewhere may demand an answer at least as new. */
    async reachRevision(wanted: number | null): Promise<void> {
      if (wanted === null) return
      for (let attempt = 0; policy.current().revision < wanted && attempt < REFRESHES_MAX; attempt++) {
        const before = policy.current().revision
        await policy.refresh()
        if (policy.current().revision === before) break
      }
    },

    mustHaveReached(wanted: number | null, caller: Caller): void {
      if (wanted === null || policy.current().revision >= wanted) return
      mustNotBeRevoked(caller)
      throw notReady(`Revision ${wanted} is not known here yet.`)
    },
  }
}

/** Why nothing can be answered yet. */
export function notReady(detail: string): Refused {
  return refused('NOT_READY', detail)
}

/** A revoked client is a stranger from that moment on: no answer, and no leaf that it could fill the log with. */
function revoked(): Refused {
  return refused('UNAUTHENTICATED', 'A valid bearer token is needed.')
}
