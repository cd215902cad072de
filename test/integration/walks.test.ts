import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { eventually } from '../support/eventually.ts'
import { openFolder } from '../support/postgres.ts'

// What README.md, docs/walks.md and docs/authzen-profile.md tell people to type does what they say, on a service that starts as `npm start` does, in a folder of its own.

const root = resolve(import.meta.dirname, '../..')
const scripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts as Readonly<Record<string, string>>
/** What a fresh machine needs: the first is done here without installing, the last is the run that this test is part of. */
const START = 'npm ci && npm start'
const TEST = 'npm ci && npm test'
/** The address that is printed in the documents: the port of whoever configured none. */
const PRINTED = 'http://127.0.0.1:3000'
const COMMANDS_MAX = 6
const MARK = '--- end of a block'

/** A block to type, and what its document says is answered: members of the last line, which is JSON, or whole lines. */
interface Block {
  readonly command: string
  readonly json?: object
  readonly lines?: readonly string[]
}

function blocksOf(file: string): readonly Block[] {
  const fences = [...readFileSync(join(root, file), 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, kind, text = '']) => ({
    kind,
    text,
  }))
  return fences.flatMap(({ kind, text }, at) => {
    if (kind !== 'sh') return []
    const answer = fences[at + 1]
    return {
      command: text.trim(),
      ...(answer?.kind === 'json' ? { json: JSON.parse(answer.text) as object } : {}),
      ...(answer?.kind === 'text' ? { lines: answer.text.trim().split('\n') } : {}),
    }
  })
}

/** How many commands a block is: its lines, but for those that go on, within quotes or after a backslash. */
function commandsIn({ command }: Block): number {
  return command.replaceAll(/'[^']*'|"[^"]*"|\\\n/g, '').split('\n').length
}

const folder = mkdtempSync(join(tmpdir(), 'accord-test-walk-'))
for (const name of ['package.json', 'node_modules', 'src', 'test', 'examples']) symlinkSync(join(root, name), join(folder, name))
const varDirectory = openFolder('accord-test-walk-var')
const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'], ACCORD_VAR: varDirectory, PORT: '0', LOG_LEVEL: 'silent' }

const [node = '', ...args] = scripts['start']?.split(' ') ?? []
const service = spawn(node, args, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
const printed: string[] = []
createInterface(service.stdout).on('line', (line) => printed.push(line))
t.teardown(async () => {
  service.kill('SIGINT')
  if (service.exitCode === null) await once(service, 'exit')
  for (const made of [folder, varDirectory]) rmSync(made, { recursive: true, force: true })
})
const curls = () => printed.filter((line) => line.startsWith('curl '))
t.ok(await eventually(() => curls().length === 2), 'the service has started')
const address = /http:\/\/127\.0\.0\.1:\d+/.exec(printed.join('\n'))?.[0] ?? ''

/** Types blocks into one shell, which ends at the first that fails; answers what each wrote. */
async function type(
  commands: readonly string[],
): Promise<{ readonly outputs: readonly string[]; readonly errors: string; readonly code: number | null }> {
  const script = commands.map((command) => `${command.replaceAll(PRINTED, address)}\nprintf '\\n%s\\n' '${MARK}'`).join('\n')
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env: environment })
  let [output, errors] = ['', '']
  shell.stdout.on('data', (data) => (output += data))
  shell.stderr.on('data', (data) => (errors += data))
  const [code] = (await once(shell, 'close')) as [number | null]
  return { outputs: output.split(`${MARK}\n`).slice(0, -1), errors, code }
}

async function answersAsPrinted(t: Test, blocks: readonly Block[]) {
  const { outputs, errors, code } = await type(blocks.map(({ command }) => command))
  t.equal(code, 0, `the shell ends well: ${errors}`)
  blocks.forEach(({ command, json, lines }, at) => {
    const output = (outputs[at] ?? '').trim()
    if (json) t.match(JSON.parse(output.split('\n').at(-1) ?? ''), json, command)
    for (const line of lines ?? []) t.ok(output.split('\n').includes(line), `"${line}" of: ${command}`)
  })
}

const quickstart = blocksOf('README.md')

t.test('the quickstart has six commands at most, two of them for a fresh machine, and says what the others answer', async (t) => {
  t.ok(quickstart.length <= COMMANDS_MAX)
  for (const block of quickstart) t.equal(commandsIn(block), 1, block.command)
  t.equal(quickstart[0]?.command, START)
  t.equal(quickstart.at(-1)?.command, TEST, 'whose script is the run that this test is part of')
  t.ok(scripts['test'])
  for (const block of quickstart.slice(1, -1)) t.ok(block.json ?? block.lines, block.command)
})

t.test('of the two lines that the start prints the first is answered PERMIT and the second DENY', async (t) => {
  const { outputs } = await type(curls())
  t.match(
    outputs.map((output) => JSON.parse(output)),
    [{ decision: 'PERMIT' }, { decision: 'DENY', primary_reason: 'DATA_NOT_COVERED' }],
  )
})

t.test('what the quickstart says is answered is answered', (t) => answersAsPrinted(t, quickstart.slice(1, -1)))

t.test('so are the walks, and the calls of the AuthZEN profile, each document in one shell from top to bottom', async (t) => {
  for (const file of ['docs/walks.md', 'docs/authzen-profile.md']) {
    const walks = blocksOf(file)
    t.ok(walks.length >= 3)
    for (const block of walks) t.ok(block.json ?? block.lines, 'each says what is answered')
    await answersAsPrinted(t, walks)
  }
})

t.test('a block of two commands, and an answer that is not the printed one, would be found', async (t) => {
  t.equal(commandsIn({ command: "one 'of\ntwo' \\\n  lines" }), 1)
  t.equal(commandsIn({ command: 'one\ntwo' }), 2)
  const { outputs, code } = await type(['echo 1', 'false', 'echo 3'])
  t.same(outputs, ['1\n\n'])
  t.equal(code, 1)
})
