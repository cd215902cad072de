/** Characters of text by the names that the editor of the CNIL tool writes for them. */
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }
/** Elements whose content is no text for people. */
const SILENT = new Set(['script', 'style', 'template', 'noscript', 'iframe', 'object', 'head', 'title'])
/** Elements that begin and end a line of their own. */
const BLOCKS = new Set(['p', 'div', 'ul', 'ol', 'li', 'table', 'tr', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote', 'pre'])

/**
 * What people read of a text that an editor keeps as HTML: no tag, no script, no style, entities as characters, a line for each paragraph
 * and a dash before each entry of a list. It is plain text and must be shown as such. Pure; linear; the HTML itself stays where it came from.
 */
export function plainText(html: string): string {
  const lines: string[] = []
  let line = ''
  let silent: string | null = null
  const endLine = () => {
    lines.push(line)
    line = ''
  }
  for (let from = 0; from < html.length; ) {
    const open = nextTag(html, from)
    if (silent === null) line += readable(html.slice(from, open))
    if (open === html.length) break
    from = tagEnd(html, open)
    const [, close, written = ''] = /^<(\/?)([a-z][a-z0-9]*)/i.exec(html.slice(open, open + ELEMENT_NAME_MAX)) ?? []
    const name = written.toLowerCase()
    if (silent !== null) {
      if (close === '/' && name === silent) silent = null
    } else if (SILENT.has(name)) silent = close === '/' ? null : name
    else if (name === 'br') endLine()
    else if (BLOCKS.has(name)) {
      if (line.trim() !== '' && line !== DASH) endLine()
      line = name === 'li' && close === '' ? DASH : line === DASH && close === '' ? DASH : ''
    }
  }
  endLine()
  return joinedLines(lines)
}

const DASH = '- '
const ELEMENT_NAME_MAX = 20

/** Where the next tag or comment begins: a `<` before anything but a letter, `/`, `!` or `?` is a character like others. */
function nextTag(html: string, from: number): number {
  for (let at = html.indexOf('<', from); at >= 0; at = html.indexOf('<', at + 1)) if (/[a-z/!?]/i.test(html[at + 1] ?? '')) return at
  return html.length
}

/** Behind the tag or comment that begins at `open`; what is never closed goes on to the end, as in a browser. */
function tagEnd(html: string, open: number): number {
  if (html.startsWith('<!--', open)) return behind(html, '-->', open + 4)
  let last = ''
  for (let at = open + 1; at < html.length; at += 1) {
    const character = html[at] ?? ''
    if (character === '>') return at + 1
    if ((character === '"' || character === "'") && last === '=') at = behind(html, character, at + 1) - 1
    if (character.trim() !== '') last = character
  }
  return html.length
}

function behind(html: string, mark: string, from: number): number {
  const at = html.indexOf(mark, from)
  return at < 0 ? html.length : at + mark.length
}

/** Words between tags: line breaks there are blanks, as HTML has it, and an entity that nobody knows stays as it is written. */
function readable(words: string): string {
  return words.replace(/[ \t\r\n\f]+/g, ' ').replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED[name] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return isCharacter(code) ? String.fromCodePoint(code) : whole
  })
}

/** No control character, no half of a pair: an entity is no way past what texts may hold. */
function isCharacter(code: number): boolean {
  return code >= 0x20 && code <= 0x10ffff && !(code >= 0x7f && code <= 0x9f) && !(code >= 0xd800 && code <= 0xdfff)
}

/** Lines without blanks around them, at most one empty one between two others, none at the ends. */
function joinedLines(lines: readonly string[]): string {
  const kept: string[] = []
  for (const line of lines.map((one) => one.replace(/ +/g, ' ').replace(/^ | $/g, ''))) if (line !== '' || kept.at(-1)) kept.push(line)
  if (kept.at(-1) === '') kept.pop()
  return kept.join('\n')
}

/** A plain text as the CNIL tool keeps it: nothing in it is markup, its lines stay lines. Pure. */
export function htmlOf(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', '<br />')
}
