import type { Web } from '../web.plugin.ts'
import { chainActPages } from './chain-acts.pages.ts'
import { decisionPages } from './decision.pages.ts'
import { handsPages } from './hands.pages.ts'
import { progressPages } from './progress.pages.ts'
import type { ReviewPagesOptions } from './review-call.pages.ts'
import { sectionPages } from './sections.pages.ts'
import { workspacePages } from './workspace.pages.ts'

/** A sign-off as its reviewers and signatories work on it: read, mark, comment, decide, hand on. */
export function reviewPages(options: ReviewPagesOptions) {
  const areas = [workspacePages, sectionPages, decisionPages, handsPages, chainActPages, progressPages].map((area) => area(options))
  return (web: Web): void => {
    for (const area of areas) area(web)
  }
}
