import t from 'tap'
import { clamdScanner } from '../../../src/files/scanner.service.ts'
import { type Manner, testClamd } from '../../support/clamd.ts'
import { EICAR, TEXT } from '../../support/sample-files.ts'

const IN_PIECES = (bytes: Buffer) =>
  async function* () {
    for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000)
  }
const LARGE = Buffer.concat([Buffer.alloc(5_000_000, 'a'), EICAR])

t.test('a scanner is believed when it says the one line, once it has seen everything', async (t) => {
  const clamd = await testClamd(t)
  // Whoever is honest has its time; of the others only SILENT makes anybody wait.
  const [patient, hasty] = [clamdScanner(clamd.address), clamdScanner(clamd.address, { silenceMs: 300, scanMs: 2_000 })]
  const table: readonly (readonly [Manner, Buffer, string])[] = [
    ['HONEST', TEXT, 'CLEAN'],
    ['HONEST', EICAR, 'INFECTED'],
    ['HONEST', LARGE, 'INFECTED'],
    ['EARLY', LARGE, 'UNKNOWN'],
    ['SILENT', TEXT, 'UNKNOWN'],
    ['GARBAGE', TEXT, 'UNKNOWN'],
    ['ENDLESS', TEXT, 'UNKNOWN'],
    ['ERROR', TEXT, 'UNKNOWN'],
    ['BREAKS_OFF', LARGE, 'UNKNOWN'],
    ['TWO_LINES', TEXT, 'UNKNOWN'],
  ]
  for (const [manner, bytes, verdict] of table) {
    clamd.manner = manner
    const scanner = manner === 'HONEST' ? patient : hasty
    t.equal(await scanner.scan(IN_PIECES(bytes)), verdict, `${manner}, ${bytes.length} bytes`)
  }
  t.equal(await clamdScanner({ host: '127.0.0.1', port: 1 }).scan(IN_PIECES(TEXT)), 'UNKNOWN', 'nobody listens')
  t.equal(await clamdScanner({ path: '/nowhere/clamd.ctl' }).scan(IN_PIECES(TEXT)), 'UNKNOWN', 'no such socket')
})

t.test('bytes that cannot be read on are not clean', async (t) => {
  const clamd = await testClamd(t)
  const broken = async function* () {
    yield TEXT
    throw new Error('the database is gone')
  }
  t.equal(await clamdScanner(clamd.address).scan(broken), 'UNKNOWN')
})
