import { type ChildProcess, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { basename } from 'node:path'
import { freePort } from './cluster.ts'
import { until } from './words.ts'

/** A witness of our own, run as another organisation would run it: `accord log witness`. */
export interface WitnessProcess {
  /** As `WITNESSES` names it: address and key. */
  readonly setting: string
  /** Kills it; its state stays. */
  kill(): Promise<void>
}

const LIMIT_MS = 15_000

/** Starts a witness on a key file, beside which it keeps its state, and waits until it listens. */
export async function startWitnessProcess(keyFile: string, originVkeyFile: string, logFile: string): Promise<WitnessProcess> {
  const port = await freePort()
  const args = [
    'log',
    'witness',
    '--port',
    String(port),
    '--key',
    keyFile,
    '--origin-vkey',
    originVkeyFile,
    '--name',
    `faults.example/${basename(keyFile)}`,
  ]
  const child: ChildProcess = spawn(process.execPath, ['--import=tsx', 'src/cli.ts', ...args], {
    stdio: ['ignore', 'pipe', openSync(logFile, 'a', 0o600)],
  })
  let said = ''
  child.stdout?.on('data', (part) => {
    said += part
  })
  // However the harness ends, so do they.
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  if (!(await until(() => said.includes('\n') || hasEnded(), LIMIT_MS)) || hasEnded()) {
    end()
    throw new Error(`the witness does not start: see ${logFile}`)
  }
  return {
    setting: `http://127.0.0.1:${port} ${said.trim()}`,
    async kill() {
      end()
      await until(hasEnded, LIMIT_MS, 5)
      process.off('exit', end)
    },
  }
}
