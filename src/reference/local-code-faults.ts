import type { Fault } from '../platform/kernel/refusal.ts'
import { type CodeList, isValidOn } from './code-list.ts'
import { type LocalCode, localCodeOf, relativesIn } from './local-code.ts'

/** What somebody wants to add. */
export interface LocalCodeBody {
  readonly name: string
  readonly label: string
  readonly broader: string
  readonly why: string
}

/** As long as a code may be wherever one is written down. */
const CODE_CHARACTERS_MAX = 100

/**
 * What speaks against a new local code, whatever its owner: what it stands under is no shipped code of that day, or its label
 * could be taken for another. Pure; none: it can be added.
 *
 * @param list the list with every local code in it
 */
export function localCodeFaults(body: LocalCodeBody, owner: string, list: CodeList, today: string): Fault[] {
  return [...nameFaults(body, owner), ...broaderFaults(body, list, today), ...labelFaults(body, owner, list)]
}

/** The code in whose way this one would stand: of the same name, whatever has ended. */
export function clashOf(name: string, owner: string, known: readonly LocalCode[]): LocalCode | undefined {
  const squeezed = name.replaceAll('_', '')
  const prefix = localCodeOf(owner, '')
  return known.find(({ code, owner_org }) => owner_org === owner && code.slice(prefix.length).replaceAll('_', '') === squeezed)
}

function nameFaults({ name }: LocalCodeBody, owner: string): Fault[] {
  const length = localCodeOf(owner, name).length
  return length <= CODE_CHARACTERS_MAX
    ? []
    : [{ pointer: '/name', detail: `makes a code of ${length} characters; ${CODE_CHARACTERS_MAX} is the most` }]
}

function broaderFaults({ broader }: LocalCodeBody, { list, entries }: CodeList, today: string): Fault[] {
  const known = entries.find(({ code }) => code === broader)
  const no = (detail: string): Fault[] => [{ pointer: '/broader', detail, code: 'UNKNOWN_CODE' }]
  if (known?.local) return no('is a local code itself; name the code of the list that it stands under')
  // The part before a dot is a category of items (CK-17); among purposes only the list says what is broader.
  if (!known && list !== 'DATA_ITEM') return no(`is not a code of ${list}`)
  const { parents } = relativesIn(entries)(broader)
  if (parents.length === 0) return no(`is neither a code of ${list} nor the beginning of one`)
  return parents.some(({ valid_from, valid_to }) => isValidOn(today, valid_from, valid_to)) ? [] : no(`is not in the list on ${today}`)
}

function labelFaults({ label }: LocalCodeBody, owner: string, { entries }: CodeList): Fault[] {
  const no = (detail: string): Fault[] => [{ pointer: '/label', detail }]
  if (/\p{C}/u.test(label)) return no('holds a character that cannot be seen')
  if (/[^\p{Script=Latin}\P{L}]/u.test(label)) return no('holds a letter that is not a Latin one and could be taken for one')
  const words = plainly(label)
  if (words === '') return no('holds no letter or digit')
  const others = entries.filter(({ local, owner_org }) => local !== true || owner_org === owner)
  const same = others.find((entry) => plainly(entry.label) === words || plainly(entry.code) === words)
  return same ? no(`reads like ${same.code} (${same.label})`) : []
}

/** Letters and digits in small, without accents and whatever stands between: what two labels that read alike share. */
function plainly(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '')
}
