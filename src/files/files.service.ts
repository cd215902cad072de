import { Readable } from 'node:stream'
import type { Call, CommandResult } from '../commands/command.ts'
import type { CommandContext, CommandsService } from '../commands/commands.service.ts'
import { readerFor, writerFor } from '../identity/permissions.ts'
import { type Principal, servicePrincipal } from '../identity/principal.ts'
import type { Database, Transaction } from '../platform/database/database.ts'
import { withTransactionAs } from '../platform/database/reader.ts'
import type { Clock } from '../platform/kernel/clock.ts'
import { answered, orThrow, type Refusal, type Refused, refusal, refused } from '../platform/kernel/refusal.ts'
import { ok, type Result, refuse } from '../platform/kernel/result.ts'
import {
  ARRIVAL_MS,
  type ErasedWhy,
  type EvidenceFile,
  FILE_BYTES_MAX,
  FILES_OF_OWNER_MAX,
  type FileOwner,
  isUsable,
  NAMING_MS,
  type Scan,
} from './evidence-file.ts'
import { type FileDone, fileKinds, NO_SUCH_FILE } from './file-kinds.service.ts'
import { filesRepository } from './files.repository.ts'
import { lie, otherType } from './media-types.service.ts'
import { receive, storedBytes, tooLarge } from './receiving.service.ts'
import type { Scanner } from './scanner.service.ts'
import { uploadPlaces } from './uploads.ts'

/** What falls due of a file, as `file-timers.service.ts` knows it. */
export interface FileTimer {
  readonly subjectId: string
  readonly name: string
  /** ISO 8601. */
  readonly dueAt: string
}

export interface FilesOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly commands: CommandsService
  /** Absent: nothing is scanned, and every file says so. */
  readonly scanner?: Scanner
  /** Uploads at the same time on this node, and bytes that one organisation keeps in all. */
  readonly limits: { readonly atOnce: number; readonly quotaBytes: number }
  readonly setTimer: (tx: Transaction, timer: FileTimer) => Promise<void>
  /** @throws Refused where an organisation that nobody confirmed acts */
  readonly mustBeConfirmed: (tx: Transaction, org: string) => Promise<void>
  /** What keeps a file from being erased on request, by the type of the record that names it: the refusal, or undefined. */
  readonly heldBy: Readonly<Record<string, (tx: Transaction, file: EvidenceFile) => Promise<Refused | undefined>>>
}

/** A file that somebody sends. */
export interface Upload {
  readonly name: string
  /** One that the contract lets in. */
  readonly mediaType: string
  /** What the caller said; null: nothing. */
  readonly declaredBytes: number | null
  readonly bytes: Readable
}

export type FilesService = ReturnType<typeof filesService>

/** Evidence files: sent, named by a record, read, scanned, erased. */
export function filesService(options: FilesOptions) {
  const { db, clock, newId, commands, scanner, limits, setTimer, mustBeConfirmed, heldBy } = options
  const places = uploadPlaces(limits.atOnce)
  const scanning = new Map<string, Promise<Scan>>()
  const isScanned = scanner !== undefined

  const { kind, reading } = fileKinds(mustBeConfirmed)

  const find = (principal: Principal, id: string) => withTransactionAs(db, readerFor(principal), (tx) => filesRepository(tx).find(id))
  const outcomeOf = (tx: Transaction, id: string) => async () => (await mustFind(tx, id)).file
  async function mustFind(tx: Transaction, id: string) {
    const found = await filesRepository(tx).find(id)
    if (!found) throw refused('NOT_FOUND', NO_SUCH_FILE)
    return found
  }
  const discard = (id: string) => withTransactionAs(db, { kind: 'system' }, (tx) => filesRepository(tx).discard(id))
  const bytesOf = (id: string, size: number) => () => storedBytes(db, { kind: 'system' }, id, size)

  /** What the scanner says of stored bytes; of one file it is asked once at a time. */
  function scanned(id: string, size: number): Promise<Scan> {
    if (!scanner) return Promise.resolve('UNSCANNED')
    const asked = scanning.get(id) ?? scanner.scan(bytesOf(id, size)).then((said) => (said === 'UNKNOWN' ? 'PENDING' : said))
    scanning.set(id, asked)
    return asked.finally(() => scanning.delete(id))
  }

  /** Erases as a command does: bytes and name go, the hash and who did it stay. */
  async function erased(
    { tx, state: file, principal, now }: CommandContext<EvidenceFile>,
    why: ErasedWhy,
    detail: object,
  ): Promise<FileDone> {
    if (file.erased_at !== null) throw refused('ILLEGAL_STATE', 'Its bytes are erased already.')
    await filesRepository(tx).erase(file.id, { at: now, why, by: principal })
    return { file, detail: { why, ...detail }, outcome: outcomeOf(tx, file.id) }
  }

  /** Has a file scanned that is not yet known to be clean. @throws Refused where it cannot be used */
  async function mustBeUsable(file: EvidenceFile): Promise<void> {
    if (file.erased_at !== null) throw refused('ILLEGAL_STATE', 'The bytes of this file are erased.')
    if (isUsable(file, isScanned)) return
    const scan = await scanned(file.id, file.size)
    if (scan === 'PENDING') throw refused('NOT_READY', 'This file cannot be used before it was scanned, and the scanner gives no answer.')
    const call = { principal: servicePrincipal(file.org), idempotency: null, id: file.id }
    if (scan === 'INFECTED') {
      orThrow(
        await commands.perform<EvidenceFile, EvidenceFile, FileDone>(
          kind,
          { ...call, act: 'erase', event: 'file.erased' },
          async (context) => {
            await filesRepository(context.tx).setScan(file.id, scan, context.now)
            return erased(context, 'INFECTED', {})
          },
        ),
      )
      throw refused('ILLEGAL_STATE', 'The scanner found something in this file: its bytes are erased.')
    }
    orThrow(
      await commands.perform<EvidenceFile, EvidenceFile, FileDone>(
        kind,
        { ...call, act: 'scan', event: 'file.scanned' },
        async ({ tx, state, now }) => {
          await filesRepository(tx).setScan(state.id, scan, now)
          return { file: state, detail: { scan }, outcome: outcomeOf(tx, state.id) }
        },
      ),
    )
  }

  /** The refusal of what arrived and may not be kept; undefined: it may. */
  async function faultOf({ mediaType }: Upload, id: string, size: number, scan: Scan): Promise<Refused | undefined> {
    const found = await otherType(mediaType, bytesOf(id, size))
    if (found !== undefined) return lie(mediaType, found)
    if (scan !== 'INFECTED') return undefined
    return refused('UNPROCESSABLE', 'The scanner found something in this file: it is not kept.', [
      { pointer: '', detail: 'The scanner found something in it.', code: 'INFECTED' },
    ])
  }

  async function take(principal: Principal, upload: Upload, callFor: (sha256: string) => Call, id: string) {
    const { name, mediaType } = upload
    const { size, sha256 } = await receive(db, principal, id, upload.bytes)
    if (size === 0) throw refused('UNPROCESSABLE', 'The file is empty.', [{ pointer: '', detail: 'is empty', code: 'EMPTY' }])
    const scan = await scanned(id, size)
    const fault = await faultOf(upload, id, size, scan)
    return commands.create<EvidenceFile, FileDone>(
      kind as never,
      { ...callFor(sha256), act: 'upload', event: 'file.stored' },
      async ({ tx, now }) => {
        if (fault) throw fault
        if ((await filesRepository(tx).bytesOf(principal.org)) + size > limits.quotaBytes) throw overQuota(limits.quotaBytes)
        await filesRepository(tx).keep(id, { size, sha256, scan, scannedAt: isScanned && scan !== 'PENDING' ? now : null })
        await setTimer(tx, { subjectId: id, name: 'naming', dueAt: after(now, NAMING_MS) })
        const { file } = await mustFind(tx, id)
        return { id, file: { ...file, name, media_type: mediaType }, detail: { scan }, outcome: outcomeOf(tx, id) }
      },
    )
  }

  return {
    /**
     * Takes a file in. Whatever keeps it from being kept leaves nothing of it behind, and what a node that died left is removed later.
     *
     * @param callFor the call, once the hash of what was sent is known: it is a part of what an idempotency key stands for
     */
    async upload(principal: Principal, upload: Upload, callFor: (sha256: string) => Call): Promise<CommandResult<EvidenceFile>> {
      if ((upload.declaredBytes ?? 0) > FILE_BYTES_MAX) return refuse(tooLarge().refusal)
      const leave = places.enter(`${principal.org} ${principal.issuer} ${principal.sub}`)
      if (!leave) return refuse(refusal('OVERLOADED', 'As many files are being sent as may be at the same time.'))
      const id = newId()
      try {
        await withTransactionAs(db, writerFor(principal), async (tx) => {
          const at = clock().toISOString()
          await filesRepository(tx).begin({ id, by: principal, at, name: upload.name, mediaType: upload.mediaType })
          await setTimer(tx, { subjectId: id, name: 'arrival', dueAt: after(at, ARRIVAL_MS) })
        })
        return await answered(async () => orThrow(await take(principal, upload, callFor, id)))
      } finally {
        // Of what is kept nothing is removed; the same request again was answered with the file it made the first time.
        await discard(id).catch(() => {})
        leave()
      }
    },

    async read(principal: Principal, id: string): Promise<CommandResult<EvidenceFile>> {
      const found = await find(principal, id)
      return found ? ok({ outcome: found.file, version: found.version }) : refuse(refusal('NOT_FOUND', NO_SUCH_FILE))
    },

    /** Files whose names hold all of these words, the last sent first. */
    calledSo: (principal: Principal, words: readonly string[], before: string | null, limit: number): Promise<EvidenceFile[]> =>
      withTransactionAs(db, readerFor(principal), (tx) => filesRepository(tx).calledSo(words, before, limit)),

    /** The bytes, which are read as they are taken; that people of another organisation read them stands in the log first. */
    content: (principal: Principal, id: string): Promise<Result<{ readonly file: EvidenceFile; readonly bytes: Readable }, Refusal>> =>
      answered(async () => {
        const found = await find(principal, id)
        if (!found) throw refused('NOT_FOUND', NO_SUCH_FILE)
        const { file } = found
        await mustBeUsable(file)
        if (file.org !== principal.org) {
          const named = { principal, idempotency: null, id, act: 'read', event: 'file.read' } as const
          orThrow(
            await commands.perform<EvidenceFile, EvidenceFile, FileDone>(reading, named, async ({ state }) => ({
              ...{ file: state, detail: {}, outcome: state },
            })),
          )
        }
        return { file, bytes: Readable.from(storedBytes(db, readerFor(principal), id, file.size), { objectMode: false }) }
      }),

    /** Erases the bytes on request of the organisation that sent them, unless the record that names them needs them. */
    erase: (call: Call, id: string, { reason }: { readonly reason: string }) =>
      commands.perform<EvidenceFile, EvidenceFile, FileDone>(kind, { ...call, id, act: 'erase', event: 'file.erased' }, async (context) => {
        const { tx, state: file, principal } = context
        const detail = 'Only the organisation that sent a file has it erased.'
        if (file.org !== principal.org) throw refused('FORBIDDEN', detail, [{ pointer: '', detail, code: 'SENT' }])
        const held = file.owner && (await heldBy[file.owner.type]?.(tx, file))
        if (held) throw held
        return erased(context, 'ASKED_FOR', { reason })
      }),

    /** Erases what nobody named in time, or what its record no longer keeps; removes what never arrived. As the service. */
    async fallDue(
      id: string,
      why: 'NOT_NAMED' | 'RETENTION',
      isStill: (tx: Transaction, file: EvidenceFile, now: string) => Promise<boolean>,
    ): Promise<void> {
      const found = await withTransactionAs(db, { kind: 'system' }, (tx) => filesRepository(tx).find(id))
      if (!found || found.file.erased_at !== null) return
      const call = { principal: servicePrincipal(found.file.org), idempotency: null, id, act: 'erase', event: 'file.erased' } as const
      orThrow(
        await commands.perform<EvidenceFile, EvidenceFile, FileDone>(kind, call, async (context) => {
          const { tx, state, now } = context
          if (!(await isStill(tx, state, now))) return { file: state, detail: {}, outcome: state, isRepeat: true }
          return erased(context, why, {})
        }),
      )
    },
    discard,

    /** Has files scanned that are to be named, before the act that names them: it would hold a connection meanwhile. @throws Refused */
    async prepare(principal: Principal, ids: readonly string[]): Promise<void> {
      for (const id of ids) {
        const found = await find(principal, id)
        if (found) await mustBeUsable(found.file)
      }
    },

    /**
     * Has a record name files of the organisation that acts, in the transaction of its act. @throws Refused where one is not there to be named
     *
     * @param pointerOf of each file in what was sent
     */
    async attach(
      tx: Transaction,
      principal: Principal,
      {
        ids,
        owner,
        at,
        note,
        pointerOf,
      }: {
        readonly ids: readonly string[]
        readonly owner: FileOwner
        readonly at: string
        readonly note: string | null
        readonly pointerOf: (place: number) => string
      },
    ): Promise<EvidenceFile[]> {
      const files = filesRepository(tx)
      const named: EvidenceFile[] = []
      for (const [place, id] of ids.entries()) {
        const found = await files.find(id, true)
        const isThere = found && found.file.org === principal.org && found.file.owner === null && isUsable(found.file, isScanned)
        if (!isThere) {
          const detail = 'There is no file of yours with this key that can be named and that no record names yet.'
          throw refused('UNPROCESSABLE', detail, [{ pointer: pointerOf(place), detail, code: 'UNKNOWN_FILE' }])
        }
        await files.attach(id, owner, at, note)
        named.push({ ...found.file, owner, attached_at: at, note })
      }
      if ((await files.ofOwner(owner)).length > FILES_OF_OWNER_MAX) {
        const detail = `One record names ${FILES_OF_OWNER_MAX} files at most.`
        throw refused('UNPROCESSABLE', detail, [{ pointer: pointerOf(ids.length - 1), detail, code: 'FILES_MAX' }])
      }
      return named
    },

    /** What a record names, as far as the reader of the transaction may see. */
    ofOwner: (tx: Transaction, owner: FileOwner) => filesRepository(tx).ofOwner(owner),
  }
}

function after(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString()
}

function overQuota(bytes: number) {
  const detail = `The files of your organisation would take more than the ${bytes} bytes that it may have in all.`
  return refused('UNPROCESSABLE', detail, [{ pointer: '', detail, code: 'QUOTA' }])
}
