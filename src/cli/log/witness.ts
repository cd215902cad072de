import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { hostname } from 'node:os'
import { readVkeys } from '../../verifier/note.ts'
import { unseenLog, type WitnessState, witnessDecision } from '../../verifier/witness.ts'
import { type Command, readOptions, usage } from '../command.ts'
import { lockState, openWitnessKey, openWitnessState, type StateLock, type WitnessKey } from './witness-files.ts'

const USAGE = 'usage: accord log witness --port P --key FILE --origin-vkey FILE [--host HOST] [--name NAME]'
const BODY_BYTES_MAX = 65_536
const BODY_LIMIT_MS = 10_000

/**
 * `log witness`: a C2SP tlog-witness for the logs whose keys are in a file, one a line. Run it at another organisation than
 * the log's: it signs that a log has only ever grown. Key and state are files; both are made when absent.
 */
export const witness: Command = async (args, io) => {
  const asked = readArguments(args)
  if (!asked) return usage(io, USAGE)
  const key = openWitnessKey(asked.key, asked.name)
  const server = await startWitness({
    key,
    stateFile: `${asked.key}.state.json`,
    originVkeys: readFileSync(asked.originVkey, 'utf8'),
    port: asked.port,
    host: asked.host,
  })
  const { port } = server.address() as { port: number }
  io.out(key.vkey)
  io.err(`witness ${key.name} listens on http://${asked.host}:${port}; its key is on stdout`)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => server.close(() => resolve()))
  })
  return 0
}

interface WitnessServerOptions {
  readonly key: WitnessKey
  readonly stateFile: string
  /** Keys of the logs it watches, one a line. */
  readonly originVkeys: string
  readonly port: number
  readonly host: string
}

/**
 * Starts the server. One decision at a time; the state is on disk before the answer leaves, and no other process works on it.
 * @throws StateHeldError when another does
 */
export async function startWitness(options: WitnessServerOptions): Promise<Server> {
  const lock = lockState(options.stateFile)
  try {
    const server = await listening(createServer(addCheckpoint(options, lock)), options)
    process.once('exit', lock.release)
    return server.once('close', () => {
      process.off('exit', lock.release)
      lock.release()
    })
  } catch (error) {
    lock.release()
    throw error
  }
}

function listening(server: Server, { port, host }: Pick<WitnessServerOptions, 'port' | 'host'>): Promise<Server> {
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, host, () => resolve(server)))
}

function addCheckpoint({ key, stateFile, originVkeys }: WitnessServerOptions, lock: StateLock) {
  const store = openWitnessState(stateFile)
  let state: WitnessState = store.read()
  for (const { name } of readVkeys(originVkeys)) {
    const vkeys = readVkeys(originVkeys)
      .filter((known) => known.name === name)
      .map(({ vkey }) => vkey)
      .join('\n')
    state = { ...state, [name]: { ...(state[name] ?? unseenLog(vkeys)), vkeys } }
  }
  store.write(state)
  let last: Promise<void> = Promise.resolve()

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const send = (status: number, contentType: string, body: string, headers = {}) =>
      void response.writeHead(status, { 'content-type': contentType, ...headers }).end(body)
    if (request.method !== 'POST' || request.url !== '/add-checkpoint')
      return send(404, 'text/plain; charset=utf-8', 'POST /add-checkpoint\n')
    // Read before it queues: whoever sends slowly, or not to the end, holds up nobody else.
    const body = await bodyOf(request)
    if (typeof body === 'number') return send(body, 'text/plain; charset=utf-8', 'too large, or too slow\n', { connection: 'close' })
    last = last.then(() => {
      try {
        const answer = witnessDecision(state, {
          body,
          name: key.name,
          privateKey: key.privateKey,
          timeSeconds: Math.floor(Date.now() / 1000),
        })
        lock.mustHold()
        if (answer.newState !== state) store.write(answer.newState)
        state = answer.newState
        send(answer.status, answer.contentType, answer.body)
      } catch {
        // Nothing is signed that could not be stored.
        if (!response.headersSent) send(500, 'text/plain; charset=utf-8', 'the state could not be stored\n')
      }
    })
  }
}

/** The whole body, or the status to refuse it with: 413 when it is too large, 408 when it does not come to its end in time. */
function bodyOf(request: IncomingMessage): Promise<Buffer | 408 | 413> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => resolve(408), BODY_LIMIT_MS)
    const give = (body: Buffer | 408 | 413) => {
      clearTimeout(timer)
      resolve(body)
    }
    request.on('data', (part: Buffer) => {
      size += part.length
      if (size > BODY_BYTES_MAX) give(413)
      else parts.push(part)
    })
    request.on('end', () => give(Buffer.concat(parts)))
    request.on('close', () => give(408))
    request.on('error', () => give(408))
  })
}

function readArguments(args: readonly string[]): { port: number; key: string; originVkey: string; host: string; name: string } | undefined {
  const text = { type: 'string' } as const
  const asked = readOptions(args, { port: text, key: text, 'origin-vkey': text, host: text, name: text })
  const { port = '', key, 'origin-vkey': originVkey, host = '127.0.0.1', rest } = asked ?? {}
  if (!key || !originVkey || rest?.length !== 0 || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) return undefined
  const thisHost = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-')
  return { port: Number(port), key, originVkey, host, name: asked?.name ?? `${thisHost}/witness` }
}
