import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { signCheckpoint } from '../../../src/audit/format/checkpoint.ts'
import { COSIGNATURE_V1, formatVkey, parseNote, parseVkey, signerOf, signNote, verifyNote } from '../../../src/audit/format/signed-note.ts'
import { Fault } from '../../../src/verifier/check.ts'
import { claimedOrigin, cosignatureLine, openHead, readVkey, readVkeys, utf8 } from '../../../src/verifier/note.ts'
import { runs } from '../../support/properties.ts'
import { newKey } from './generated-log.ts'

const vectors = JSON.parse(readFileSync(new URL('../../vectors/signed-note.json', import.meta.url), 'utf8')) as {
  go: { vkey: string; text: string; note: string }
  cosigned: string
  witnessVkey: string
}
const origin = 'accord.example/log/decisions-2026'
const signer = signerOf(origin, newKey())
const key = readVkey(formatVkey(signer))
const root = Buffer.alloc(32, 7)
const note = signCheckpoint({ origin, size: 600, root }, [signer])

t.test("reads Go's published key and the claimed origin of a published checkpoint", async (t) => {
  t.equal(readVkey(vectors.go.vkey).name, 'PeterNeumann')
  t.equal(readVkey(vectors.go.vkey).id.toString('hex'), 'c74f20a3')
  t.equal(claimedOrigin(vectors.cosigned), 'example.com/behind-the-sofa')
})

t.test('opens a checkpoint with its key, beside signatures of others', async (t) => {
  const stranger = signerOf('stranger.example', newKey())
  const text = note.split('\n\n')[0]
  const opened = openHead(signNote(`${text}\n`, [stranger, signer]), [key])
  t.strictSame([opened.origin, opened.size, opened.root], [origin, 600, root])
})

t.test('refuses malformed notes, keys and text', async (t) => {
  const [, line = ''] = note.split('\n\n')
  const [body = ''] = note.split('\n\n')
  const signed = (text: string) => signNote(text, [signer])
  const refused: Record<string, () => unknown> = {
    'no signatures': () => openHead(`${body}\n\n`, [key]),
    'no newline at the end': () => openHead(note.slice(0, -1), [key]),
    'a hyphen for the dash': () => openHead(note.replace('—', '-'), [key]),
    'two spaces': () => openHead(note.replace('— ', '—  '), [key]),
    'a word more': () => openHead(note.replace(/\n$/, ' x\n'), [key]),
    'a carriage return': () => openHead(note.replace(/\n$/, '\r\n'), [key]),
    'a null': () => openHead(`\0${note}`, [key]),
    'bytes that are not UTF-8': () => openHead(Buffer.concat([Buffer.from(note), Buffer.of(0xff, 10)]), [key]),
    'a byte order mark before the origin': () => openHead(Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), Buffer.from(note)]), [key]),
    'over a hundred signatures': () => openHead(note + line.repeat(100), [key]),
    'a second signature of the key that does not fit': () => openHead(note + (signed('x\n').split('\n\n')[1] ?? ''), [key]),
    'a size with a leading zero': () => openHead(signed(`${body.replace('600', '0600')}\n`), [key]),
    'a negative size': () => openHead(signed(`${body.replace('600', '-600')}\n`), [key]),
    'a size beyond 2^53 - 1': () => openHead(signed(`${body.replace('600', '9007199254740993')}\n`), [key]),
    'a root of 31 bytes': () => openHead(signed(`${origin}\n1\n${Buffer.alloc(31).toString('base64')}\n`), [key]),
    'an extension line': () => openHead(signed(`${body}\nmore\n`), [key]),
    'an origin that is not the key': () => openHead(signed(`other.example/log/x\n600\n${root.toString('base64')}\n`), [key]),
    'a witness key for a log key': () => readVkey(vectors.witnessVkey),
    'a key with another id': () => readVkey(formatVkey(signer).replace(/\+[0-9a-f]{8}\+/, '+00000000+')),
    'a key with a name of two words': () => readVkey(`a ${formatVkey(signer)}`),
    'a key cut short': () => readVkey(formatVkey(signer).slice(0, -4)),
    'an empty key file': () => readVkeys('\n'),
  }
  for (const [why, run] of Object.entries(refused)) t.throws(run, Fault, why)
  t.throws(() => utf8(Buffer.of(0xc3), 'x'), Fault)
})

t.test('throws nothing but a Fault, whatever it is given', async () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.uint8Array(),
    fc.string({ unit: fc.constantFrom('\n', '—', ' ', '+', 'A', '=', '0', 'x') }),
  )
  const onlyFaults = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
    }
  }
  fc.assert(
    fc.property(anything, (given) => {
      onlyFaults(() => openHead(given, [key]))
      if (typeof given === 'string') onlyFaults(() => readVkeys(given))
    }),
    runs(500),
  )
})

t.test('no damaged checkpoint opens', async () => {
  const whole = Buffer.from(note)
  const damage = fc.oneof(
    fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
      const copy = Buffer.from(whole)
      copy[at] = (copy[at] ?? 0) ^ flip
      return copy
    }),
    fc
      .tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 20 }))
      .map(([at, n]) => Buffer.concat([whole.subarray(0, at), whole.subarray(at + n)])),
    fc
      .tuple(fc.nat(whole.length), fc.constantFrom('\n', ' ', '\n\n', '0', 'A', '—'))
      .map(([at, text]) => Buffer.concat([whole.subarray(0, at), Buffer.from(text), whole.subarray(at)])),
  )
  fc.assert(
    fc.property(damage, (given) => {
      try {
        openHead(given, [key])
        return false
      } catch (error) {
        return error instanceof Fault
      }
    }),
    runs(800),
  )
})

t.test('reads what the writer reads: both parsers agree on every note', async () => {
  const verifier = parseVkey(formatVkey(signer))
  const pieces = fc.array(fc.constantFrom(note, '\n', '—', ' ', 'x', '0', '\u0085', '\ufeff', '\t', 'A===', note.split('\n\n')[1] ?? ''), {
    minLength: 1,
    maxLength: 4,
  })
  const accepts = (run: () => unknown) => {
    try {
      run()
      return true
    } catch {
      return false
    }
  }
  fc.assert(
    fc.property(pieces, (parts) => {
      const given = parts.join('')
      const opens = accepts(() => openHead(given, [key]))
      return !opens || accepts(() => verifyNote(parseNote(given), [verifier]))
    }),
    runs(500),
  )
})

t.test("a witness' cosignature holds for the writer, with its time", async (t) => {
  const privateKey = newKey()
  const witness = signerOf('witness.example/w1', privateKey, COSIGNATURE_V1)
  const text = `${note.split('\n\n')[0]}\n`
  const line = cosignatureLine(text, 'witness.example/w1', privateKey, 1_795_374_000)
  t.match(verifyNote(parseNote(note + line), [witness, signer]), [{}, { timeSeconds: 1_795_374_000 }])
  t.throws(() => verifyNote(parseNote(`${text.replace('600', '601')}\n${line}`), [witness]), /does not fit/)
})
