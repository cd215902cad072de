import pg from 'pg'

const DATE = 1082
const DATE_ARRAY = 1182
/** `text[]`; the library knows its parser but not its name. */
const TEXT_ARRAY: number = 1009
const TIMESTAMPTZ = 1184
const TIMESTAMPTZ_ARRAY = 1185

type Parse = (text: string) => unknown

/**
 * How values of PostgreSQL come into JavaScript on our pools (and only there; the library's global table is left alone):
 * `timestamptz` as `yyyy-mm-ddThh:mm:ss.mmmZ`, `date` as `yyyy-mm-dd`, `bigint` and `numeric` as text, so that none loses a digit or a day.
 * Holds for sessions in time zone UTC, which `openDatabase` sets.
 */
export const postgresTypes = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format === 'binary') return pg.types.getTypeParser(oid, 'binary')
    return textParsers[oid] ?? pg.types.getTypeParser(oid, 'text')
  },
} as pg.CustomTypesConfig

const parseTextArray = pg.types.getTypeParser(TEXT_ARRAY as Parameters<typeof pg.types.getTypeParser>[0], 'text') as (
  text: string,
) => (string | null)[]

const textParsers: Readonly<Record<number, Parse>> = {
  [DATE]: (text) => text,
  [DATE_ARRAY]: parseTextArray,
  [TIMESTAMPTZ]: toInstant,
  [TIMESTAMPTZ_ARRAY]: (text) => parseTextArray(text).map((item) => (item === null ? null : toInstant(item))),
}

/** `2026-03-01 10:00:00.12+00` becomes `2026-03-01T10:00:00.120Z`: milliseconds, as our clock writes them; `infinity` stays as it is. */
export function toInstant(text: string): string {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(text)
  return parts ? `${parts[1]}T${parts[2]}.${(parts[3] ?? '').padEnd(3, '0').slice(0, 3)}Z` : text
}
