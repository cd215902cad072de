import type { Fault } from '../../platform/kernel/refusal.ts'
import { isBlank, textFaults } from './written-text.ts'

/** The acceptance of a risk by one controller (DP-7), and what it owes the advice of its data protection officer (ICO template, step 7). Pure. */

/** Whether whoever accepts goes against the advice (DPO_OUTCOME): it is advice, and can be overruled (UK GDPR Arts 38 and 39; DP-4). */
export function overrules(advice: string): boolean {
  return advice === 'REFUSED'
}

/** What is missing where a controller accepts: its reasons, where the advice was not to go on. They are shown for ever. */
export function acceptanceFaults(advice: string, reasons: string | null): Fault[] {
  const faults = textFaults('/reasons', 'The reasons', reasons)
  if (overrules(advice) && isBlank(reasons))
    faults.push({
      ...{ pointer: '/reasons', code: 'REASONS_MISSING', citation: 'UK GDPR Art 35(2); DP-4' },
      detail: 'The data protection officer advised not to go on: say why you do. The reasons stay with the assessment for ever.',
    })
  return faults
}
