import t from 'tap'
import { lastTelling, toConfirmFrom } from '../../../src/parties/entry.ts'

t.test('an entry is to be confirmed twelve months after it was, and on the day after February where there is no 29th', async (t) => {
  t.equal(toConfirmFrom('2026-11-30'), '2027-11-30')
  t.equal(toConfirmFrom('2028-02-29'), '2029-03-01')
  t.equal(toConfirmFrom('2027-02-28'), '2028-02-28')
})

t.test('its organisation is told on that day and on every thirtieth after it', async (t) => {
  const on = (today: string) => lastTelling('2026-01-01', today)
  t.equal(on('2026-12-31'), undefined)
  t.equal(on('2027-01-01'), '2027-01-01')
  t.equal(on('2027-01-30'), '2027-01-01')
  t.equal(on('2027-01-31'), '2027-01-31')
  t.equal(on('2027-03-15'), '2027-03-02')
})
