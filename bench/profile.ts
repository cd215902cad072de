import type { Profiler } from 'node:inspector'
import { fileURLToPath } from 'node:url'
import { measure } from './processes.ts'
import { type Loads, measureRounds } from './rounds.ts'
import { table } from './table.ts'
import type { RunningService, TestSystem } from './test-system.ts'

const WARM_SECONDS = 4
const ROUNDS = 3
const SHOWN = 40

/** One load for some rounds, then a profile of the service under it: where its processor time goes, by function. */
export async function profileLoad(system: TestSystem, service: RunningService, one: Loads[string]): Promise<void> {
  const counted = { node: service.pid, postgres: system.postgresPid }
  await measureRounds({ 'profiled load': one }, { rounds: ROUNDS, warmSeconds: WARM_SECONDS, counted })
  const { self, total } = shares(await service.profile(() => measure(one.load, counted)))
  console.log('\npercent of processor time in a function itself:')
  table(self.slice(0, SHOWN))
  console.log('\npercent of processor time in a function and what it calls:')
  table(total.slice(0, 2 * SHOWN))
}

type Share = Readonly<{ function: string; percent: number }>

/** Shares of the time that is not idle, largest first. */
function shares({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): { readonly self: Share[]; readonly total: Share[] } {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const self = new Map<string, number>()
  const total = new Map<string, number>()
  let all = 0
  samples.forEach((id, at) => {
    const spent = timeDeltas[at] ?? 0
    const leaf = byId.get(id)
    if (!leaf || leaf.callFrame.functionName === '(idle)') return
    all += spent
    add(self, nameOf(leaf), spent)
    const names = new Set<string>()
    for (let step: number | undefined = id; step !== undefined; step = parents.get(step)) {
      const node = byId.get(step)
      if (node) names.add(nameOf(node))
    }
    for (const name of names) add(total, name, spent)
  })
  const sorted = (of: ReadonlyMap<string, number>) =>
    [...of].toSorted((a, b) => b[1] - a[1]).map(([name, spent]) => ({ function: name, percent: (100 * spent) / all }))
  return { self: sorted(self), total: sorted(total) }
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

function nameOf({ callFrame: { functionName, url } }: Profiler.ProfileNode): string {
  const file = url
    .replace('file://', '')
    .replace(ROOT, '')
    .replace(/^node_modules\//, '')
  return `${functionName || '(anonymous)'} ${file}`
}

function add(to: Map<string, number>, name: string, spent: number): void {
  to.set(name, (to.get(name) ?? 0) + spent)
}
