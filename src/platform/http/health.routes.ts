import type { FastifyPluginAsync } from 'fastify'
import { type Operation, operation } from './openapi.ts'

/** Answers whether one part works. A check that throws, or takes longer than two seconds, has failed. */
type HealthCheck = () => Promise<boolean>

/** The parts without which no decision can be answered. */
interface HealthChecks {
  readonly database: HealthCheck
  readonly migrations: HealthCheck
  /** The rules are compiled. */
  readonly index: HealthCheck
  /** The log takes entries, and its newest checkpoint is not too old. */
  readonly log: HealthCheck
  /** A decision would be let in now. */
  readonly requests?: HealthCheck
}

const CHECK_LIMIT_MS = 2_000
const RETRY_AFTER_SECONDS = 1

type Found = Record<Exclude<keyof HealthChecks, 'requests'>, 'pass' | 'fail'> & { readonly requests?: 'pass' | 'fail' }

const PARTS = ['database', 'migrations', 'index', 'log', 'requests'] as const

/** `/health/live` (the process answers) and `/health/ready` (every check passes, else 503 with the same body). */
export function healthRoutes(checks: HealthChecks): FastifyPluginAsync {
  // Whoever asks while it is looked at gets the same answer: asking often costs no more than asking.
  let looking: Promise<Found> | undefined
  async function look(): Promise<Found> {
    const parts = PARTS.flatMap((part) => (checks[part] ? [[part, checks[part]] as const] : []))
    return Object.fromEntries(await Promise.all(parts.map(async ([part, check]) => [part, await outcome(check)]))) as Found
  }
  return async (app) => {
    app.route<Operation<'getLiveness'>>({
      ...operation('getLiveness'),
      handler: async (_request, reply) => reply.code(200).send({ status: 'live' }),
    })
    app.route<Operation<'getReadiness'>>({
      ...operation('getReadiness'),
      handler: async (_request, reply) => {
        looking ??= look().finally(() => {
          looking = undefined
        })
        const found = await looking
        if (Object.values(found).every((one) => one === 'pass')) return reply.code(200).send({ status: 'ready', checks: found })
        return reply.header('retry-after', RETRY_AFTER_SECONDS).code(503).send({ status: 'not ready', checks: found })
      },
    })
  }
}

async function outcome(check: HealthCheck): Promise<'pass' | 'fail'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((decided) => {
    timer = setTimeout(() => decided(false), CHECK_LIMIT_MS)
  })
  try {
    return (await Promise.race([check(), late])) ? 'pass' : 'fail'
  } catch {
    return 'fail'
  } finally {
    clearTimeout(timer)
  }
}
