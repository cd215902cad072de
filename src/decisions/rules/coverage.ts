import type { PolicyFlow } from '../policy/policy.ts'
import type { Facts, Rule } from './facts.ts'
import { type Reason, reason } from './reason.ts'

/** Whether U equals or is narrower than the flow's purpose; never broader (P5; Art 5(1)(b) UK GDPR); a local one only by its name. */
export function coversPurpose({ request, codes }: Facts, flow: PolicyFlow): boolean {
  return codes.purposes.covers(flow.source.purpose, request.purpose)
}

/** What of the request the flow does not list: items by exact code or grant (CK-17; never a local one), subjects equal or narrower (P6). */
export function uncovered({ request, codes }: Pick<Facts, 'request' | 'codes'>, flow: PolicyFlow): { items: string[]; subjects: string[] } {
  return {
    items: request.data_items.filter(
      (item) => !flow.items.has(item) && ((codes.items.get(item)?.localUnder ?? null) !== null || !isGranted(item, flow.grants)),
    ),
    subjects: (request.data_subjects ?? []).filter(
      (subject) => !flow.source.data_subjects.some((listed) => codes.subjects.covers(listed, subject)),
    ),
  }
}

/** DATA_NOT_COVERED and SUBJECTS_NOT_COVERED for what `uncovered` found. */
export function coverage({ items, subjects }: { items: readonly string[]; subjects: readonly string[] }): Reason[] {
  const found: Reason[] = []
  if (items.length > 0) found.push(reason('DATA_NOT_COVERED', `Not among the agreed data items: ${items.join(', ')}.`, { items }))
  if (subjects.length > 0) {
    found.push(reason('SUBJECTS_NOT_COVERED', `Not among the agreed data subjects: ${subjects.join(', ')}.`, { items: subjects }))
  }
  return found
}

/** CK-17: children of a granted category, at any depth; a parent is the part before a dot. */
function isGranted(item: string, grants: ReadonlySet<string>): boolean {
  for (let dot = item.lastIndexOf('.'); dot > 0; dot = item.lastIndexOf('.', dot - 1)) {
    if (grants.has(item.slice(0, dot))) return true
  }
  return false
}

/** CK-3: form no more identifying than agreed. A form that is in no list counts as the least identifying one. */
export const form: Rule = ({ request, codes }, { flow }) => {
  const wanted = request.data_form ?? 'IDENTIFIABLE'
  const asked = codes.forms.indexOf(wanted)
  const agreed = codes.forms.indexOf(flow.source.data_form)
  const isAllowed = asked >= 0 && agreed >= 0 && asked >= agreed
  return isAllowed ? [] : [reason('DATA_FORM_NOT_ALLOWED', `The agreed form is ${flow.source.data_form}.`, { items: [wanted] })]
}

/** CK-3: an agreed method. */
export const method: Rule = ({ request }, { flow }) => {
  if (request.method === null || flow.methods.has(request.method)) return []
  return [reason('METHOD_NOT_ALLOWED', `Agreed methods: ${[...flow.methods].join(', ')}.`, { items: [request.method] })]
}

/** CK-14: counts within the limit per request; a limited flow asked without the count is beyond it. */
export const volume: Rule = ({ request }, { flow }) => {
  const limit = flow.source.volume_limit
  if (!limit) return []
  return [
    ...tooMany('subject', limit.subjects, request.subject_count, 'subject_count'),
    ...tooMany('record', limit.records, request.record_count, 'record_count'),
  ]
}

function tooMany(what: string, most: number | null, count: number | null, member: 'subject_count' | 'record_count'): Reason[] {
  if (most === null || (count !== null && count <= most)) return []
  const detail = `At most ${most} ${what}${most === 1 ? '' : 's'} per request${count === null ? '; the request gives no count' : ''}.`
  return [reason('VOLUME_EXCEEDED', detail, { items: [member] })]
}
