import type { Refusal } from '../platform/kernel/refusal.ts'
import type { Answer } from './answer.ts'

/** The numbers about decisions, as `Metrics` of the platform offers to keep them. Outcomes and reasons only: nobody's names. */
export interface MetricsSink {
  count<Label extends string>(name: string, help: string, labels: readonly Label[]): (values: Readonly<Record<Label, string>>) => void
  observe(name: string, help: string, buckets: readonly number[]): (value: number) => void
  read(name: string, help: string, value: () => number | Promise<number>): void
}

/** What is read when the numbers are asked for. Milliseconds where the name says so. */
export interface DecisionState {
  queue(): { readonly length: number; readonly oldestMs: number }
  revision(): number
  losses(): number
  freshness(): { readonly behind: number; readonly sinceRefreshMs: number }
  isListening(): boolean
  unsearched(): number
}

const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256]
const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]

/** Counters for the hot path: each call is an addition, nothing is looked up. */
export function decisionCounters(metrics: MetricsSink) {
  const decided = metrics.count(
    'accord_decisions_total',
    'Decision calls recorded and answered; ERROR: refused, since they could not be read or asked for what there is not.',
    ['outcome', 'simulated'],
  )
  const reasoned = metrics.count('accord_decision_reasons_total', 'Reasons of refusals; one refusal may have several.', [
    'reason',
    'simulated',
  ])
  const size = metrics.observe('accord_append_batch_size', 'Entries a batch.', BATCH_SIZES)
  const seconds = metrics.observe('accord_append_seconds', 'Time from sending a batch to its acknowledged commit.', SECONDS)
  return {
    onAnswer(answer: Answer): void {
      const simulated = String(answer.simulated)
      decided({ outcome: answer.decision, simulated })
      for (const { code } of answer.reasons) reasoned({ reason: code, simulated })
    },
    onRefused({ code }: Pick<Refusal, 'code'>, isSimulated: boolean): void {
      const simulated = String(isSimulated)
      decided({ outcome: 'ERROR', simulated })
      reasoned({ reason: code, simulated })
    },
    onBatch(entries: number, milliseconds: number): void {
      size(entries)
      seconds(milliseconds / 1000)
    },
  }
}

/** Numbers that are read when asked for. */
export function decisionGauges(metrics: MetricsSink, state: DecisionState): void {
  metrics.read('accord_append_queue_length', 'Calls that wait to be recorded.', () => state.queue().length)
  metrics.read('accord_append_queue_oldest_seconds', 'How long the oldest of them has waited.', () => state.queue().oldestMs / 1000)
  metrics.read('accord_policy_revision', 'Policy revision of this process.', () => state.revision())
  metrics.read('accord_policy_revisions_behind', 'Announced revisions that this process has not loaded.', () => state.freshness().behind)
  metrics.read(
    'accord_policy_refresh_age_seconds',
    'Since this process last looked for a newer revision.',
    () => state.freshness().sinceRefreshMs / 1000,
  )
  metrics.read('accord_policy_losses', 'How often the database had lost acts that this process knew of.', () => state.losses())
  metrics.read('accord_policy_channel_open', '1 while notifications of new revisions are heard.', () => (state.isListening() ? 1 : 0))
  metrics.read(
    'accord_decisions_unsearched',
    'Entries of the decisions log that no search has read yet; alarm above 10000 for five minutes.',
    () => state.unsearched(),
  )
}
