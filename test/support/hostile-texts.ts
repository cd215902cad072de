import { addDays, londonDay } from '../../src/platform/kernel/london-day.ts'
import type { FoundForm, pageReader, ReadPage } from './page-forms.ts'
import { fieldShape } from './page-forms.ts'
import type { Visited, Visitor } from './visitor.ts'

// Texts as somebody writes them who means harm, each with a mark of its own, so that it is found again wherever it is shown.

const LONG = 'W'.repeat(300)
const SCRIPT = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>{{7*7}}`
/** From all of it to what a field takes that holds little or one kind of thing: with a word of 300 characters, without it, an address of the web, one of mail. */
const KINDS: readonly ((mark: string) => string)[] = [
  (mark) => `${mark} ${SCRIPT} \u202eturned round 😀𝕏 ${LONG} end`,
  (mark) => `${mark} ${SCRIPT} \u202eturned round 😀𝕏 end`,
  (mark) => `https://www.example.org/${mark}?<script>alert(1)</script>`,
  (mark) => `${mark}@practice.example`,
]
const DAYS = [addDays(londonDay(Date.now()), 60), londonDay(Date.now())]
const TRIES = 7

/** A text that was taken. */
export interface Stored {
  readonly mark: string
  readonly text: string
  readonly field: string
  readonly path: string
}

/** What came of filling in a form. */
export interface Filled {
  /** Where its sender was led to; undefined: it was refused. */
  readonly to: string | undefined
  readonly stored: readonly Stored[]
  /** The pages that showed it again. */
  readonly refusals: readonly { readonly status: number; readonly page: ReadPage; readonly texts: readonly string[] }[]
}

/** The mark of such a text. */
export const MARKS = /mark\d+z/g
let marks = 0

/** How a page shows a text; CUT: its beginning, and that it goes on. */
export function shownOn(page: Pick<ReadPage, 'text'>, { mark, text }: Stored): 'WHOLE' | 'CUT' | 'CHANGED' {
  const [before = '', ...places] = page.text.split(mark)
  const rest = text.slice(text.indexOf(mark) + mark.length)
  const isCut = (place: string) => place.includes('...') && rest.startsWith(place.slice(0, place.indexOf('...')))
  if (places.some((place) => !place.startsWith(rest) && !isCut(place)) || before === page.text) return 'CHANGED'
  return places.some((place) => place.startsWith(rest)) ? 'WHOLE' : 'CUT'
}

/** Fills in a form with hostile texts until it is taken: a field that is refused gets another kind of text, other questions another answer. */
export async function fillIn(
  who: Visitor,
  { read, fill }: Awaited<ReturnType<typeof pageReader>>,
  path: string,
  form: FoundForm,
): Promise<Filled> {
  const kinds = new Map<string, number>()
  const refusals: Filled['refusals'][number][] = []
  let choice = 0
  for (let tries = 0; tries < TRIES; tries += 1) {
    const marked = form.texts.map((name) => {
      marks += 1
      const mark = `mark${marks}z`
      return { name, mark, text: (KINDS[kinds.get(name) ?? 0] ?? KINDS[1])?.(mark) ?? mark }
    })
    const texts = Object.fromEntries(marked.map(({ name, text }) => [name, text]))
    const sent = await fill(await who.go(path), form, { texts, choice, day: DAYS[tries % 2] ?? '' })
    const reply: Visited = form.method === 'get' ? await who.go(sent.action) : await who.go(sent.action, 'POST', sent.body, sent.type)
    if (reply.status === 303 || (form.method === 'get' && reply.status === 200)) {
      const stored = form.method === 'get' ? [] : marked
      return {
        to: form.method === 'get' ? sent.action : (reply.location ?? ''),
        stored: stored.map(({ name, mark, text }) => ({ mark, text, path, field: `${form.key}: ${fieldShape(name)}` })),
        refusals,
      }
    }
    const page = await read(reply)
    refusals.push({ status: reply.status, page, texts: Object.values(texts) })
    const refused = form.texts.filter((name) => page.refused.includes(name))
    for (const name of refused) kinds.set(name, (kinds.get(name) ?? 0) + 1)
    if (refused.length === 0) choice += tries % 2
  }
  return { to: undefined, stored: [], refusals }
}
