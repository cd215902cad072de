import type { Typed } from './terms.ts'
import type { Wording } from './wording.ts'

/**
 * What somebody meant who typed a word that is in no list and no name, one slip of the hand or two away from one that is; null: nothing comes
 * near. Only words that everybody may read are offered, so that nothing is learned from them. Pure.
 */
export function spelledAs({ terms }: Pick<Typed, 'terms'>, words: Wording): string | null {
  const known = vocabularyOf(words)
  let isOther = false
  const spelled = terms.map(({ text, isExcluded }) => {
    const said = text.split(' ').map((word) => {
      const near = nearest(word.toLowerCase(), known)
      isOther ||= near !== undefined
      return near ?? word
    })
    return `${isExcluded ? '-' : ''}${said.length > 1 ? `"${said.join(' ')}"` : said[0]}`
  })
  return isOther ? spelled.join(' ') : null
}

const SHORTEST = 4

function vocabularyOf({ entries, bodies }: Wording): ReadonlySet<string> {
  const texts = [...entries.map(({ label }) => label), ...bodies.map(({ text }) => text)]
  return new Set(texts.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((word) => word.length >= SHORTEST))
}

/** The known word that is the fewest slips away, of equals the first of the alphabet; undefined: it is known, too short, or none is near. */
function nearest(word: string, known: ReadonlySet<string>): string | undefined {
  if (word.length < SHORTEST || known.has(word) || /\d/.test(word)) return undefined
  const most = word.length < 7 ? 1 : 2
  let best: { readonly word: string; readonly slips: number } | undefined
  for (const one of known) {
    if (Math.abs(one.length - word.length) > most) continue
    const slips = slipsBetween(word, one, most)
    if (slips <= most && (!best || slips < best.slips || (slips === best.slips && one < best.word))) best = { word: one, slips }
  }
  return best?.word
}

/** Letters that are missing, too many, wrong or in the wrong order (optimal string alignment); more than `most` is not counted further. */
function slipsBetween(a: string, b: string, most: number): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      row[j] = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j] ?? 0, (before[j - 2] ?? 0) + 1)
    }
    if (Math.min(...row) > most) return most + 1
    ;[before, last] = [last, row]
  }
  return last[b.length] ?? most + 1
}
