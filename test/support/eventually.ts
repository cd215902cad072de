import { setTimeout as pause } from 'node:timers/promises'

/** Waits until it holds; answers whether it did in time. The time is for a machine that is busy: one that is not waits no longer than it must. */
export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<boolean> {
  for (const end = performance.now() + withinMs; performance.now() < end; await pause(20)) if (await holds()) return true
  return holds()
}
