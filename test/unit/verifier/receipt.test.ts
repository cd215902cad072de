import t from 'tap'
import { leafHash } from '../../../src/audit/format/leaf-bytes.ts'
import { receiptSigner } from '../../../src/audit/format/log-keys.ts'
import { formatReceipt } from '../../../src/audit/format/receipt.ts'
import { formatVkey } from '../../../src/audit/format/signed-note.ts'
import { verifyExport } from '../../../src/verifier/export.ts'
import { verifyReceipts } from '../../../src/verifier/receipt.ts'
import { aLeaf, exportOf, generateLog, inMemory } from './generated-log.ts'

// A receipt that a caller kept, against an export made later: the writer makes it, the verifier, which shares no code with it, reads it.

const SIZE = 300
const AT = 1_795_391_000_000
const log = generateLog('decisions-2026', SIZE)
const files = inMemory(exportOf(log))
const { logs } = verifyExport(files, log.vkey)
const signer = receiptSigner(Buffer.alloc(32, 1), log.origin)
const vkey = `${formatVkey(signer)}\n`

const of = (
  index: number,
  leaf: Uint8Array = log.leaves[index] ?? aLeaf(index),
  over: { readonly at?: number; readonly origin?: string } = {},
) => ({
  origin: log.origin,
  index,
  leafHash: leafHash(leaf),
  at: AT,
  ...over,
})
const verdict = (receipts: string, keys?: string) => {
  const checks = verifyReceipts(files, logs, receipts, keys)
  return checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)
}

t.test('every entry of the log stands where its receipt says, first, last and across tiles', async (t) => {
  const all = [0, 1, 255, 256, SIZE - 1].map((index) => formatReceipt(of(index), signer))
  t.strictSame(verdict(all.join('\n'), vkey), [])
  t.equal(verifyReceipts(files, logs, all.join('\n'), vkey).length, 6, 'one check each, and the key')
  t.strictSame(verdict(`Accord-Receipt: ${all[0]}\r\n\r\n`, vkey), [], 'as it stands in the header')
  t.strictSame(verdict(formatReceipt(of(7))), [], 'without a key an unsigned one is compared too')
})

t.test('a receipt for what the log does not hold is refused, and says what is wrong', async (t) => {
  const stranger = receiptSigner(Buffer.alloc(32, 2), log.origin)
  const elsewhere = receiptSigner(Buffer.alloc(32, 1), 'accord.example/log/governance-2026')
  const signed = formatReceipt(of(7), signer)
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['an entry that was left out at the end', formatReceipt(of(SIZE), signer), /left out: the export ends at 300/],
    ['an entry that was replaced', formatReceipt(of(7, aLeaf(7, 1)), signer), /another than the one/],
    ['an entry that was moved', formatReceipt(of(8, log.leaves[7]), signer), /another than the one/],
    [
      'a log that is not in the export',
      formatReceipt(of(7, undefined, { origin: 'accord.example/log/governance-2026' }), elsewhere),
      /no key|no log/,
    ],
    ['no signature where a key was given', formatReceipt(of(7)), /not signed/],
    ['the signature of somebody else', formatReceipt(of(7), stranger), /does not fit/],
    ['another instant than the one signed', signed.replace(`at=${AT}`, `at=${AT + 1}`), /does not fit/],
    ['another index than the one signed', signed.replace('index=7', 'index=8'), /does not fit/],
    ['no receipt at all', 'hello', /malformed/],
    ['an empty file', '\n', /holds no receipt/],
  ]
  for (const [name, receipt, words] of cases) {
    const found = verdict(receipt, vkey)
    t.equal(found.length, 1, name)
    t.match(found[0], words, name)
  }
})

t.test('a log that no given key speaks for proves no receipt, however well it fits', async (t) => {
  const forged = generateLog('governance-2026', 3)
  const both = inMemory(exportOf(log, forged))
  const receipts = [of(7), of(1, forged.leaves[1], { origin: forged.origin })].map((receipt) => formatReceipt(receipt)).join('\n')
  const checks = verifyReceipts(both, verifyExport(both, log.vkey).logs, receipts)
  t.match(checks, [
    { name: 'receipt 1', ok: true },
    { name: 'receipt 2', ok: false, detail: `no key you gave speaks for ${forged.origin}` },
  ])
  t.ok(
    verifyReceipts(both, verifyExport(both, `${log.vkey}\n${forged.vkey}`).logs, receipts).every(({ ok }) => ok),
    'with its key it does',
  )
})

t.test('a key file that cannot be read accepts nothing', async (t) => {
  t.match(verdict(formatReceipt(of(7), signer), 'nonsense'), [/^receipt keys/, /no key for receipts/])
})
