import { sha256Hex } from '../audit/format/canonical-json.ts'
import type { Transaction } from '../platform/database/database.ts'
import { stableJson } from '../platform/kernel/stable-json.ts'
import { idempotencyRepository } from './idempotency.repository.ts'

/** The keys of a transaction: a command takes its key first and keeps its reply last. */
export function idempotencyKeys(tx: Transaction): ReturnType<typeof idempotencyRepository> {
  return idempotencyRepository(tx)
}

/** The hash that an idempotency key stands for: the operation, what it is about, and what the body means, however it was written. */
export function requestHash(operationId: string, target: unknown, body: unknown): string {
  return sha256Hex(`${operationId}\n${stableJson(target)}\n${stableJson(body ?? null)}`)
}
