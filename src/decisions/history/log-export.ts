import { sha256Hex } from '../../audit/format/canonical-json.ts'
import { type AuthzenRequest, authzenRequest, authzenResponse } from './authzen-form.ts'
import { type DecisionRecord, evaluationsIn, isSearch, type RecordedLeaf, type RecordedPayload } from './decision-record.ts'

/** A record in the forms that others' tools read. Pure: members are taken from leaf and payload, nothing is worked out anew. */

/** A record, with the log it stands in and whether its reader may know the agreement that the leaf names. */
export interface Exportable {
  readonly record: DecisionRecord
  /** Origin of the log: `<host>/log/<name>`. */
  readonly origin: string
  /** The agreement, as far as this reader may know it. */
  readonly agreement: string | null
}

/**
 * A record of the Authorization Decision Log at detail level 4: request and response in the body, in AuthZEN form; policies,
 * information and configuration as references that this service can resolve for as long as it keeps them. The settings that
 * an answer depends on stand in the record itself, where the reference to them points.
 *
 * @see Authorization Decision Log (Logius, VNG Realisatie): specifications, levels of detail
 */
export function toDecisionLogRecord(exported: Exportable): object {
  const { record, origin } = exported
  const { leaf, payload, evaluation } = record
  const body = bodyOf(record)
  return {
    trace_id: leaf.trace,
    ...spanOf(record),
    event_name: eventOf(leaf),
    timestamp: leaf.ts,
    status: leaf.st,
    attributes: {
      ...sourcesOf(exported),
      'accord.decision_id': record.decisionId,
      ...(evaluationsIn(leaf) > 1 ? { 'accord.evaluation': { index: evaluation, of: leaf.n } } : {}),
      'accord.log.origin': origin,
      'accord.log.index': record.index,
      'accord.simulated': leaf.sim === true,
      ...(payload ? { 'accord.caller': callerOf(payload) } : {}),
      ...(record.isAltered ? { 'accord.payload_altered': true } : {}),
      ...(payload?.references === undefined ? {} : { 'accord.references': payload.references }),
      ...(payload?.settings === undefined ? {} : { 'accord.settings': payload.settings }),
      ...(payload?.errors === undefined ? {} : { 'accord.errors': payload.errors }),
    },
    // Logs of one service differ in what stands behind the host.
    resource: { 'service.name': 'accord', 'service.instance.id': origin.split('/')[0] },
    ...(body === null ? {} : { body }),
  }
}

/** What happened: each evaluation is told as one, also where a call had several. */
function eventOf({ t }: RecordedLeaf): string {
  return t === 'adl.access_evaluations' ? 'adl.access_evaluation' : t
}

/**
 * The span of a record. Of a call with several evaluations each has one of its own under the call's, always the same: trace and
 * span tell whoever takes records in whether it has one already.
 */
function spanOf({ leaf, payload, evaluation }: DecisionRecord): object {
  if (evaluationsIn(leaf) > 1) return { span_id: sha256Hex(`${leaf.span}.${evaluation}`).slice(0, 16), parent_span_id: leaf.span }
  return { span_id: leaf.span, ...(payload?.parent_span_id === undefined ? {} : { parent_span_id: payload.parent_span_id }) }
}

/** Which organisation asked, and by which of its clients: an agent asks for others. Not which person. */
function callerOf({ caller }: RecordedPayload): object {
  return { org: caller.org, ...(caller.client_id === null ? {} : { client: caller.client_id }) }
}

/** References, each present only where it resolves to something: a call that could not be read was evaluated for no instant. */
function sourcesOf({ record: { leaf, payload }, agreement }: Exportable): object {
  const codeLists = payload?.response?.code_list_version ?? payload?.code_list_version
  const information = {
    ...(codeLists === undefined ? {} : { code_lists: codeLists }),
    ...(payload?.response?.at === undefined ? {} : { evaluated_for: payload.response.at }),
  }
  return {
    'adl.core.policies': { accord: { revision: leaf.rev, digest: leaf.pol, ...(agreement === null ? {} : { agreement }) } },
    ...(Object.keys(information).length === 0 ? {} : { 'adl.core.information': information }),
    'adl.core.configuration': {
      engine: leaf.cfg,
      ...(payload?.settings === undefined ? {} : { settings: '/attributes/accord.settings' }),
    },
  }
}

/** Request and response; once the payload is gone, what the leaf still says of the answer, of several only that all were permits; null where nothing was answered. */
function bodyOf({ leaf, payload }: DecisionRecord): object | null {
  const request = payload?.request && authzenRequest(payload.request)
  if (isSearch(leaf))
    return payload?.response ? { 'adl.core.request': searchRequest(request, leaf), 'adl.core.response': payload.response } : null
  const response = payload?.response
    ? authzenResponse(payload.response)
    : leaf.d === undefined || (evaluationsIn(leaf) > 1 && !leaf.d)
      ? undefined
      : { decision: leaf.d }
  if (!request && !response) return null
  return { ...(request ? { 'adl.core.request': request } : {}), ...(response ? { 'adl.core.response': response } : {}) }
}

/** The question of a search: what was looked for has no id, and a search for actions no action. */
function searchRequest(request: AuthzenRequest | undefined, { t }: RecordedLeaf): object | undefined {
  if (!request || t !== 'adl.search_action') return request
  const { action: _, ...rest } = request
  return rest
}

/**
 * A CloudEvents 1.0 envelope in structured mode. The index is text, since CloudEvents integers have 32 bits.
 * @see CloudEvents 1.0 sections 3 and 4; W3C Trace Context
 */
export function toCloudEvent({ record, origin, agreement }: Exportable): object {
  const { leaf, payload } = record
  return {
    specversion: '1.0',
    id: record.decisionId,
    source: `//${origin}`,
    type: eventOf(leaf),
    time: new Date(leaf.ts).toISOString(),
    ...(agreement === null ? {} : { subject: agreement }),
    datacontenttype: 'application/json',
    traceparent: `00-${leaf.trace}-${leaf.span}-00`,
    tlogorigin: origin,
    tlogindex: String(record.index),
    data: {
      status: leaf.st,
      simulated: leaf.sim === true,
      ...(record.isAltered ? { payload_altered: true } : {}),
      policy_revision: leaf.rev,
      caller: payload ? callerOf(payload) : null,
      request: payload?.request ?? null,
      response: payload?.response ?? null,
      ...(payload?.errors === undefined ? {} : { errors: payload.errors }),
    },
  }
}
