import { plainTerm, type Vocabulary } from '../../reference/vocabulary.ts'

/** The bases of Art 6(1) and conditions of Art 9(2) that a text names. */
export interface NamedBases {
  readonly codes: readonly string[]
  /** Named only to be denied: "not consent". */
  readonly denied: readonly string[]
  /** It denies something without saying what: then nothing of it is taken. */
  readonly isDoubtful: boolean
}

/** A code within a text while it is taken apart. */
const MARK = /⟦([69])([a-j]|ea)⟧/
const HEAD = /(?:\b(?:article|art)s?\.?\s*|(?<![\d.£a-z]))([69])(?!\d)(?:\s?[.(]?\s?([12])(?!\d)\s?[).]?)?/g
const LETTER = /\s?[.(]?\s?(ea|[a-j])\s?\)?(?![a-z0-9])/y
const JOINER = /\s?(?:,|;|&|\+|\/|\band\b|\bor\b)?\s?/y
/** What a bare letter is followed by where it is no word: "e and", not "a public". */
const AFTER_BARE = /^\s?(?:$|[,;&+/).:⟦-]|(?:and|or|but|not)\b|[69(]|art|uk\b|gdpr\b)/
/** A text that wavers names nothing. */
const WAVERS =
  /[?☐✗✘☒❌×]|\b(?:tb[acd]|unclear|unsure|unknown|possibly|probably|presumably|maybe|perhaps|likely|assumed|pending|check|query|unless|if|formerly|previously|was|were|until|before|withdrawn|withdrew|revoked|refused|replaced|replaces|replacing|superseded|supersedes|ended|ceased|lapsed|expired|removed|dropped|changed|false|n)\b/
const OTHER_LAW =
  /(?:\b(?:sections?|ss?|sec|parts?|schedules?|sch|chapter|ch|regulations?|reg|paragraphs?|paras?|clause|act|no|tier|annex|page|version|v)\.?\s?)$/
const DENIES = /\b(?:rather than|instead of|other than|not|no|never|without|except|excluding|neither|nor|non|isnt|arent|cannot|doesnt)\b/
/** What may stand around the name of a basis. */
const FILLER =
  /\b(?:the|uk|eu|gdpr|dpa|2018|2016|data protection act|lawful|legal|basis|bases|condition|conditions|for|processing|under|article|articles|art|arts|of|and|or)\b/g

/**
 * The bases that a text names, by number however it is written or by their usual whole names. "public task (not consent)"
 * names one and denies the other; a denial that is tied to no basis makes the whole doubtful.
 */
export function namedBases(text: string, names: Vocabulary): NamedBases {
  const marked = markNumbers(
    text
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll(/['’⟦⟧]/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  )
  const codes = new Set<string>()
  const denied = new Set<string>()
  let isDoubtful = marked.hasRange || WAVERS.test(marked.text)
  for (const clause of marked.text.split(/[;:()[\]]|\.(?!\d)| [-–—] |[–—]|\bbut\b/)) {
    let denies = false
    let isTied = true
    for (const { part, isDenial } of partsOf(clause)) {
      if (isDenial) {
        if (!isTied) isDoubtful = true
        denies = true
        isTied = false
        continue
      }
      const found = codesOf(part, names)
      for (const code of found) (denies ? denied : codes).add(code)
      if (found.length > 0) isTied = true
    }
    if (!isTied) isDoubtful = true
  }
  for (const code of denied) if (codes.has(code)) isDoubtful = true
  return isDoubtful ? { codes: [], denied: [...denied], isDoubtful } : { codes: [...codes], denied: [...denied], isDoubtful }
}

function* partsOf(clause: string): Generator<{ part: string; isDenial: boolean }> {
  for (let rest = clause; rest !== ''; ) {
    const denial = DENIES.exec(rest)
    for (const part of rest.slice(0, denial?.index ?? rest.length).split(/[,&+/\n]|\band\b|\bor\b/)) yield { part, isDenial: false }
    if (!denial) return
    yield { part: denial[0], isDenial: true }
    rest = rest.slice(denial.index + denial[0].length)
  }
}

function codesOf(part: string, names: Vocabulary): string[] {
  const found: string[] = []
  let words = part
  for (let mark = MARK.exec(words); mark; mark = MARK.exec(words)) {
    found.push(`${mark[1]}(${mark[1] === '6' ? 1 : 2})(${mark[2]})`)
    words = words.replace(mark[0], ' ')
  }
  const named = names.get(plainTerm(words)) ?? names.get(plainTerm(plainTerm(words).replaceAll(FILLER, ' ')))
  return named ? [...found, named] : found
}

/** Whether a text denies or doubts something of what it names; "No 2" is a number. */
export function isDenied(text: string): boolean {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/['’]/g, '')
    .replaceAll(/\bnos?\.? ?(?=\d)/g, '')
  return DENIES.test(words) || WAVERS.test(words)
}

/** Puts a mark in place of every article with its letters: "6(1)(c) and (e)", "Art 6.1.e", "6 1 e", "9(2)(b),(h)". */
function markNumbers(text: string): { text: string; hasRange: boolean } {
  let made = ''
  let from = 0
  let hasRange = false
  HEAD.lastIndex = 0
  for (let head = HEAD.exec(text); head; head = HEAD.exec(text)) {
    const [all, article = '', paragraph] = head
    const own = article === '6' ? '1' : '2'
    if (OTHER_LAW.test(text.slice(Math.max(0, head.index - 20), head.index)) || (paragraph !== undefined && paragraph !== own)) continue
    const letters: string[] = []
    let at = head.index + all.length
    for (;;) {
      JOINER.lastIndex = at
      const start = letters.length === 0 ? at : at + (JOINER.exec(text)?.[0].length ?? 0)
      LETTER.lastIndex = start
      const letter = LETTER.exec(text)
      if (!letter?.[1] || (article === '6' && letter[1] > 'f')) break
      const end = start + letter[0].length
      if (!letter[0].includes('(') && !AFTER_BARE.test(text.slice(end, end + 12))) break
      letters.push(letter[1])
      at = end
      if (/^\s?(?:-|–|to)\s?\(?[a-j]\)?(?![a-z0-9])/.test(text.slice(at, at + 8))) hasRange = true
    }
    if (letters.length === 0) continue
    made += `${text.slice(from, head.index)} ${letters.map((letter) => `⟦${article}${letter}⟧`).join(' ')} `
    from = at
    HEAD.lastIndex = at
  }
  return { text: made + text.slice(from), hasRange }
}
