import type { Instant } from '../../platform/kernel/instant.ts'
import { ProblemError, problem } from '../../platform/kernel/problem.ts'
import type { Agreement } from '../agreement.ts'
import type { Actor, Change, Command, Refusal } from './command.ts'
import { decide } from './lifecycle.ts'

/** The kind of change that a command makes. */
export type ChangeOf<T extends Command['type'], C = Change> = C extends { readonly type: infer U } ? (T extends U ? C : never) : never

/** The change a command makes. @throws ProblemError when the table or a rule refuses it */
export function decided<T extends Command>(command: T, agreement: Agreement, actor: Actor, now: Instant): ChangeOf<T['type']> {
  const result = decide(command, agreement, actor, now)
  if (!result.ok) throw refused(result.refusal)
  return result.value as ChangeOf<T['type']>
}

/** A refusal as the problem that leaves the building; the rule is the code of its first error. */
export function refused({ code, rule, detail, errors }: Refusal): ProblemError {
  return new ProblemError(problem(code, detail, errors ?? [{ pointer: '', detail, code: rule }]))
}
