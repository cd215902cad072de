import { stableJson } from '../../platform/kernel/stable-json.ts'
import type { AssessmentContent } from '../made/content.ts'
import type { CnilFile } from './cnil-file.ts'
import { memberOf, withMember, withoutMember } from './members.ts'
import { type Links, PLACES, type Place } from './places.ts'
import { standardReferences } from './standard.ts'

/** What an assessment here says and one of the tool does not. */
export interface Whose {
  /** The organisation that imported it. */
  readonly org: string
  /** DATA_SUBJECT codes of whom its share is about. */
  readonly subjects: readonly string[]
}

/** What of a file is kept beside the assessment that came of it. It is data of the file's author: shown as plain text, never trusted. */
export interface Carried {
  /** The file without the members that the content gives back word for word. */
  readonly members: CnilFile
  /** Those that are not in `members`, as `PLACE ID/which of its members`. */
  readonly given: readonly string[]
  readonly links: Links
  readonly whose: Whose
}

/** The places of a file: all of them, but for questions that its own structure asks anew under a number of the tool. Pure. */
export function placesOf(file: CnilFile): readonly Place[] {
  const isStandard = standardReferences(file)
  return PLACES.filter(({ members }) => members.every((one) => one.list !== 'answers' || isStandard(one.reference)))
}

/** The file less what its content gives back. Pure. */
export function carriedOf(file: CnilFile, content: AssessmentContent, beside: Pick<Carried, 'links' | 'whose'>): Carried {
  const given: string[] = []
  let members = file
  for (const place of placesOf(file)) {
    const said = place.get(content, beside.links)
    if (said === null) continue
    for (const [at, value] of place.write(said).entries()) {
      const address = place.members[at]
      if (!address || !isSame(memberOf(file, address), value)) continue
      members = withoutMember(members, address)
      given.push(`${place.id}/${at}`)
    }
  }
  return { members, given, ...beside }
}

/** What is carried, with what the content gives back put in its places. Where nothing was changed meanwhile it is the file as it came. Pure. */
export function filledFile(content: AssessmentContent, { members, given, links }: Carried): CnilFile {
  const holes = new Set(given)
  let file = members
  for (const place of placesOf(members))
    for (const [at, value] of place.write(place.get(content, links)).entries()) {
      const address = place.members[at]
      if (address && holes.has(`${place.id}/${at}`)) file = withMember(file, address, value)
    }
  return file
}

function isSame(value: unknown, other: unknown): boolean {
  return value !== undefined && stableJson(value) === stableJson(other)
}
