import t from 'tap'
import { endedLogs } from '../../faults/stranger.ts'
import { ownLog } from '../../support/own-log.ts'

t.test('the fault rounds find a healthy log that was ended: each log beyond those of the year is named', async (t) => {
  const own = await ownLog(t)
  const primary = { ask: async (_database: string, sql: string) => (await own.root.query(sql)).rows } as never
  t.same(await endedLogs({ primary }), [])
  const { name, origin, vkey } = await own.log()
  await own.root.query('select audit.open_log($1, $2, $3, $4, now())', [`${name}-2`, 'decisions', `${origin}-2`, vkey])
  t.match(await endedLogs({ primary }), [`${name}-2: opened for null, open: a healthy log was ended`])
})
