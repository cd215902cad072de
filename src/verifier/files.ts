/**
 * The export folder as the verifier sees it: paths and bytes, from a disk, an archive or a web server alike.
 */
import { fail } from './check.ts'

/** All file paths in the folder, with `/`, and the bytes of one, undefined when there is no such file. */
export interface ExportFiles {
  readonly paths: readonly string[]
  readonly read: (path: string) => Uint8Array | undefined
}

/** The file's bytes. Fails when the export lacks it. */
export function mustRead(files: ExportFiles, path: string): Uint8Array {
  return files.read(path) ?? fail(`${path}: missing`)
}

/** Number `n` of a tile or bundle in path form, and its width behind it when it is not full: 1234067 is x001/x234/067. */
export function tileNumber(n: number, width: number): string {
  return `${groups(n, '')}${width < 256 ? `.p/${width}` : ''}`
}

function groups(n: number, mark: string): string {
  const last = `${mark}${String(n % 1000).padStart(3, '0')}`
  return n < 1000 ? last : `${groups(Math.floor(n / 1000), 'x')}/${last}`
}
