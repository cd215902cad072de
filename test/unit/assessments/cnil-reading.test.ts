import t from 'tap'
import { attached } from '../../../src/assessments/cnil/attachments.ts'
import { differencesOf } from '../../../src/assessments/cnil/difference.ts'
import { htmlOf, plainText } from '../../../src/assessments/cnil/html-text.ts'
import { CNIL_FILE_BYTES_MAX, readCnilFile } from '../../../src/assessments/cnil/reading.service.ts'
import { attachment, cnilSample } from '../../support/cnil-sample.ts'

const bytes = (text: string) => Buffer.from(text)
const faultsOf = (text: string | Buffer) => {
  const read = readCnilFile(typeof text === 'string' ? bytes(text) : text)
  return read.ok ? [] : read.refusal.map(({ pointer, detail }) => `${pointer} ${detail}`.trim())
}

t.test('an export of the tool is read, also with a byte order mark, numbers as text, and lists that are not there', async (t) => {
  t.same(faultsOf(JSON.stringify(cnilSample())), [])
  t.same(faultsOf(`\ufeff${JSON.stringify(cnilSample())}`), [])
  t.same(faultsOf('{"pia":{"status":"3"},"answers":[{"reference_to":"111","data":{"gauge":"2"}}],"comments":null,"revisions":[1]}'), [])
})

t.test('what is not an assessment of that tool is refused in words', async (t) => {
  const cases: readonly (readonly [string | Buffer, RegExp])[] = [
    [
      '{"structure":{"name":"Things that connect","data":{}}}',
      /^is a template of the CNIL PIA tool \("Things that connect"\).*no assessment/,
    ],
    ['{}', /no member "pia"/],
    ['[]', /no JSON object/],
    ['{"pia":', /^is not JSON/],
    [Buffer.from([0x7b, 0xff, 0x7d]), /^is not UTF-8/],
    ['{"pia":{"status":1,"status":3}}', /^\/pia\/status stands twice/],
    [`{"pia":{"x":${'['.repeat(40)}${']'.repeat(40)}}}`, /deeper than 32/],
    ['{"pia":{"id":12345678901234567890}}', /^\/pia\/id is a number/],
    ['{"pia":{"name":"a\\u0000b"}}', /^\/pia\/name holds a null character/],
    ['{"pia":{"name":"\\ud800"}}', /half of a surrogate pair/],
    ['{"pia":{"status":5}}', /^\/pia\/status must be a whole number from 0 to 4/],
    ['{"pia":{},"answers":{}}', /^\/answers must be a list/],
    ['{"pia":{},"answers":[{"data":{}}]}', /^\/answers\/0\/reference_to must be the number/],
    ['{"pia":{},"answers":[{"reference_to":325,"data":{"gauge":9}}]}', /^\/answers\/0\/data\/gauge must be a whole number from 0 to 4/],
    ['{"pia":{},"evaluations":[3]}', /^\/evaluations\/0 must be an object/],
    [`{"pia":{},"comments":[${Array(5001).fill('{}').join()}]}`, /^\/comments has 5001 entries/],
    [Buffer.alloc(CNIL_FILE_BYTES_MAX + 1, 0x20), /larger than 20 MB/],
  ]
  for (const [text, expected] of cases) t.match(faultsOf(text)[0], expected)
})

t.test('a text of the editor is shown as people read it, and nothing in it runs', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['Plain words', 'Plain words'],
    ['a < b &amp; c &lt;d&gt; &#233;&#x2019; &unknown;', 'a < b & c <d> é’ &unknown;'],
    ['<div>One<br /><br /></div>\n<div>Two</div>', 'One\n\nTwo'],
    ['Two:<br />\n<ul>\n<li>a</li>\n<li>b<ul><li>c</li></ul></li></ul>', 'Two:\n- a\n- b\n- c'],
    ['<script>steal()</script>A<style>p{}</style><img src=x onerror="a>b">B<!-- <p>no</p> -->', 'AB'],
    ['A<script>never closed', 'A'],
    ['A<p title="never closed', 'A'],
    ['&#0;&#xd800;&#27;x', '&#0;&#xd800;&#27;x'],
  ]
  for (const [html, text] of cases) t.equal(plainText(html), text, html)
  for (const text of ['a < b', 'One\n\nTwo', '<script>x</script>', '&lt;', 'a & b']) t.equal(plainText(htmlOf(text)), text)
})

t.test('reading a text takes time in proportion to its length, however it is written', async (t) => {
  const started = Date.now()
  for (const piece of ['<a "', '<!--', '<', '<p>', '&', ' <b> ', '<script>', '<p x="']) plainText(piece.repeat(200_000))
  t.ok(Date.now() - started < 20_000)
})

t.test('two files mean the same where only the order of members or the form of a number that names something differs', async (t) => {
  t.same(differencesOf({ id: 12, name: 'a' }, { name: 'a', id: '12' }), [])
  t.same(differencesOf({ 'a/b': [1, 2] }, { 'a/b': [2] }), [
    { pointer: '/a~1b/0', before: '1', after: '2' },
    { pointer: '/a~1b/1', before: '2', after: undefined },
  ])
  for (const [one, other] of [
    [{ status: 3 }, { status: '3' }],
    [{ text: null }, {}],
    [{ text: 'a b' }, { text: 'a  b' }],
    [
      [1, 2],
      [2, 1],
    ],
    [{ id: '' }, { id: null }],
  ] as const)
    t.not(differencesOf(one as never, other as never).length, 0, `${JSON.stringify(one)} is not ${JSON.stringify(other)}`)
})

t.test('an attachment keeps its bytes, its name and its type', async (t) => {
  const pdf = Buffer.from([0x25, 0x50, 0, 255])
  const { bytes, ...described } = attached(attachment('plan.pdf', pdf, 1))
  t.ok(bytes?.equals(pdf))
  t.match(described, { name: 'plan.pdf', media_type: 'application/pdf', signed: true, sha256: /^[0-9a-f]{64}$/ })
  t.equal(attached({ name: 'gone.pdf', file: null, comment: 'Replaced' }).bytes, null)
  t.equal(attached({ name: 'odd.pdf', file: 'https://files.example/odd.pdf' }).bytes, null)
})
