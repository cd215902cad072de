/** Letters and digits that nobody mistakes for one another (Crockford base 32). */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 6

/**
 * The reference of a new agreement, for example DSA-2026-7K3M9Q: the year it was begun in London and 30 random bits. Fits
 * the closed form in which a leaf of the log names an agreement.
 *
 * @param random at least six unpredictable bytes
 */
export function newReference(day: string, random: Uint8Array): string {
  const code = [...random.subarray(0, LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')
  return `DSA-${day.slice(0, 4)}-${code}`
}
