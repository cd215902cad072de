import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import {
  COSIGNATURE_V1,
  cosign,
  ED25519,
  formatSkey,
  formatVkey,
  parseNote,
  parseSkey,
  parseVkey,
  signerOf,
  signNote,
  verifierOf,
  verifyNote,
} from '../../../src/audit/format/signed-note.ts'
import { runs } from '../../support/properties.ts'

const vectors = JSON.parse(readFileSync(new URL('../../vectors/signed-note.json', import.meta.url), 'utf8')) as {
  go: { skey: string; vkey: string; text: string; note: string }
  emptyLines: string
  cosigned: string
  witnessVkey: string
}
const newSigner = (name: string, type: 1 | 4 = ED25519) => signerOf(name, generateKeyPairSync('ed25519').privateKey, type)
const log = newSigner('accord.example/log/decisions-2026')
const witness = newSigner('witness.example/w1', COSIGNATURE_V1)
const text = 'accord.example/log/decisions-2026\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'

t.test("signs Go's example to the byte, with Go's key", async (t) => {
  const signer = parseSkey(vectors.go.skey)
  t.equal(formatVkey(signer), vectors.go.vkey)
  t.equal(formatSkey(signer), vectors.go.skey)
  t.equal(signNote(vectors.go.text, [signer]), vectors.go.note)
})

t.test("verifies Go's example and finds its signer", async (t) => {
  const verifier = parseVkey(vectors.go.vkey)
  t.strictSame(verifyNote(parseNote(vectors.go.note), [verifier]), [{ verifier }])
  t.equal(formatVkey(verifier), vectors.go.vkey)
})

t.test('separates text and signatures at the last blank line', async (t) => {
  const note = parseNote(vectors.emptyLines)
  t.equal(note.text, 'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n')
  t.strictSame(
    note.signatures.map(({ name, keyId }) => [name, keyId]),
    [['quasimodo.example/salvatore', 0x367ba04b]],
  )
})

t.test('reads a published cosigned checkpoint and a published witness key', async (t) => {
  t.strictSame(
    parseNote(vectors.cosigned).signatures.map(({ name, signature }) => [name, signature.length]),
    [
      ['example.com/behind-the-sofa', 64],
      ['witness.example.com/w1', 72],
    ],
  )
  t.equal(formatVkey(parseVkey(vectors.witnessVkey)), vectors.witnessVkey)
  t.equal(parseVkey(vectors.witnessVkey).type, COSIGNATURE_V1)
})

t.test('reads keys back that it writes, of both types', async (t) => {
  for (const signer of [log, witness]) {
    t.equal(parseVkey(formatVkey(signer)).keyId, signer.keyId)
    t.equal(formatSkey(parseSkey(formatSkey(signer))), formatSkey(signer))
  }
  t.not(verifierOf('a', log.publicKey, ED25519).keyId, verifierOf('a', log.publicKey, COSIGNATURE_V1).keyId)
})

t.test('refuses a key that is not what it says', async (t) => {
  const vkey = formatVkey(log)
  const [name = '', id = ''] = vkey.split('+')
  const base64 = vkey.slice(name.length + id.length + 2)
  const wrongId = id === '00000000' ? '00000001' : '00000000'
  const refused: Record<string, string> = {
    empty: '',
    'another key id': `${name}+${wrongId}+${base64}`,
    'a key id in capitals': `${name}+${id.toUpperCase()}A+${base64}`,
    'another name': `x${vkey}`,
    'a name with a space': `a b+${id}+${base64}`,
    'base64 that is not canonical': `${vkey}=`,
    'a key that is too short': `${name}+${id}+${Buffer.from(base64, 'base64').subarray(0, 32).toString('base64')}`,
    'an unknown type': `${name}+${id}+${Buffer.concat([Buffer.of(2), Buffer.from(base64, 'base64').subarray(1)]).toString('base64')}`,
    'a newline after it': `${vkey}\n`,
  }
  for (const [why, given] of Object.entries(refused)) t.throws(() => parseVkey(given), why)
  t.throws(() => parseSkey(vkey), /malformed/, 'a public key for a private one')
  t.throws(() => signerOf('a', generateKeyPairSync('x25519').privateKey), /Ed25519/)
  t.throws(() => signerOf('a', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey), /Ed25519/)
})

t.test('never puts the secret into an error', async (t) => {
  const skey = formatSkey(log)
  const secret = skey.split('+').slice(4).join('+')
  for (const given of [`${skey}x`, skey.replace('KEY+', 'KEY+x'), skey.replace(/\+[0-9a-f]{8}\+/, '+00000000+')]) {
    try {
      parseSkey(given)
      t.fail('accepted')
    } catch (error) {
      t.notOk(String(error).includes(secret.slice(0, 20)))
    }
  }
})

t.test('passes over signatures of unknown keys', async (t) => {
  const stranger = newSigner('stranger.example/log')
  const namesake = newSigner(log.name)
  t.strictSame(
    verifyNote(parseNote(signNote(text, [stranger, namesake, log])), [log]).map(({ verifier }) => verifier.keyId),
    [log.keyId],
  )
})

t.test('refuses a note that no known key signed', async (t) => {
  t.throws(() => verifyNote(parseNote(signNote(text, [newSigner(log.name)])), [log]), /no known key/)
  t.throws(() => verifyNote(parseNote(signNote(text, [log])), []), /no known key/)
})

t.test("refuses the whole note when a known key's signature fails, even beside one that holds", async (t) => {
  const second = newSigner('second.example')
  const other = signNote(text.replace('0', '1'), [second]).split('\n\n')[1]
  t.throws(() => verifyNote(parseNote(`${signNote(text, [log])}${other}`), [log, second]), /second.example does not fit/)
})

t.test('cosigns with the time and verifies it', async (t) => {
  const note = signNote(text, [log]) + cosign(text, witness, 1_795_374_000)
  t.strictSame(
    verifyNote(parseNote(note), [witness, log]).map(({ verifier, timeSeconds }) => [verifier.name, timeSeconds]),
    [
      [log.name, undefined],
      [witness.name, 1_795_374_000],
    ],
  )
})

t.test('a cosignature does not hold for another time, another text, or as a plain signature', async (t) => {
  const line = cosign(text, witness, 1_795_374_000)
  const bytes = Buffer.from(line.split(' ')[2] ?? '', 'base64')
  bytes[11] = (bytes[11] ?? 0) ^ 1
  const later = `— ${witness.name} ${bytes.toString('base64')}\n`
  t.throws(() => verifyNote(parseNote(`${text}\n${later}`), [witness]), /does not fit/)
  t.throws(() => verifyNote(parseNote(`${text.replace('0', '1')}\n${line}`), [witness]), /does not fit/)
  const asPlain = verifierOf(witness.name, witness.publicKey, ED25519)
  t.throws(() => verifyNote(parseNote(`${text}\n${line}`), [asPlain]), /no known key/)
})

t.test('a key signs only what its type is for', async (t) => {
  t.throws(() => signNote(text, [witness]), /signature type/)
  t.throws(() => cosign(text, log, 1), /signature type/)
  t.throws(() => cosign(text, witness, 1.5), /whole seconds/)
  t.throws(() => cosign(text, witness, -1), /whole seconds/)
})

t.test('writes only notes that can be read', async (t) => {
  t.throws(() => signNote('no newline', [log]), /newline/)
  t.throws(() => signNote('a\r\n', [log]), /control/)
  t.throws(() => signNote('a\ud800\n', [log]), /control/)
  t.throws(() => signNote(text, []), /signer/)
  t.throws(() => signerOf('a+b', createPrivateKey(log.privateKey.export({ format: 'pem', type: 'pkcs8' }))), /key name/)
  t.throws(() => verifierOf('a\u00a0b', createPublicKey(log.privateKey)), /key name/)
})

t.test('refuses malformed notes', async (t) => {
  const note = signNote(text, [log])
  const [, line = ''] = note.split('\n\n')
  const signature = line.split(' ')[2]?.trim() ?? ''
  const refused: Record<string, string | Uint8Array> = {
    empty: '',
    'no signatures': text,
    'a blank line and no signatures': `${text}\n`,
    'no newline at the end': note.slice(0, -1),
    'a hyphen for the dash': note.replace('—', '-'),
    'an en dash for the em dash': note.replace('—', '–'),
    'two spaces': note.replace('— ', '—  '),
    'a word more': note.replace(/\n$/, ' x\n'),
    'no name': note.replace(`— ${log.name} `, '— '),
    'a plus in the name': note.replace(`— ${log.name}`, '— a+b'),
    'a no-break space in the name': note.replace(`— ${log.name}`, '— a\u00a0b'),
    'a carriage return': note.replace(/\n$/, '\r\n'),
    'a tab': note.replace('— ', '—\t'),
    'a null': `\0${note}`,
    'a blank line between signatures': `${note}\n${line}`.replace(line, `${line}\n`),
    'text after the signatures': `${note}text\n`,
    'base64 with spare bits': note.replace(
      signature,
      signature.replace(/.=$/, (end) => (end[0] === 'B' ? 'C=' : 'B=')),
    ),
    'base64 of the URL kind': note.replace(signature, `-_${signature.slice(2)}`),
    'a signature of four bytes': note.replace(signature, 'AAAAAA=='),
    'bytes that are not UTF-8': Buffer.concat([Buffer.of(0xff), Buffer.from(note)]),
    'over a hundred signatures': note + line.repeat(100),
    'over a million characters': 'x'.repeat(1_000_000) + note,
  }
  for (const [why, given] of Object.entries(refused)) {
    t.throws(() => {
      verifyNote(parseNote(given), [log])
    }, why)
  }
})

t.test('accepts at least sixteen signatures', async (t) => {
  const strangers = Array.from({ length: 15 }, (_, i) => newSigner(`stranger${i}.example`))
  t.equal(verifyNote(parseNote(signNote(text, [...strangers, log])), [log]).length, 1)
})

t.test('no damaged note is accepted for another text', async () => {
  const note = Buffer.from(signNote(text, [log]))
  fc.assert(
    fc.property(fc.nat(note.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Buffer.from(note)
      damaged[at] = (damaged[at] ?? 0) ^ flip
      try {
        verifyNote(parseNote(damaged), [log])
        return false
      } catch {
        return true
      }
    }),
    runs(600),
  )
})
