import { connect, createServer, type Socket } from 'node:net'

/** An address that stays while the server behind it changes, as a load balancer's does: services keep it through a failover. */
export interface Relay {
  readonly port: number
  /** Sends new connections to another port and cuts those that are open. */
  turnTo(port: number): void
  close(): Promise<void>
}

/** Listens on a free port and passes everything on to `target`. */
export async function openRelay(target: number): Promise<Relay> {
  let behind = target
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(behind, '127.0.0.1')
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    turnTo(port) {
      behind = port
      cut()
    },
    async close() {
      cut()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
