import { Webhook as Signature } from 'standardwebhooks'
import type { Database, Transaction } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import type { Reader } from '../../platform/kernel/reader.ts'
import type { Sender, Sent } from '../../platform/outbound/sender.ts'
import { noticeOf } from '../notice.ts'
import { notificationsRepository } from '../notifications.repository.ts'
import type { NotificationsService } from '../notifications.service.ts'
import { cloudEvent } from './cloud-event.ts'
import { type Attempted, type ClaimedDelivery, deliveriesRepository } from './deliveries.repository.ts'
import type { SecretSeal } from './secrets.ts'
import { isToStop, nextAttempt, type Webhook } from './webhook.ts'
import { webhooksRepository } from './webhooks.repository.ts'

export interface DeliveringOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly notifications: Pick<NotificationsService, 'tell'>
  readonly sender: Pick<Sender, 'post' | 'stop'>
  readonly seal: SecretSeal
  /** Of this service, which is the source of its events. */
  readonly publicUrl: URL
  /** Is told of what could not be done on this side; it is done again. */
  readonly onFailure: (error: unknown) => void
}

/** What is sent in one attempt. */
interface Message {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What came of an attempt; undefined: there was nothing to be sent. SECRET: it was sealed with another key than that of this service. */
type Came = Sent | { readonly failure: 'SECRET' } | undefined

/** Attempts of one node at the same time, and of these at one webhook: a slow one holds no more than its own. */
const AT_ONCE_MAX = 256
const AT_ONCE_PER_WEBHOOK = 2
/** Events that are kept, days, and of one webhook. */
const KEPT_DAYS = 30
const KEPT_MAX = 10_000
const DAY = 86_400_000
const FORGET_EVERY_MS = 3_600_000
const GONE = 410

/**
 * Sends what waits for webhooks: of each subject one event after the other, again after a failure, until it is taken or given up. What
 * is being sent stands in the database, so that whoever dies is followed by somebody else.
 */
export function deliveringService(options: DeliveringOptions) {
  const { db, clock, newId, notifications, sender, seal, publicUrl, onFailure } = options
  const attempts = new Set<Promise<void>>()
  let isStopped = false
  let round: Promise<void> | undefined
  let wakeUp = () => {}
  let isToLookAgain = false
  let forgotAt = 0

  const as = <T>(reader: Reader, work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, reader, work)
  const asSystem = <T>(work: (tx: Transaction) => Promise<T>) => as({ kind: 'system' }, work)

  /** What is sent, asked of what its organisation may see at this moment; undefined: nothing. */
  const messageOf = ({
    webhookId,
    org,
    eventId,
    notificationId,
    ...event
  }: ClaimedDelivery): Promise<Message | { readonly failure: 'SECRET' } | undefined> =>
    as({ kind: 'party', org }, async (tx) => {
      const now = clock()
      const found = await webhooksRepository(tx).find(webhookId)
      const notification = notificationId === null ? null : await notificationsRepository(tx).find(org, notificationId)
      if (!found || notification === undefined) return undefined
      const data = notification === null ? { webhook: webhookId } : noticeOf(notification)
      const body = cloudEvent({ ...event, id: eventId, data }, publicUrl)
      const secrets = await webhooksRepository(tx).secrets(webhookId, now.toISOString())
      const opened = secrets.flatMap(({ sealed, generation }) => seal.open(sealed, webhookId, generation) ?? [])
      if (opened.length === 0) return { failure: 'SECRET' as const }
      const signatures = opened.map((secret) => new Signature(secret).sign(eventId, now, body))
      return {
        url: new URL(found.webhook.url),
        body,
        headers: {
          'content-type': 'application/cloudevents+json; charset=utf-8',
          'webhook-id': eventId,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
          'webhook-signature': signatures.join(' '),
          'user-agent': 'accord-webhooks/1',
        },
      }
    })

  async function send(delivery: ClaimedDelivery): Promise<Came> {
    const message = await messageOf(delivery)
    return message && 'url' in message ? sender.post(message.url, message.headers, message.body) : message
  }

  async function attempt(delivery: ClaimedDelivery): Promise<void> {
    const sent = await send(delivery)
    await asSystem(async (tx) => {
      const deliveries = deliveriesRepository(tx)
      if (sent && 'failure' in sent && sent.failure === 'STOPPED') return deliveries.release(delivery)
      // Before its delivery, as whoever deletes a webhook does.
      const webhook = (await webhooksRepository(tx).lock(delivery.webhookId))?.webhook
      const now = clock()
      const came = attempted(delivery, sent, now)
      if ((await deliveries.attempted(delivery, came)) && webhook && came.state !== 'WITHHELD') await noteHealth(tx, webhook, came, now)
    })
  }

  /** Keeps since when a webhook has failed, and stops it where that is too long or it says that it is gone: its organisation is told. */
  async function noteHealth(tx: Transaction, webhook: Webhook, came: Attempted, now: Date): Promise<void> {
    const failing_since = came.state === 'DELIVERED' ? null : (webhook.failing_since ?? now.toISOString())
    const isGone = came.answered === GONE
    const stops = webhook.state === 'ACTIVE' && failing_since !== null && (isGone || isToStop(failing_since, now.getTime()))
    if (failing_since !== webhook.failing_since || stops) await webhooksRepository(tx).noteHealth(webhook.id, failing_since, stops)
    if (!stops) return
    const detail = { host: new URL(webhook.url).host, failing_since, gone: isGone }
    const subject = { type: 'webhook', id: webhook.id }
    await notifications.tell(tx, [webhook.org], { kind: 'WEBHOOK_STOPPED', subject, at: now.toISOString(), detail })
  }

  async function forget(now: number): Promise<void> {
    if (now - forgotAt < FORGET_EVERY_MS) return
    forgotAt = now
    await asSystem((tx) => deliveriesRepository(tx).forget(new Date(now - KEPT_DAYS * DAY).toISOString(), KEPT_MAX))
  }

  /** Sends until nothing is due and nothing on its way. */
  async function sendAll(): Promise<void> {
    await forget(clock().getTime())
    while (!isStopped) {
      isToLookAgain = false
      const woken = new Promise<void>((resolve) => {
        wakeUp = resolve
      })
      const limit = AT_ONCE_MAX - attempts.size
      const claim = { perWebhook: AT_ONCE_PER_WEBHOOK, limit }
      const claimed = limit > 0 ? await asSystem((tx) => deliveriesRepository(tx).claim(newId(), clock().toISOString(), claim)) : []
      for (const delivery of claimed) {
        const sending = attempt(delivery)
          .catch(onFailure)
          .finally(() => {
            attempts.delete(sending)
            // It may have ended after what is due was looked for: what comes next of its subject is due since.
            isToLookAgain = true
          })
        attempts.add(sending)
      }
      if (claimed.length === 0 && !isToLookAgain) {
        if (attempts.size === 0) break
        await Promise.race([...attempts, woken])
      }
    }
    // At once, so that who calls now begins another round.
    round = undefined
  }

  return {
    /** Sends all that is due, and what becomes due while that goes on. Whoever calls meanwhile has it looked again. */
    deliverDue(): Promise<void> {
      isToLookAgain = true
      wakeUp()
      round ??= sendAll().finally(() => {
        round = undefined
      })
      return round
    },

    /** Has all that is due sent, and waits for nobody. */
    wake(): void {
      this.deliverDue().catch(onFailure)
    },

    /** Sends nothing more; what is on its way is given back, to be sent by the next who starts. */
    async stop(): Promise<void> {
      isStopped = true
      sender.stop()
      wakeUp()
      await round
      await Promise.allSettled([...attempts])
    },
  }
}

/** What came of an attempt, and what follows. */
function attempted({ attempts }: ClaimedDelivery, sent: Came, now: Date): Attempted {
  const at = now.toISOString()
  const result = { dueAt: null, attemptedAt: at, answered: null, failure: null }
  if (!sent) return { ...result, state: 'WITHHELD' }
  const answered = 'status' in sent ? sent.status : null
  if (answered !== null && answered >= 200 && answered < 300) return { ...result, state: 'DELIVERED', answered }
  const failure = 'failure' in sent ? sent.failure : 'STATUS'
  const next = nextAttempt(attempts, now.getTime(), Math.random())
  return { ...result, answered, failure, ...(next ? { state: 'WAITING', dueAt: next.toISOString() } : { state: 'GIVEN_UP' }) }
}
