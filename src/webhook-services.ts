import type { NotificationsService } from './notifications/notifications.service.ts'
import { type DeliveringOptions, deliveringService } from './notifications/webhooks/delivering.service.ts'
import { secretSeal } from './notifications/webhooks/secrets.ts'
import { type WebhooksOptions, webhooksService } from './notifications/webhooks/webhooks.service.ts'
import { outboundSender, type SenderOptions } from './platform/outbound/sender.ts'

/** How webhooks reach others. */
export type WebhookReach = Omit<SenderOptions, 'allowPrivate'>

/** What webhooks stand on. */
interface WebhookServicesOptions
  extends Omit<WebhooksOptions, 'sender' | 'seal'>,
    Omit<DeliveringOptions, 'sender' | 'seal' | 'notifications'>,
    SenderOptions {
  readonly notifications: NotificationsService
  readonly logKey: Uint8Array
}

/** What an organisation has sent elsewhere: its subscriptions, and who sends. No logic here. */
export function openWebhooks(options: WebhookServicesOptions) {
  const sender = outboundSender(options)
  const seal = secretSeal(options.logKey)
  return {
    subscriptions: webhooksService({ ...options, sender, seal }),
    delivering: deliveringService({ ...options, sender, seal }),
  }
}
