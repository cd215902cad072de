import t from 'tap'
import { commitment } from '../../../src/audit/format/commitment.ts'

const salt = Buffer.alloc(32, 0xaa)
const body = Buffer.from('{"subject":"x"}')

t.test('is SHA-256 over the purpose, a zero byte, the salt and the body', async (t) => {
  // (printf 'audit-payload/v1\0'; printf '\xaa%.0s' {1..32}; printf '{"subject":"x"}') | sha256sum
  t.equal(commitment(salt, body), 'fd8f8ac374dfd67c10f0c54449514d22655018af07747e68bdf115e4d24fde84')
})

t.test('changes with every bit of salt and body', async (t) => {
  const values = new Set([commitment(salt, body)])
  for (let bit = 0; bit < 256; bit += 1) {
    const other = Buffer.from(salt)
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    values.add(commitment(other, body))
  }
  for (let bit = 0; bit < body.length * 8; bit += 1) {
    const other = Buffer.from(body)
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    values.add(commitment(salt, other))
  }
  t.equal(values.size, 1 + 256 + body.length * 8)
})

t.test('refuses a salt of another length, with which bytes could move between salt and body', async (t) => {
  for (const length of [0, 31, 33]) t.throws(() => commitment(Buffer.alloc(length), body), new RegExp(`${length} bytes`))
})
