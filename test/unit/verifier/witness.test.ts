import t from 'tap'
import { COSIGNATURE_V1, parseNote, signerOf, verifierOf, verifyNote } from '../../../src/audit/format/signed-note.ts'
import { formatAddCheckpoint } from '../../../src/audit/format/tlog-proof.ts'
import { Fault } from '../../../src/verifier/check.ts'
import { unseenLog, type WitnessState, witnessDecision } from '../../../src/verifier/witness.ts'
import { type GeneratedLog, generateLog, newKey } from './generated-log.ts'

const privateKey = newKey()
const name = 'witness.example/w1'
const witness = signerOf(name, privateKey, COSIGNATURE_V1)
const ask = (state: WitnessState, body: string, timeSeconds = 1_795_374_000) =>
  witnessDecision(state, { body, name, privateKey, timeSeconds })
const growth = (log: GeneratedLog, from: number, to: number) =>
  formatAddCheckpoint(from, log.consistencyProof(from, to), log.checkpointAt(to))

t.test('follows a log as it grows, remembers each size and root, and signs what the log can verify', async (t) => {
  const log = generateLog('decisions-2026', 700)
  let state: WitnessState = { [log.origin]: unseenLog(log.vkey) }
  let size = 0
  for (const next of [0, 1, 2, 255, 256, 257, 257, 512, 700]) {
    const answer = ask(state, growth(log, size, next), 1_795_374_000 + next)
    t.equal(answer.status, 200, `from ${size} to ${next}`)
    t.strictSame(answer.newState[log.origin], { vkeys: log.vkey, size: next, root: log.checkpointAt(next).split('\n')[2] })
    const signatures = verifyNote(parseNote(log.checkpointAt(next) + answer.body), [
      verifierOf(name, witness.publicKey, COSIGNATURE_V1),
      log.signer,
    ])
    t.strictSame(
      signatures.map(({ timeSeconds }) => timeSeconds),
      [undefined, 1_795_374_000 + next],
    )
    state = JSON.parse(JSON.stringify(answer.newState)) as WitnessState
    size = next
  }
})

t.test('says its size in the form that a log reads when it is asked from another', async (t) => {
  const log = generateLog('decisions-2026', 30)
  const state = ask({ [log.origin]: unseenLog(log.vkey) }, growth(log, 0, 20)).newState
  t.match(ask(state, growth(log, 10, 30)), { status: 409, contentType: 'text/x.tlog.size', body: '20\n' })
  t.equal(ask(state, growth(log, 20, 30)).status, 200)
})

t.test('keeps logs apart', async (t) => {
  const [a, b] = [generateLog('decisions-2026', 9), generateLog('governance-2026', 4)]
  const before: WitnessState = { [a.origin]: unseenLog(a.vkey), [b.origin]: unseenLog(b.vkey) }
  const after = ask(before, growth(b, 0, 4)).newState
  t.equal(after[a.origin], before[a.origin])
  t.equal(after[b.origin]?.size, 4)
  t.equal(before[b.origin]?.size, 0)
})

t.test('takes either key during an overlap', async (t) => {
  const log = generateLog('decisions-2026', 5)
  const next = generateLog('decisions-2026', 5)
  const state = { [log.origin]: unseenLog(`${log.vkey}\n${next.vkey}`) }
  for (const signed of [log, next]) t.equal(ask(state, growth(signed, 0, 5)).status, 200)
})

t.test('is not set up with a key that cannot be read', async (t) => {
  t.throws(() => unseenLog('not a key'), Fault)
})
