import { logRoutes } from './audit/reading/log.routes.ts'
import { authzenRoutes } from './decisions/authzen/authzen.routes.ts'
import { authzenSearchRoutes } from './decisions/authzen/authzen-search.routes.ts'
import { clientsRoutes } from './decisions/clients/clients.routes.ts'
import { clientsService } from './decisions/clients/clients.service.ts'
import { decisionGauges } from './decisions/decision-metrics.ts'
import { decisionsRoutes } from './decisions/decisions.routes.ts'
import { decisionsService } from './decisions/decisions.service.ts'
import { engineDigest } from './decisions/engine.service.ts'
import { decisionRecordRoutes } from './decisions/history/decision-evidence.routes.ts'
import { decisionEvidence } from './decisions/history/decision-evidence.service.ts'
import { impactService } from './decisions/history/impact.service.ts'
import { logFiller } from './decisions/history/log-filler.service.ts'
import { logSearchRoutes } from './decisions/history/log-search.routes.ts'
import { logSearchService } from './decisions/history/log-search.service.ts'
import { recordedQuestions } from './decisions/history/recorded-questions.service.ts'
import { recordedReads } from './decisions/history/recorded-reads.service.ts'
import { replayRoutes } from './decisions/history/replay.routes.ts'
import { replayService } from './decisions/history/replay.service.ts'
import { decisionUsage } from './decisions/history/usage.service.ts'
import { livePolicy } from './decisions/live-policy.service.ts'
import { localCodesRoutes } from './decisions/local-codes/local-codes.routes.ts'
import { localCodesService } from './decisions/local-codes/local-codes.service.ts'
import { manifestKeys } from './decisions/manifests/manifest-keys.ts'
import { manifestUsesService } from './decisions/manifests/manifest-uses.service.ts'
import { manifestsRoutes } from './decisions/manifests/manifests.routes.ts'
import { manifestsService } from './decisions/manifests/manifests.service.ts'
import { notSharedRoutes } from './decisions/not-shared/not-shared.routes.ts'
import { notSharedService } from './decisions/not-shared/not-shared.service.ts'
import { oneOffUse } from './decisions/one-off.service.ts'
import { pageTokens } from './decisions/permitted/page-tokens.ts'
import { permissionsRoutes } from './decisions/permitted/permissions.routes.ts'
import { permissionsService } from './decisions/permitted/permissions.service.ts'
import { searchesService } from './decisions/permitted/searches.service.ts'
import { recorder } from './decisions/recorder.service.ts'
import { spareTime } from './decisions/remedies/spare-time.ts'
import { trailRoutes } from './decisions/trail/trail.routes.ts'
import { trailFiller, trailService } from './decisions/trail/trail.service.ts'
import { callerOf } from './identity/identity.plugin.ts'
import type { Services } from './services.ts'

/** How often decisions are made searchable behind their answers. */
const SEARCH_FILL_MS = 1_000

/** Digest of this build of the rules; the files do not change under a running process. */
const ENGINE = engineDigest()

export type Decisions = ReturnType<typeof openDecisions>

/** Decisions and what is read of them afterwards: their services, opened once, and the routes that call them. */
export function openDecisions(services: Services, logKey: Uint8Array) {
  const { config, db, clock, newId, random, isName, audit, log, metrics, policy, commands, reference, parties, agreements } = services
  const filler = logFiller({ db, everyMs: SEARCH_FILL_MS })
  const permits = { permitTtlSeconds: config.permitTtlSeconds, restrictedPurposes: new Set(config.restrictedPurposes) }
  const live = livePolicy({ policy, clock, liveToleranceMs: config.liveAtToleranceSeconds * 1000 })
  const recording = recorder({
    ...{ audit, live, clock, random, newId, isName, permits, engine: ENGINE },
    receipt: log.receipts.line,
    deadlineMs: config.decisionDeadlineMs,
    onRefused: services.decisionsCounted.onRefused,
  })
  const decisions = decisionsService({
    ...{ audit, recorder: recording, policy, live, clock, random, permits },
    oneOffUse: oneOffUse({ db, audit, policy, disclosures: services.disclosures, clock }),
    spare: spareTime(() => performance.now(), { windowMs: config.remedyWindowMs, workMs: config.remedyWorkMs }),
    onAnswer: services.decisionsCounted.onAnswer,
  })
  const searches = searchesService({ recorder: recording, live, tokens: pageTokens(logKey), clock, random })
  const keys = manifestKeys(logKey)
  const manifests = manifestsService({ db, recorder: recording, live, permits, keys, clock, random })
  const permissions = permissionsService(searches, permits)
  const clients = clientsService({ db, commands, policy, parties, isTrusted: services.isTrusted })
  const { altered } = log
  const reads = recordedReads(audit)
  const logSearch = logSearchService({ db, audit, reads, altered, filler, clock })
  const actsFiller = trailFiller({ db, everyMs: SEARCH_FILL_MS })
  const trail = trailService({ db, audit, reading: log.reading, reads, filler: actsFiller })
  const replays = replayService({ db, policy, engine: ENGINE, reads, altered })
  const impact = impactService({ db, policy, agreements, filler, reads, clock, examinedMax: config.impactExaminedMax })
  const records = decisionEvidence({ ...log, partiesOfErased: logSearch.partiesOf, waitMaxMs: config.checkpointWaitMaxMs })
  const notShared = notSharedService({ db, commands, records, mustBeConfirmed: parties.mustBeConfirmed })
  const manifestUses = manifestUsesService({
    ...{ db, commands, records, reading: log.reading, reads, live, clock, mustBeConfirmed: parties.mustBeConfirmed },
  })
  decisionGauges(metrics, {
    queue: () => audit.queue(),
    revision: () => policy.current().revision,
    losses: () => policy.losses(),
    freshness: () => policy.freshness(),
    isListening: () => services.listener.isListening(),
    unsearched: () => filler.behind(),
  })
  return {
    decisions,
    permissions,
    clients,
    logSearch,
    trail,
    records,
    replays,
    notShared,
    manifestUses,
    /** What was asked in a recorded decision, for whoever asks for the share in another way. */
    recordedQuestion: recordedQuestions({ db, reads }),
    routes: [
      decisionsRoutes(decisions),
      authzenRoutes(decisions, services.publicUrl),
      authzenSearchRoutes(searches),
      manifestsRoutes(manifests, manifestUses),
      permissionsRoutes(permissions),
      logSearchRoutes(logSearch),
      trailRoutes(trail),
      replayRoutes(replays, impact),
      clientsRoutes(clients),
      localCodesRoutes(localCodesService({ commands, parties, reference, policy })),
      decisionRecordRoutes(records, callerOf),
      notSharedRoutes(notShared),
      logRoutes({ ...log, receiptKey: log.receipts.keyOf, manifestKey: keys.keyOf, readerOf: callerOf }),
    ],
    filler,
    usage: decisionUsage({ db, filler }),
    async close(): Promise<void> {
      await actsFiller.close()
      await filler.close()
    },
  }
}
