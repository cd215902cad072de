// The kernel: words every room shares (result, problem, clock, ids, days).
// Pure: no clock, no randomness, no I/O; whatever varies is an argument.
// It must never import anything outside this folder.

/** What went right, with its value; or what was refused, with its reason. A refusal is an answer, not an exception. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: E }

/** The answer yes, carrying `value`. Pure. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

/** The answer no, carrying the reason as data: a literal code, or an object or list that holds one. Pure. */
export function refuse<const E>(refusal: E): { readonly ok: false; readonly refusal: E } {
  return { ok: false, refusal }
}
