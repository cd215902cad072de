import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { newSecret, secretSeal } from '../../../src/notifications/webhooks/secrets.ts'
import { isToStop, nextAttempt, urlRefused } from '../../../src/notifications/webhooks/webhook.ts'
import { isPublicAddress } from '../../../src/platform/outbound/public-addresses.ts'

t.test('only addresses of the public internet are public', async (t) => {
  for (const address of ['93.184.215.14', '1.1.1.1', '172.15.255.255', '172.32.0.0', '2606:4700::1111', '2a00:1450::1'])
    t.ok(isPublicAddress(address), address)
  const others = ['0.0.0.0', '10.0.0.1', '100.127.255.255', '127.8.8.8', '169.254.1.1', '172.16.0.1', '192.0.0.192', '192.168.9.9']
  const more = ['198.19.0.1', '203.0.113.7', '239.1.1.1', '250.0.0.1', '255.255.255.255', '168.63.129.16']
  const six = [
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '::8.8.8.8',
    '64:ff9b::808:808',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:808:808::1',
    '3fff::1',
  ]
  const rest = ['fc00::1', 'fd12::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '4000::1', '', 'localhost', '1.1.1', '1.1.1.1/8']
  for (const address of [...others, ...more, ...six, ...rest]) t.notOk(isPublicAddress(address), address)
})

t.test('no address of a private network is public, whichever it is', async () => {
  const byte = fc.integer({ min: 0, max: 255 })
  const first = fc.oneof(fc.constant([10]), fc.constant([127]), fc.constant([192, 168]), fc.constant([169, 254]))
  fc.assert(fc.property(first, byte, byte, byte, (head, ...tail) => !isPublicAddress([...head, ...tail].slice(0, 4).join('.'))))
  const group = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16))
  fc.assert(
    fc.property(
      fc.integer({ min: 0xfc00, max: 0xffff }),
      group,
      group,
      (head, one, two) => !isPublicAddress(`${head.toString(16)}::${one}:${two}`),
    ),
  )
})

t.test('an attempt is followed by the next within a fifth of the pause that the specification names, and the tenth by none', async (t) => {
  const seconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
  for (const [index, pause] of seconds.entries())
    for (const chance of [0, 0.5, 1]) {
      const next = nextAttempt(index + 1, 0, chance)?.getTime() ?? 0
      t.ok(Math.abs(next / 1000 - pause) <= pause * 0.2 + 0.001, `${index + 1}`)
    }
  t.equal(nextAttempt(10, 0, 0.5), null)
  t.notOk(isToStop('2026-11-01T00:00:00.000Z', Date.parse('2026-11-05T23:59:59.999Z')))
  t.ok(isToStop('2026-11-01T00:00:00.000Z', Date.parse('2026-11-06T00:00:00.000Z')))
})

t.test('a sealed secret opens with its key, for its webhook and generation, and not otherwise', async (t) => {
  const key = randomBytes(32)
  const secret = newSecret()
  const { seal, open } = secretSeal(key)
  const sealed = seal(secret, 'one', 1)
  t.equal(open(sealed, 'one', 1), secret)
  t.equal(open(sealed, 'other', 1), undefined)
  t.equal(open(sealed, 'one', 2), undefined)
  t.equal(secretSeal(randomBytes(32)).open(sealed, 'one', 1), undefined)
  sealed[20] = (sealed[20] ?? 0) ^ 1
  t.equal(open(sealed, 'one', 1), undefined)
  t.notMatch(sealed.toString('latin1'), secret)
})

t.test('in the demo another port and http are right, a name and password never', async (t) => {
  t.equal(urlRefused('http://127.0.0.1:4000/hook', true), undefined)
  t.match(urlRefused('http://127.0.0.1:4000/hook', false), { errors: [{ code: 'URL_SCHEME' }] })
  t.match(urlRefused('http://a:b@127.0.0.1:4000/hook', true), { errors: [{ code: 'URL_USERINFO' }] })
})
