// What leaves the building over HTTP, to addresses that others chose: one POST at a time, to the very address that was looked at.
// Words: destination (whom a URL names), answer (the status that came back; what else came is thrown away).
// It must never follow a redirect, use a proxy of the environment, or read more than it was allowed.
import { Resolver } from 'node:dns/promises'
import { type ClientRequest, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './public-addresses.ts'

/** Why nothing was answered. */
export type SendingFailure = 'NAME_UNKNOWN' | 'ADDRESS_REFUSED' | 'TIMEOUT' | 'CERTIFICATE' | 'CONNECTION' | 'STOPPED'
/** What came of a POST. */
export type Sent = { readonly status: number } | { readonly failure: SendingFailure }

export interface SenderOptions {
  /** Whether addresses of this machine and its networks may be sent to, on any port and without TLS: for a demo on one machine alone. */
  readonly allowPrivate: boolean
  /** The DNS servers to ask (`127.0.0.1:53`); absent: those of the machine. */
  readonly dnsServers?: readonly string[]
  /** Milliseconds until a connection stands, and until the whole answer is there. */
  readonly connectMs?: number
  readonly wholeMs?: number
}

const CONNECT_MS = 5_000
const WHOLE_MS = 15_000
const DNS_MS = 2_000
/** What is read of an answer's body, so that whoever sends it need not be cut off. */
const ANSWER_BYTES_MAX = 16_384
const HEADER_BYTES_MAX = 16_384

/** Where a URL leads. */
type Destination = { readonly addresses: readonly string[] } | { readonly failure: 'NAME_UNKNOWN' | 'ADDRESS_REFUSED' }

export type Sender = ReturnType<typeof outboundSender>

/** Sends to addresses that others chose. */
export function outboundSender({ allowPrivate, dnsServers, connectMs = CONNECT_MS, wholeMs = WHOLE_MS }: SenderOptions) {
  const open = new Set<ClientRequest>()
  let isStopping = false

  /** Where a URL leads at this moment. One address that is not public refuses all of them: whoever answers for the name lies. */
  async function destinationOf({ hostname }: URL): Promise<Destination> {
    const host = hostname.replace(/^\[|\]$/g, '')
    const addresses = isIP(host) ? [host] : await resolved(host, allowPrivate, dnsServers)
    if (addresses.length === 0) return { failure: 'NAME_UNKNOWN' }
    return allowPrivate || addresses.every(isPublicAddress) ? { addresses } : { failure: 'ADDRESS_REFUSED' }
  }

  return {
    destinationOf,
    allowPrivate,

    /** Posts a body; answers the status of whoever took it, and never throws. */
    async post(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<Sent> {
      const destination = await destinationOf(url)
      if ('failure' in destination) return destination
      if (isStopping) return { failure: 'STOPPED' }
      return new Promise((answer) => {
        const request = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
          method: 'POST',
          // A connection of its own, which ends with the answer; such an agent also knows no proxy.
          agent: false,
          headers: { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' },
          lookup: only(destination.addresses),
          maxHeaderSize: HEADER_BYTES_MAX,
        })
        // The status is the answer, whatever becomes of its body; without one, why it was cut off.
        let status: number | undefined
        let why: SendingFailure | undefined
        const late = () => {
          why = 'TIMEOUT'
          request.destroy()
        }
        const connecting = setTimeout(late, connectMs)
        const whole = setTimeout(late, wholeMs)
        open.add(request)
        request.on('socket', (socket) => {
          socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(connecting))
        })
        request.on('response', (response) => {
          let bytes = 0
          status = response.statusCode
          response.on('error', () => {})
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length
            if (bytes > ANSWER_BYTES_MAX) request.destroy()
          })
        })
        request.on('error', (error) => {
          why ??= isOfCertificate(error) ? 'CERTIFICATE' : 'CONNECTION'
        })
        // Comes last, and always.
        request.on('close', () => {
          clearTimeout(connecting)
          clearTimeout(whole)
          open.delete(request)
          answer(status === undefined ? { failure: isStopping ? 'STOPPED' : (why ?? 'CONNECTION') } : { status })
        })
        request.end(body)
      })
    },

    /** Ends what is being sent. */
    stop(): void {
      isStopping = true
      for (const request of open) request.destroy()
    },
  }
}

/** Looks nothing up: a connection is made to what was looked at, not to what a name means by then. */
function only(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, { all }, answer) => (all ? answer(null, found) : answer(null, found[0]?.address ?? '', found[0]?.family))
}

/** The addresses of a name. Asked by our own resolver: that of the system holds up a thread of everybody's for as long as it likes. */
async function resolved(host: string, allowPrivate: boolean, servers: readonly string[] | undefined): Promise<readonly string[]> {
  if (allowPrivate && host === 'localhost') return ['127.0.0.1']
  const resolver = new Resolver({ timeout: DNS_MS, tries: 2 })
  if (servers) resolver.setServers(servers)
  const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
}

function isOfCertificate({ code = '' }: NodeJS.ErrnoException): boolean {
  return /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code)
}
