import t from 'tap'
import { queriesText, readQueries, statementText } from '../../runner/recorded-queries.ts'

t.test('a list has one text, however long it is, and parameters are numbered in order', async (t) => {
  for (const [sql, text] of [
    ['select "a" from "t" where "id" in ($1, $2, $3) and "b" = $4', 'select "a" from "t" where "id" in ($1, ...) and "b" = $2'],
    ['select "a" from "t" where "id" in ($1) and "b" = $2', 'select "a" from "t" where "id" in ($1, ...) and "b" = $2'],
    ['insert into "t" ("a", "b") values ($1, default), ($2, $3)', 'insert into "t" ("a", "b") values ($1, default)'],
    ['insert into "t" ("a", "b") values ($1, $2), ($3, $4) returning "a"', 'insert into "t" ("a", "b") values ($1, ...) returning "a"'],
    ['\n  select 1\n    from t\n', 'select 1 from t'],
  ] as const)
    t.equal(statementText(sql), text)
})

t.test('what is written is read again as it was, each under the first file that sends it', async (t) => {
  const queries = new Map([
    ['select 2', new Set(['src/b.ts'])],
    ['select 1', new Set(['src/b.ts', 'src/a.ts'])],
    [`select ${'a, '.repeat(60)}b from t left join (select 1 from u) v on true where x in (select 1 from w)`, new Set(['src/c.ts'])],
    ['select 0', new Set(['src/b.ts'])],
  ])
  const text = queriesText(queries)
  t.match(text, '-- src/a.ts\n\n-- also src/b.ts\nselect 1;\n\n-- src/b.ts\n\nselect 0;\n\nselect 2;\n\n-- src/c.ts\n\nselect a, a,')
  t.match(text, '\n  from t\n  left join (select 1 from u) v\n  on true\n  where x in (select 1 from w);\n')
  const sorted = (all: ReadonlyMap<string, ReadonlySet<string>>) => [...all].map(([sql, files]) => [sql, [...files].toSorted()]).toSorted()
  t.same(sorted(readQueries(text)), sorted(queries))
})
