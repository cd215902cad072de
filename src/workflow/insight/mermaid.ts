import type { StepState } from '../model/sign-off.ts'
import { countsOf, type Drawing, type DrawnParty, STATE_WORDS } from './drawing.ts'

/** Parties that are named at a step; the rest are counted. */
const NAMED = 6
/** States in which somebody is waited for, or in which it stopped: their parties are named. */
const NAMED_STATES: readonly StepState[] = ['OPEN', 'RETURNED', 'REFUSED']

/**
 * Routes as a Mermaid flowchart: a subgraph for each route, a node for each step that says how many parties stand where, and names
 * those that are waited for. Pure.
 */
export function mermaidOf(drawings: readonly Drawing[]): string {
  const lines = ['flowchart LR']
  drawings.forEach(({ key, title, steps, parties }, at) => {
    const node = (id: string) => `r${at}s${steps.findIndex((step) => step.id === id)}`
    lines.push(`  subgraph r${at}["${text(`${title} (${key})`)}"]`)
    for (const { id, title, role } of steps) {
      const states = [...countsOf(parties, id)].map(([state, found]) => text(`${STATE_WORDS[state]}: ${partiesIn(state, found)}`))
      lines.push(`    ${node(id)}["${[text(title), text(role), ...states].join('<br/>')}"]${classOf(parties, id)}`)
    }
    for (const { id, after } of steps) for (const before of after) lines.push(`    ${node(before)} --> ${node(id)}`)
    lines.push('  end')
  })
  lines.push('  classDef done fill:#cce2d8,stroke:#005a30,color:#0b0c0c')
  lines.push('  classDef open fill:#d2e2f1,stroke:#144e81,color:#0b0c0c')
  lines.push('  classDef stopped fill:#f4cdc6,stroke:#942514,color:#0b0c0c')
  return `${lines.join('\n')}\n`
}

function partiesIn(state: StepState, parties: readonly DrawnParty[]): string {
  if (!NAMED_STATES.includes(state)) return String(parties.length)
  const names = parties.map(({ org }) => org ?? 'all parties together')
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : ''
  return `${names.slice(0, NAMED).join(', ')}${more}`
}

function classOf(parties: readonly DrawnParty[], step: string): string {
  const counts = countsOf(parties, step)
  if (counts.has('RETURNED') || counts.has('REFUSED')) return ':::stopped'
  if (counts.has('OPEN')) return ':::open'
  return counts.has('DONE') && !counts.has('WAITING') ? ':::done' : ''
}

/** Text within a quoted label: nothing of it is read as Mermaid or as HTML. */
function text(words: string): string {
  return words.replace(/[^\p{L}\p{N} .,:()/'_-]/gu, (character) => `#${character.codePointAt(0)};`)
}
