import type { AssessmentContent } from '../made/content.ts'
import { askedBy } from '../made/questions.ts'
import { type Carried, filledFile, placesOf } from './carrying.ts'
import type { CnilFile } from './cnil-file.ts'
import { contentOf } from './importing.ts'
import { withMember } from './members.ts'
import type { Place } from './places.ts'

/** An assessment in the form of the CNIL tool, and what of it that form has no place for, in words. */
export interface CnilExport {
  readonly file: CnilFile
  readonly leftOut: readonly string[]
}

/**
 * An assessment as a file of the CNIL tool. What nobody changed since it was imported is as it came, HTML and steps of four included; what
 * was changed is written anew; whatever only that tool knows comes from what was carried. Pure.
 */
export function exportOf(content: AssessmentContent, carried: Carried): CnilExport {
  const { links, whose } = carried
  const filled = filledFile(content, carried)
  const asFilled = contentOf(filled, links, whose)
  const places = placesOf(filled)
  const isChanged = ({ get }: Place) => get(content, links) !== get(asFilled, links)
  const file = places.filter(isChanged).reduce((file, place) => written(file, place, place.get(content, links)), filled)
  return { file, leftOut: leftOutOf(content, carried, places) }
}

function written(file: CnilFile, { members, write }: Place, said: string | null): CnilFile {
  const values = write(said)
  return members.reduce((file, member, at) => withMember(file, member, values[at] ?? null), file)
}

function leftOutOf(
  { answers, risks, measures, screening, review }: AssessmentContent,
  { links, whose }: Carried,
  places: readonly Place[],
): string[] {
  const keys = new Set(places.map(({ id }) => id))
  const [ofRisks, ofMeasures] = [links.risks, links.measures].map((ids) => new Set(Object.values(ids)))
  return [
    ...(screening ? ['the screening: the tool has none'] : []),
    ...Object.keys(answers)
      .filter((key) => !keys.has(`answers.${key}`))
      .map((key) => `the answer to “${askedBy(key)}”: the tool asks nothing like it`),
    ...Object.entries(answers)
      .filter(([key, { choice }]) => choice !== null && !keys.has(`choices.${key}`))
      .map(([key]) => `the choice made in “${askedBy(key)}”`),
    ...risks
      .filter(({ id }) => !ofRisks?.has(id))
      .map(({ source }) => `a risk from ${source || 'an unnamed source'}: the tool has three risks and no other`),
    ...risks
      .filter(({ affected_subjects }) => affected_subjects.join() !== whose.subjects.join())
      .map(({ source }) => `whom the risk from ${source} affects`),
    ...measures
      .filter(({ id }) => !ofMeasures?.has(id))
      .map(({ measure }) => `the measure "${measure.slice(0, 100)}": the tool has one plan for each of its risks`),
    ...measures
      .filter(({ id, approved, done_on }) => ofMeasures?.has(id) && (approved || done_on))
      .map(({ measure }) => `that the measure "${measure.slice(0, 100)}" is approved or done`),
    ...(review ? ['when it is reviewed next, and by whom'] : []),
  ]
}

/**
 * What stands in for a file where an assessment was not imported: it begins as one of the tool in which nobody has written anything. Pure.
 *
 * @param created_at instant, ISO 8601
 */
export function carriedFor({
  name,
  created_at,
  org,
}: {
  readonly name: string
  readonly created_at: string
  readonly org: string
}): Carried {
  const people = { author_name: '', evaluator_name: '', validator_name: '', dpos_names: '', people_names: '' }
  const pia = { id: 1, name, status: 0, ...people, created_at, updated_at: created_at, is_example: 0, structure_id: null, category: '' }
  return {
    ...{ members: { pia, answers: [], measures: [], evaluations: [], comments: [] }, given: [], whose: { org, subjects: [] } },
    links: { risks: {}, measures: {} },
  }
}
