import fc from 'fast-check'
import ICAL from 'ical.js'
import t from 'tap'
import { type DueEvent, nextShown, type ShownEvent, uidOf, written } from '../../../src/insight/calendars/calendar-events.ts'
import { calendarText, type WrittenEvent } from '../../../src/insight/calendars/calendar-text.ts'

const NOW = '2026-11-23T12:00:00.000Z'
const TODAY = '2026-11-23'
const publicUrl = new URL('https://accord.example')
const anEvent = (over: Partial<WrittenEvent> = {}): WrittenEvent => ({
  ...{
    uid: 'AGREEMENT_1/AGREEMENT_REVIEW@accord.example',
    day: '2026-12-01',
    summary: 'AGREEMENT_1: review due',
    url: 'https://accord.example/v1/agreements/AGREEMENT_1',
  },
  ...{ sequence: 0, isCancelled: false, modifiedAt: NOW, alarmDays: 7, ...over },
})
const due = (record: string, day: string, kind: DueEvent['kind'] = 'AGREEMENT_REVIEW'): DueEvent => ({
  ...{ kind, record, reference: record, day, path: `/v1/agreements/${record}` },
})
const shownEvent = (record: string, day: string, over: Partial<ShownEvent> = {}): ShownEvent => ({
  ...{
    uid: uidOf({ record, kind: 'AGREEMENT_REVIEW' }),
    day,
    sequence: 0,
    isCancelled: false,
    modifiedAt: '2026-11-01T00:00:00.000Z',
    ...over,
  },
})

t.test('a calendar is iCalendar, letter for letter', async (t) => {
  t.equal(
    calendarText('Accord: my days', [anEvent()]),
    [
      ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Accord//Calendar//EN', 'CALSCALE:GREGORIAN', 'METHOD:PUBLISH'],
      ...['X-WR-CALNAME:Accord: my days', 'REFRESH-INTERVAL;VALUE=DURATION:PT6H', 'X-PUBLISHED-TTL:PT6H', 'BEGIN:VEVENT'],
      ...['UID:AGREEMENT_1/AGREEMENT_REVIEW@accord.example', 'DTSTAMP:20261123T120000Z', 'LAST-MODIFIED:20261123T120000Z', 'SEQUENCE:0'],
      ...[
        'STATUS:CONFIRMED',
        'DTSTART;VALUE=DATE:20261201',
        'SUMMARY:AGREEMENT_1: review due',
        'URL:https://accord.example/v1/agreements/AGREEMENT_1',
      ],
      ...[
        'TRANSP:TRANSPARENT',
        'BEGIN:VALARM',
        'ACTION:DISPLAY',
        'DESCRIPTION:AGREEMENT_1: review due',
        'TRIGGER:-P7D',
        'END:VALARM',
        'END:VEVENT',
      ],
      ...['END:VCALENDAR', ''],
    ].join('\r\n'),
  )
})

t.test('whatever its words, a reader gets them back, and no line has more than 75 octets', async (t) => {
  const words = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.constant('a,b;c\\d\ne'), fc.constant('ä'.repeat(100)))
  fc.assert(
    fc.property(fc.array(words, { maxLength: 5 }), fc.boolean(), (summaries, isCancelled) => {
      // What no text value can hold (RFC 5545, 3.3.11) does not come in: references and kinds have none.
      const texts = summaries.map((text) => text.replaceAll(/\p{Cc}/gu, (control) => (control === '\n' ? '\n' : '')))
      const text = calendarText(
        'Calendar',
        texts.map((summary, index) => anEvent({ uid: `E${index}`, summary, isCancelled })),
      )
      for (const line of text.split('\r\n')) if (Buffer.byteLength(line) > 75) return false
      if (/[^\r]\n|\r[^\n]/.test(text)) return false
      const events = new ICAL.Component(ICAL.parse(text)).getAllSubcomponents('vevent')
      return events.every((event, index) => {
        const alarms = event.getAllSubcomponents('valarm').length
        return event.getFirstPropertyValue('summary') === texts[index] && alarms === (isCancelled ? 0 : 1)
      })
    }),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('how an event is shown from now on', async (t) => {
  const next = (shown: ShownEvent[], wanted: DueEvent[]) => nextShown(shown, wanted, NOW, TODAY)
  t.match(
    next([], [due('AGREEMENT_1', '2026-12-01')]),
    [{ uid: 'AGREEMENT_1/AGREEMENT_REVIEW', sequence: 0, isCancelled: false, modifiedAt: NOW }],
    'a new one',
  )
  const known = shownEvent('AGREEMENT_1', '2026-12-01')
  t.strictSame(next([known], [due('AGREEMENT_1', '2026-12-01')]), [known], 'one that stays as it was')
  t.match(
    next([known], [due('AGREEMENT_1', '2027-12-01')]),
    [{ uid: known.uid, day: '2027-12-01', sequence: 1, modifiedAt: NOW }],
    'another day',
  )
  const gone = next([known], [])
  t.match(gone, [{ uid: known.uid, day: '2026-12-01', sequence: 1, isCancelled: true, modifiedAt: NOW }], 'one that is taken out')
  t.strictSame(next(gone, []), gone, 'and stays so')
  t.match(next(gone, [due('AGREEMENT_1', '2026-12-01')]), [{ sequence: 2, isCancelled: false }], 'one that comes back')
  const past = shownEvent('AGREEMENT_1', '2026-11-20')
  t.strictSame(next([past], []), [past], 'what is over was not taken out')
})

t.test('an identifier stands for one event for ever, and its sequence only goes up', async (t) => {
  const step = fc.array(
    fc.record({
      record: fc.constantFrom('AGREEMENT_1', 'AGREEMENT_2', 'AGREEMENT_3'),
      day: fc.constantFrom('2026-11-20', '2026-12-01', '2027-01-01'),
    }),
    { maxLength: 3 },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      let shown: ShownEvent[] = []
      for (const wanted of steps) {
        const next = nextShown(
          shown,
          wanted.map(({ record, day }) => due(record, day)),
          NOW,
          TODAY,
        )
        if (new Set(next.map(({ uid }) => uid)).size !== next.length) return false
        for (const before of shown) {
          const after = next.find(({ uid }) => uid === before.uid)
          if (!after || after.sequence < before.sequence) return false
          const isChanged = after.day !== before.day || after.isCancelled !== before.isCancelled
          if (isChanged !== after.sequence > before.sequence) return false
        }
        shown = next
      }
      return true
    }),
  )
  t.pass()
})

t.test('what was taken out is told for 90 days, by its kind alone', async (t) => {
  const cancelled = shownEvent('AGREEMENT_1', '2026-09-01', { isCancelled: true, sequence: 1, modifiedAt: '2026-08-25T12:00:01.000Z' })
  t.match(written([cancelled], [], NOW, publicUrl), [{ summary: 'No longer shown: review due', isCancelled: true }])
  t.strictSame(written([{ ...cancelled, day: '2026-08-01', modifiedAt: '2026-08-01T00:00:00.000Z' }], [], NOW, publicUrl), [])
})
