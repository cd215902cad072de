import t from 'tap'
import { startTimerWorker } from '../../src/timer-worker.ts'
import { inForce } from '../support/agreement-desk.ts'
import { eventually } from '../support/eventually.ts'
import { mailDesk } from '../support/mail-desk.ts'
import { mailServer } from '../support/mail-server.ts'

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']

t.test(
  'an act wakes the worker, which mails what it tells: once, though two nodes run one, and nothing of an act that was refused',
  async (t) => {
    const server = await mailServer(t)
    const desk = await mailDesk(t, server)
    const { id } = await inForce(desk, { orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-23' })
    await desk.mailing.run()
    await desk.holder(HACKNEY, 'IG_OFFICER', 'officer', 'officer@hackney.example')
    const { app, databaseUrl } = desk.service
    const workers = await Promise.all([startTimerWorker(app, databaseUrl), startTimerWorker(app, databaseUrl)])
    t.teardown(() => Promise.all(workers.map((worker) => worker.stop())))
    const suspend = (reason: string) =>
      desk.call({ org: CAMDEN, role: 'DPO' }, 'POST', `/v1/agreements/${id}/suspensions`, { scope: 'AGREEMENT', reason })
    t.equal((await suspend('Because')).status, 201)
    t.equal((await suspend('')).status, 400)
    t.ok(await eventually(async () => server.to('officer@hackney.example').some(({ subject }) => subject === `${id} suspended`)))
    t.ok(
      await eventually(async () => (await desk.owner.query(`select from graphile_worker.jobs where key like 'send_mail:%'`)).length === 0),
    )
    t.equal(server.to('officer@hackney.example').filter(({ subject }) => subject === `${id} suspended`).length, 1)
    t.match(
      server.to('officer@hackney.example').find(({ subject }) => subject.includes('suspended'))?.text,
      /Camden has suspended sharing under DSA-/,
    )
  },
)
