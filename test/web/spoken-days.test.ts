import t from 'tap'
import { withSpokenDays } from '../../src/web/spoken-days.ts'
import { testPages } from '../support/browser.ts'
import { signIn, visitorOf } from '../support/visitor.ts'

// Days are shown as people say them: whoever follows every link that pages offer reads no day as computers write it.

const ISO_DAY = /[^ \n]*\b\d{4}-\d{2}-\d{2}(?!-)[^ \n]*/g
/** So many pages of one person are looked at. */
const PAGES_MAX = 150

/** What is read on a page: not what stands in the boxes of a form, nor a reference that is copied. */
function visibleIn(html: string): string {
  const [, main = ''] = /<main[^>]*>([\s\S]*)<\/main>/.exec(html) ?? []
  const read = main.replaceAll(/<(textarea|script|style|code)[\s\S]*?<\/\1>|<span class="app-hash">[^<]*<\/span>/g, ' ')
  return read.replaceAll(/<[^>]+>/g, ' ')
}

function linksIn(html: string): readonly string[] {
  return [...html.matchAll(/href="(\/[^"#]*)"/g)]
    .map(([, path = '']) => path.replaceAll('&amp;', '&'))
    .filter((path) => !/^\/(assets|docs|v1|sign-in|metrics)|\.(csv|ics|txt|svg|json)\b|\/files?\/|\?.*(sort|cursor|after)=/.test(path))
}

/** A kind of page: its address without what it is of, so that not every page of one kind is looked at. */
const kindOf = (path: string) => path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\d+/g, '*').replace(/\?.*/, '?')

t.test('no page that people reach from their work shows a day as computers write it', async (t) => {
  const pages = await testPages(t, { clock: () => new Date() })
  for (const account of ['demo-camden-ig', 'demo-camden-siro', 'demo-hackney-dpo']) {
    const who = visitorOf(pages)
    await signIn(who, account)
    const [waiting, seen, kinds] = [['/work', '/agreements', '/deputies'], new Set<string>(), new Map<string, number>()]
    for (let path = waiting.shift(); path !== undefined && seen.size < PAGES_MAX; path = waiting.shift()) {
      const of = kinds.get(kindOf(path)) ?? 0
      if (seen.has(path) || of >= 2) continue
      seen.add(path)
      kinds.set(kindOf(path), of + 1)
      const { text, status } = await who.go(path)
      t.strictSame(visibleIn(text).match(ISO_DAY), null, `${account} ${path} (${status})`)
      waiting.push(...linksIn(text))
    }
    t.ok(seen.size > 40, `${account} looked at ${seen.size} pages`)
  }
})

t.test('what a service says to programs and people alike is put into the days of people where a page shows it', async (t) => {
  t.equal(
    withSpokenDays('The delegation counts from 2026-12-01 to 2026-12-05.'),
    'The delegation counts from 1 December 2026 to 5 December 2026.',
  )
  t.equal(
    withSpokenDays('The agreement ends at 2026-07-01T11:30:00.000Z already.'),
    'The agreement ends at 1 July 2026, 12:30 London time already.',
  )
  t.equal(withSpokenDays('DSA-2026-10-12345 and 2026-13-45 are no days'), 'DSA-2026-10-12345 and 2026-13-45 are no days')
})
