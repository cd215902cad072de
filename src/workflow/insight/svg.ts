import type { StepState } from '../model/sign-off.ts'
import { type Drawing, type DrawnStep, STATE_WORDS, summaryOf } from './drawing.ts'

/**
 * Routes as one SVG picture: the steps of each with what comes after what, and below a table of where each party stands. Words and
 * colours say the same; title and description say it once more. No script, no style that a content policy would refuse. Pure.
 */

const BOX = { width: 210, height: 78, gapX: 50, gapY: 16 }
const ROW = { height: 28, label: 230, width: 118 }
const MARGIN = 24
const FONT = 'font-family="arial, sans-serif" font-size="14"'

/** Fill and line by state; text on each is black, at least 7:1. */
const COLOURS: Readonly<Record<StepState, readonly [fill: string, line: string]>> = {
  WAITING: ['#ffffff', '#505a5f'],
  NOT_NEEDED: ['#f3f2f1', '#505a5f'],
  OPEN: ['#d2e2f1', '#144e81'],
  DONE: ['#cce2d8', '#005a30'],
  RETURNED: ['#fcd6c3', '#6e3619'],
  REFUSED: ['#f4cdc6', '#942514'],
  CLOSED: ['#f3f2f1', '#505a5f'],
}

export function svgOf(heading: string, drawings: readonly Drawing[]): string {
  let y = MARGIN
  let width = 0
  const blocks = drawings.map((drawing) => {
    const block = blockOf(drawing, y)
    y = block.bottom + MARGIN
    width = Math.max(width, block.right)
    return block.svg
  })
  const right = width + MARGIN
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title description" viewBox="0 0 ${right} ${y}" width="${right}" height="${y}">`,
    `<title id="title">${escaped(heading)}</title>`,
    `<desc id="description">${escaped(drawings.map(summaryOf).join(' '))}</desc>`,
    '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="#0b0c0c"/></marker></defs>',
    `<rect width="${right}" height="${y}" fill="#ffffff"/>`,
    ...blocks,
    '</svg>\n',
  ].join('\n')
}

function blockOf(drawing: Drawing, top: number): { readonly svg: string; readonly right: number; readonly bottom: number } {
  const { title, key, steps, parties } = drawing
  const places = placesOf(steps, top + 34)
  const lines = [words(`${title} (${key})`, MARGIN, top + 16, ' font-weight="bold"')]
  for (const { id, after } of steps)
    for (const before of after) {
      const from = placeOf(places, before)
      const to = placeOf(places, id)
      const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + BOX.height / 2, to.x, to.y + BOX.height / 2]
      const bend = x2 - BOX.gapX / 2
      lines.push(
        `<path d="M${x1} ${y1}H${bend}V${y2}H${x2 - 2}" fill="none" stroke="#0b0c0c" stroke-width="1.5" marker-end="url(#arrow)"/>`,
      )
    }
  for (const { id, number, title, role } of steps) {
    const { x, y } = placeOf(places, id)
    lines.push(`<rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" fill="#ffffff" stroke="#0b0c0c" stroke-width="1.5"/>`)
    linesOf(`${number} ${title}`, 27).forEach((line, i) => {
      lines.push(words(line, x + 10, y + 22 + i * 18))
    })
    lines.push(words(short(role, 27), x + 10, y + 66, ' fill="#505a5f"'))
  }
  const all = [...places.values()]
  const graphBottom = Math.max(...all.map(({ y }) => y)) + BOX.height
  const graphRight = Math.max(...all.map(({ x }) => x)) + BOX.width
  if (parties.length === 0) return { svg: lines.join('\n'), right: graphRight, bottom: graphBottom }
  const tableTop = graphBottom + MARGIN
  const column = (number: number) => MARGIN + ROW.label + (number - 1) * ROW.width
  lines.push(words('Party', MARGIN, tableTop + 18, ' font-weight="bold"'))
  for (const { number } of steps) lines.push(words(`Step ${number}`, column(number) + 8, tableTop + 18, ' font-weight="bold"'))
  parties.forEach(({ org, states }, row) => {
    const y = tableTop + (row + 1) * ROW.height
    lines.push(words(short(org ?? 'All parties together', 28), MARGIN, y + 19))
    for (const { id, number } of steps) {
      const state = states[id]
      if (state === undefined) continue
      const [fill, line] = COLOURS[state]
      lines.push(
        `<rect x="${column(number)}" y="${y + 2}" width="${ROW.width - 6}" height="${ROW.height - 4}" fill="${fill}" stroke="${line}"/>`,
        words(STATE_WORDS[state], column(number) + 8, y + 19),
      )
    }
  })
  const right = Math.max(graphRight, column(steps.length + 1))
  return { svg: lines.join('\n'), right, bottom: tableTop + (parties.length + 1) * ROW.height }
}

type Places = ReadonlyMap<string, { readonly x: number; readonly y: number }>

/** Steps that may be done at the same time stand one below the other. */
function placesOf(steps: readonly DrawnStep[], top: number): Places {
  const below = new Map<number, number>()
  return new Map(
    steps.map(({ id, depth }) => {
      const row = below.get(depth) ?? 0
      below.set(depth, row + 1)
      return [id, { x: MARGIN + depth * (BOX.width + BOX.gapX), y: top + row * (BOX.height + BOX.gapY) }]
    }),
  )
}

function placeOf(places: Places, id: string) {
  const found = places.get(id)
  if (!found) throw new RangeError(`the route has no step ${id}`)
  return found
}

function words(said: string, x: number, y: number, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${FONT}${attributes}>${escaped(said)}</text>`
}

/** A text in two lines at most, each of so many characters. */
function linesOf(said: string, length: number): string[] {
  if (said.length <= length) return [said]
  const at = said.lastIndexOf(' ', length)
  return at <= 0 ? [short(said, length)] : [said.slice(0, at), short(said.slice(at + 1), length)]
}

function short(said: string, length: number): string {
  return said.length > length ? `${said.slice(0, length - 1)}…` : said
}

function escaped(said: string): string {
  return said.replace(/[<>&"']/g, (character) => `&#${character.codePointAt(0)};`)
}
