import t from 'tap'
import { agreementDesk } from '../support/agreement-desk.ts'
import { databaseOf } from '../support/api-caller.ts'
import { eventually } from '../support/eventually.ts'
import { startNode } from '../support/nodes.ts'
import { trustIn } from '../support/service.ts'
import { webhookReceiver } from '../support/webhook-receiver.ts'

// Two nodes whose clocks are hours apart tell of one agreement in turn; one of them is killed while it sends.

const [CAMDEN, HACKNEY] = ['LBC_CAMDEN', 'LBC_HACKNEY']
const HOURS_MS = 3_600_000
const ACTS = 6

const desk = await agreementDesk(t, undefined, { webhookPrivateAddresses: 'allowed' })
const { service } = desk
const { pool: root } = await databaseOf(service).openAs('session_user', 2)
const receiver = await webhookReceiver(t)

t.test(
  'of one agreement everything comes, and in the order in which it happened, whatever the clocks say and whoever is killed',
  async (t) => {
    const officer = { org: CAMDEN, role: 'IG_OFFICER' } as const
    const terms = { url: receiver.url, kinds: ['SUSPENDED'] }
    const { body: made } = await desk.call(officer, 'POST', '/v1/webhooks', terms)
    const set = (state: string) => desk.call(officer, 'PUT', `/v1/webhooks/${made.webhook.id}`, { ...terms, state }, { 'if-match': '*' })
    t.equal((await set('PAUSED')).status, 200)
    const { id } = await desk.draft({ orgs: [CAMDEN, HACKNEY], effectiveFrom: '2026-11-22' })
    const { version, hash } = await desk.freeze({ id, owner_org: CAMDEN })
    for (const org of [CAMDEN, HACKNEY]) await desk.sign(id, org, version, hash)
    const node = (clockOffsetMs: number) =>
      startNode(t, {
        ...{ databaseUrl: service.databaseUrl, clockOffsetMs, hasWorker: true, config: { webhookPrivateAddresses: 'allowed' } },
        ...{ logKeyHex: Buffer.from(service.logKey).toString('hex'), trust: { ...trustIn(service.issuer), keys: service.issuer.jwks } },
      })
    const [ahead, behind] = await Promise.all([node(2 * HOURS_MS), node(-2 * HOURS_MS)])
    receiver.behave(() => {})
    const suspensions: string[] = []
    for (let act = 0; act < ACTS; act++) {
      const { authorization } = await service.as({ org: HACKNEY, roles: ['DPO'], clientId: null, sub: 'urn:test:hackney:dpo' })
      const reply = await fetch(`${(act % 2 === 0 ? behind : ahead).url}/v1/agreements/${id}/suspensions`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ scope: 'AGREEMENT', reason: `Number ${act}` }),
      })
      const { suspension } = (await reply.json()) as { suspension: { id: string } }
      suspensions.push(suspension.id)
    }
    t.equal((await set('ACTIVE')).status, 200)
    t.ok(await eventually(() => receiver.received.length === 1), 'the first is on its way, and the receiver hangs')
    t.equal(receiver.received.length, 1, 'the others wait for it')
    const { rows } = await root.query(`select claim from webhook_delivery where claimed_until > now()`)
    t.equal(rows.length, 1)
    for (const { pid } of [ahead, behind]) process.kill(pid, 'SIGKILL')
    receiver.behave(undefined)
    // As if the minute were over after which whoever claimed it is taken to be dead.
    await root.query('update webhook_delivery set claimed_until = now()')
    const next = await node(-HOURS_MS)
    const sent = () => receiver.received.slice(1).map(({ event }) => event.data.detail.suspension)
    t.ok(await eventually(() => sent().length >= ACTS))
    t.strictSame(sent(), suspensions)
    t.equal(receiver.received[0]?.event.id, receiver.received[1]?.event.id, 'what was on its way came again as what it was')
    t.ok(await eventually(async () => (await root.query(`select from webhook_delivery where state = 'WAITING'`)).rowCount === 0))
    await next.stop()
  },
)
