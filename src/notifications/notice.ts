import type { Notification } from './kinds.ts'

/** What an organisation was told, as everybody who asks for it is shown it. Pure. */
export function noticeOf({ id, subject, kind, at, detail }: Notification) {
  return { id, subject, agreement: subject.type === 'agreement' ? subject.id : null, kind, at, detail }
}
