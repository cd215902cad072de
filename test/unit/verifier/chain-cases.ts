/** Exports with cosigned checkpoints, and chains of logs: to refuse and to accept. */

import type { LogLeaf } from '../../../src/audit/format/leaf.ts'
import { encodeLeaf } from '../../../src/audit/format/leaf-bytes.ts'
import { COSIGNATURE_V1, formatVkey, signerOf } from '../../../src/audit/format/signed-note.ts'
import { cosignatureLine } from '../../../src/verifier/note.ts'
import { type Case, D, forked, log, stranger, type Verifier } from './case-logs.ts'
import { exportOf, type Files, flipped, type GeneratedLog, generateLog, inMemory, newKey } from './generated-log.ts'

const witnesses = ['hackney.example/w1', 'camden.example/w2'].map((name) => signerOf(name, newKey(), COSIGNATURE_V1))
const vkeys = witnesses.map((witness) => `${formatVkey(witness)}\n`).join('')
const other = signerOf('hackney.example/w1', newKey(), COSIGNATURE_V1)

/** A checkpoint with the lines of these witnesses. */
function cosigned(
  note: string,
  by: readonly { readonly name: string; readonly privateKey: GeneratedLog['signer']['privateKey'] }[],
): string {
  const text = note.slice(0, note.indexOf('\n\n') + 1)
  return note + by.map(({ name, privateKey }) => cosignatureLine(text, name, privateKey, 1_795_374_000)).join('')
}

const witnessed = (note: string): Files => exportOf(log).set(`${D}/checkpoint.witnessed`, Buffer.from(note))
const at = (size: number, of = log, by: Parameters<typeof cosigned>[1] = witnesses) => witnessed(cosigned(of.checkpointAt(size), by))

type Asked = Parameters<Verifier['verifyExport']>[3]
const refuses =
  (files: Files, check: RegExp, names: RegExp, asked: Asked | null = { vkeys }, keys = log.vkey) =>
  ({ verifyExport }: Verifier) =>
    verifyExport(inMemory(files), keys, undefined, asked ?? undefined).checks.some(
      (one) => !one.ok && check.test(one.name) && names.test(one.detail),
    )
const accepts =
  (files: Files, check: RegExp, asked: Asked | null = { vkeys }, keys = log.vkey) =>
  ({ verifyExport }: Verifier) => {
    const { checks, ignored } = verifyExport(inMemory(files), keys, undefined, asked ?? undefined)
    return checks.every(({ ok }) => ok) && ignored.length === 0 && checks.some(({ name }) => check.test(name))
  }

const stamp = { id: '019aa0f0-1c2d-7abc-8def-0123456789ab', ts: 1_795_374_000_123, v: 1 } as const
const leafOf = (leaf: LogLeaf) => encodeLeaf(leaf)

/** A log that continues another, as its first entries say. */
function following(
  why: 'PERIOD' | 'INCIDENT',
  prev: { readonly origin: string; readonly size: number; readonly root: string } | undefined,
  incident?: 'ROLLBACK' | 'FORK' | 'KEY_COMPROMISE',
): GeneratedLog {
  const name = 'decisions-2027'
  const key = newKey()
  const origin = `accord.example/log/${name}`
  const vkey = formatVkey(signerOf(origin, key))
  const first = leafOf({ ...stamp, t: 'audit.log.opened', origin, vkey, why, ...(prev ? { prev } : {}) })
  const then = incident ? [leafOf({ ...stamp, t: 'audit.incident', why: incident })] : []
  return generateLog(name, 5, { key, keep: [first, ...then] })
}
const stateOf = (of: GeneratedLog, size: number) => ({
  origin: log.origin,
  size,
  root: Buffer.from(of.checkpointAt(size).split('\n')[2] ?? '', 'base64').toString('hex'),
})
const chain = (next: GeneratedLog) => [exportOf(log, next), `${log.vkey}\n${next.vkey}`] as const
const broken = (next: GeneratedLog, names: RegExp) => refuses(chain(next)[0], /continues/, names, null, chain(next)[1])
const sound = (next: GeneratedLog) => accepts(chain(next)[0], /continues/, null, chain(next)[1])

/** The log with two more entries, which announce a key, and one that follows it as they say or otherwise. */
function rotated(announce: (vkey: string) => string, why: 'PERIOD' | 'INCIDENT' = 'PERIOD'): readonly [Files, string] {
  const name = 'decisions-2026-2'
  const origin = `accord.example/log/${name}`
  const key = newKey()
  const vkey = formatVkey(signerOf(origin, key))
  const size = 7
  const end = [
    leafOf({ ...stamp, t: 'audit.key.added', vkey: announce(vkey) }),
    leafOf({ ...stamp, t: 'audit.log.closed', size, why: 'PERIOD' }),
  ]
  const before = generateLog('decisions-2026', size, { end })
  const root = Buffer.from(before.checkpointAt(size).split('\n')[2] ?? '', 'base64').toString('hex')
  const prev = { origin: before.signer.name, size, root }
  const first = [
    leafOf({ ...stamp, t: 'audit.log.opened', origin, vkey, why, prev }),
    why === 'PERIOD'
      ? leafOf({ ...stamp, t: 'audit.key.removed', vkey: before.vkey })
      : leafOf({ ...stamp, t: 'audit.incident', why: 'KEY_COMPROMISE', seen: prev }),
  ]
  const next = generateLog(name, 4, { key, keep: first })
  return [exportOf(before, next), `${before.vkey}\n${next.vkey}`]
}
const OTHER_KEY = formatVkey(signerOf('accord.example/log/decisions-2026-2', newKey()))

export const chainCases: readonly Case[] = [
  {
    name: 'chain: a log with another key than the one before announced for it',
    holds: (verifier) => {
      const [files, keys] = rotated(() => OTHER_KEY)
      return refuses(files, /continues/, /another key than decisions-2026 announced/, null, keys)(verifier)
    },
  },
  {
    name: 'chain: the key that was announced is taken',
    holds: (verifier) => {
      const [files, keys] = rotated((vkey) => vkey)
      return accepts(files, /continues/, null, keys)(verifier)
    },
  },
  { name: 'witnessed: no cosigned checkpoint where one is asked for', holds: refuses(exportOf(log), /cosignatures/, /missing/) },
  { name: 'witnessed: one of two cosignatures', holds: refuses(at(300, log, witnesses.slice(1)), /cosignatures/, /by 1 of the/) },
  {
    name: 'witnessed: one witness twice',
    holds: refuses(at(300, log, [...witnesses.slice(1), ...witnesses.slice(1)]), /cosignatures/, /by 1 of the/),
  },
  { name: 'witnessed: no cosignature, quorum of one', holds: refuses(at(300, log, []), /cosignatures/, /by 0 of/, { vkeys, quorum: 1 }) },
  {
    name: 'witnessed: a key of the same name',
    holds: refuses(at(300, log, [other]), /cosignatures/, /by 0 of/, { vkeys, quorum: 1 }),
  },
  {
    name: 'cosignature: of another checkpoint',
    holds: refuses(
      witnessed(log.checkpointAt(300) + cosigned(log.checkpointAt(299), witnesses).slice(log.checkpointAt(299).length)),
      /cosignatures/,
      /does not fit/,
    ),
  },
  {
    name: 'cosignature: of another time',
    holds: refuses(witnessed(withTime(cosigned(log.checkpointAt(300), witnesses.slice(0, 1)))), /cosignatures/, /does not fit/, {
      vkeys,
      quorum: 1,
    }),
  },
  { name: 'witnessed: a checkpoint that the log did not sign', holds: refuses(at(300, stranger), /cosignatures/, /known key/) },
  {
    name: 'witnessed: a history that the log no longer has',
    holds: refuses(at(300, forked), /extends the witnessed/, /first 300 entries/),
  },
  {
    name: 'witnessed: a log shorter than what was cosigned',
    holds: refuses(
      at(600)
        .set('logs.json', Buffer.from(JSON.stringify({ logs: [{ name: D, origin: log.origin, size: 500 }] })))
        .set(`${D}/checkpoint`, Buffer.from(log.checkpointAt(500))),
      /extends the witnessed/,
      /the log has 500/,
    ),
  },
  { name: 'witnessed: a quorum of none', holds: refuses(at(300), /^witness keys/, /quorum 0/, { vkeys, quorum: 0 }) },
  { name: 'witnessed: a quorum of more than there are', holds: refuses(at(300), /^witness keys/, /quorum 3/, { vkeys, quorum: 3 }) },
  { name: 'cosignature: no key of a witness', holds: refuses(at(300), /^witness keys/, /no key/, { vkeys: '\n' }) },
  { name: 'cosignature: the key of a log as that of a witness', holds: refuses(at(300), /^witness keys/, /type 1/, { vkeys: log.vkey }) },
  {
    name: 'cosignature: one key given twice',
    holds: refuses(at(300), /^witness keys/, /twice/, { vkeys: vkeys + vkeys, quorum: 2 }),
  },
  {
    name: 'cosignature: a key id that is not its own',
    holds: refuses(at(300), /^witness keys/, /key id/, { vkeys: vkeys.replace(/\+[0-9a-f]{8}\+/, '+00000000+') }),
  },
  {
    name: 'chain: the log before ended elsewhere',
    holds: broken(following('PERIOD', stateOf(log, 599)), /ended at 599 leaves, it has 600/),
  },
  { name: 'chain: the log before ended with another root', holds: broken(following('PERIOD', stateOf(forked, 600)), /another root/) },
  { name: 'chain: a period that continues nothing', holds: broken(following('PERIOD', undefined), /names no checkpoint/) },
  {
    name: 'chain: an incident that names a root the log before never had',
    holds: broken(following('INCIDENT', stateOf(forked, 300), 'KEY_COMPROMISE'), /another root/),
  },
  {
    name: 'chain: an incident that names more than there is',
    holds: broken(following('INCIDENT', { ...stateOf(log, 600), size: 700 }, 'KEY_COMPROMISE'), /another root/),
  },
]

export const honestChains: readonly Case[] = [
  { name: 'witnessed: by both, an earlier checkpoint', holds: accepts(at(300), /extends the witnessed/) },
  { name: 'witnessed: by both, the newest checkpoint', holds: accepts(at(600), /extends the witnessed/) },
  { name: 'witnessed: an empty log', holds: accepts(at(0), /extends the witnessed/) },
  { name: 'witnessed: by one, quorum of one', holds: accepts(at(300, log, witnesses.slice(1)), /cosignatures/, { vkeys, quorum: 1 }) },
  { name: 'witnessed: with a line of a key nobody gave', holds: accepts(at(300, log, [...witnesses, other]), /cosignatures/) },
  {
    name: 'witnessed: whoever gives no key of a witness still sees that the log extends it',
    holds: ({ verifyExport }) =>
      verifyExport(inMemory(at(300)), log.vkey).checks.some(({ name, ok }) => ok && /extends the witnessed/.test(name)),
  },
  { name: 'chain: a year that continues the one before', holds: sound(following('PERIOD', stateOf(log, 600))) },
  {
    name: 'chain: an incident under another key than was announced, which is said',
    holds: ({ verifyExport }) => {
      const [files, keys] = rotated(() => OTHER_KEY, 'INCIDENT')
      const { checks } = verifyExport(inMemory(files), keys)
      const link = checks.find(({ name }) => /continues/.test(name))
      return checks.every(({ ok }) => ok) && link?.detail === 'decisions-2026 at 7 leaves, under another key than it announced'
    },
  },
  { name: 'chain: an incident after what was published', holds: sound(following('INCIDENT', stateOf(log, 300), 'KEY_COMPROMISE')) },
  {
    name: 'chain: a rollback, which names what is gone',
    holds: sound(following('INCIDENT', { ...stateOf(log, 600), size: 700 }, 'ROLLBACK')),
  },
  { name: 'chain: a fork, which names the other history', holds: sound(following('INCIDENT', stateOf(forked, 300), 'FORK')) },
]

/** The same note with another time in its last cosignature. */
function withTime(note: string): string {
  const line = note.trimEnd().split(' ').at(-1) ?? ''
  return note.replace(line, Buffer.from(flipped(Buffer.from(line, 'base64'), 11)).toString('base64'))
}
