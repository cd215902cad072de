import fc from 'fast-check'
import t from 'tap'
import { drawingOf, drawingsOf, summaryOf } from '../../../src/workflow/insight/drawing.ts'
import { mermaidOf } from '../../../src/workflow/insight/mermaid.ts'
import { PASSAGE_EVENTS, type Passage, passagesOf, type SlimEvent } from '../../../src/workflow/insight/passages.ts'
import { median, nearestRank, type StagePassage, stageTimes, waitedFor } from '../../../src/workflow/insight/stage-times.ts'
import { svgOf } from '../../../src/workflow/insight/svg.ts'
import { aRoute, aSignOff, readied, shippedRoutes, signed } from '../../support/builders/sign-off.ts'

// How long steps take, and how a route is drawn.

const DAY = 86_400_000
const START = Date.parse('2026-01-05T09:00:00Z')
const on = (day: number) => START + day * DAY
const event = (day: number, type: string, org: string | null = 'A', step: string | null = 'IG_REVIEW'): SlimEvent => ({
  ...{ signOff: 's1', type, at: on(day), org, step },
})
const days = ({ openedAt, endedAt, heldMs, end, step }: Passage, now: number) =>
  `${step} ${end ?? 'open'} ${((endedAt ?? now) - openedAt - heldMs) / DAY}`
const passed = (...events: SlimEvent[]) => passagesOf(events, on(30)).map((one) => days(one, on(30)))

t.test('a step is counted once for each time that it was open, from its opening to its answer', async (t) => {
  t.strictSame(passed(event(0, 'STEP_OPENED'), event(3, 'STEP_DONE')), ['IG_REVIEW ANSWERED 3'])
  t.strictSame(passed(event(0, 'STEP_OPENED')), ['IG_REVIEW open 30'])
  t.strictSame(
    passed(event(0, 'STEP_OPENED'), event(2, 'RETURNED'), event(9, 'RETURN_TAKEN_BACK'), event(9, 'STEP_OPENED'), event(10, 'STEP_DONE')),
    ['IG_REVIEW ANSWERED 2', 'IG_REVIEW ANSWERED 1'],
    'the days in which the drafter puts it right are nobody else’s',
  )
  t.strictSame(passed(event(0, 'STEP_OPENED'), event(4, 'STEP_REFUSED')), ['IG_REVIEW ANSWERED 4'])
  t.strictSame(
    passed(event(0, 'STEP_OPENED'), event(0, 'STEP_OPENED', 'A', 'LEGAL'), event(1, 'RETURNED')),
    ['IG_REVIEW ANSWERED 1', 'LEGAL CLOSED 1'],
    'what a return stops beside it was not answered',
  )
  t.strictSame(passed(event(0, 'STEP_OPENED'), event(1, 'STEP_OPENED', 'B'), event(5, 'CHAIN_ENDED', 'A', null)), [
    ...['IG_REVIEW CLOSED 5', 'IG_REVIEW open 29'],
  ])
  t.strictSame(passed(event(0, 'STEP_OPENED'), event(1, 'STEP_OPENED', 'B'), event(5, 'ENDED', null, null)), [
    ...['IG_REVIEW CLOSED 5', 'IG_REVIEW CLOSED 4'],
  ])
})

t.test('days on which the sign-off was held do not count, also where it is held still', async (t) => {
  const held = (day: number, type: 'HELD' | 'RELEASED') => event(day, type, null, null)
  t.strictSame(passed(event(0, 'STEP_OPENED'), held(2, 'HELD'), held(12, 'RELEASED'), event(14, 'STEP_DONE')), ['IG_REVIEW ANSWERED 4'])
  t.strictSame(passed(event(0, 'STEP_OPENED'), held(2, 'HELD')), ['IG_REVIEW open 2'])
  t.strictSame(passed(held(0, 'HELD'), event(1, 'STEP_OPENED'), held(5, 'RELEASED'), event(6, 'STEP_DONE')), ['IG_REVIEW ANSWERED 1'])
})

t.test('whatever happens, there is one passage for each opening, and none is shorter than nothing', async () => {
  const types = [...PASSAGE_EVENTS]
  const anEvent = fc.record({ type: fc.constantFrom(...types), org: fc.constantFrom('A', 'B', null), step: fc.constantFrom('X', 'Y') })
  fc.assert(
    fc.property(fc.array(anEvent, { maxLength: 40 }), (drawn) => {
      // A step is opened only while it is not open.
      const open = new Set<string>()
      const events = drawn.flatMap((one, i): SlimEvent[] => {
        const name = `${one.org}/${one.step}`
        if (one.type === 'STEP_OPENED' && open.has(name)) return []
        if (one.type === 'STEP_OPENED') open.add(name)
        else if (one.type === 'ENDED') open.clear()
        else if (one.type === 'RETURNED' || one.type === 'CHAIN_ENDED')
          for (const key of [...open]) if (key.startsWith(`${one.org}/`)) open.delete(key)
        if (['STEP_DONE', 'STEP_MET', 'SIGNED', 'STEP_REFUSED'].includes(one.type)) open.delete(name)
        return [{ signOff: 's', at: START + i * DAY, ...one }]
      })
      const now = START + 50 * DAY
      const found = passagesOf(events, now)
      return (
        found.length === events.filter(({ type }) => type === 'STEP_OPENED').length &&
        found.every(({ openedAt, endedAt, heldMs }) => heldMs >= 0 && (endedAt ?? now) - openedAt - heldMs >= 0) &&
        found.filter(({ end }) => end === null).length === open.size
      )
    }),
  )
})

t.test('the median is the middle, the p90 the value that nine of ten do not exceed', async (t) => {
  t.strictSame([[], [4], [1, 9], [3, 1, 2], [1, 2, 3, 10]].map(median), [null, 4, 5, 2, 2.5])
  t.equal(nearestRank([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 0.9), 9)
  t.equal(nearestRank([5], 0.9), 5)
  t.equal(nearestRank([], 0.9), null)
})

t.test('stages stand in the order of what waits longest, and so do those who are waited for', async (t) => {
  const of = (org: string, opened: number, ended: number | null, over: Partial<StagePassage> = {}): StagePassage => ({
    ...{ signOff: `s-${org}`, org, step: 'DPO_REVIEW', kind: 'DPO_REVIEW', role: 'DPO', subject: { type: 'agreement', id: 'DSA-1' } },
    ...{ openedAt: on(opened), endedAt: ended === null ? null : on(ended), end: ended === null ? null : 'ANSWERED', heldMs: 0, ...over },
  })
  const passages = [
    ...[of('A', 0, 4), of('B', 0, 8), of('C', 5, null), of('A', 20, null), of('D', 1, 2, { end: 'CLOSED' })],
    ...[of('A', 0, 1, { kind: 'REVIEW', role: 'IG_OFFICER', step: 'IG_REVIEW' }), of('B', 0, 99, { kind: 'SIGNATURE', role: 'SIGNATORY' })],
  ]
  t.match(stageTimes(passages, { from: on(0), to: on(30) }, on(30)), [
    { kind: 'DPO_REVIEW', role: 'DPO', answered: 2, median_days: 6, p90_days: 8, waiting: 2, oldest: { org: 'C', days: 25 } },
    { kind: 'REVIEW', role: 'IG_OFFICER', answered: 1, median_days: 1, p90_days: 1, waiting: 0, oldest: null },
  ])
  t.strictSame(
    waitedFor(passages, on(30)).map(({ org, waiting, median_days, oldest }) => [org, waiting, median_days, oldest.days]),
    [
      ['C', 1, 25, 25],
      ['A', 1, 10, 10],
    ],
  )
})

t.test('a route is drawn as Mermaid text and as SVG, with where each party stands in words', async (t) => {
  const parties = [{ org: 'LBC_CAMDEN' }, { org: 'LBC_HACKNEY' }, { org: 'LBC_BARNET' }]
  const signOff = readied(signed(aSignOff({ route: aRoute('STANDARD'), parties }), 'LBC_CAMDEN'), 'LBC_HACKNEY')
  const [drawing, ...others] = drawingsOf(signOff)
  t.strictSame(others, [])
  if (!drawing) return
  const mermaid = mermaidOf([drawing])
  t.match(mermaid, /^flowchart LR\n {2}subgraph r0\["Standard/)
  t.match(mermaid, /open: LBC_BARNET/, 'who is waited for is named')
  t.match(mermaid, /:::open\n/)
  const svg = svgOf('Where each party stands', [drawing])
  t.match(svg, /<title id="title">Where each party stands<\/title>/)
  const [, words = ''] = svg.match(/<desc id="description">(.*)<\/desc>/) ?? []
  t.equal(words.replaceAll('&#39;', "'"), summaryOf(drawing), 'the picture says in words what it shows')
  t.match(summaryOf(drawing), /3 parties\. .*1 done, 1 open, 1 to come/)
  t.equal(svg.split('>done<').length - 1 > 4, true)
  t.notMatch(svg, /style=|<script|onload|href/, 'nothing that a content policy would refuse')
})

t.test('every shipped route can be drawn, each step after those that it waits for', async (t) => {
  for (const route of shippedRoutes()) {
    const { steps } = drawingOf(route)
    const depth = new Map(steps.map(({ id, depth }) => [id, depth]))
    t.equal(steps.length, route.steps.length, route.code)
    for (const { id, after } of steps) for (const before of after) t.ok((depth.get(before) ?? 0) < (depth.get(id) ?? 0), `${before} ${id}`)
    t.match(svgOf('Route', [drawingOf(route)]), /<svg /)
  }
})

t.test('words of a route that somebody wrote are words in its pictures and nothing else', async (t) => {
  const title = `"]; click a "javascript:alert(1)" <img src=x onerror=alert(1)> & 'quoted'`
  const route = aRoute('CONDENSED')
  const drawing = drawingOf({ ...route, title, steps: route.steps.map((step) => ({ ...step, title })) })
  const mermaid = mermaidOf([drawing])
  const labels = [...mermaid.matchAll(/\["([^\n]*)"\]/g)].map(([, label]) => label ?? '')
  t.ok(labels.length > 1)
  for (const label of labels) t.notMatch(label.replaceAll('<br/>', ''), /["<>&;](?<!#\d+;)|`/)
  t.notMatch(svgOf(title, [drawing]), /<img|"javascript|& /)
})
