import fc from 'fast-check'
import t from 'tap'
import { escapeFormulas, unescapeFormulas } from '../../../src/platform/kernel/csv-cell.ts'
import { runs } from '../../support/properties.ts'

// No cell that we write runs in a spreadsheet, and our own guard comes off again without a trace.

t.test('a line that a spreadsheet would run gets an apostrophe, wherever in the cell it stands', async (t) => {
  const signs = ['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠']
  const skipped = [
    '',
    ' ',
    '\u00a0',
    '\u3000',
    '\u200b',
    '\u200e',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\0',
    '\x1b',
    ' \u200b ',
    '\u180e',
    '\ufe0f',
  ]
  const breaks = ['\n', '\r', '\r\n', '\v', '\f', '\u0085', '\u2028', '\u2029']
  // Compared as JSON: control characters would break the report.
  const wrong: string[] = []
  const check = (text: string, expected: string) => {
    if (escapeFormulas(text) !== expected) wrong.push(JSON.stringify([text, escapeFormulas(text)]))
  }
  for (const sign of signs) {
    for (const skip of skipped) {
      check(`${skip}${sign}1+1`, `'${skip}${sign}1+1`)
      for (const mark of breaks) check(`text${mark}${skip}${sign}1+1`, `text${mark}'${skip}${sign}1+1`)
    }
  }
  t.strictSame(wrong, [])
  for (const mark of breaks) t.equal(escapeFormulas(`${mark}=1`)[0], "'", 'a cell that begins with a break')
  t.equal(escapeFormulas('=1\n=2\n-3'), "'=1\n'=2\n'-3")
})

t.test('text that runs nowhere is left as it is', async (t) => {
  for (const text of ['', 'LBC_CAMDEN', 'a=b', 'no - not this', 'a@b.example', '1+1', "it's", "'quoted'", 'line\nline', '2026-03-01'])
    t.equal(escapeFormulas(text), text, text)
})

const cell = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '=',
        '+',
        '-',
        '@',
        '\t',
        '\r',
        '\n',
        '\r\n',
        "'",
        "''",
        ' ',
        '\ufeff',
        '\u200b',
        '\u2028',
        '\u0085',
        '\v',
        'a',
        '＝',
        '"',
        ',',
        '\ud800',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
)

t.test('the guard comes off again: any cell is what it was', async () => {
  fc.assert(
    fc.property(cell, (text) => unescapeFormulas(escapeFormulas(text)) === text),
    runs(20_000),
  )
  fc.assert(
    fc.property(cell, (text) => unescapeFormulas(unescapeFormulas(escapeFormulas(escapeFormulas(text)))) === text),
    runs(5_000),
  )
})

t.test('no line of a guarded cell begins with a formula sign, whatever is skipped before it', async () => {
  fc.assert(
    fc.property(cell, (text) =>
      escapeFormulas(text)
        .split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/)
        .every((line) => !/^[=+\-@\t＝＋－＠]/.test(line.replace(/^[\s\p{Cf}\p{Cc}\p{M}]*?(?=[=+\-@\t＝＋－＠])/u, ''))),
    ),
    runs(20_000),
  )
})
