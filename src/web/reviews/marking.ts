import { isSamePerson, type Principal } from '../../identity/principal.ts'
import type { Mark, SignOff, Thread } from '../../workflow/model/sign-off.ts'
import type { Section } from '../agreements/answers.ts'

/** What reviewers say of the parts of a text. Pure. */

/** A part with what was said of it. */
export interface MarkedPart {
  readonly part: string
  /** Of the reader. */
  readonly own: Mark | undefined
  /** Of other people of the reader's organisation, and what others share. */
  readonly others: readonly Mark[]
  readonly threads: readonly Thread[]
}

/** How far the reader's organisation has got with a section. */
export interface SectionProgress extends Pick<Section, 'key' | 'title'> {
  readonly answers: number
  readonly marked: number
  readonly improve: number
  readonly toCorrect: number
  readonly openThreads: number
}

/** What was said of one part. */
export function markedPart({ marks, threads }: SignOff, part: string, { issuer, sub, org }: Principal): MarkedPart {
  const isOwn = ({ by }: Mark) => by.org === org && isSamePerson(by, { issuer, sub })
  const here = marks.filter((mark) => mark.part === part)
  return {
    part,
    own: here.find(isOwn),
    others: here.filter((mark) => !isOwn(mark)),
    threads: threads.filter((thread) => thread.part === part),
  }
}

/** How far each section is, by the marks of the reader's organisation. */
export function progressOf({ marks, threads }: SignOff, sections: readonly Section[], org: string): SectionProgress[] {
  return sections.map(({ key, title, part, answers }) => {
    const parts = new Set([part, ...answers.map((answer) => answer.part)])
    const own = marks.filter(({ by, part: of }) => by.org === org && parts.has(of))
    const count = (value: Mark['mark']) => new Set(own.filter(({ mark }) => mark === value).map(({ part: of }) => of)).size
    return {
      ...{ key, title, answers: answers.length },
      marked: answers.filter((answer) => own.some(({ part: of }) => of === answer.part)).length,
      ...{ improve: count('IMPROVE'), toCorrect: count('TO_CORRECT') },
      openThreads: threads.filter(({ part: of, resolved }) => parts.has(of) && resolved === null).length,
    }
  })
}

/** The threads that belong to no section: on the whole, or on a part that has no answer. */
export function threadsOnWhole({ threads }: SignOff, sections: readonly Section[]): readonly Thread[] {
  const parts = new Set(sections.flatMap(({ part, answers }) => [part, ...answers.map((answer) => answer.part)]))
  parts.delete('')
  return threads.filter(({ part }) => !parts.has(part))
}

/** What a pointer into the text is called: the section and the answer, or the whole. */
export function partNamed(sections: readonly Section[], part: string): string {
  const place = placeOf(sections, part)
  return place ? `${place.section.title}${place.answer ? `, ${place.answer.label.toLowerCase()}` : ''}` : 'The whole'
}

/** The words of a refusal with the parts that it names as people call them. */
export function partsNamed(why: string | null, { marks }: SignOff, sections: readonly Section[]): string | null {
  return marks.reduce<string | null>(
    (text, { part }) => (part === '' ? text : (text?.replaceAll(part, `“${partNamed(sections, part)}”`) ?? null)),
    why,
  )
}

/** Where in the text a pointer leads: the section, and the answer if it is of one. */
export function placeOf(sections: readonly Section[], part: string) {
  for (const section of sections) {
    const answer = section.answers.find((one) => one.part === part)
    if (answer || (section.part === part && part !== '')) return { section, answer }
  }
  return undefined
}
