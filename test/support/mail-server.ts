import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Teardown } from './postgres.ts'

/** A mail that a server took, as it came in. */
export interface ReceivedMail {
  readonly to: string
  readonly subject: string
  readonly messageId: string
  readonly headers: string
  readonly text: string
}

/** What a server does to mail for an address. */
export type ReaderBehaviour = 'TAKES' | 'REFUSES' | 'IS_BUSY' | 'REFUSES_CONTENT' | 'DROPS' | 'HANGS' | 'DROPS_AFTER_TAKING'

export interface MailServer {
  readonly url: URL
  readonly mails: ReceivedMail[]
  /** Mails for one address. */
  to(address: string): ReceivedMail[]
  /** What it does from now on to mail for an address. */
  behave(address: string, behaviour: ReaderBehaviour): void
}

/** A real mail server on this machine (SMTP), which keeps what it takes; gone when the test ends. */
export async function mailServer(t: Teardown, options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = []
  const behaviours = new Map<string, ReaderBehaviour>()
  const refused = (code: number, message: string) => Object.assign(new Error(message), { responseCode: code })
  const server = new SMTPServer({
    ...{ disabledCommands: ['AUTH', 'STARTTLS'], authOptional: true, logger: false },
    ...options,
    onRcptTo({ address }, _session, callback) {
      const behaviour = behaviours.get(address)
      if (behaviour === 'REFUSES') return callback(refused(550, 'No such reader here'))
      if (behaviour === 'IS_BUSY') return callback(refused(451, 'Try again later'))
      if (behaviour === 'HANGS') return
      callback()
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const [first] = session.envelope.rcptTo
        const to = first?.address ?? ''
        const behaviour = behaviours.get(to)
        if (behaviour === 'REFUSES_CONTENT') return callback(refused(554, 'Not wanted'))
        if (behaviour !== 'DROPS') mails.push(received(to, Buffer.concat(chunks).toString('utf8')))
        if (behaviour?.startsWith('DROPS')) return drop(session.id)
        callback()
      })
    },
  })
  /** Ends a connection without an answer. */
  const drop = (id: string) => {
    for (const connection of (server as unknown as { connections: Set<Connection> }).connections)
      if (connection.session.id === id) connection._socket.destroy()
  }
  server.on('error', () => {})
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.teardown(() => new Promise<void>((done) => server.close(() => done())))
  const { port } = server.server.address() as AddressInfo
  return {
    url: new URL(`smtp://127.0.0.1:${port}`),
    mails,
    to: (address) => mails.filter((mail) => mail.to === address),
    behave: (address, behaviour) => void behaviours.set(address, behaviour),
  }
}

interface Connection {
  readonly session: { readonly id: string }
  readonly _socket: { destroy(): void }
}

/** What stands in a mail of one part, its lines joined and its words decoded. */
export function received(to: string, raw: string): ReceivedMail {
  const [head = '', ...rest] = raw.split('\r\n\r\n')
  const headers = head.replaceAll(/\r\n[ \t]+/g, ' ')
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(headers)?.[1] ?? ''
  const body = rest.join('\r\n\r\n')
  const encoding = header('Content-Transfer-Encoding').toLowerCase()
  const text =
    encoding === 'quoted-printable'
      ? fromQuotedPrintable(body)
      : encoding === 'base64'
        ? Buffer.from(body, 'base64').toString('utf8')
        : body
  return { to, subject: fromEncodedWords(header('Subject')), messageId: header('Message-ID'), headers, text: text.replaceAll('\r\n', '\n') }
}

/** RFC 2045, 6.7. */
function fromQuotedPrintable(body: string): string {
  const bytes = body
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** RFC 2047. */
function fromEncodedWords(words: string): string {
  return words
    .replaceAll(/\?= =\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([QB])\?(.*?)\?=/gi, (_all, how: string, text: string) =>
      how.toUpperCase() === 'B' ? Buffer.from(text, 'base64').toString('utf8') : fromQuotedPrintable(text.replaceAll('_', ' ')),
    )
}
