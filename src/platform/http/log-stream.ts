import { type DestinationStream, pino } from 'pino'

/** Lines go out some at a time: a call to the system for each would be a tenth of what a decision costs. A stop writes what is left. */
const IN_PARTS = { sync: false, minLength: 16_384, maxWrite: 65_536, periodicFlush: 100 }
/** Bytes that wait for whoever reads the lines: a reader that stands still must not take the memory of the service. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024

/**
 * Where log lines go. Those for which there is no room while nobody reads are dropped, and once the rest was read a line says how
 * many: what must not be lost stands in the audit log, not here.
 *
 * @param dest a file descriptor, or a path
 */
export function logStream(dest: number | string, waitingBytesMax = WAITING_BYTES_MAX): DestinationStream {
  const stream = pino.destination({ dest, ...IN_PARTS, maxLength: waitingBytesMax })
  let dropped = 0
  stream.on('drop', () => {
    dropped += 1
  })
  stream.on('drain', () => {
    if (dropped === 0) return
    const line = { level: 40, time: new Date().toISOString(), dropped, msg: 'lines of this log were dropped, since nobody read them' }
    dropped = 0
    stream.write(`${JSON.stringify(line)}\n`)
  })
  return stream
}
