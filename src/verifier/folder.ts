/**
 * An export folder on this machine's disk.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { ExportFiles } from './files.ts'

/** The regular files below `directory`, read when asked for. Links are not followed. Throws when there is no such directory. */
export function exportFolder(directory: string): ExportFiles {
  const found = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = found.map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/')).sort()
  const known = new Set(paths)
  return { paths, read: (path) => (known.has(path) ? readFileSync(join(directory, path)) : undefined) }
}
