/** Requests to a witness: to refuse, with the status each, and to answer. */
import { signerOf, signNote } from '../../../src/audit/format/signed-note.ts'
import { formatAddCheckpoint } from '../../../src/audit/format/tlog-proof.ts'
import type { WitnessState } from '../../../src/verifier/witness.ts'
import { type Case, forked, governance, log, stranger, type Verifier } from './case-logs.ts'
import { flipped, newKey } from './generated-log.ts'

const witnessKey = newKey()
const ask = ({ witnessDecision }: Verifier, state: WitnessState, body: string) =>
  witnessDecision(state, { body, name: 'witness.example/w1', privateKey: witnessKey, timeSeconds: 1_795_374_000 })
const seen = (v: Verifier, size: number) => ({
  [log.origin]: { ...v.unseenLog(log.vkey), size, root: log.checkpointAt(size).split('\n')[2] ?? '' },
})
const request = (from: number, to: number, of = log) => formatAddCheckpoint(from, of.consistencyProof(from, to), of.checkpointAt(to))
const answers =
  (status: number, body: string, size = 300, matches = /./) =>
  (v: Verifier) => {
    const state = seen(v, size)
    const answer = ask(v, state, body)
    return answer.status === status && matches.test(answer.body) && (status === 200 || answer.newState === state)
  }
const consistency = log.consistencyProof(300, 600)
const withProof = (proof: readonly Uint8Array[]) => formatAddCheckpoint(300, proof, log.checkpointAt(600))

export const witnessCases: Case[] = [
  ...consistency.map((hash, i) => ({
    name: `answers 422 to a changed bit in consistency hash ${i}`,
    holds: answers(422, withProof(consistency.map((other, at) => (at === i ? flipped(hash, 3) : other)))),
  })),
  { name: 'answers 422 to a consistency hash left out', holds: answers(422, withProof(consistency.slice(1))) },
  { name: 'answers 422 to a consistency hash too many', holds: answers(422, withProof([...consistency, Buffer.alloc(32)])) },
  {
    name: 'answers 422 to a consistency hash put in before the others',
    holds: answers(422, withProof([Buffer.alloc(32), ...consistency])),
  },
  { name: 'answers 422 to no proof', holds: answers(422, withProof([])) },
  { name: 'answers 422 to a fork with its own valid proof', holds: answers(422, request(300, 600, forked)) },
  { name: 'answers 422 to a fork at the same size', holds: answers(422, request(600, 600, forked), 600) },
  {
    name: 'answers 422 to a proof where there is nothing to prove',
    holds: answers(422, formatAddCheckpoint(0, [Buffer.alloc(32)], log.checkpointAt(600)), 0),
  },
  {
    name: 'answers 422 to a proof for the size it has',
    holds: answers(422, formatAddCheckpoint(600, [Buffer.alloc(32)], log.checkpointAt(600)), 600),
  },
  { name: 'answers 409 and its size to a log that shrank', holds: answers(409, request(200, 300), 600, /^600\n$/) },
  { name: 'answers 409 and its size to an old size that is not its own', holds: answers(409, request(200, 600), 300, /^300\n$/) },
  { name: 'answers 409 and its size to a log that starts again', holds: answers(409, request(0, 600), 300, /^300\n$/) },
  { name: 'answers 400 to an old size larger than the new', holds: answers(400, formatAddCheckpoint(300, [], log.checkpointAt(200)), 300) },
  {
    name: 'answers 400 to a malformed request',
    holds: (v: Verifier) =>
      [
        '',
        'old 300',
        'old 300\n\n',
        request(300, 600).replace('old 300', 'old 0300'),
        request(300, 600).replace('old ', 'size '),
        request(300, 600).slice(0, -1),
      ].every((body) => ask(v, seen(v, 300), body).status === 400),
  },
  {
    name: 'answers 400 to 64 proof lines',
    holds: answers(400, request(300, 600).replace('\n\n', `\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(64)}\n`)),
  },
  { name: 'answers 404 to an origin it does not know', holds: answers(404, request(0, 3, governance)) },
  {
    name: 'answers 404 to an origin named like a property',
    holds: answers(
      404,
      formatAddCheckpoint(
        0,
        [],
        signNote(`constructor\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`, [signerOf('constructor', newKey())]),
      ),
    ),
  },
  { name: 'answers 403 to a key of the same name', holds: answers(403, request(300, 600, stranger)) },
  { name: 'answers 403 to a signature that does not fit', holds: answers(403, request(300, 600).replace('\n600\n', '\n601\n')) },
].map(({ name, holds }) => ({ name: `witness: ${name}`, holds }))

export const honestRequests: readonly Case[] = [
  { name: 'witness: a log from its beginning', holds: answers(200, request(0, 600), 0, /^— witness.example\/w1 [A-Za-z0-9+/]+=*\n$/) },
  { name: 'witness: growth with its proof', holds: answers(200, request(300, 600)) },
  { name: 'witness: the same head again', holds: answers(200, request(600, 600), 600) },
  { name: 'witness: an empty log', holds: answers(200, request(0, 0), 0) },
]
