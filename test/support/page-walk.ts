import type { pageReader, ReadPage } from './page-forms.ts'
import { shapeOf } from './page-forms.ts'
import type { Visited, Visitor } from './visitor.ts'

/** What is no page: files, pictures, what systems read, and what ends the visit. */
const NO_PAGE = /\.(csv|jsonl?|svg|txt|xml|pdf)$|^\/(docs|sign-in|signed-in|evidence|files|log|v1)\b|\/picture$/

/** A page that was opened. */
export interface OpenedPage {
  readonly path: string
  readonly shape: string
  readonly reply: Visited
  readonly page: ReadPage
}

/** Where a walk begins, and how many pages alike it opens; `counts`: of several walks together. */
export interface Walk {
  readonly starts: readonly string[]
  readonly most: number
  readonly counts?: Map<string, number>
}

/**
 * Opens the pages that lead from one to the next, as somebody follows their links; of pages that are alike but for whose they are as many
 * as `most` says, and every one that it begins at. What `take` answers leads on as well.
 */
export async function walk(
  who: Visitor,
  { read }: Awaited<ReturnType<typeof pageReader>>,
  { starts, most, counts = new Map() }: Walk,
  take: (opened: OpenedPage) => Promise<readonly string[]>,
): Promise<void> {
  const seen = new Set<string>()
  const queue = [...starts]
  for (let address = queue.shift(); address !== undefined; address = queue.shift()) {
    const { origin, pathname, search } = new URL(address, 'http://here')
    const path = `${pathname}${search}`
    const shape = shapeOf(path)
    const count = counts.get(shape) ?? 0
    const isAsked = count < most || starts.includes(address)
    if (origin !== 'http://here' || seen.has(path) || !isAsked || NO_PAGE.test(pathname)) continue
    seen.add(path)
    counts.set(shape, count + 1)
    const reply = await who.go(path)
    // What its reader may not open any more is no page of theirs; a defect is one of everybody's.
    const page = await read(reply)
    queue.push(...page.links.map((href) => new URL(href, `http://here${path}`).href), ...(await take({ path, shape, reply, page })))
  }
}
