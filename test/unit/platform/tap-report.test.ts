import t from 'tap'
import { tapReport } from '../../runner/tap-report.ts'

const run = `TAP version 14
# Subtest: test/a.test.ts
    # Subtest: outer
        # Subtest: inner
            ok 1 - fine
            not ok 2 - a fact
              ---
              diff: |
                -1
                +2
              ...
            1..2
        not ok 1 - inner # time=2.4ms
        1..1
    not ok 1 - outer # time=3ms
      ---
      at: noise
      ...
    ok 2 - left out # SKIP no reason
    1..2
not ok 1 - test/a.test.ts # time=37.7ms
  ---
  exitCode: 1
  ...
# Subtest: test/b.test.ts
    ok 1 - fine
    1..1
ok 2 - test/b.test.ts # time=5.2ms
1..2
# { total: 4, pass: 2, fail: 1, skip: 1 }
`

function read(tap: string) {
  const printed: string[] = []
  const report = tapReport((line) => printed.push(line))
  for (const line of tap.split('\n')) report.line(line)
  return { printed, totals: report.totals }
}

t.test('a file is a line; a failed assertion is its path and its diagnosis, once', async (t) => {
  t.same(read(run).printed, [
    'FAIL test/a.test.ts (37 ms)',
    '',
    '     outer > inner > a fact',
    '       diff: |',
    '         -1',
    '         +2',
    'ok   test/b.test.ts (5 ms)',
  ])
})

t.test('the totals are those of tap', async (t) => {
  t.same(read(run).totals(1), { passed: 2, failed: 1, skipped: 1 })
})

t.test('a run that ends badly has failed, even when no assertion did', async (t) => {
  t.same(read('# { total: 3, pass: 3 }').totals(1), { passed: 3, failed: 1, skipped: 0 })
  t.same(read('').totals(1), { passed: 0, failed: 1, skipped: 0 }, 'or when nothing was counted at all')
  t.same(read('# { total: 3, pass: 3 }').totals(0), { passed: 3, failed: 0, skipped: 0 })
})
