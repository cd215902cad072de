import { sql } from 'kysely'
import type { Transaction } from '../../platform/database/database.ts'
import { askedTerm, type CellAnswer } from './answers.ts'
import { inBatches } from './json-batches.ts'
import type { FileQuestion } from './questions.ts'

/** What a file asks, and what people of an organisation answered. Joins the caller's transaction. */
export function questionsRepository(tx: Transaction) {
  return {
    /** Keeps what a file asks, in this order, instead of what it asked before. */
    async replaceQuestions(importId: string, org: string, questions: readonly FileQuestion[]): Promise<void> {
      await tx.deleteFrom('register_import_question').where('import_id', '=', importId).execute()
      for (const piece of inBatches(questions.map((question, place) => ({ ...question, place })))) {
        await sql`
          insert into register_import_question (import_id, org, field, term, text, taken_for, rows, place)
          select ${importId}::uuid, ${org}, q.field, q.term, q.text, q."takenFor", q.rows, q.place
          from jsonb_to_recordset(${piece}::jsonb) as q(field text, term text, text text, "takenFor" jsonb, rows int, place int)`.execute(
          tx,
        )
      }
    },

    /** What a file asks about partners, or about all else: the first so many, and how many there are. */
    async questions(
      importId: string,
      about: 'partners' | 'others',
      limit: number,
    ): Promise<{ readonly first: FileQuestion[]; readonly total: number }> {
      const found = await tx
        .selectFrom('register_import_question as q')
        .select((eb) => ['q.field', 'q.term', 'q.text', 'q.taken_for', 'q.rows', eb.fn.countAll<string>().over().as('total')])
        .where('q.import_id', '=', importId)
        .where('q.field', about === 'partners' ? '=' : '<>', 'partners')
        .orderBy('q.place')
        .limit(limit)
        .execute()
      const first = found.map(({ taken_for, total: _, field, ...question }) => ({
        ...question,
        field: field as FileQuestion['field'],
        takenFor: taken_for as unknown as string[],
      }))
      return { first, total: Number(found[0]?.total ?? 0) }
    },

    /** What the organisation answered so far, the latest first. */
    async rememberedAnswers(org: string, limit: number): Promise<CellAnswer[]> {
      const rows = await tx
        .selectFrom('register_answer as r')
        .select(['r.field', 'r.text', 'r.answer'])
        .where('r.org', '=', org)
        .orderBy('r.answered_at', 'desc')
        .limit(limit)
        .execute()
      return rows.map(({ field, text, answer }) => ({
        field: field as CellAnswer['field'],
        text,
        answer: answer as unknown as CellAnswer['answer'],
      }))
    },

    /** Remembers answers for the organisation's next file. */
    async rememberAnswers(
      answers: readonly CellAnswer[],
      by: { readonly org: string; readonly importId: string; readonly at: string; readonly sub: string },
    ): Promise<void> {
      const byTerm = new Map(
        answers.map((answer) => [`${answer.field}|${askedTerm(answer.text)}`, { ...answer, term: askedTerm(answer.text) }]),
      )
      for (const piece of inBatches([...byTerm.values()])) {
        await sql`
          insert into register_answer (org, field, term, text, answer, import_id, answered_at, answered_by)
          select ${by.org}, q.field, q.term, q.text, q.answer, ${by.importId}::uuid, ${by.at}::timestamptz, ${by.sub}
          from (
            select value ->> 'field' as field, value ->> 'term' as term, value ->> 'text' as text, value -> 'answer' as answer
            from jsonb_array_elements(${piece}::jsonb)
          ) as q
          on conflict (org, field, term) do update set text = excluded.text, answer = excluded.answer, import_id = excluded.import_id,
            answered_at = excluded.answered_at, answered_by = excluded.answered_by`.execute(tx)
      }
    },
  }
}
