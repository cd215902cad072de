/**
 * Whether two texts say the same but for spacing, capitals, quotation marks, punctuation and letters doubled or swapped
 * within a word (LC-7: "typo"). Strict on purpose: a change of meaning taken for a slip would bind parties to a text that
 * they have not signed, so a word put in, left out or replaced is never a typo, and neither is any change of a number.
 */
export function isTypo(before: string, after: string): boolean {
  const a = words(before)
  const b = words(after)
  return a.length === b.length && a.every((word, index) => isSameWord(word, b[index] ?? ''))
}

/** Shorter words differ too much by one letter: "not" and "now". */
const SHORTEST_MISSPELT_WORD = 5

function words(text: string): string[] {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[‘’“”'"]/g, '')
    .replaceAll(/(?<!\d)[.,;:!?()–—-]|[.,;:!?()–—-](?!\d)/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
}

function isSameWord(a: string, b: string): boolean {
  if (a === b) return true
  if (Math.min(a.length, b.length) < SHORTEST_MISSPELT_WORD || /\d/.test(a + b)) return false
  return withoutDoubles(a) === withoutDoubles(b) || isSwap(a, b)
}

function withoutDoubles(word: string): string {
  return word.replaceAll(/(.)\1+/g, '$1')
}

/** Two neighbouring letters in the wrong order, once; the first letter stays. */
function isSwap(a: string, b: string): boolean {
  if (a.length !== b.length || a[0] !== b[0]) return false
  const differing = [...a].flatMap((letter, index) => (letter === b[index] ? [] : [index]))
  const [first = -1, second = -1] = differing
  return differing.length === 2 && second === first + 1 && a[first] === b[second] && a[second] === b[first]
}
