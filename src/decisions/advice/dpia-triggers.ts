import type { Advice } from '../../agreements/model/advice.ts'
import { assessedFacts } from '../../agreements/model/assessed-text.ts'
import { derivedTriggers } from '../../assessments/made/triggers.ts'
import type { ApprovalQuestion } from './approval-question.ts'

/**
 * DP-1: which DPIA_TRIGGER codes the text itself suggests. A proposal, which a person confirms; so a warning, and silent
 * where a DPIA is required already or where the screening has been recorded.
 */
export function dpiaTriggers({ source, version, codes }: ApprovalQuestion): Advice[] {
  if (source.dpia.required || source.dpia.status === 'SCREENED_OUT') return []
  const found = derivedTriggers(assessedFacts(source, version), { ...codes, labelOf: (_list, code) => code })
  return found
    .filter(({ counts }) => counts)
    .map(({ code, because, flows, citation }) => ({
      ...{ code, pointer: '/dpia', severity: 'WARNING', citation, remedy_role: 'DPO' },
      detail: `A DPIA is likely to be required: ${because} (flow ${flows.join(', ')}). Screen it, and record why if none is made.`,
    }))
}
