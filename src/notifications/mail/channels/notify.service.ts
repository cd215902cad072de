import axios, { type AxiosError } from 'axios'
import { NotifyClient } from 'notifications-node-client'
import type { Attempt, MailChannel } from './channel.ts'

export interface NotifyOptions {
  readonly url: URL
  readonly apiKey: string
  /** A template of the subject `((subject))` and the body `((body))`: the words stay here, where they are tested. */
  readonly templateId: string
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 30_000
const ANSWER_BYTES_MAX = 1_048_576

/** Hands mail to GOV.UK Notify by its own client. Our id is the reference, by which its receipts and its list name the mail. */
export function notifyChannel({ url, apiKey, templateId, timeoutMs = TIMEOUT_MS }: NotifyOptions): MailChannel {
  const client = new NotifyClient(url.origin, apiKey)
  const http = axios.create({ timeout: timeoutMs, maxRedirects: 0, maxContentLength: ANSWER_BYTES_MAX, proxy: false })
  // The same types, of an import and of a require.
  client.setClient(http as unknown as Parameters<NotifyClient['setClient']>[0])
  return {
    where: url.origin,
    async send({ id, to, subject, text }, isRepeat) {
      try {
        // Its answer to an earlier attempt may have been lost: it knows.
        if (isRepeat && (await isKnown(id))) return { outcome: 'SENT' }
        await client.sendEmail(templateId, to, { personalisation: { subject, body: text }, reference: id })
        return { outcome: 'SENT' }
      } catch (error) {
        return attemptOf(error as AxiosError)
      }
    },
    close: async () => {},
  }

  async function isKnown(reference: string): Promise<boolean> {
    const { data } = await client.getNotifications('email', undefined as never, reference)
    return (data as { readonly notifications: readonly unknown[] }).notifications.length > 0
  }
}

/** Only what it says of the address or of this mail is for good: a key, a limit or a fault of its own may be better another time. */
function attemptOf({ response, message }: AxiosError): Attempt {
  const { status, data } = response ?? {}
  const words = (data as { readonly errors?: readonly { readonly message?: string }[] } | undefined)?.errors?.map(
    (one) => one.message ?? '',
  )
  const why = `${status ?? 'no answer'}: ${(words ?? [message]).join('; ')}`.slice(0, 300)
  if (status !== 400) return { outcome: 'LATER', why }
  return /email_address/.test(why) ? { outcome: 'BOUNCED', why } : { outcome: 'FAILED', why }
}
