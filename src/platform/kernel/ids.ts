import type { Clock } from './clock.ts'

/** Gives `size` unpredictable bytes; `node:crypto.randomBytes` in the service, a counted source in tests. */
export type RandomBytes = (size: number) => Uint8Array

const BULK_BYTES = 8_192

/** The same bytes, drawn from the source in bulk: each call to the system costs more than what it gives. Nothing is given out twice. */
export function drawnInBulk(random: RandomBytes): RandomBytes {
  let drawn: Uint8Array = new Uint8Array(0)
  let used = 0
  return (size) => {
    if (size > BULK_BYTES) return random(size)
    if (used + size > drawn.length) {
      drawn = random(BULK_BYTES)
      used = 0
    }
    used += size
    return drawn.subarray(used - size, used)
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Whether a text is a UUID in lower case, as this service writes its keys. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

const COUNTER_MAX = 0xfff
const COUNTER_SEED_MASK = 0x7ff

/**
 * Makes a generator of UUIDv7 strings, each greater than the one before, in the order they were asked for.
 *
 * Units: the first 48 bits are Unix milliseconds of `clock`; 12 bits count inside the millisecond, starting at a random
 * number below 2048; the last 62 bits are random. When the clock stands still or jumps back, the generator stays at its latest
 * millisecond and counts on; when the count is used up it borrows the next millisecond. So order holds within one
 * generator; between processes it is only as good as their clocks.
 *
 * @see RFC 9562 section 5.7 and section 6.2, method 1 (fixed bit-length dedicated counter)
 */
export function uuidv7Generator(clock: Clock, random: RandomBytes): () => string {
  let milliseconds = -1
  let counter = 0
  return () => {
    const now = clock().getTime()
    const bytes = random(10)
    if (now > milliseconds) {
      milliseconds = now
      counter = (((bytes[8] ?? 0) << 8) | (bytes[9] ?? 0)) & COUNTER_SEED_MASK
    } else if (counter < COUNTER_MAX) {
      counter += 1
    } else {
      milliseconds += 1
      counter = 0
    }
    return format(milliseconds, counter, bytes)
  }
}

/** Two hexadecimal digits of every byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Joins the three parts in the layout of RFC 9562: version 7 before the counter, variant 10 before the random tail. */
function format(milliseconds: number, counter: number, bytes: Uint8Array): string {
  const time = milliseconds.toString(16).padStart(12, '0')
  let tail = HEX[((bytes[0] as number) & 0x3f) | 0x80] as string
  for (let at = 1; at < 8; at++) tail += HEX[bytes[at] as number]
  const count = counter.toString(16).padStart(3, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${tail.slice(0, 4)}-${tail.slice(4)}`
}
