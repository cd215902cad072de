import t from 'tap'
import { doersOf, doingOrgOf, lastReminder } from '../../../src/assessments/made/measures.ts'
import { aMeasure } from './made.ts'

const byPost = (post: string, org = 'LBC_CAMDEN') => aMeasure({ owner: { org, post } })

t.test('a measure waits for the role that its post names, by code or in words, else for whoever may say that it is done', async (t) => {
  t.same(doersOf(byPost(' Data Protection Officer')), ['DPO'])
  t.same(doersOf(byPost('IAO')), ['IAO'])
  t.same(doersOf(byPost('Systems manager')), ['IG_OFFICER', 'IAO', 'INFOSEC', 'DPO'])
  t.same(doersOf(byPost('SIRO')).length, 4, 'a SIRO accepts the risk and does not say that a measure is done')
})

t.test('what a body without a part in the agreement does waits for whoever keeps the text', async (t) => {
  const about = { keeper: 'LBC_HACKNEY', facts: { parties: [{ org: 'LBC_CAMDEN', role: 'CONTROLLER' }] } }
  t.equal(doingOrgOf(byPost('Manager'), about), 'LBC_CAMDEN')
  t.equal(doingOrgOf(byPost('Manager', 'LBC_BARNET'), about), 'LBC_HACKNEY')
})

t.test('a reminder is due seven days before the day, on the day after it, and every 30 days from then on', async (t) => {
  const on = (today: string) => lastReminder({ due: '2026-12-10' }, today)
  t.equal(on('2026-12-02'), undefined)
  t.same(on('2026-12-03'), { kind: 'MEASURE_DUE', day: '2026-12-03' })
  t.same(on('2026-12-10'), { kind: 'MEASURE_DUE', day: '2026-12-03' })
  t.same(on('2026-12-11'), { kind: 'MEASURE_OVERDUE', day: '2026-12-11' })
  t.same(on('2027-01-09'), { kind: 'MEASURE_OVERDUE', day: '2026-12-11' })
  t.same(on('2027-01-10'), { kind: 'MEASURE_OVERDUE', day: '2027-01-10' })
})
