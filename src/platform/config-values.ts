// The values of variables as they are read: each of these answers undefined for a text that is not one. Pure.

/** Where a clamd listens. */
export type ClamdAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/** The name of a setting: `PORT` is `port`, `BODY_LIMIT_BYTES` is `bodyLimitBytes`. */
export function camel(name: string): string {
  return name.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** A whole number between two bounds, both included. */
export function wholeNumber(text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined
  const value = Number(text)
  return value >= min && value <= max ? value : undefined
}

/** A host and its port, or the path of a socket. */
export function clamdAddress(text: string | undefined): ClamdAddress | undefined {
  if (text?.startsWith('/')) return { path: text }
  const [, host, port] = /^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(text ?? '') ?? []
  const number = wholeNumber(port, 1, 65_535)
  return host !== undefined && number !== undefined ? { host: host.replaceAll(/[[\]]/g, ''), port: number } : undefined
}

/** What stands between commas; empty: nothing does. */
export function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/** An instant in whole seconds, UTC. */
export function instantOf(text: string | undefined): Date | undefined {
  const isWritten = text !== undefined && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)
  return isWritten && !Number.isNaN(Date.parse(text)) ? new Date(text) : undefined
}

/** An https address, or one of http on this machine; undefined: anything else. */
export function secureUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol === 'https:') return url
  return url.protocol === 'http:' && isLoopback(url.hostname) ? url : undefined
}

/** The address of a mail server, without a password. */
export function mailServer(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url && /^smtps?:$/.test(url.protocol) && url.hostname !== '' && url.password === '' ? url : undefined
}

/** Whether a host name is this machine: `localhost`, 127.0.0.0/8 or ::1. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
