import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { parseConfig } from '../../src/platform/config.ts'
import { variables } from '../../src/platform/config-variables.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const known = Object.keys(variables)

t.test('.env.example names every variable, with the value that holds when it is absent', async (t) => {
  const pairs = read('.env.example')
    .split('\n')
    .filter((line) => /^[A-Z_]+=/.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  t.same(Object.fromEntries(pairs), { ...variables })
  t.equal(pairs.length, known.length, 'each once')
})

t.test('.env.example says of every variable what it is, and whose name has no unit says it there', async (t) => {
  const lines = read('.env.example').split('\n')
  for (const name of known.filter((name) => name !== 'JWKS_FILE')) {
    const at = lines.findIndex((line) => line.startsWith(`${name}=`))
    t.match(lines[at - 1], /^# \S/, name)
    const says =
      lines
        .slice(0, at)
        .join('\n')
        .split('\n\n')
        .at(-1)
        ?.split(/^[A-Z_]+=.*$/m)
        .at(-1) ?? ''
    const isNumber = /^\d+$/.test(variables[name as keyof typeof variables]) && name !== 'PORT'
    if (isNumber && !/_(MS|SECONDS|BYTES)$/.test(name)) t.match(says, /\bcount\b/, `${name} says its unit`)
  }
  const comments = lines.filter((line) => line.startsWith('# '))
  t.equal(new Set(comments).size, comments.length, 'nothing is said twice')
})

t.test('.env.example as it stands is the configuration of the demo', async (t) => {
  const environment = Object.fromEntries(
    read('.env.example')
      .split('\n')
      .filter((line) => /^[A-Z]/.test(line))
      .map((line) => line.split('=') as [string, string]),
  )
  t.same(parseConfig(environment), parseConfig({}))
})

t.test('docker-compose.yml sets only variables the service reads, and all that it needs with a database', async (t) => {
  const service =
    read('docker-compose.yml')
      .split(/^ {2}accord:$/m)[1]
      ?.split(/^secrets:$/m)[0] ?? ''
  const set = [...service.matchAll(/^ {6}([A-Z_]+): /gm)].map((match) => match[1] ?? '')
  const taken = [...service.matchAll(/\$\{([A-Z_]+)/g)].map((match) => match[1] ?? '')
  t.same(
    [...set, ...taken].filter((name) => !known.includes(name)),
    [],
  )
  const found = parseConfig(
    Object.fromEntries(set.map((name) => [name, name === 'DATABASE_URL' ? 'postgres://x@database/y' : valueFor(name)])),
  )
  t.ok(found.ok, JSON.stringify(found))
})

t.test('the Dockerfile sets only variables the service reads, and runs the Node the project is for', async (t) => {
  const text = read('Dockerfile')
  const block = /^ENV ([\s\S]*?[^\\])$/m.exec(text)?.[1] ?? ''
  const set = [...block.matchAll(/([A-Z_]+)=/g)].map((match) => match[1] ?? '')
  t.same(set.toSorted(), ['ACCORD_VAR', 'HOST', 'PORT'])
  t.same(
    set.filter((name) => !known.includes(name)),
    [],
  )
  t.match(text, /^FROM node:24\.\d+\.\d+-/m)
  t.match(text, /^USER node$/m)
})

t.test('no other file of the service reads the environment or asks for its name', async (t) => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const readers = files.filter((file) => /process\.env\b/.test(read(join('src', file))))
  t.same(
    readers.filter((file) => !/^(main|cli)\.ts$|^cli\//.test(file)),
    [],
  )
  t.same(
    files.filter((file) => /NODE_ENV/.test(read(join('src', file)))),
    [],
  )
})

function valueFor(name: string): string {
  return (
    {
      PUBLIC_URL: 'https://accord.example',
      ISSUER_URL: 'https://login.example',
      DURABILITY: 'D1',
      LOG_LEVEL: 'info',
      ISSUER_AUTHORITATIVE: 'off',
    }[name] ?? (/LIMIT|PURPOSES/.test(name) ? '' : 'x')
  )
}
