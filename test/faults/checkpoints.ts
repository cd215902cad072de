import { httpClient } from './http-client.ts'

/** The checkpoints a stranger has fetched so far, which every later export must extend. */
export interface CheckpointKeeper {
  /** Log name to the notes fetched, one a size and text. */
  readonly notes: ReadonlyMap<string, ReadonlySet<string>>
  /** Keys of the logs as first fetched, one a log. */
  readonly vkeys: ReadonlyMap<string, string>
  /** Fetches the newest checkpoint of each log from every service. */
  fetch(logs: readonly string[]): Promise<void>
  /** Forgets what was fetched since `size` notes of each log were held: a restored database does not know it. */
  keepOnly(sizes: ReadonlyMap<string, number>): void
  start(logs: readonly string[]): void
  stop(): Promise<void>
}

const EVERY_MS = 300

export function checkpointKeeper(urls: () => readonly string[]): CheckpointKeeper {
  const notes = new Map<string, Set<string>>()
  const vkeys = new Map<string, string>()
  const client = httpClient(4)
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  async function fetchOne(url: string, log: string): Promise<void> {
    const note = await client.call('GET', `${url}/log/${log}/checkpoint`, null, undefined, 2_000)
    if (note.status === 200 && typeof note.body === 'string') notes.set(log, (notes.get(log) ?? new Set()).add(note.body))
    if (vkeys.has(log)) return
    const vkey = await client.call('GET', `${url}/log/${log}/vkey`, null, undefined, 2_000)
    if (vkey.status === 200 && typeof vkey.body === 'string') vkeys.set(log, vkey.body.trim())
  }

  async function fetch(logs: readonly string[]): Promise<void> {
    await Promise.all(urls().flatMap((url) => logs.map((log) => fetchOne(url, log))))
  }

  return {
    notes,
    vkeys,
    fetch,
    keepOnly(sizes) {
      for (const [log, held] of notes) notes.set(log, new Set([...held].slice(0, sizes.get(log) ?? 0)))
    },
    start(logs) {
      clearInterval(timer)
      timer = setInterval(() => {
        running = running.then(() => fetch(logs))
      }, EVERY_MS)
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
