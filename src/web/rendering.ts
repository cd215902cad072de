import nunjucks from 'nunjucks'
import { isDay, spokenDay, spokenInstant, spokenTime } from '../platform/kernel/london-day.ts'
import type { CodeList } from '../reference/code-list.ts'
import { GOVUK, pageAssets } from './assets.ts'
import { dayParts } from './drafting/answers.ts'
import { withSpokenDays } from './spoken-days.ts'

/** Makes pages of templates. Everything that is shown is escaped; a template says where it is not. */
export function pageRendering() {
  const templates = new nunjucks.FileSystemLoader([import.meta.dirname, GOVUK], { noCache: false })
  const environment = new nunjucks.Environment(templates, { autoescape: true, trimBlocks: true, lstripBlocks: true })
  environment.addFilter('day', (day: unknown) => (typeof day === 'string' && isDay(day) ? spokenDay(day) : 'not set'))
  environment.addFilter('instant', (at: unknown) => (typeof at === 'string' && at !== '' ? spokenInstant(Date.parse(at)) : 'not yet'))
  environment.addFilter('dates', (sentence: unknown) => withSpokenDays(String(sentence ?? '')))
  environment.addFilter('time', (at: string) => spokenTime(Date.parse(at)))
  environment.addFilter('plural', (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`)
  environment.addFilter('dayParts', (day: unknown) => dayParts(typeof day === 'string' ? day : ''))
  environment.addFilter('sentence', (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`)
  environment.addFilter('inSentence', (words: string | readonly string[]) => [words].flat().map(inSentence).join(', '))
  const assets = pageAssets()
  environment.addGlobal('assets', { style: assets.style.path, script: assets.script.path, icon: assets.icon.path })
  return {
    assets: assets.all,
    render: (template: string, context: object): string => environment.render(template, context),
  }
}

/** Words that begin a label with a capital of their own wherever they stand. */
const PROPER = /^(Prevent)\b/

/** A label within a sentence: without the capital that it begins with, unless that is of an abbreviation or a name (“SIRO approval”, “Caldicott Guardian”). */
export function inSentence(label: string): string {
  const isName = /^\S+[A-Z]/.test(label) || /^\S+ [A-Z]/.test(label) || PROPER.test(label)
  return isName ? label : `${label.charAt(0).toLowerCase()}${label.slice(1)}`
}

/** Code lists in words: the label of a code of a list; the code itself where the list holds no such code. */
export function labelled(lists: readonly CodeList[]) {
  return (list: string, code: string | null | undefined): string => {
    if (!code) return 'not set'
    return lists.find((one) => one.list === list)?.entries.find((one) => one.code === code)?.label ?? code
  }
}

/** The codes of a list with their labels, in its order; none where there is no such list. */
export function codesOf(lists: readonly CodeList[], list: string): readonly (readonly [code: string, label: string])[] {
  return (lists.find((one) => one.list === list)?.entries ?? []).map(({ code, label }) => [code, label])
}
