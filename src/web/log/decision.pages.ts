import type { FastifyRequest } from 'fastify'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import type { LogReading } from '../../audit/reading/log-reading.service.ts'
import type { DecisionEvidence, DecisionEvidenceService } from '../../decisions/history/decision-evidence.service.ts'
import { callIdOf } from '../../decisions/history/decision-record.ts'
import type { ReplayService } from '../../decisions/history/replay.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { ProblemError, problem } from '../../platform/http/problem.ts'
import { spokenInstant } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { chosen, isKey } from '../forms.pages.ts'
import type { RequestLists } from '../request-lists.ts'
import { toDosIn } from '../sharing/answer-words.ts'
import type { Web } from '../web.plugin.ts'
import { checkedProof, witnessedTree } from './proof.ts'
import { comparedAnswers } from './replayed.ts'
import { shownDecision } from './shown-decision.ts'

export interface LogDecisionPagesOptions extends RequestLists {
  readonly records: Pick<DecisionEvidenceService, 'find'>
  readonly replays: Pick<ReplayService, 'one'>
  readonly reading: Pick<LogReading, 'find' | 'signedAt' | 'witnessed'>
  readonly drafting: Pick<DraftingService, 'read'>
}

/** One recorded decision: what was answered and why, its place in the log, and what the rules of today answer. That it was read is recorded (R39). */
export function logDecisionPages({ records, replays, reading, drafting, organisationsFor, listsFor }: LogDecisionPagesOptions) {
  const recordOf = async (request: FastifyRequest) => {
    const id = idIn(request)
    return { id, evidence: orThrow(await records.find(id, callerOf(request), { wait: false })) }
  }

  /** What the verifier finds of it, and when and by whom its tree was signed. */
  async function proven(evidence: DecisionEvidence) {
    const name = evidence.receipt.origin.split('/').at(-1) ?? ''
    const log = await reading.find(name)
    const checked = log && checkedProof(evidence, log.vkey)
    const witnessed = await reading.witnessed(name)
    return {
      ...{ name, checked, signedAt: checked && (await reading.signedAt(name, checked.size)) },
      witnessed: witnessed === undefined ? undefined : witnessedTree(witnessed),
    }
  }

  /** The agreement as its reader may know it today; undefined where they may not. */
  async function agreementOf(request: FastifyRequest, id: string | null | undefined) {
    const found = id ? await drafting.read(callerOf(request), id, undefined) : undefined
    return found?.ok ? found.value.outcome : undefined
  }

  return ({ page, file }: Web): void => {
    page('/decisions/:id', 'getDecision', async (request) => {
      const { id, evidence } = await recordOf(request)
      const decision = shownDecision(id, evidence, partIn(request))
      const relied = decision.payload?.relied_on ?? decision.payload?.response?.agreement
      const lists = await listsFor(request)
      const names = new Map((await organisationsFor(request)).map(({ code, short_name }) => [code, short_name]))
      return {
        template: 'log/decision.njk',
        title: `Decision of ${spokenInstant(decision.leaf.ts)}`,
        data: {
          ...{
            decision,
            call: callIdOf(id),
            leaf: evidence.record.leaf,
            receipt: evidence.receipt,
            isAltered: evidence.record.payload_is_altered,
          },
          proven: { what: 'Decision', id, here: `/decisions/${id}`, file: `decision-${id}.json` },
          ...{ proof: await proven(evidence), relied, agreement: await agreementOf(request, relied) },
          toDos: toDosIn(decision, lists, (org) => names.get(org) ?? org),
          entryOf: (list: string, code: string) => lists.find((one) => one.list === list)?.entries.find((one) => one.code === code),
        },
      }
    })
    file('/decisions/:id/record.json', 'getDecision', async (request, reply) => {
      const { id, evidence } = await recordOf(request)
      return reply
        .type('application/json; charset=utf-8')
        .header('cache-control', 'private, no-store')
        .header('content-disposition', `attachment; filename="decision-${id}.json"`)
        .send(JSON.stringify(evidence))
    })
    page('/decisions/:id/replay', 'replayDecision', async (request) => {
      const id = idIn(request)
      const replayed = await replays.one(callerOf(request), id)
      if (!replayed.ok && replayed.refusal.code !== 'ILLEGAL_STATE') orThrow(replayed)
      return {
        template: 'log/replay.njk',
        title: 'Would the same be answered again?',
        ...(replayed.ok
          ? { data: { id, replay: replayed.value, rows: comparedAnswers(replayed.value) } }
          : { data: { id, why: replayed.refusal.detail }, status: 409 }),
      }
    })
  }
}

/** Which part of the answers of a call an address names; the first where it names none. */
function partIn(request: FastifyRequest): number {
  const part = chosen(request, 'part')
  return /^\d{1,4}$/.test(part) ? Number(part) : 1
}

/** The decision that an address names. @throws ProblemError 404 where it names none */
function idIn(request: FastifyRequest): string {
  const { id } = request.params as { readonly id: string }
  if (isKey(callIdOf(id)) && /^[^.]+([.]\d{1,6})?$/.test(id)) return id
  throw new ProblemError(problem('NOT_FOUND', 'There is no decision with this identifier.'))
}
