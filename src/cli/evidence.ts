import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { operatorActs } from '../audit/retention/operator-acts.service.ts'
import { policyPublication, policyService } from '../decisions/policy/policy.service.ts'
import { evidenceReading, LostBytesError, type NamedFile } from '../files/export-reading.service.ts'
import { openDatabase, withTransaction } from '../platform/database/database.ts'
import { systemClock } from '../platform/kernel/clock.ts'
import { uuidv7Generator } from '../platform/kernel/ids.ts'
import { type Command, usage } from './command.ts'
import { commandConfig } from './command-config.ts'
import { openCommandDatabase } from './command-database.ts'

const USAGE = 'usage: accord evidence export DIR (a folder that is empty, or not there yet)'
const MANIFEST = 'manifest.json'
/** As `sha256sum -c` reads it: nobody needs us to check. */
const SUMS = 'SHA256SUMS'
/** What people sent is theirs: the folder is for whoever runs the service alone. */
const [FILE_MODE, FOLDER_MODE] = [0o600, 0o700]

/**
 * `evidence export DIR`: every evidence file that a record names, each checked against the hash of its upload, with a manifest of names,
 * records, hashes and types that is written last. Exit 1 where a file is not the one that was sent. That it was taken out is recorded first.
 */
export const evidence: Command = async ([what, directory, ...more], io) => {
  const { env, out, err } = io
  if (what !== 'export' || directory === undefined || directory.startsWith('-') || more.length > 0) return usage(io, USAGE)
  // What was erased since the last time would stay in it.
  if (existsSync(directory) && readdirSync(directory).length > 0) return usage(io, `${directory} is not empty\n${USAGE}`)
  const { varDirectory, statementTimeoutMs, lockTimeoutMs } = commandConfig(env)
  const server = await openCommandDatabase(env, varDirectory)
  try {
    const limits = { applicationName: 'accord-evidence', poolMax: 2, statementTimeoutMs, lockTimeoutMs }
    const { db, close } = await openDatabase({ url: server.url, ...limits })
    try {
      const { revision } = await withTransaction(db, policyPublication(policyService(db)).head)
      const acts = operatorActs({ db, clock: systemClock, random: randomBytes, newId: uuidv7Generator(systemClock, randomBytes) })
      await acts.recordEvidenceExport(revision)
      mkdirSync(directory, { recursive: true, mode: FOLDER_MODE })
      writeFileSync(join(directory, SUMS), '', { mode: FILE_MODE })
      const reading = evidenceReading(db)
      const files: object[] = []
      let failed = 0
      for await (const file of reading.named()) {
        const path = pathOf(file)
        const fault = await write(join(directory, path), file, reading.bytes(file))
        if (fault !== undefined && (await reading.isErased(file))) {
          rmSync(join(directory, path), { force: true })
          err(`${file.id}: erased meanwhile`)
          continue
        }
        if (fault !== undefined) {
          failed += 1
          out(`FAIL ${path}: ${fault}`)
        }
        appendFileSync(join(directory, SUMS), `${file.sha256}  ${path}\n`)
        files.push({ path, intact: fault === undefined, ...described(file) })
      }
      const exported_at = systemClock().toISOString()
      writeFileSync(join(directory, MANIFEST), `${JSON.stringify({ exported_at, files }, null, 2)}\n`, { mode: FILE_MODE })
      out(`${files.length} files exported, ${failed} not as they were sent`)
      return failed === 0 ? 0 : 1
    } finally {
      await close()
    }
  } finally {
    await server.close()
  }
}

/** Where a file lies in the folder: by its record. Its own name is a stranger's, and stands in the manifest alone. */
function pathOf({ id, owner }: NamedFile): string {
  return join(owner.type, encodeURIComponent(owner.id).replaceAll('.', '%2E'), id)
}

function described({ id, name, owner, media_type, size, sha256, org, uploaded_at, attached_at, note, scan }: NamedFile) {
  return { id, name, record: owner, media_type, size, sha256, org, uploaded_at, attached_at, note, scan }
}

/** Writes a file; answers what is wrong with its bytes, undefined where nothing is. */
async function write(path: string, { sha256 }: NamedFile, bytes: AsyncIterable<Buffer>): Promise<string | undefined> {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE })
  const hash = createHash('sha256')
  const file = await open(path, 'w', FILE_MODE)
  try {
    for await (const piece of bytes) {
      hash.update(piece)
      await file.write(piece)
    }
    const found = hash.digest('hex')
    return found === sha256 ? undefined : `its hash is ${found} and not ${sha256}`
  } catch (error) {
    if (error instanceof LostBytesError) return error.message
    throw error
  } finally {
    await file.close()
  }
}
