import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** The numbers of one service, for Prometheus. A module adds its own; no label may ever hold who asked or about whom. */
export interface Metrics {
  /** Counts things: `metrics.count('accord_decisions_total', 'Decisions answered.', ['outcome'])({ outcome: 'PERMIT' })`. */
  count<Label extends string>(name: string, help: string, labels: readonly Label[]): (values: Readonly<Record<Label, string>>) => void
  /** Spreads values over buckets; the unit is in the name. */
  observe(name: string, help: string, buckets: readonly number[]): (value: number) => void
  /** Reads a number each time it is asked for (integrator lag, checkpoint age, queue length); one that throws is left out. */
  read(name: string, help: string, value: () => number | Promise<number>): void
  /** As `read`, one number for each value of a label. */
  readEach(name: string, help: string, label: string, values: () => ReadonlyMap<string, number>): void
  /** Everything in the text format of Prometheus, with its content type. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>
}

/** Opens the numbers of one service; those of the process (memory, event loop, garbage collection) are among them. */
export function openMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'accord_' })
  const registers = [registry]
  return {
    count(name, help, labels) {
      const counter = new Counter({ name, help, labelNames: [...labels], registers })
      return (values) => counter.inc(values)
    },
    observe(name, help, buckets) {
      const histogram = new Histogram({ name, help, buckets: [...buckets], registers })
      return (value) => histogram.observe(value)
    },
    read(name, help, value) {
      const gauge: Gauge = new Gauge({
        name,
        help,
        registers,
        async collect() {
          try {
            gauge.set(await value())
          } catch {
            gauge.remove()
          }
        },
      })
    },
    readEach(name, help, label, values) {
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: [label],
        registers,
        collect() {
          gauge.reset()
          for (const [value, number] of values()) gauge.set({ [label]: value }, number)
        },
      })
    },
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  }
}
