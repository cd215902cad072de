import { ok } from '../../platform/kernel/result.ts'
import { type Acting, type Decided, forbidden, notThere, notYours, type SignOffCommand, saidBy, tooLate } from './commands.ts'
import type { SignOff, Thread } from './sign-off.ts'

/** The rules of comments and marks: a party's own words are its own, unless it shares them with the reviewers of the others. Pure. */

export type OnWords = Extract<SignOffCommand, { type: 'comment' | 'resolve' | 'reopen' | 'mark' }>

export function decideOnWords(command: OnWords, signOff: SignOff, acting: Acting): Decided {
  const { actor } = acting
  const { by, at } = saidBy(acting)
  if (command.type === 'mark') {
    const { part, mark, isShared } = command
    return ok([{ type: 'MARKED', part, mark, isShared, by, at }])
  }
  const thread = signOff.threads.find(({ id }) => id === command.thread)
  if (thread && !mayRead(thread, actor.org)) return notThere('NO_SUCH_THREAD', 'There is no such thread here.')
  if (command.type === 'comment') {
    const { thread: id, part, text, isShared } = command
    if (thread?.resolved) return forbidden('RESOLVED', 'The thread is resolved: open it again first.', '/thread')
    return ok([{ type: 'COMMENTED', thread: id, part: thread?.part ?? part, text, isShared: thread?.isShared ?? isShared, by, at }])
  }
  if (!thread) return notThere('NO_SUCH_THREAD', 'There is no such thread here.')
  if (!mayClose(thread, signOff, actor.org))
    return notYours('WF-4', 'A thread is resolved by the party that began it, or by whoever keeps the text.')
  if ((thread.resolved !== null) === (command.type === 'resolve')) return tooLate('RESOLVED', 'The thread is so already.')
  return ok([{ type: command.type === 'resolve' ? 'THREAD_RESOLVED' : 'THREAD_REOPENED', thread: thread.id, by, at }])
}

/** Whether an organisation resolves a thread: whoever asked says whether it was answered; whoever keeps the text says that it was put right. */
export function mayClose(thread: Pick<Thread, 'org'>, { keeper }: Pick<SignOff, 'keeper'>, org: string): boolean {
  return thread.org === org || keeper === org
}

/** Whether an organisation reads what somebody wrote: its own, and what others share. */
export function mayRead({ org, isShared }: { readonly org: string; readonly isShared: boolean }, reader: string): boolean {
  return isShared || org === reader
}
