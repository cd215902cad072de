import type { PolicyService } from './policy.service.ts'
import { openPolicyChannel, type PolicyChannel } from './policy-channel.repository.ts'

/** Keeps a process's policy fresh from outside. Correctness never rests on it: an append on an old revision is refused anyway. */
export interface PolicyListener {
  /** Whether the channel is open at this moment. */
  isListening(): boolean
  close(): Promise<void>
}

export interface PolicyListenerOptions {
  readonly url: string
  readonly policy: PolicyService
  /** Refreshes even when nothing was heard, so that a lost notification converges. */
  readonly everyMs: number
  /** First and longest wait before the channel is opened again. */
  readonly backoffMs: { readonly first: number; readonly longest: number }
}

export const LISTENER_DEFAULTS = { everyMs: 5_000, backoffMs: { first: 100, longest: 10_000 } }

/**
 * Hears of new revisions and loads them: on each notification, on each (re)connection, and at an interval anyway.
 * It may never throw into the process, never decide, and never hold up an answer.
 */
export function policyListener({ url, policy, everyMs, backoffMs }: PolicyListenerOptions): PolicyListener {
  let channel: PolicyChannel | undefined
  let isClosed = false
  let waitMs = backoffMs.first
  let retry: NodeJS.Timeout | undefined
  // A refresh that fails is made good by the next one; a decision meanwhile fails closed at the append.
  const refresh = () => void policy.refresh().catch(() => {})

  async function open(): Promise<void> {
    try {
      const opened = await openPolicyChannel({
        url,
        onRevision(revision) {
          policy.announce(revision)
          // Whatever its number: after acts were lost, one that is known already is made again.
          refresh()
        },
        onLost() {
          channel = undefined
          openLater()
        },
      })
      if (isClosed) return await opened.close()
      channel = opened
      waitMs = backoffMs.first
      // What was published before the channel was open is not heard.
      refresh()
    } catch {
      openLater()
    }
  }

  function openLater(): void {
    if (isClosed) return
    clearTimeout(retry)
    retry = setTimeout(() => void open(), waitMs)
    retry.unref()
    waitMs = Math.min(waitMs * 2, backoffMs.longest)
  }

  const interval = setInterval(refresh, everyMs)
  interval.unref()
  void open()

  return {
    isListening: () => channel !== undefined,
    async close() {
      isClosed = true
      clearInterval(interval)
      clearTimeout(retry)
      await channel?.close()
      channel = undefined
    },
  }
}
