import { createTransport } from 'nodemailer'
import type { Attempt, MailChannel } from './channel.ts'

export interface SmtpOptions {
  /** `smtps://user@host:465`, or `smtp://user@host:587` with STARTTLS, which only a server on this machine may do without. */
  readonly url: URL
  readonly password: string | undefined
  readonly from: string
  /** Longest time of one attempt. */
  readonly timeoutMs?: number
}

const CONNECTIONS_MAX = 2
const TIMEOUT_MS = 60_000
/** What a mail server answers for good to the name of a reader, as against to everything we send. */
const OF_THE_READER = 'RCPT TO'

/** Hands mail to a server (RFC 5321). A few connections, each step bounded in time. */
export function smtpChannel({ url, password, from, timeoutMs = TIMEOUT_MS }: SmtpOptions): MailChannel {
  const isSecure = url.protocol === 'smtps:'
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  const stepMs = Math.ceil(timeoutMs / 3)
  const transport = createTransport({
    ...{ host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || (isSecure ? 465 : 587) },
    ...{ secure: isSecure, requireTLS: !isSecure && !isLocal, ignoreTLS: !isSecure && isLocal },
    ...(url.username ? { auth: { user: decodeURIComponent(url.username), pass: password ?? '' } } : {}),
    ...{ pool: true, maxConnections: CONNECTIONS_MAX, maxMessages: 100 },
    ...{ connectionTimeout: stepMs, greetingTimeout: stepMs, socketTimeout: stepMs, dnsTimeout: stepMs },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
  transport.on('error', () => {})
  const domain = from.slice(from.lastIndexOf('@') + 1).replace('>', '')
  return {
    where: `${url.protocol}//${url.host}`,
    async send({ id, to, subject, text }) {
      try {
        const headers = { 'Auto-Submitted': 'auto-generated' }
        await within(
          timeoutMs,
          transport.sendMail({ from, to: { name: '', address: to }, subject, text, headers, messageId: `<${id}@${domain}>` }),
        )
        return { outcome: 'SENT' }
      } catch (error) {
        return attemptOf(error as SmtpError)
      }
    },
    close: async () => transport.close(),
  }
}

interface SmtpError extends Error {
  readonly responseCode?: number
  readonly command?: string
  readonly code?: string
}

/** A server that is not there, wants another password or is busy may be better another time; its 5xx to this reader or this mail is not. */
function attemptOf({ message, responseCode = 0, command = '', code = '' }: SmtpError): Attempt {
  const why = message.slice(0, 300)
  if (code === 'EAUTH' || responseCode < 500) return { outcome: 'LATER', why }
  if (command === OF_THE_READER) return { outcome: 'BOUNCED', why }
  return command === 'DATA' ? { outcome: 'FAILED', why } : { outcome: 'LATER', why }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
