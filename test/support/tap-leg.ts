import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Totals, tapReport } from './tap-report.ts'

/** What a run counted, and the test files in which something failed. */
export interface TapRun extends Totals {
  readonly failedFiles: readonly string[]
}

/** Runs tap once, prints what it finds and counts. Never throws for a failing test. */
export function runTap(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<TapRun> {
  const bin = join(dirname(createRequire(import.meta.url).resolve('tap/package.json')), 'dist/esm/run.mjs')
  const failedFiles: string[] = []
  const report = tapReport((line) => {
    const failed = /^FAIL (test\/\S+\.test\.ts)/.exec(line)?.[1]
    if (failed) failedFiles.push(failed)
    console.log(line)
  })
  return new Promise((ended, failed) => {
    const child = spawn(process.execPath, [bin, '--reporter=tap', ...args], {
      stdio: ['inherit', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    })
    const lines = createInterface({ input: child.stdout })
    const forward = (signal: NodeJS.Signals) => void child.kill(signal)
    process.on('SIGINT', forward).on('SIGTERM', forward)
    lines.on('line', report.line)
    child.once('error', failed)
    child.once('close', (code) => {
      process.off('SIGINT', forward).off('SIGTERM', forward)
      ended({ ...report.totals(code ?? 1), failedFiles })
    })
  })
}
