import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { cnil } from '../../src/cli/cnil.ts'
import { cnilSample } from '../support/cnil-sample.ts'

// An assessment of the CNIL tool is read and written again from the command line.

const folder = mkdtempSync(join(tmpdir(), 'accord-cnil-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const path = (name: string) => join(folder, name)

async function run(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []]
  return { code: await cnil(args, { env: {}, out: (line) => void out.push(line), err: (line) => void err.push(line) }), out, err }
}

t.test('nothing is lost, what contradicts itself is named, and the export is for its owner alone', async (t) => {
  const sample = cnilSample({ pia: { rejection_reason: 'Report incomplete' } })
  writeFileSync(path('in.json'), JSON.stringify(sample))
  const { code, out } = await run('import', path('in.json'), '--export', path('out.json'))
  t.equal(code, 0)
  t.equal(out[0], '"Keyless bicycles", validated by signature: 36 answers, 1 measure, 3 evaluations, 1 comment, 1 attachment')
  t.ok(out.includes('known to both: 14 answers, 3 risks, 1 measures'))
  t.ok(out.some((line) => /^attachment "signed.pdf": 16 bytes of application\/pdf, SHA-256 [0-9a-f]{64}$/.test(line)))
  t.ok(out.some((line) => line.startsWith('CONTRADICTION /pia/rejection_reason: it is validated (status 3)')))
  t.equal(out.at(-1), '0 differences')
  t.same(JSON.parse(readFileSync(path('out.json'), 'utf8')), sample)
  t.equal(statSync(path('out.json')).mode & 0o077, 0)
})

t.test('a template is refused in words and nothing is written', async (t) => {
  writeFileSync(path('template.json'), '{"structure":{"name":"Things that connect","data":{"sections":[]}}}')
  const { code, out, err } = await run('import', path('template.json'), '--export', path('none.json'))
  t.equal(code, 1)
  t.same(out, [])
  t.match(err[0], /template\.json: is a template of the CNIL PIA tool \("Things that connect"\)/)
  t.throws(() => statSync(path('none.json')))
})

t.test('called in any other way it says how it is called', async (t) => {
  for (const args of [
    [],
    ['import'],
    ['import', path('in.json')],
    ['export', path('in.json'), '--export', path('x')],
    ['import', path('in.json'), '--to', 'x'],
  ]) {
    const { code, err } = await run(...args)
    t.equal(code, 2, args.join(' '))
    t.match(err[0], /^usage: accord cnil import FILE --export OUT/)
  }
  t.match(await run('import', path('in.json'), '--export', path('in.json')), { code: 2, err: [/is the file itself/] })
  t.match(await run('import', path('nowhere.json'), '--export', path('x.json')), { code: 1, err: [/nowhere\.json: there is no such file/] })
})
