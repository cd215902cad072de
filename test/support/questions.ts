import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'

/** What a call answered, and what it asked the database until then, in its order; blanks are one each. */
type Questions = <T>(call: () => Promise<T>) => Promise<{ readonly answer: T; readonly questions: readonly string[] }>

/** Notes what calls ask of the database, whichever connection they have, until the test ends. */
export function questionsAsked(t: { teardown(work: () => void): unknown }): Questions {
  const asked = new AsyncLocalStorage<string[]>()
  const original = pg.Client.prototype.query
  pg.Client.prototype.query = function query(this: pg.Client, ...args: unknown[]) {
    const [first] = args
    const text = typeof first === 'string' ? first : (first as { readonly text?: string } | undefined)?.text
    if (text !== undefined) asked.getStore()?.push(text.replaceAll(/\s+/g, ' ').trim())
    return (original as (...all: unknown[]) => unknown).apply(this, args)
  } as typeof original
  t.teardown(() => {
    pg.Client.prototype.query = original
  })
  return async (call) => {
    const questions: string[] = []
    const answer = await asked.run(questions, call)
    return { answer, questions: [...questions] }
  }
}
