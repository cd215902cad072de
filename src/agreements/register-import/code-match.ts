import type { CodeList } from '../../reference/code-list.ts'
import { plain } from '../model/register-columns.ts'
import { isDoubted } from './cells.ts'
import { isDenied } from './lawful-bases.ts'

/** Reads the words of a register into our codes, by code or label only: what is not there word for word stays words. */
export interface CodeMatch {
  /** The codes of a list that a cell names, in the order of the cell, and the parts that name none. */
  codes(list: string, parts: readonly string[]): { readonly codes: readonly string[]; readonly unknown: readonly string[] }
  /** Gateways whose citation stands in the text. */
  gateways(text: string): string[]
}

export function codeMatch(lists: readonly CodeList[]): CodeMatch {
  const byList = new Map(
    lists.map(({ list, entries }) => [
      list,
      new Map(
        // By its label a local code of anybody could take the place of what a register means; it is named in full or not at all.
        entries.flatMap(({ code, label, local }): [string, string][] =>
          local === true
            ? [[plain(code), code]]
            : [
                [plain(label), code],
                [plain(code), code],
                [plain(code.split('.').at(-1) ?? code), code],
              ],
        ),
      ),
    ]),
  )
  const citations = (lists.find(({ list }) => list === 'GATEWAY')?.entries ?? []).flatMap(({ code, citation }): [string, string][] =>
    citation === null || plain(citation).length < 8 ? [] : [[section(citation), code]],
  )
  return {
    codes(list, parts) {
      const known = byList.get(list) ?? new Map<string, string>()
      const read = parts.map((part) => ({ part, code: isDoubted(part) ? undefined : known.get(plain(part)) }))
      return {
        codes: [...new Set(read.flatMap(({ code }) => code ?? []))],
        unknown: read.flatMap(({ part, code }) => (code ? [] : [part])),
      }
    },
    gateways(text) {
      // One that is named only to be denied, or doubted, is none.
      if (isDenied(text)) return []
      const given = `${section(text)} `
      return citations.filter(([citation]) => given.includes(`${citation} `)).map(([, code]) => code)
    },
  }
}

/** "Section 115 of the Crime and Disorder Act 1998" and "Crime and Disorder Act 1998 s115" read alike. */
function section(text: string): string {
  const words = plain(text)
  const turned = words.replace(/^(?:section|s)\s?(\d+[a-z]*) (?:of )?(?:the )?(.*)$/, '$2 s$1')
  return turned.replaceAll(/\b(?:section|sec) ?(\d)/g, 's$1').replaceAll(/\bs (\d)/g, 's$1')
}
