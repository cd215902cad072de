import type { Web } from '../web.plugin.ts'
import { type BeginningOptions, beginningPages } from './beginning.pages.ts'
import { type CheckOptions, checkPages } from './check.pages.ts'
import { stepPages } from './drafting.pages.ts'
import { flowLawSteps } from './flow-law-steps.pages.ts'
import { flowSteps } from './flow-steps.pages.ts'
import { listSections } from './list-steps.pages.ts'
import { partySteps } from './party-steps.pages.ts'
import { type TaskListOptions, taskListPages } from './task-list.pages.ts'
import { textSteps } from './text-steps.pages.ts'
import { type VersionPagesOptions, versionPages } from './versions.pages.ts'

/** Drafting an agreement, from the first question to its review. */
export function draftingArea(options: BeginningOptions & CheckOptions & TaskListOptions & VersionPagesOptions) {
  const steps = [...textSteps, ...partySteps, ...flowSteps, ...flowLawSteps, ...listSections.map(({ step }) => step)]
  const areas = [beginningPages(options), taskListPages(options), stepPages(steps, options), checkPages(options), versionPages(options)]
  return (web: Web): void => {
    for (const area of areas) area(web)
  }
}
