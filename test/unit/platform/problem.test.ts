import t from 'tap'
import { type ProblemCode, problem, problemCodeOf, problemType } from '../../../src/platform/http/problem.ts'
import { problemKinds } from '../../../src/platform/http/refusals.ts'

const statuses: Readonly<Record<ProblemCode, number>> = {
  INVALID_REQUEST: 400,
  MALFORMED_JSON: 400,
  AT_OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  REQUEST_TIMEOUT: 408,
  CONFLICT: 409,
  ILLEGAL_STATE: 409,
  IDEMPOTENCY_KEY_IN_USE: 409,
  PRECONDITION_FAILED: 412,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RANGE_NOT_SATISFIABLE: 416,
  EXPECTATION_FAILED: 417,
  UNPROCESSABLE: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  PRECONDITION_REQUIRED: 428,
  TOO_MANY_REQUESTS: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL: 500,
  LOG_UNAVAILABLE: 503,
  OVERLOADED: 503,
  NOT_READY: 503,
}

t.test('every code has the status others rely on', async (t) => {
  t.same(Object.fromEntries(Object.entries(problemKinds).map(([code, { status }]) => [code, status])), statuses)
})

t.test('a type is the code in kebab case and leads back to the code', async (t) => {
  for (const code of Object.keys(problemKinds) as ProblemCode[]) {
    t.match(problemType(code), /^\/problems\/[a-z]+(-[a-z]+)*$/)
    t.equal(problemCodeOf(problemType(code).slice('/problems/'.length)), code)
  }
  t.equal(problemCodeOf('to-string'), undefined)
})

t.test('a problem has errors only when there are some', async (t) => {
  t.same(problem('NOT_FOUND', 'no such agreement'), {
    type: '/problems/not-found',
    title: 'There is nothing here',
    status: 404,
    code: 'NOT_FOUND',
    detail: 'no such agreement',
  })
  t.notOk('errors' in problem('UNPROCESSABLE', 'x', []))
})
