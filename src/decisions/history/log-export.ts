import type { DecisionRecord } from './decision-record.ts'

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
 * A record of the Authorization Decision Log at detail level 4: request and response in the body; policies, information and
 * configuration as references that this service can resolve for as long as it keeps them.
 *
 * @see Authorization Decision Log (Logius, VNG Realisatie): specifications, levels of detail
 */
export function toDecisionLogRecord({ record, origin, agreement }: Exportable): object {
  const { leaf, payload } = record
  const response = payload?.response
  return {
    trace_id: leaf.trace,
    span_id: leaf.span,
    event_name: leaf.t,
    timestamp: leaf.ts,
    status: leaf.st,
    attributes: {
      'adl.core.policies': { accord: { revision: leaf.rev, digest: leaf.pol, ...(agreement === null ? {} : { agreement }) } },
      'adl.core.information': { code_lists: response?.code_list_version ?? null, evaluated_for: response?.at ?? null },
      'adl.core.configuration': { engine: leaf.cfg },
      'accord.decision_id': leaf.id,
      'accord.log.origin': origin,
      'accord.log.index': record.index,
      'accord.simulated': leaf.sim === true,
      ...(record.isAltered ? { 'accord.payload_altered': true } : {}),
    },
    resource: { 'service.name': 'accord' },
    body: payload === null ? null : { 'adl.core.request': payload.request ?? null, 'adl.core.response': response ?? null },
  }
}

/**
 * A CloudEvents 1.0 envelope in structured mode. The index is text, since CloudEvents integers have 32 bits.
 * @see CloudEvents 1.0 sections 3 and 4; W3C Trace Context
 */
export function toCloudEvent({ record, origin, agreement }: Exportable): object {
  const { leaf, payload } = record
  return {
    specversion: '1.0',
    id: leaf.id,
    source: `//${origin}`,
    type: leaf.t,
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
      request: payload?.request ?? null,
      response: payload?.response ?? null,
    },
  }
}
