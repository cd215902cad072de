import { randomUUID } from 'node:crypto'
import t from 'tap'
import { NOTIFICATION_KINDS } from '../../src/notifications/kinds.ts'
import { withTransaction } from '../../src/platform/database/database.ts'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import list from '../../src/reference/lists/notification.json' with { type: 'json' }
import { agreementDesk } from '../support/agreement-desk.ts'

const [CAMDEN, HACKNEY, BARNET] = ['LBC_CAMDEN', 'LBC_HACKNEY', 'LBC_BARNET']

t.test('what an organisation is told', async (t) => {
  const desk = await agreementDesk(t)
  const { db, notifications } = desk.service.app.services
  const noticesOf = async (org: string) => (await desk.call({ org, role: 'DPO' }, 'GET', '/v1/notices')).body.notices
  const about = (id: string, kind: keyof typeof NOTIFICATION_KINDS) =>
    ({ kind, subject: { type: 'agreement', id }, at: '2026-11-22T12:00:00.000Z', detail: {} }) as const

  await t.test('is written with the act and is not there where the act was refused', async (t) => {
    const agreement = await desk.draft()
    await desk.freeze(agreement, { isApproved: false })
    t.match(await noticesOf(HACKNEY), [{ agreement: agreement.id, kind: 'APPROVAL_DUE' }])
    const again = await desk.call({ org: CAMDEN, role: 'IG_OFFICER' }, 'POST', `/v1/agreements/${agreement.id}/freeze`, undefined, {
      'if-match': '*',
    })
    t.equal(again.status, 409)
    t.equal((await noticesOf(HACKNEY)).length, 1)
    await t.rejects(
      withTransaction(db, async (tx) => {
        await notifications.tell(tx, [HACKNEY], about(agreement.id, 'SUSPENDED'))
        throw new Error('what happened is taken back')
      }),
    )
    t.equal((await noticesOf(HACKNEY)).length, 1, 'the outbox is of the same transaction')
  })

  await t.test('is told once, to those it is for, and only while they may see what it is about', async (t) => {
    const { id } = await desk.draft()
    await withTransactionAs(db, { kind: 'system' }, async (tx) => {
      await notifications.tell(tx, [HACKNEY, HACKNEY, BARNET], about(id, 'SUSPENDED'))
      await notifications.tell(tx, [BARNET], about(id, 'INVITATION_TAKEN_BACK'))
    })
    const toldOf = async (org: string) =>
      (await noticesOf(org)).filter(({ agreement }: { agreement: string }) => agreement === id).map(({ kind }: { kind: string }) => kind)
    t.strictSame(await toldOf(HACKNEY), ['SUSPENDED'])
    t.strictSame(await toldOf(BARNET), ['INVITATION_TAKEN_BACK'], 'a stranger to it hears only that it is one')
    t.strictSame(await toldOf(CAMDEN), [])
  })

  await t.test('the database keeps it from others by itself, and shows nobody what is of a type that is not known', async (t) => {
    const owner = await desk.service.database?.openAs('session_user', 1)
    const { id } = await desk.draft()
    await owner?.pool.query(
      `insert into notification (id, org, subject_type, subject_id, kind, at, detail, outlives_access)
       values ($1, $3, 'agreement', $4, 'SUSPENDED', now(), '{}', false), ($2, $3, 'something', $4, 'SUSPENDED', now(), '{}', false)`,
      [randomUUID(), randomUUID(), HACKNEY, id],
    )
    const noticesFor = (org: string) =>
      withTransactionAs(db, { kind: 'party', org }, async (tx) => {
        return (await tx.selectFrom('notification').select('subject_type').where('subject_id', '=', id).execute()).map(
          ({ subject_type }) => subject_type,
        )
      })
    t.strictSame(await noticesFor(HACKNEY), ['agreement'])
    t.strictSame(await noticesFor(CAMDEN), [])
  })
})

t.test('every kind of notification that is a code of the reference says what the reference says', async (t) => {
  const listed = new Map(list.entries.map(({ code, label }) => [code, label]))
  const kinds = Object.entries(NOTIFICATION_KINDS).filter(([kind]) => listed.has(kind))
  t.ok(kinds.length >= 5)
  for (const [kind, { words }] of kinds) t.equal(words, listed.get(kind))
})
