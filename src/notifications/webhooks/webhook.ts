import { type Fault, type Refusal, refusal } from '../../platform/kernel/refusal.ts'
import { NOTIFICATION_KINDS, type NotificationKind } from '../kinds.ts'

/** What an organisation says of a webhook of its own. */
export interface WebhookTerms {
  /** Where to. */
  readonly url: string
  /** Of which kinds of notification; null: of all. */
  readonly kinds: readonly NotificationKind[] | null
  /** PAUSED: what there is to send waits. */
  readonly state: 'ACTIVE' | 'PAUSED'
}

/** Where an organisation has what it is told sent to. */
export interface Webhook extends Omit<WebhookTerms, 'state'> {
  readonly id: string
  readonly org: string
  /** STOPPED: by the service, since it failed for days or said that it is gone; what there is to send waits. */
  readonly state: WebhookTerms['state'] | 'STOPPED'
  /** Since when every attempt has failed, ISO 8601; null: the last one was taken. */
  readonly failing_since: string | null
  readonly created_at: string
}

/** Webhooks that one organisation may have. */
export const WEBHOOKS_MAX = 5
/** How long the former secret signs besides the new one where nobody says how long, hours. */
export const OVERLAP_HOURS = 24
/** After so many days of failure nothing more is sent until the organisation says so. */
const FAILING_DAYS_MAX = 5
const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** How long after each attempt the next one comes, milliseconds: the schedule of the Standard Webhooks specification. */
const PAUSES = [5_000, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
/** Part of a pause by which it differs at random, so that what failed together does not come again together. */
const JITTER = 0.2
/** Ports beside which a receiver of webhooks has no business. */
const PORTS = ['', '443', '8443']

/**
 * What is wrong with where something is to be sent, before anybody looks where it leads; undefined: nothing.
 *
 * @param allowPrivate whether this is a demo, where any port is right and TLS not needed
 */
export function urlRefused(text: string, allowPrivate: boolean): Refusal | undefined {
  const wrong = (detail: string, code: string) => incorrect({ pointer: '/url', detail, code })
  if (!URL.canParse(text)) return wrong('is not an address', 'URL')
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) return wrong('must begin with https://', 'URL_SCHEME')
  if (url.username !== '' || url.password !== '') return wrong('must not hold a name or a password', 'URL_USERINFO')
  if (url.hash !== '') return wrong('must not have a fragment', 'URL_FRAGMENT')
  return allowPrivate || PORTS.includes(url.port) ? undefined : wrong('must have the port 443 or 8443', 'URL_PORT')
}

/** Why a URL cannot be sent to where it leads. */
export function destinationRefused(failure: 'NAME_UNKNOWN' | 'ADDRESS_REFUSED'): Refusal {
  return incorrect(
    failure === 'NAME_UNKNOWN'
      ? { pointer: '/url', detail: 'names a host that has no address', code: 'URL_UNKNOWN' }
      : { pointer: '/url', detail: 'leads to an address that is not of the public internet', code: 'URL_NOT_PUBLIC' },
  )
}

/** Those of the words that are no kind of notification, as a refusal; undefined: all are. */
export function kindsRefused(kinds: readonly string[] | null): Refusal | undefined {
  const faults = (kinds ?? []).flatMap((kind, index) =>
    Object.hasOwn(NOTIFICATION_KINDS, kind)
      ? []
      : [{ pointer: `/kinds/${index}`, detail: 'is not a kind of notification', code: 'NOTIFICATION_KIND' }],
  )
  return faults.length > 0 ? incorrect(...faults) : undefined
}

function incorrect(...faults: readonly Fault[]): Refusal {
  return refusal('UNPROCESSABLE', 'The webhook cannot be as asked for.', faults)
}

/** When what failed so many times is tried again; null: it is given up. Pure. @param chance from 0 to 1 */
export function nextAttempt(attempts: number, failedAt: number, chance: number): Date | null {
  const pause = PAUSES[attempts - 1]
  return pause === undefined ? null : new Date(failedAt + pause * (1 + JITTER * (2 * chance - 1)))
}

/** Whether a webhook has failed for so long that nothing more is sent there. Pure. */
export function isToStop(failingSince: string, now: number): boolean {
  return now - Date.parse(failingSince) >= FAILING_DAYS_MAX * 24 * HOUR
}
