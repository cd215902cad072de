import { type Counted, type Load, type Measured, measure } from './processes.ts'
import { median, table } from './table.ts'

/** A load, and how many decisions each answer to it holds; absent: one. */
export interface Loads {
  readonly [name: string]: { readonly load: Load; readonly decisions?: number }
}

/** What a load came to: medians of its rounds, processor time a decision. */
export interface Row {
  readonly [figure: string]: string | number
  readonly what: string
  readonly 'per s': number
  readonly 'p50 ms': number
  readonly 'p99 ms': number
}

/**
 * Measures loads in rounds that alternate, once the compiler has seen each of them for `warmSeconds`, and prints a table of their medians.
 * Processor time is that of each process counted and of asking, a decision.
 */
export async function measureRounds<Names extends Loads>(
  loads: Names,
  { rounds, warmSeconds, counted }: { readonly rounds: number; readonly warmSeconds: number; readonly counted: Counted },
): Promise<Readonly<Record<keyof Names, Row>>> {
  for (const { load } of Object.values(loads)) await measure({ ...load, seconds: warmSeconds }, {})
  const results = new Map<string, Measured[]>()
  for (let round = 0; round < rounds; round++)
    for (const [name, { load }] of Object.entries(loads)) {
      const measured = await measure(load, counted)
      if (measured.wrong > measured.answers / 100)
        console.log(`${name}: ${measured.wrong} not as expected, the first: ${measured.firstWrong}`)
      results.set(name, [...(results.get(name) ?? []), measured])
    }
  const rows = [...results].map(([name, all]) => rowOf(name, all, loads[name]?.decisions ?? 1, Object.keys(counted)))
  console.log()
  table(rows)
  return Object.fromEntries(rows.map((row) => [row.what, row])) as Record<keyof Names, Row>
}

function rowOf(what: string, all: readonly Measured[], decisions: number, counted: readonly string[]): Row {
  const of = (pick: (one: Measured) => number) => median(all.map(pick))
  return {
    what,
    'per s': Math.round(of((one) => one.perSecond * decisions)),
    'p50 ms': of((one) => one.p50),
    'p99 ms': of((one) => one.p99),
    ...Object.fromEntries(counted.map((name) => [`${name} ms`, of((one) => one.cpuMs[name] ?? 0) / decisions])),
    'asking ms': of((one) => one.loadCpuMs / Math.max(1, one.answers)) / decisions,
    'too busy for remedies': all.reduce((sum, one) => sum + one.lacking, 0),
    'not as expected': all.reduce((sum, one) => sum + one.wrong, 0),
  }
}
