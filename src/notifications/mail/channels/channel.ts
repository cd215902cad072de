/** A mail as a channel sends it. */
export interface OutgoingMail {
  /** Ours: what is sent twice can be told by it. */
  readonly id: string
  readonly to: string
  readonly subject: string
  /** Plain text. */
  readonly text: string
}

/**
 * What became of an attempt. SENT: whoever takes mail for the reader has taken it. BOUNCED: the address is refused for good. FAILED:
 * this mail is refused for good, whatever the address. LATER: it may go well another time. `why` never holds a secret.
 */
export type Attempt = { readonly outcome: 'SENT' } | { readonly outcome: 'BOUNCED' | 'FAILED' | 'LATER'; readonly why: string }

/** A way by which mail leaves the building. It answers within a bounded time, and throws nothing. */
export interface MailChannel {
  /** Where mail goes, for whoever starts the service. */
  readonly where: string
  /** @param isRepeat an earlier attempt may have arrived, without our hearing of it */
  send(mail: OutgoingMail, isRepeat: boolean): Promise<Attempt>
  close(): Promise<void>
}
