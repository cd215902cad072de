import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** What a run of tap counted: assertions, as tap counts them. */
export interface Totals {
  readonly passed: number
  readonly failed: number
}

/**
 * Runs tap once and counts. Never throws for a failing test; a run that ends badly without a failed assertion
 * (a file that crashed, no file at all) counts as one failure, so that the sum can never hide it.
 */
export async function runTap(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Totals> {
  const folder = mkdtempSync(join(tmpdir(), 'accord-tap-'))
  const output = join(folder, 'all.tap')
  try {
    const code = await spawnTap([`--reporter=${process.stdout.isTTY ? 'base' : 'min'}`, `--output-file=${output}`, ...args], environment)
    return totalsOf(readText(output), code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Reads the last summary of raw TAP, `# { total: 7, pass: 5, fail: 1, skip: 1 }`. Pure. */
export function totalsOf(tap: string, exitCode: number): Totals {
  const summary = tap.match(/^# \{ total: .*\}$/gm)?.at(-1) ?? ''
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0)
  const failed = count('fail')
  return { passed: count('pass'), failed: failed === 0 && exitCode !== 0 ? 1 : failed }
}

function spawnTap(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<number> {
  const bin = join(dirname(createRequire(import.meta.url).resolve('tap/package.json')), 'dist/esm/run.mjs')
  return new Promise((ended, failed) => {
    const child = spawn(process.execPath, [bin, ...args], { stdio: 'inherit', env: { ...process.env, ...environment } })
    const forward = (signal: NodeJS.Signals) => void child.kill(signal)
    process.on('SIGINT', forward).on('SIGTERM', forward)
    child.once('error', failed)
    child.once('exit', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward)
      ended(code ?? (signal ? 1 : 0))
    })
  })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
