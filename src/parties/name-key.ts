/** How names of bodies are compared: by what they say, not by how they are written. Pure. */

/** Forms of a body's constitution that are written in several ways. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/\bpublic limited company\b/g, 'plc'],
  [/\blimited\b/g, 'ltd'],
  [/\bcommunity interest company\b/g, 'cic'],
  [/\bnhs ft\b/g, 'nhs foundation trust'],
  [/\bsaint\b/g, 'st'],
  [/\bdr\b/g, 'doctor'],
]
/** Ways of naming an authority that say nothing about which one it is. */
const TITLES =
  /\b(?:london borough council|london borough of|london borough|royal borough of|royal borough|mayor and burgesses of|borough council of|city council of|council of|borough of|lb of|lbc|lb|borough council|city council|county council|council)\b/g

/**
 * What two spellings of one name share: case, Unicode form, accents, punctuation, "&", "The", Ltd and Limited make no
 * difference. Empty only where the name holds no letter and no digit.
 */
export function nameKey(name: string): string {
  const folded = name.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD').replaceAll(/\p{M}/gu, '').replaceAll('ς', 'σ')
  const words = spaced(
    folded
      .replaceAll(/['’‘ʼ`´]/g, '')
      .replaceAll('&', ' and ')
      .replaceAll(/[^\p{L}\p{N}]+/gu, ' '),
  )
  const without = spaced(words.replaceAll(/\bthe\b/g, ' '))
  return FORMS.reduce((key, [written, short]) => key.replaceAll(written, short), without === '' ? words : without)
}

/** The same without what only says that it is an authority: "LB of Camden", "Camden Council" and "Camden, London Borough of" are one. */
export function placeKey(name: string): string {
  const key = nameKey(name)
  const place = spaced(key.replaceAll(TITLES, ' '))
  return place === '' ? key : place
}

/** Whether every word asked for begins a word of the name. Both are keys. */
export function hasWords(key: string, asked: string): boolean {
  const words = key.split(' ')
  return asked.split(' ').every((wanted) => words.some((word) => word.startsWith(wanted)))
}

/** A name and what stands in brackets beside it: "Metropolitan Police Service (MPS)" is called both. */
export function partsOf(name: string): string[] {
  const [, outside = '', inside = ''] = /^\s*([^()]+?)\s*\(([^()]+)\)\s*$/.exec(name) ?? []
  return [name, outside, inside].filter((part) => nameKey(part) !== '')
}

function spaced(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
