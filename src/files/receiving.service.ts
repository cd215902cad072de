import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { writerFor } from '../identity/permissions.ts'
import type { Principal } from '../identity/principal.ts'
import type { Database } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { Reader } from '../platform/kernel/reader.ts'
import { refused } from '../platform/kernel/refusal.ts'
import { CHUNK_BYTES, FILE_BYTES_MAX } from './evidence-file.ts'
import { filesRepository } from './files.repository.ts'

/** What arrived. */
export interface Arrived {
  readonly size: number
  /** Hex. */
  readonly sha256: string
}

/**
 * Stores bytes as they arrive, a chunk in a transaction of its own: however slow they are, no connection waits for them, and no more
 * than two chunks are in memory. @throws Refused 413 for one byte too many, 408 where they break off
 */
export async function receive(db: Database, principal: Principal, id: string, bytes: Readable): Promise<Arrived> {
  const hash = createHash('sha256')
  let size = 0
  let position = 0
  let pieces: Buffer[] = []
  let waiting = 0
  const store = async (chunk: Buffer) => {
    await withTransactionAs(db, writerFor(principal), (tx) => filesRepository(tx).addChunk(id, position, chunk))
    position += 1
  }
  try {
    // A stream that ended stays open, so that the refusal still reaches whoever sent too much.
    for await (const piece of bytes.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > FILE_BYTES_MAX) throw tooLarge()
      hash.update(piece)
      pieces.push(piece)
      waiting += piece.length
      if (waiting < CHUNK_BYTES) continue
      const whole = Buffer.concat(pieces)
      let from = 0
      for (; whole.length - from >= CHUNK_BYTES; from += CHUNK_BYTES) await store(whole.subarray(from, from + CHUNK_BYTES))
      pieces = [Buffer.from(whole.subarray(from))]
      waiting = whole.length - from
    }
  } catch (error) {
    throw bytes.errored || bytes.destroyed ? refused('REQUEST_TIMEOUT', 'The file broke off before its end.', [], { cause: error }) : error
  }
  if (waiting > 0) await store(Buffer.concat(pieces))
  return { size, sha256: hash.digest('hex') }
}

/** The refusal of a file that is too large. */
export function tooLarge() {
  return refused('PAYLOAD_TOO_LARGE', `A file has ${FILE_BYTES_MAX} bytes at most.`)
}

/** A file ends before its size: chunks of it are gone. */
export class LostBytesError extends Error {
  override name = 'LostBytesError'
}

/** Reads a stored file piece by piece, each in a transaction of its own: whoever reads slowly holds no connection. @throws LostBytesError */
export async function* storedBytes(db: Database, reader: Reader, id: string, size: number): AsyncGenerator<Buffer> {
  for (let position = 0, read = 0; read < size; position += 1) {
    const chunk = await withTransactionAs(db, reader, (tx) => filesRepository(tx).chunk(id, position))
    // Erased, or no longer to be seen, while it was read: what was sent of it ends here and is not the whole.
    if (!chunk) throw new LostBytesError(`file ${id} ends after ${read} of ${size} bytes`)
    read += chunk.length
    yield chunk
  }
}
