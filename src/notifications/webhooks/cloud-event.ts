/** Bodies that are sent to webhooks: CloudEvents 1.0 in the structured JSON form, by hand since it is these few members. */

const TYPE_PREFIX = 'london.accord.'
/** Digits of a sequence, so that it sorts as text (CloudEvents sequence extension). */
const SEQUENCE_DIGITS = 20

/** What is told. */
export interface EventFacts {
  /** The same at every attempt. */
  readonly id: string
  readonly kind: string
  readonly subject: { readonly type: string; readonly id: string }
  /** Grows in the order in which things happened to one subject. */
  readonly position: string
  /** ISO 8601. */
  readonly at: string
  readonly data: unknown
}

/** The body. @param publicUrl of this service, which is the source. @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md */
export function cloudEvent({ id, kind, subject, position, at, data }: EventFacts, publicUrl: URL): string {
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: new URL('/v1/notices', publicUrl).href,
    type: `${TYPE_PREFIX}${kind}`,
    subject: `${subject.type}/${subject.id}`,
    time: at,
    sequence: position.padStart(SEQUENCE_DIGITS, '0'),
    datacontenttype: 'application/json',
    data,
  })
}
