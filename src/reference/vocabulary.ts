/**
 * Vocabularies: the words that registers of other organisations use, and what they mean.
 *
 * Words: vocabulary, term (a whole cell in plain letters), meaning. A term is compared as a whole, never in pieces.
 */

/** The words of one column, as the file of the vocabulary holds them. */
export interface VocabularyFile {
  readonly vocabulary: string
  readonly title: string
  readonly description: string
  /** yyyy-mm-dd. */
  readonly edition: string
  /** Terms by what they mean, in plain letters. */
  readonly terms: Readonly<Record<string, readonly string[]>>
}

/** Meanings by term. */
export type Vocabulary = ReadonlyMap<string, string>

/** Vocabularies by name, made once. @throws Error where one term has two meanings, or is not written as it is compared */
export function compileVocabularies(files: readonly VocabularyFile[]): ReadonlyMap<string, Vocabulary> {
  return new Map(files.map((file) => [file.vocabulary, compile(file)]))
}

function compile({ vocabulary, terms }: VocabularyFile): Vocabulary {
  const found = new Map<string, string>()
  for (const [meaning, all] of Object.entries(terms)) {
    for (const term of all) {
      if (found.has(term)) throw new Error(`${vocabulary}: "${term}" means ${found.get(term)} and ${meaning}`)
      if (term !== plainTerm(term)) throw new Error(`${vocabulary}: "${term}" is compared as "${plainTerm(term)}"`)
      found.set(term, meaning)
    }
  }
  return found
}

/** A cell as terms are compared: letters and digits in small, words apart by one blank; signs alone stay as they are. */
export function plainTerm(text: string): string {
  const letters = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('&', ' and ')
    .replaceAll(/['’]/g, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
  return letters || text.normalize('NFKC').trim().toLowerCase()
}
