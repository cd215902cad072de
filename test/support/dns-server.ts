import { createSocket } from 'node:dgram'
import type { Teardown } from './postgres.ts'

/** A DNS server on this machine (RFC 1035) that answers for every name the IPv4 addresses that a test sets. */
export interface DnsServer {
  /** `address:port`, as resolvers take it. */
  readonly address: string
  answers: readonly string[]
  /** Names that were asked for. */
  readonly asked: string[]
}

const HEADER = 12
const TYPE_A = 1

/** Opens it; closed when the test ends. */
export async function dnsServer(t: Teardown): Promise<DnsServer> {
  const socket = createSocket('udp4')
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  t.teardown(() => new Promise<void>((closed) => socket.close(closed)))
  const server: DnsServer = { address: `127.0.0.1:${socket.address().port}`, answers: [], asked: [] }
  socket.on('message', (query, { port, address }) => {
    const { name, end } = questionOf(query)
    const type = query.readUInt16BE(end)
    const addresses = type === TYPE_A ? server.answers : []
    server.asked.push(name)
    const header = Buffer.alloc(HEADER)
    header.writeUInt16BE(query.readUInt16BE(0), 0)
    header.writeUInt16BE(0x8180, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(addresses.length, 6)
    const records = addresses.map((one) => Buffer.from([0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...one.split('.').map(Number)]))
    socket.send(Buffer.concat([header, query.subarray(HEADER, end + 4), ...records]), port, address)
  })
  return server
}

function questionOf(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let at = HEADER
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), end: at + 1 }
}
