import { randomBytes } from 'node:crypto'
import { actingService } from './agreements/acting.service.ts'
import { agreementRoom } from './agreements/acts/agreement-room.service.ts'
import { agreementsInTime } from './agreements/acts/agreement-timers.service.ts'
import { heldByStatement } from './agreements/acts/attesting.service.ts'
import { carryingService } from './agreements/acts/carrying.service.ts'
import { chainsService } from './agreements/acts/chains.service.ts'
import { DISPOSALS, disposalsInTime } from './agreements/acts/disposals-in-time.service.ts'
import { evidenceKept } from './agreements/acts/evidence.service.ts'
import { sampleSignOffs } from './agreements/acts/sample-sign-offs.service.ts'
import { SIGN_OFF_ENDS, signOffsThatEnd } from './agreements/acts/sign-off-ends.service.ts'
import { addressesInTime, SIGNATURE_ADDRESSES } from './agreements/acts/signature-addresses.service.ts'
import { agreementsService } from './agreements/agreements.service.ts'
import { assessedAgreements } from './agreements/drafting/assessed-agreements.service.ts'
import { heldByAssessment } from './agreements/drafting/assessing-elsewhere.service.ts'
import { agreementsDue } from './agreements/finding/due.service.ts'
import { openAssessments } from './assessment-services.ts'
import { assessmentRoom } from './assessments/made/assessment-room.service.ts'
import { ASSESSMENTS } from './assessments/made/assessments-in-time.service.ts'
import { MEASURES } from './assessments/made/measures-in-time.service.ts'
import type { DurabilityLevel } from './audit/store/durability.ts'
import { logGauges } from './audit/watch/log-metrics.ts'
import { commandsService } from './commands/commands.service.ts'
import { keyTurns } from './commands/key-turns.ts'
import { decisionCounters } from './decisions/decision-metrics.ts'
import { REFUSALS, refusalsInTime } from './decisions/history/refusals-in-time.service.ts'
import { policyPublication, policyService } from './decisions/policy/policy.service.ts'
import { LISTENER_DEFAULTS, policyListener } from './decisions/policy/policy-listener.service.ts'
import { BREACHES, breachesInTime } from './disclosures/breaches-in-time.service.ts'
import { disclosureRoom } from './disclosures/disclosure-room.service.ts'
import { disclosuresService } from './disclosures/disclosures.service.ts'
import { emergencyRoom } from './disclosures/emergency-room.service.ts'
import { filesInTime } from './files/file-timers.service.ts'
import { filesService } from './files/files.service.ts'
import { clamdScanner } from './files/scanner.service.ts'
import { calendarsMadeBy } from './insight/calendars/calendars.service.ts'
import { weekOfWork } from './insight/week.service.ts'
import { openLogServices } from './log-services.ts'
import { openMail } from './mail-services.ts'
import { notificationsService } from './notifications/notifications.service.ts'
import { ENTRIES, entriesInTime } from './parties/entries.service.ts'
import { isLondonAuthority } from './parties/organisation.ts'
import { partiesService } from './parties/parties.service.ts'
import { deputiesService } from './people/deputies.service.ts'
import { HANDOVERS, type HandoversService, handoversService } from './people/handover/handovers.service.ts'
import type { HeldRole } from './people/held-role.ts'
import { invitationsService } from './people/outside/invitations.service.ts'
import { outsideSessionsService } from './people/outside/outside-sessions.service.ts'
import { type PeopleService, peopleService } from './people/people.service.ts'
import { staffRolesService } from './people/staff-roles.service.ts'
import { trainingService } from './people/training/training.service.ts'
import { TRAINING, trainingInTime } from './people/training/training-in-time.service.ts'
import type { Config } from './platform/config.ts'
import { type OpenDatabase, openDatabase, type Transaction } from './platform/database/database.ts'
import { readingAs } from './platform/database/reader.ts'
import { contract } from './platform/http/openapi.ts'
import { refusalForRecord } from './platform/http/problem.ts'
import type { Clock } from './platform/kernel/clock.ts'
import { drawnInBulk, uuidv7Generator } from './platform/kernel/ids.ts'
import { type Metrics, openMetrics } from './platform/metrics/metrics.ts'
import { referenceService } from './reference/reference.service.ts'
import { requestsHandedOver } from './requests/handing-over.service.ts'
import { requestActs } from './requests/request-acts.service.ts'
import { askersOf } from './requests/requests.service.ts'
import { openWebhooks, type WebhookReach } from './webhook-services.ts'
import { doneFor, stepsHandedOver } from './workflow/handing-over.service.ts'
import { signOffInsight } from './workflow/insight/insight.service.ts'
import { routeDraftsService } from './workflow/route-drafts.service.ts'
import { routesService, storeShippedRoutes } from './workflow/routes.service.ts'
import { signOffsService } from './workflow/sign-offs.service.ts'
import type { SubjectRooms } from './workflow/subject-room.service.ts'
import { awaitLastDay, rolesInTime, setTimers, stepsInTime } from './workflow/timed-rooms.service.ts'
import { type TimersOptions, timersService } from './workflow/timers.service.ts'
import { type WorkflowService, workflowService } from './workflow/workflow.service.ts'

/** What the services are a function of: configuration, database, log key, clock. */
export interface ServicesOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly publicUrl: URL
  /** Whose tokens are trusted. */
  readonly trust: { readonly issuer: string }
  /** Whether tokens of an issuer are trusted. */
  readonly isTrusted: (issuer: string) => boolean
  /** Whether people are known by an issuer: its tokens are trusted, or they sign in there with a browser. */
  readonly knowsPeople: (issuer: string) => boolean
  /** Whether the roles that an issuer claims for persons count. */
  readonly isAuthoritative: (issuer: string) => boolean
  /** Whether an issuer says who is staff of an organisation. */
  readonly speaksFor: (issuer: string, org: string) => boolean
  readonly logKey: Uint8Array
  readonly clock: Clock
  /** What the database must keep to before anything is answered; absent: nothing, for data that is thrown away. */
  readonly durability?: DurabilityLevel
  /** Is told of what fell due and could not be done this time. */
  readonly onTimerFailure?: TimersOptions['onFailure']
  /** How webhooks reach others; absent: by the DNS servers of the machine, in usual times. */
  readonly webhookReach?: WebhookReach
  /** Is told of what could not be done on this side of a webhook; it is done again. */
  readonly onWebhookFailure?: (error: unknown) => void
  /** Where the newest published checkpoints are kept, outside the database; absent: nowhere. */
  readonly highWaterDirectory?: string
}

const RESERVE_CONNECTIONS = 2
const MEBIBYTE = 1024 * 1024

export type Services = Awaited<ReturnType<typeof openServices>>

/**
 * Opens what the services of every room stand on: connections, log, policy, metrics, organisations, code lists, and the shell of
 * the commands. The rooms themselves: `register-services.ts` and `decision-services.ts`. No logic here.
 */
export async function openServices(options: ServicesOptions) {
  const { config, databaseUrl, clock } = options
  const random = drawnInBulk(randomBytes)
  const newId = uuidv7Generator(clock, random)
  const open = (applicationName: string, poolMax: number) => {
    const { statementTimeoutMs, lockTimeoutMs } = config
    return openDatabase({ url: databaseUrl, applicationName, poolMax, statementTimeoutMs, lockTimeoutMs })
  }
  const database = await open('accord', config.databasePoolMax)
  // What decisions and probes stand on: whatever others do with the pool, the policy is loaded and the database asked.
  const reserve = await open('accord-reserve', RESERVE_CONNECTIONS)
  const { db } = database
  const policy = policyService(db, reserve.db)
  const metrics = openMetrics()
  const decisionsCounted = decisionCounters(metrics)
  const log = await openLogServices({
    ...options,
    newId,
    random,
    database,
    policy: { revision: () => policy.current().head, refresh: () => policy.refresh() },
    onBatch: decisionsCounted.onBatch,
  })
  const { audit } = log
  await policy.refresh()
  const listener = policyListener({ url: databaseUrl, policy, ...LISTENER_DEFAULTS })
  const isName = (word: string) => contract.names.has(word)
  const publication = policyPublication(policy)
  const turns = keyTurns(config.lockTimeoutMs / 2)
  const commands = commandsService({
    ...{ db, clock, newId, audit, turns, policyHead: publication.head },
    refusalForRecord: (refusal) => refusalForRecord(refusal, isName),
  })
  const reference = referenceService(db)
  const parties = partiesService(db)
  const agreements = agreementsService(newId)
  const notifications = notificationsService({ db, newId })
  const files = filesService({
    ...{ db, clock, newId, commands, mustBeConfirmed: parties.mustBeConfirmed },
    ...(config.clamd ? { scanner: clamdScanner(config.clamd) } : {}),
    limits: { atOnce: config.filesAtOnceMax, quotaBytes: config.filesQuotaMebibytes * MEBIBYTE },
    setTimer: (tx, timer) => readingAs(tx, { kind: 'system' }, () => setTimers(tx, [{ ...timer, room: 'file' }])),
    heldBy: { agreement: async (tx, file) => (await heldByStatement(tx, file)) ?? heldByAssessment(tx, file) },
  })
  await storeShippedRoutes(db, clock)
  // What is signed off, by type of subject; the rooms of the subjects say the rest.
  const rooms: SubjectRooms = {
    agreement: agreementRoom({ agreements, notifications, policy: publication, workflow: () => workflow }),
    disclosure: disclosureRoom({ notifications, policy: publication }),
    emergency: emergencyRoom(),
    assessment: assessmentRoom({ notifications, policy: publication, agreementOf: assessedAgreements(agreements) }),
  }
  const deputies = deputiesService({ db, clock, commands, parties, tell: notifications.tell, issuer: options.trust.issuer })
  const staffRoles = staffRolesService({ db, clock, commands, parties })
  const training = trainingService({ db, clock, commands, parties, issuer: options.trust.issuer })
  const deputisesFor = deputies.standingInFor
  const workflow: WorkflowService = workflowService({ rooms, notifications, deputisesFor })
  const signOffs = signOffsService({
    db,
    clock,
    commands,
    rooms,
    notifications,
    deputisesFor,
    rolesDuring: deputies.rolesDuring,
    mustBeConfirmed: parties.mustBeConfirmed,
  })
  const boroughs = async (tx: Transaction, orgs: readonly string[]) =>
    new Set((await parties.read(tx, orgs)).filter(isLondonAuthority).map(({ code }) => code))
  const chains = chainsService({ workflow, codes: () => policy.current().codes, boroughs, askers: askersOf })
  const signOffRoutes = routesService({ db, commands, mustBeConfirmed: parties.mustBeConfirmed })
  const routeDrafts = routeDraftsService({ db, commands, mustBeConfirmed: parties.mustBeConfirmed })
  const acts = actingService({ commands, agreements, notifications, policy: publication, mustBeConfirmed: parties.mustBeConfirmed })
  const { publicUrl } = options
  const week = weekOfWork({
    ...{ clock, signOffs, signOffInsight: signOffInsight({ db, clock }), due: agreementsDue({ db, agreements, clock }) },
    measures: { openFor: (...asked) => made.measures.openFor(...asked) },
    rolesOf: (...asked) => people.rolesOf(...asked),
  })
  const {
    mailing,
    problems: mailProblems,
    settings: mailSettings,
    routes: mailRoutes,
  } = openMail({
    config,
    db,
    clock,
    newId,
    publicUrl,
    commands,
    parties,
    weekOf: week,
    people: () => people,
  })
  const people: PeopleService = peopleService({
    ...{ db, clock, commands, parties, issuer: options.trust.issuer, recordAddress: mailing.recordAddress, tell: notifications.tell },
    // A role that ends now gives back what its person had to do; one with a last day does when that is over.
    onEnd: async (tx, held, acting) =>
      held.ended_at === null && held.to !== null
        ? awaitLastDay(tx, held.id, held.to)
        : workflow.roleEnded(tx, { person: identityOf(held), org: held.org, roles: [held.role] }, acting),
  })
  const made = openAssessments({ db, clock, commands, workflow, notifications, parties, agreements, reference, policy: publication })
  const timers = timersService({
    ...{ db, clock, onFailure: options.onTimerFailure ?? (() => {}) },
    rooms: {
      sign_off: stepsInTime(signOffs),
      file: filesInTime({ db, files, keptUntil: { agreement: evidenceKept({ agreements, clock }) } }),
      agreement: agreementsInTime({ db, agreements, notifications, acts }),
      [DISPOSALS]: disposalsInTime({ db, agreements, notifications, boroughs }),
      [BREACHES]: breachesInTime({ db, notifications }),
      [SIGNATURE_ADDRESSES]: addressesInTime({ db }),
      [REFUSALS]: refusalsInTime({ db, notifications }),
      [TRAINING]: trainingInTime({ db, notifications }),
      [ENTRIES]: entriesInTime({ db, notifications, withPeople: people.organisationsWithPeople }),
      [SIGN_OFF_ENDS]: signOffsThatEnd({ db, agreements, workflow, signOffs }),
      [ASSESSMENTS]: made.timed,
      [MEASURES]: made.measuresInTime,
      [HANDOVERS]: { fire: (...due) => handovers.fire(...due) },
      held_role: rolesInTime({
        ...{ db, workflow, signOffs },
        async endedOn(tx, id, last) {
          const held = await people.held(tx, id)
          // Whoever takes over has what was theirs: nothing goes back to everybody before.
          if (held && (await handovers.isAwaited(tx, held.person, held.org, last))) return undefined
          return held?.to === last && held.ended_at === null ? { person: identityOf(held), org: held.org, roles: [held.role] } : undefined
        },
      }),
    },
  })
  const requestsTakenUp = requestActs({ commands, notifications, mustBeConfirmed: parties.mustBeConfirmed })
  const handovers: HandoversService = handoversService({
    ...{ db, clock, commands, parties, people, deputies, issuer: options.trust.issuer, isAuthoritative: options.isAuthoritative },
    ...{ steps: stepsHandedOver({ signOffs }), requests: requestsHandedOver({ acts: requestsTakenUp }) },
    others: async (tx, org, person, now) => ({
      ends: { mail: await mailing.isMailed(tx, org, person), ...(await calendarsMadeBy(tx, org, person, now)) },
      stays: await doneFor(tx, org, person),
    }),
    awaitInstant: (tx, id, dueAt) => setTimers(tx, [{ room: HANDOVERS, subjectId: id, name: 'left', dueAt }]),
  })
  const webhooks = openWebhooks({
    ...{ db, clock, newId, commands, notifications, mustBeConfirmed: parties.mustBeConfirmed, logKey: options.logKey },
    ...{ publicUrl: options.publicUrl, allowPrivate: config.webhookPrivateAddresses === 'allowed', ...options.webhookReach },
    onFailure: options.onWebhookFailure ?? (() => {}),
  })
  const { mailTo } = mailing
  const outside = {
    invitations: invitationsService({ db, clock, commands, parties, mailTo, publicUrl }),
    sessions: outsideSessionsService({ db, clock, mailTo, notifications, logKey: options.logKey }),
  }
  connectionGauges(metrics, { pool: database, reserve })
  logGauges(metrics, {
    status: audit.keeper.status,
    failingMs: audit.keeper.failingMs,
    monitor: log.monitor.state,
    alteredPayloads: log.altered.count,
    witnessIncidents: () => log.witnesses.incidents().length,
    witnessAgeMs: log.witnesses.ageMs,
  })

  return {
    ...{ config, newId, random, clock, isName },
    ...{ db, database, reserve, log, audit, metrics, decisionsCounted },
    ...{ policy, publication, listener, turns, commands, acts },
    ...{ made, reference, parties, agreements, notifications, files, disclosures: disclosuresService() },
    ...{
      workflow,
      chains,
      carrying: carryingService({ workflow, boroughs, askers: askersOf }),
      sampleSignOffs: sampleSignOffs({ agreements, chains, workflow, newId, issuer: options.trust.issuer }),
    },
    ...{
      signOffs,
      ...{ signOffRoutes, routeDrafts },
      issuer: options.trust.issuer,
      publicUrl,
      isAuthoritative: options.isAuthoritative,
      speaksFor: options.speaksFor,
      isTrusted: options.isTrusted,
      knowsPeople: options.knowsPeople,
    },
    ...{ people, deputies, handovers, staffRoles, training, timers, mailing, mailProblems, mailSettings, mailRoutes, webhooks, outside },
    /** Flushes the log and closes the connections. */
    async close(): Promise<void> {
      await mailing.close()
      await webhooks.delivering.stop()
      await listener.close()
      await log.close()
      await database.close()
      await reserve.close()
    },
  }
}

/** A person of a role as those who act are known. */
function identityOf({ person }: HeldRole) {
  return { issuer: person.issuer, sub: person.subject }
}

function connectionGauges(metrics: Metrics, databases: Readonly<Record<string, OpenDatabase>>): void {
  for (const [name, { pool }] of Object.entries(databases)) {
    metrics.readEach(
      `accord_database_${name}_connections`,
      'Connections at work, and callers that wait for one.',
      'state',
      () =>
        new Map([
          ['busy', pool.totalCount - pool.idleCount],
          ['waiting', pool.waitingCount],
        ]),
    )
  }
}
