import { CONTACT_LABELS } from '../../agreements/model/field-labels.ts'
import type { AdviceInFull } from '../../decisions/advice/consistency.ts'
import { FLOW_TASKS, placeToMend, type TaskFacts } from './tasks.ts'

/** What is found about one place of a draft, with where it is mended. */
export interface Findings {
  readonly title: string
  /** Below the address of the draft; null: no page is about it. */
  readonly path: string | null
  readonly lines: readonly Line[]
}

/** One thing to do or to know, however often it is found. */
export interface Line {
  readonly text: string
  /** Organisations of which each is concerned, where it is found of several parties. */
  readonly orgs: readonly string[]
}

export type Found = Pick<AdviceInFull, 'pointer' | 'detail' | 'of'>
type Facts = Pick<TaskFacts, 'draft' | 'view'>

/** What is found, each thing once: for how many parties and which, in which flows. In the order in which it is found. Pure. */
export function findingsIn(found: readonly Found[], facts: Facts): Findings[] {
  const all = [...ofFlows(found, facts), ...ofContacts(found, facts), ...ofOthers(found, facts)].toSorted((a, b) => a.place - b.place)
  const places = new Map<string, { readonly title: string; readonly path: string | null; readonly lines: Map<string, Set<string>> }>()
  for (const { title, path, text, org } of all) {
    const known = places.get(title) ?? { title, path, lines: new Map() }
    const orgs = known.lines.get(text) ?? new Set()
    if (org !== undefined) orgs.add(org)
    known.lines.set(text, orgs)
    places.set(title, known)
  }
  return [...places.values()].map(({ lines, ...one }) => ({
    ...one,
    lines: [...lines].map(([text, orgs]) => ({ text, orgs: [...orgs] })),
  }))
}

/** Something found, put where it belongs. */
interface Placed {
  readonly place: number
  readonly title: string
  readonly path: string | null
  readonly text: string
  readonly org?: string
}

/** Faults of flows: those that are the same in several of them once. */
function ofFlows(found: readonly Found[], facts: Facts): Placed[] {
  const same = new Map<
    string,
    { readonly place: number; readonly task: string; readonly text: string; readonly flows: string[]; readonly path: string }
  >()
  for (const [place, { pointer, detail }] of found.entries()) {
    const flow = flowOf(pointer, facts)
    if (flow === undefined) continue
    const task = FLOW_TASKS.find(({ places }) => places.test(pointer))
    const text = withoutStart(detail, `Flow ${flow}: `)
    const key = JSON.stringify([task?.path, text])
    const known = same.get(key) ?? { place, task: task?.title ?? '', text, flows: [], path: `flows/${flow}${task ? `/${task.path}` : ''}` }
    if (!known.flows.includes(flow)) known.flows.push(flow)
    same.set(key, known)
  }
  return [...same.values()].map(({ place, task, text, flows, path }) => ({
    ...{ place, text, path: flows.length === 1 ? path : 'flows' },
    title: `${flows.length === 1 ? 'Flow' : 'Flows'} ${listed(flows)}${task === '' ? '' : `: ${task}`}`,
  }))
}

/** Contacts that are missing: parties that lack the same ones together. */
function ofContacts(found: readonly Found[], facts: Facts): Placed[] {
  const missing = new Map<string, { readonly place: number; readonly contacts: string[] }>()
  for (const [place, { pointer }] of found.entries()) {
    const contact = contactOf(pointer, facts)
    if (!contact) continue
    const known = missing.get(contact.org) ?? { place, contacts: [] }
    known.contacts.push(contact.label)
    missing.set(contact.org, known)
  }
  const only = missing.size === 1
  return [...missing].map(([org, { place, contacts }]) => ({
    ...{ place, org, title: 'Parties and their contacts', path: only ? `parties/${org}/contacts` : 'parties' },
    text: `${contacts.length === 1 ? 'A contact is' : 'Contacts are'} missing: ${listed(contacts)}.`,
  }))
}

function ofOthers(found: readonly Found[], facts: Facts): Placed[] {
  return found.flatMap(({ pointer, detail, of = [] }, place) => {
    if (flowOf(pointer, facts) !== undefined || contactOf(pointer, facts)) return []
    const { path, title } = placeToMend(pointer, facts) ?? { path: null, title: 'The draft' }
    // What each of many lacks is the same thing to do, in whichever flow it was found.
    if (of.length > 0) return of.map((one) => ({ place, title, path, org: one.org, text: withoutStart(one.detail, `${one.org} has `) }))
    const org = partyOf(pointer, facts)
    const text = org === undefined ? detail : withoutStart(detail, `${org} is `)
    return [{ place, title, path, text, ...(org !== undefined && text !== detail ? { org } : {}) }]
  })
}

function flowOf(pointer: string, { draft }: Facts): string | undefined {
  const [, index] = /^\/terms\/flows\/(\d+)/.exec(pointer) ?? []
  return index === undefined ? undefined : draft.terms.flows[Number(index)]?.id
}

function partyOf(pointer: string, { view }: Facts): string | undefined {
  const [, index] = /^\/parties\/(\d+)\//.exec(pointer) ?? []
  return index === undefined ? undefined : view.parties[Number(index)]?.org
}

function contactOf(pointer: string, facts: Facts): { readonly org: string; readonly label: string } | undefined {
  const [, name] = /^\/parties\/\d+\/contacts\/(\w+)$/.exec(pointer) ?? []
  const org = partyOf(pointer, facts)
  const label = Object.entries(CONTACT_LABELS).find(([known]) => known === name)?.[1]
  return org === undefined || label === undefined ? undefined : { org, label }
}

function withoutStart(text: string, start: string): string {
  return text.startsWith(start) ? text.slice(start.length) : text
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
