import { connect, createServer, type Socket } from 'node:net'

/** An address that stays while the server behind it changes, as a load balancer's does: services keep it through a failover. */
export interface Relay {
  readonly port: number
  /** Sends new connections to another port and cuts those that are open. */
  turnTo(port: number): void
  /** Sends new connections to another port and leaves alone those that are open, as a changed name does and many a balancer. */
  lead(port: number): void
  /** As a host without power: what is open is never heard of again, and whoever connects waits. Until `wake`, for new connections. */
  fallSilent(): void
  wake(): void
  close(): Promise<void>
}

/** Listens on a free port and passes everything on to `target`. */
export async function openRelay(target: number): Promise<Relay> {
  let behind = target
  let isSilent = false
  const open = new Set<Socket>()
  const server = createServer((client) => {
    if (isSilent) {
      open.add(client)
      client.on('error', () => {}).on('close', () => open.delete(client))
      return
    }
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
    fallSilent() {
      isSilent = true
      for (const socket of open) {
        socket.unpipe()
        socket.pause()
        // Neither end of a dead line tells the other that it has gone.
        socket.removeAllListeners('close').on('close', () => open.delete(socket))
      }
    },
    wake() {
      isSilent = false
    },
    turnTo(port) {
      behind = port
      cut()
    },
    lead(port) {
      behind = port
    },
    async close() {
      cut()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
