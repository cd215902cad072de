import { randomBytes } from 'node:crypto'
import { actingService } from './agreements/acting.service.ts'
import { amendingService } from './agreements/acts/amending.service.ts'
import { noChains } from './agreements/acts/chains.service.ts'
import { endingService } from './agreements/acts/ending.service.ts'
import { freezingService } from './agreements/acts/freezing.service.ts'
import { membershipService } from './agreements/acts/membership.service.ts'
import { mergingService } from './agreements/acts/merging.service.ts'
import { severalAgreements } from './agreements/acts/several-agreements.service.ts'
import { signingService } from './agreements/acts/signing.service.ts'
import { successionService } from './agreements/acts/succession.service.ts'
import { suspendingService } from './agreements/acts/suspending.service.ts'
import { agreementsService } from './agreements/agreements.service.ts'
import { draftingService } from './agreements/drafting/drafting.service.ts'
import { listingService } from './agreements/finding/listing.service.ts'
import { overlapService } from './agreements/finding/overlap.service.ts'
import { registerExportService } from './agreements/finding/register-export.service.ts'
import { agreementReading } from './agreements/reading.service.ts'
import { committingService } from './agreements/register-import/committing.service.ts'
import { importsService } from './agreements/register-import/imports.service.ts'
import { documentsService } from './agreements/texts/documents.service.ts'
import { historyService } from './agreements/texts/history.service.ts'
import type { DurabilityLevel } from './audit/store/durability.ts'
import { logGauges } from './audit/watch/log-metrics.ts'
import { commandsService } from './commands/commands.service.ts'
import { keyTurns } from './commands/key-turns.ts'
import { onceOnly } from './commands/once.service.ts'
import { adviceService } from './decisions/advice/advice.service.ts'
import { clientsService } from './decisions/clients/clients.service.ts'
import { decisionCounters, decisionGauges } from './decisions/decision-metrics.ts'
import { decisionsService } from './decisions/decisions.service.ts'
import { engineDigest } from './decisions/engine.service.ts'
import { impactService } from './decisions/history/impact.service.ts'
import { logFiller } from './decisions/history/log-filler.service.ts'
import { logSearchService } from './decisions/history/log-search.service.ts'
import { recordedReads } from './decisions/history/recorded-reads.service.ts'
import { replayService } from './decisions/history/replay.service.ts'
import { localCodesService } from './decisions/local-codes/local-codes.service.ts'
import { oneOffUse } from './decisions/one-off.service.ts'
import { policyPublication, policyService } from './decisions/policy/policy.service.ts'
import { LISTENER_DEFAULTS, policyListener } from './decisions/policy/policy-listener.service.ts'
import { spareTime } from './decisions/remedies/spare-time.ts'
import { disclosuresService } from './disclosures/disclosures.service.ts'
import { openLogServices } from './log-services.ts'
import { notificationsService } from './notifications/notifications.service.ts'
import { contactsService } from './parties/contacts.service.ts'
import { groupsService } from './parties/groups.service.ts'
import { isLondonAuthority } from './parties/organisation.ts'
import { partiesService } from './parties/parties.service.ts'
import { partnerAnswers } from './parties/partner-answers.service.ts'
import { registerActs } from './parties/register-act.service.ts'
import { registeringService } from './parties/registering.service.ts'
import type { Person } from './people/held-role.ts'
import { peopleService } from './people/people.service.ts'
import type { Config } from './platform/config.ts'
import { openDatabase } from './platform/database/database.ts'
import { contract } from './platform/http/openapi.ts'
import { refusalForRecord } from './platform/http/problem.ts'
import type { Clock } from './platform/kernel/clock.ts'
import { drawnInBulk, uuidv7Generator } from './platform/kernel/ids.ts'
import { londonDay } from './platform/kernel/london-day.ts'
import { openMetrics } from './platform/metrics/metrics.ts'
import { referenceService } from './reference/reference.service.ts'

/** What the services are a function of: configuration, database, log key, clock. */
export interface ServicesOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly publicUrl: URL
  /** Whose tokens are trusted. */
  readonly trust: { readonly issuer: string }
  readonly logKey: Uint8Array
  readonly clock: Clock
  /** What the database must keep to before anything is answered; absent: nothing, for data that is thrown away. */
  readonly durability?: DurabilityLevel
  /** Where the newest published checkpoints are kept, outside the database; absent: nowhere. */
  readonly highWaterDirectory?: string
}

const RESERVE_CONNECTIONS = 2

/** How often decisions are made searchable behind their answers. */
const SEARCH_FILL_MS = 1_000

/** Digest of this build of the rules; the files do not change under a running process. */
const ENGINE = engineDigest()

export type Services = Awaited<ReturnType<typeof openServices>>

/** Opens every service once. No logic here; whoever reads this file sees what depends on what. */
export async function openServices(options: ServicesOptions) {
  const { config, databaseUrl, clock } = options
  const random = drawnInBulk(randomBytes)
  const newId = uuidv7Generator(clock, random)
  const database = await openDatabase({
    url: databaseUrl,
    applicationName: 'accord',
    poolMax: config.databasePoolMax,
    statementTimeoutMs: config.statementTimeoutMs,
    lockTimeoutMs: config.lockTimeoutMs,
  })
  const { db } = database
  // What decisions and probes stand on: whatever others do with the pool, the policy is loaded and the database asked.
  const reserve = await openDatabase({
    url: databaseUrl,
    applicationName: 'accord-reserve',
    poolMax: RESERVE_CONNECTIONS,
    statementTimeoutMs: config.statementTimeoutMs,
    lockTimeoutMs: config.lockTimeoutMs,
  })
  const turns = keyTurns(config.lockTimeoutMs / 2)
  const reference = referenceService(db)
  const parties = partiesService(db)
  const agreements = agreementsService(newId)
  const disclosures = disclosuresService()
  const policy = policyService(db, reserve.db)
  const metrics = openMetrics()
  const counters = decisionCounters(metrics)
  const log = await openLogServices({
    ...options,
    newId,
    random,
    database,
    policy: { revision: () => policy.current().head, refresh: () => policy.refresh() },
    onBatch: counters.onBatch,
  })
  const { audit } = log
  await policy.refresh()
  const listener = policyListener({ url: databaseUrl, policy, ...LISTENER_DEFAULTS })
  const filler = logFiller({ db, everyMs: SEARCH_FILL_MS })
  const isName = (word: string) => contract.names.has(word)
  const publication = policyPublication(policy)
  const commands = commandsService({
    ...{ db, clock, newId, audit, turns, policyHead: publication.head },
    refusalForRecord: (refusal) => refusalForRecord(refusal, isName),
  })
  const registerOfOrganisations = registerActs({ commands, policy: publication })
  const registering = registeringService({ db, acts: registerOfOrganisations, reference, clock })
  const organisationContacts = contactsService({ db, acts: registerOfOrganisations })
  const groups = groupsService({ db, acts: registerOfOrganisations, clock })
  const people = peopleService({ db, clock, commands, parties, issuer: options.trust.issuer })
  const notifications = notificationsService({ db, newId })
  const acts = actingService({ commands, agreements, notifications, policy: publication, mustBeConfirmed: parties.mustBeConfirmed })
  const read = agreementReading({ db, agreements, clock })
  const drafting = draftingService({ read, clock, random: randomBytes, acts, agreements, reference, parties, groups: groups.list })
  const listing = listingService({ db, clock, agreements })
  const registerExport = registerExportService({ db, clock, agreements, listing, reference })
  const advice = adviceService({ db, agreements, policy, clock })
  const overlaps = overlapService({ db, reference, clock })
  const imports = importsService({
    db,
    clock,
    newId,
    reference,
    parties,
    partnerAnswers: partnerAnswers({ registering, groups }),
  })
  const committing = committingService({ db, clock, random: randomBytes, acts, agreements, imports })
  const boroughs = async () => new Set((await parties.all()).filter(isLondonAuthority).map(({ code }) => code))
  const { act } = acts
  const several = severalAgreements({ agreements, audit, policy: publication })
  const agreementActs = {
    freezing: freezingService({ act, advice: advice.onDraft, openChains: noChains }),
    signing: signingService({ act }),
    amending: amendingService({ act }),
    suspending: suspendingService({ act, boroughs }),
    membership: membershipService({ act, organisation: parties.find }),
    ending: endingService({ act }),
    merging: mergingService({
      ...{ registerActs: registerOfOrganisations, parties, contacts: organisationContacts, several },
    }),
    succession: successionService({
      ...{ registerActs: registerOfOrganisations, parties, registering, agreements, notifications, several },
    }),
  }
  const nameOf = async (code: string) => (await parties.find(code))?.legal_name
  const documents = documentsService({ read, clock, nameOf })
  const history = historyService({ read, clock })
  const decisions = decisionsService({
    audit,
    policy,
    oneOffUse: oneOffUse({ db, audit, policy, disclosures, clock }),
    permits: { permitTtlSeconds: config.permitTtlSeconds, restrictedPurposes: new Set(config.restrictedPurposes) },
    clock,
    random,
    newId,
    engine: ENGINE,
    isName,
    receipt: log.receipts.line,
    deadlineMs: config.decisionDeadlineMs,
    liveToleranceMs: config.liveAtToleranceSeconds * 1000,
    spare: spareTime(() => performance.now(), { windowMs: config.remedyWindowMs, workMs: config.remedyWorkMs }),
    onAnswer: counters.onAnswer,
    onRefused: counters.onRefused,
  })
  const clients = clientsService({ commands, policy })
  const localCodes = localCodesService({ commands, parties, reference, policy })
  const reads = recordedReads(audit)
  const logSearch = logSearchService({ db, audit, reads, altered: log.altered, filler, clock })
  const replays = replayService({ db, policy, engine: ENGINE, reads, altered: log.altered })
  const impact = impactService({ db, policy, agreements, filler, reads, clock, examinedMax: config.impactExaminedMax })
  for (const [name, { pool }] of [
    ['pool', database],
    ['reserve', reserve],
  ] as const) {
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
  logGauges(metrics, {
    status: audit.keeper.status,
    failingMs: audit.keeper.failingMs,
    monitor: log.monitor.state,
    alteredPayloads: log.altered.count,
    witnessIncidents: () => log.witnesses.incidents().length,
    witnessAgeMs: log.witnesses.ageMs,
  })
  decisionGauges(metrics, {
    queue: () => audit.queue(),
    revision: () => policy.current().revision,
    losses: () => policy.losses(),
    freshness: () => policy.freshness(),
    isListening: () => listener.isListening(),
    unsearched: () => filler.behind(),
  })

  return {
    newId,
    clock,
    db,
    database,
    reserve,
    log,
    audit,
    metrics,
    reference,
    parties,
    registering,
    organisationContacts,
    groups,
    agreements,
    disclosures,
    policy,
    listener,
    commands,
    acts,
    once: onceOnly({ db, clock, newId, turns }),
    drafting,
    listing,
    advice,
    overlaps,
    registerExport,
    imports,
    committing,
    agreementActs,
    documents,
    history,
    notifications,
    people,
    /** The roles that are recorded for a person in an organisation on this London day. */
    rolesToday: (person: Person, org: string) => people.rolesOf(person, org, londonDay(clock().getTime())),
    decisions,
    clients,
    localCodes,
    filler,
    logSearch,
    replays,
    impact,
    /** Flushes the log and closes the connections. */
    async close(): Promise<void> {
      await listener.close()
      await filler.close()
      await log.close()
      await database.close()
      await reserve.close()
    },
  }
}
