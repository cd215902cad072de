import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Role } from '../../src/identity/permissions.ts'
import type { Principal } from '../../src/identity/principal.ts'
import type { Transaction } from '../../src/platform/database/database.ts'
import { withTransactionAs } from '../../src/platform/database/reader.ts'
import type { Reader } from '../../src/platform/kernel/reader.ts'
import { answered } from '../../src/platform/kernel/refusal.ts'
import { type PersonalCommand, signOffsService } from '../../src/workflow/sign-offs.service.ts'
import type { SubjectRoom } from '../../src/workflow/subject-room.service.ts'
import { stepsInTime } from '../../src/workflow/timed-rooms.service.ts'
import { type TimersOptions, timersService } from '../../src/workflow/timers.service.ts'
import { type AskedSignOff, workflowService } from '../../src/workflow/workflow.service.ts'
import { SHARE } from './demo-share.ts'
import type { TestService } from './service.ts'

export const CAMDEN: string = SHARE.provider
export const HACKNEY: string = SHARE.recipient
/** An agreement of the demo between both. */
export const AGREEMENT = 'DEMO-CURL'

export type SignOffDesk = ReturnType<typeof signOffDesk>

/** Sign-off on a room of the test's own, which says of an agreement of the demo that it is signed off; what it hears is kept in `happened`. */
export function signOffDesk(service: TestService) {
  const { services } = service.app
  const happened: string[] = []
  const failures: unknown[] = []
  const room: SubjectRoom = {
    async lock(tx, id) {
      const found = await tx.selectFrom('agreement').select('id').where('id', '=', id).forUpdate().executeTakeFirst()
      return found && { facts: ['ASSESSMENT_COMPLETE'] }
    },
    async onEvents(_tx, signOff, events) {
      const org = (event: object) => ('org' in event && event.org ? ` ${event.org}` : '')
      happened.push(...events.map((event) => `${signOff.subject.version} ${event.type}${org(event)}`))
    },
    publish: async () => undefined,
  }
  const rooms = { agreement: room }
  const { notifications, parties, db, clock, newId } = services
  const deputisesFor = services.deputies.standingInFor
  const workflow = workflowService({ rooms, notifications, deputisesFor })
  const signOffs = signOffsService({
    ...services,
    rooms,
    deputisesFor,
    rolesDuring: services.deputies.rolesDuring,
    mustBeConfirmed: parties.mustBeConfirmed,
  })
  const timedRooms = { sign_off: stepsInTime(signOffs) }
  /** The timers as one node has them. */
  const timers = (over: Partial<TimersOptions> = {}) =>
    timersService({ db, clock, rooms: timedRooms, onFailure: (error) => failures.push(error), ...over })

  let version = 100
  const hashOf = (words: string) => createHash('sha256').update(words).digest('hex')
  const somebody = (org: string, role: Role, sub = `${role}@${org}`): Principal => ({
    issuer: service.issuer.issuer,
    ...{ sub, org, roles: [role], clientId: null },
  })
  const acting = (principal = somebody(CAMDEN, 'IG_OFFICER', 'opener')) => {
    const at = clock()
    return { principal, at: at.getTime(), now: at.toISOString(), newId }
  }
  const reading = <T>(reader: Reader, work: (tx: Transaction) => Promise<T>) => withTransactionAs(db, reader, work)
  const inside = <T>(work: (tx: Transaction) => Promise<T>, org = CAMDEN) => reading({ kind: 'party', org }, work)
  const party = (org: string) => ({ org, facts: ['CONTROLLER' as const], requesters: [] })
  const does = async (principal: Principal, id: string, command: PersonalCommand, ifMatch?: string) => {
    const done = await signOffs.perform({ principal, idempotency: null, ...(ifMatch ? { ifMatch } : {}) }, id, command)
    return done.ok ? done.value : { refused: done.refusal.code, rule: done.refusal.errors[0]?.code }
  }
  const approves = (hash: string, org: string, step: string): PersonalCommand => ({
    ...{ type: 'approve', org, step, hash, comment: null, conditions: [] },
  })

  return {
    ...{ workflow, signOffs, timers, timedRooms, happened, failures, hashOf, somebody, acting, inside, does, approves },
    asSystem: <T>(work: (tx: Transaction) => Promise<T>) => reading({ kind: 'system' }, work),

    /** Opens a sign-off of the next version, by Camden and Hackney. */
    async opened(over: Partial<AskedSignOff> = {}) {
      version += 1
      const subject = { type: 'agreement', id: AGREEMENT, version, hash: hashOf(`${version}`) }
      const asked = { subject, keeper: CAMDEN, facts: [], parties: [party(CAMDEN), party(HACKNEY)], route: 'CONDENSED', ...over }
      return { subject: asked.subject, ...(await inside((tx) => workflow.open(tx, asked, acting()))) }
    },

    /** Lets the people of a party do everything before its signature. */
    async approved(id: string, hash: string, org: string) {
      for (const [step, role] of [
        ['IG_REVIEW', 'IG_OFFICER'],
        ['DPO_REVIEW', 'DPO'],
        ['SIRO_APPROVAL', 'SIRO'],
      ] as const)
        assert('outcome' in (await does(somebody(org, role), id, approves(hash, org, step))), `${org} ${step}`)
    },

    /** Signs for a party, as the room of the subject would. */
    signs: (subject: { readonly type: string; readonly id: string; readonly version: number }, org: string, hash: string) =>
      answered(() => inside((tx) => workflow.sign(tx, subject, hash, acting(somebody(org, 'SIGNATORY'))), org)),
  }
}
