// `npm run check`: everything that can be known without running the service, in under a minute. Prints only what failed.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const build = join(root, 'build')
const contract = 'src/platform/http/openapi.gen.json'

interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** What remains to be said when the command itself went well; undefined when nothing. */
  readonly after?: () => string | undefined
}

const steps: readonly Step[] = [
  { name: 'types (tsc)', command: ['tsc', '--noEmit', '-p', '.'] },
  {
    name: 'sql/schema.sql and the types of the tables are those of the migrations (npm run generate:schema)',
    command: [process.execPath, '--import=tsx', 'test/support/generate-schema.ts', '--verify', '--log-level', 'error'],
  },
  { name: 'which module imports which (dependency-cruiser)', command: ['depcruise', 'src'] },
  { name: 'format and lint (biome)', command: ['biome', 'check', '--error-on-warnings'] },
  { name: 'the contract (redocly)', command: ['redocly', 'lint', 'openapi/openapi.yaml'] },
  {
    name: 'the bundled contract is that of openapi/ (npm run generate:contract)',
    command: ['redocly', 'bundle', 'openapi/openapi.yaml', '-o', 'build/openapi.json'],
    after: () => (readText(join(build, 'openapi.json')) === readText(join(root, contract)) ? undefined : `${contract} is stale`),
  },
  {
    name: 'the types of the contract (npm run generate:contract)',
    command: ['openapi-typescript', contract, '--immutable', '--check', '-o', 'src/platform/http/api.gen.ts'],
  },
]

function run(step: Step): Promise<string | undefined> {
  const [command, ...args] = step.command
  const file = command === process.execPath ? command : join(root, 'node_modules/.bin', command)
  return new Promise((done) => {
    const child = spawn(file, args, { cwd: root, env: { ...process.env, REDOCLY_TELEMETRY: 'off', FORCE_COLOR: '0' } })
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
    })
    child.stderr.on('data', (data) => {
      output += data
    })
    child.once('error', (error) => done(String(error)))
    child.once('close', (code) => done(code === 0 ? step.after?.() : output.trim() || `exit ${code}`))
  })
}

mkdirSync(build, { recursive: true })
const waiting = [...steps]
const failed: string[] = []
const worker = async () => {
  for (let step = waiting.shift(); step; step = waiting.shift()) {
    const fault = await run(step)
    console.log(`${fault === undefined ? 'ok  ' : 'FAIL'} ${step.name}`)
    if (fault !== undefined) failed.push(`\n--- ${step.name}\n${fault}`)
  }
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker))
for (const fault of failed) console.log(fault)
process.exitCode = failed.length === 0 ? 0 : 1

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}
