import { Agent, request } from 'node:http'

/** A reply, or why there was none. */
export interface Reply {
  /** 0: no reply came. */
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
  /** Why there is no reply: the code of the error. */
  readonly failure: string | null
}

/** Calls services over connections that are kept. */
export function httpClient(sockets: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets, maxFreeSockets: sockets, scheduling: 'fifo' })
  function call(method: string, url: string, token: string | null, body?: unknown, timeoutMs = 8_000): Promise<Reply> {
    return new Promise((resolve) => {
      const fail = (failure: string) => resolve({ status: 0, headers: {}, body: null, failure })
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers = {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      }
      const sent = request(url, { method, agent, headers, timeout: timeoutMs }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
        response.on('aborted', () => fail('ABORTED'))
        response.on('end', () => {
          const raw = Buffer.concat(parts).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parse(raw), failure: null })
        })
      })
      sent.on('timeout', () => {
        fail('TIMEOUT')
        sent.destroy()
      })
      sent.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message))
      sent.end(text)
    })
  }
  return { call, close: () => agent.destroy() }
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return raw
  }
}
