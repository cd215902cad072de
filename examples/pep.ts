import { readFileSync, realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

// A policy enforcement point over AuthZEN, to be copied: whatever is not a well-formed permit whose obligations are met is a no.

/** Fulfils an obligation, or sees to it that it will be; false: it cannot. */
export type Fulfil = (properties: Readonly<Record<string, unknown>>) => boolean | Promise<boolean>
/** `decisionId` goes with what is sent and into your own log, also where the answer is no; null: no decision was made. */
export type Verdict = { readonly permitted: boolean; readonly decisionId: string | null; readonly why: string }
/** Where to ask, as whom, and what can be fulfilled, by the code of the obligation. */
export interface Asking {
  readonly url: string
  readonly token: () => string | Promise<string>
  readonly fulfils: Readonly<Record<string, Fulfil>>
  readonly timeoutMs?: number
}

type Context = { evaluation_id?: string; reason?: string; obligations?: { code: string; properties: object }[] }

/** Whether this may be shared, now: to be asked at each disclosure, never kept. It throws nothing. */
export async function mayShare(question: object, { url, token, fulfils, timeoutMs = 2_000 }: Asking): Promise<Verdict> {
  let decisionId: string | null = null
  try {
    const headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(timeoutMs)
    const sent = { method: 'POST', headers, body: JSON.stringify(question), redirect: 'error', signal } as const
    const reply = await fetch(new URL('/access/v1/evaluation', url), sent)
    if (reply.status !== 200) return { permitted: false, decisionId, why: `Accord answered ${reply.status}` }
    const { decision, context } = (await reply.json()) as { decision?: unknown; context?: Context }
    if (typeof context?.evaluation_id !== 'string') return { permitted: false, decisionId, why: 'no record of a decision is named' }
    decisionId = context.evaluation_id
    if (decision !== true) return { permitted: false, decisionId, why: String(context.reason ?? 'denied') }
    if (!Array.isArray(context.obligations)) return { permitted: false, decisionId, why: 'the obligations are missing' }
    for (const { code, properties } of context.obligations) {
      const isMet = Object.hasOwn(fulfils, code) && (await fulfils[code]?.({ ...properties, decision_id: decisionId })) === true
      if (!isMet) return { permitted: false, decisionId, why: `obligation ${code} is not met` }
    }
    return { permitted: true, decisionId, why: 'permitted' }
  } catch (error) {
    return { permitted: false, decisionId, why: `not asked, or not understood: ${error instanceof Error ? error.name : 'no error'}` }
  }
}

/** Obligations of a permit by an agreement. That a system says yes to each is for its owner to make true: these are the places. */
export const STANDING: Readonly<Record<string, Fulfil>> = {
  ...Object.fromEntries(['USE_FOR_PURPOSE_ONLY', 'RETENTION_LIMIT', 'DELETE_BY', 'TRANSFER_METHOD'].map((code) => [code, () => true])),
  ...Object.fromEntries(['ONWARD_SHARING_PROHIBITED', 'ONWARD_SHARING_NEEDS_APPROVAL'].map((code) => [code, () => true])),
  LOG_DISCLOSURE: ({ decision_id, fields }) => Boolean(process.stderr.write(`${new Date().toISOString()} ${decision_id} ${fields}\n`)),
}

if (import.meta.url === pathToFileURL(realpathSync(process.argv[1] ?? '.')).href) {
  const { ACCORD_URL = 'http://127.0.0.1:3000', ACCORD_TOKEN = '' } = process.env
  const question = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
  const verdict = await mayShare(question, { url: ACCORD_URL, token: () => ACCORD_TOKEN, fulfils: STANDING })
  process.stdout.write(`${JSON.stringify(verdict)}\n`)
}
