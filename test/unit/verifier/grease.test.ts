import t from 'tap'
import { openCheckpoint } from '../../../src/audit/format/checkpoint.ts'
import { parseVkey } from '../../../src/audit/format/signed-note.ts'
import { verifyExport } from '../../../src/verifier/export.ts'
import { verifyProof } from '../../../src/verifier/proof.ts'
import { exportOf, generateLog, greased, inMemory } from './generated-log.ts'

// R27: a note carries any number of signature lines, and whoever reads it ignores those he does not know.

const log = generateLog('decisions-2026', 300)
const note = greased(log.checkpointAt(300))

t.test('a proof under a checkpoint that strangers signed too holds, and not by their signatures', async (t) => {
  const proof = log.proofOf(7).replace(log.checkpointAt(300), note)
  t.ok(proof.includes('grease.invalid'))
  t.ok(verifyProof(proof, log.leaves[7] as Uint8Array, log.vkey).checks.every(({ ok }) => ok))
  const ours = proof.split('\n').find((line) => line.startsWith(`— ${log.origin} `)) ?? ''
  t.notOk(verifyProof(proof.replace(`${ours}\n`, ''), log.leaves[7] as Uint8Array, log.vkey).checks.every(({ ok }) => ok))
})

t.test('an export under such a checkpoint is whole', async (t) => {
  const files = exportOf(log).set(`${log.name}/checkpoint`, Buffer.from(note))
  const { checks } = verifyExport(inMemory(files), log.vkey)
  t.same(
    checks.filter(({ ok }) => !ok),
    [],
  )
})

t.test('the service itself opens such a checkpoint, as it kept it or another node signed it', async (t) => {
  t.match(openCheckpoint(note, [parseVkey(log.vkey)]).checkpoint, { origin: log.origin, size: 300 })
})
