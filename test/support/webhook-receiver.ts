import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { Teardown } from './postgres.ts'

/** What came to a receiver. */
export interface Received {
  readonly headers: Record<string, string>
  readonly body: string
  // biome-ignore lint/suspicious/noExplicitAny: a test names the members it asserts
  readonly event: any
}

/** How a receiver answers; absent: 204 at once. */
export type Behaviour = (response: ServerResponse, received: Received) => void

/** An HTTP server that keeps what it is sent and behaves as a test says. */
export interface WebhookReceiver {
  readonly url: string
  readonly received: Received[]
  behave(behaviour: Behaviour | undefined): void
  /** What the library of Standard Webhooks makes of one that came. @throws where the signature is not of this secret */
  verified(index: number, secret: string): unknown
}

/** Opens a receiver on this machine; closed when the test ends. */
export async function webhookReceiver(t: Teardown): Promise<WebhookReceiver> {
  const received: Received[] = []
  let behaviour: Behaviour | undefined
  const server: Server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const headers = request.headers as Record<string, string>
    const one = { headers, body, event: body === '' ? undefined : JSON.parse(body) }
    received.push(one)
    if (behaviour) behaviour(response, one)
    else response.writeHead(204).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise<void>((closed) => server.close(() => closed()))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    behave(next) {
      behaviour = next
    },
    verified(index, secret) {
      const one = received[index]
      if (!one) throw new Error(`nothing came as number ${index}`)
      return new Webhook(secret).verify(one.body, one.headers)
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
