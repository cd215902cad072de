import t from 'tap'
import { verifyExport } from '../../../src/verifier/export.ts'
import { verifyProof } from '../../../src/verifier/proof.ts'
import { unseenLog, witnessDecision } from '../../../src/verifier/witness.ts'
import type { Verifier } from './case-logs.ts'
import { HONEST_CASES, NEGATIVE_CASES } from './cases.ts'
import { TAMPERINGS } from './export-tamperings.ts'
import { exportOf, generateLog, inMemory } from './generated-log.ts'

const real: Verifier = { verifyExport, verifyProof, witnessDecision, unseenLog }

const acceptsEverything: Verifier = {
  verifyExport: () => ({ checks: [{ name: 'everything', ok: true, detail: 'fine' }], unvouched: [], ignored: [], logs: [] }),
  verifyProof: () => ({ checks: [{ name: 'everything', ok: true, detail: 'fine' }] }),
  witnessDecision: (state) => ({
    status: 200,
    contentType: 'text/plain; charset=utf-8',
    body: '— witness.example/w1 AAAA\n',
    newState: state,
  }),
  unseenLog,
}

const refusesEverything: Verifier = {
  verifyExport: () => ({ checks: [{ name: 'everything', ok: false, detail: 'wrong' }], unvouched: [], ignored: [], logs: [] }),
  verifyProof: () => ({ checks: [{ name: 'everything', ok: false, detail: 'wrong' }] }),
  witnessDecision: (state) => ({ status: 422, contentType: 'text/plain; charset=utf-8', body: 'wrong\n', newState: state }),
  unseenLog,
}

t.test('accepts what is whole', async (t) => {
  for (const { name, holds } of HONEST_CASES) t.ok(holds(real), name)
})

t.test('refuses what is not, and names it', async (t) => {
  for (const { name, holds } of NEGATIVE_CASES) t.ok(holds(real), name)
})

t.test('every negative case would find a verifier that accepts everything', async (t) => {
  for (const { name, holds } of NEGATIVE_CASES) t.notOk(holds(acceptsEverything), name)
})

t.test('every honest case would find a verifier that refuses everything', async (t) => {
  for (const { name, holds } of HONEST_CASES) t.notOk(holds(refusesEverything), name)
})

t.test('never throws for what an export holds', async (t) => {
  const { vkey } = generateLog('decisions-2026', 1)
  for (const { name, files } of TAMPERINGS) t.doesNotThrow(() => verifyExport(inMemory(files()), vkey), name)
})

t.test('names a log that no given key vouches for, and a file that belongs to no log', async (t) => {
  const [a, b] = [generateLog('decisions-2026', 2), generateLog('governance-2026', 1)]
  const files = exportOf(a, b).set('README', Buffer.from('x')).set('decisions-2026/checkpoint.copy', Buffer.from('x'))
  const report = verifyExport(inMemory(files), a.vkey)
  t.strictSame(report.unvouched, ['governance-2026'])
  t.strictSame(report.ignored, ['README', 'decisions-2026/checkpoint.copy'])
  t.match(report.checks.find(({ name }) => name === 'governance-2026: key')?.detail, /nobody you trust/)
})
