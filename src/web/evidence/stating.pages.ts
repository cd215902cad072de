import type { FastifyRequest } from 'fastify'
import type { attestingService, StatementBody } from '../../agreements/acts/attesting.service.ts'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import type { EvidenceFile } from '../../files/evidence-file.ts'
import type { FilesService } from '../../files/files.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { isDay } from '../../platform/kernel/london-day.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import { boxes, chosen, type FieldError, faultsOf, field, isKey, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { keepFile, onceWithoutFile, sentFile } from './uploads.pages.ts'

export interface StatingPagesOptions {
  readonly attesting: Pick<ReturnType<typeof attestingService>, 'state'>
  readonly files: Pick<FilesService, 'upload' | 'read'>
  readonly drafting: Pick<DraftingService, 'read'>
}

/** Files that one statement rests on, at most, as the contract says. */
const FILES_MAX = 20
/** Which field of the form a member of the body is written in. */
const FIELDS: Readonly<Record<string, string>> = {
  '/org': 'org',
  '/version': 'text',
  '/version_hash': 'text',
  '/signatory/name': 'name',
  '/signatory/post': 'post',
  '/signed_on': 'signed_on',
  '/way': 'way',
  '/evidence': 'file',
}

/** Stating a signature that was given elsewhere, with the files that show it. A file that came is kept though the rest of its form is refused. */
export function statingPages({ attesting, files, drafting }: StatingPagesOptions) {
  const idOf = (request: FastifyRequest) => (request.params as { readonly id: string }).id
  const here = (request: FastifyRequest) => `/agreements/${encodeURIComponent(idOf(request))}/signatures-elsewhere`

  async function shown(request: FastifyRequest, kept: readonly EvidenceFile[], over: Partial<Page> = {}): Promise<Page> {
    const { outcome: agreement } = orThrow(await drafting.read(callerOf(request), idOf(request), undefined))
    return {
      template: 'evidence/state.njk',
      title: 'State a signature given elsewhere',
      ...over,
      data: {
        ...{ agreement, kept, here: here(request), form: request.body ?? {} },
        texts: agreement.versions.filter(({ hash }) => hash !== null).toReversed(),
        orgs: agreement.parties.filter(({ left_at }) => left_at === null).map(({ org }) => org),
      },
    }
  }

  /** The files that earlier sendings of this form left, as far as they are there. */
  async function keptBefore(request: FastifyRequest): Promise<EvidenceFile[]> {
    const found: EvidenceFile[] = []
    for (const id of boxes(request, 'evidence').slice(0, FILES_MAX)) {
      const read = isKey(id) ? await files.read(callerOf(request), id) : undefined
      if (read?.ok) found.push(read.value.outcome)
    }
    return found
  }

  return ({ page, fileForm }: Web): void => {
    page('/agreements/:id/signatures-elsewhere/new', 'listStatedSignatures', async (request) => shown(request, await keptBefore(request)))
    fileForm('/agreements/:id/signatures-elsewhere/new', 'stateSignature', async (request): Promise<Page | Redirect> => {
      const kept = await keptBefore(request)
      const sent = sentFile(request)
      const came = sent && (await keepFile(files, callerOf(request), sent, Number(request.headers['content-length'] ?? Number.NaN)))
      if (came && 'file' in came) kept.push(came.file)
      const wrong = came && 'wrong' in came ? [{ field: 'file', text: came.wrong }] : []
      // One more file is to follow: nothing else of the form is looked at yet.
      if (chosen(request, 'more') !== '') {
        const errors = sent ? wrong : [{ field: 'file', text: 'Select a file' }]
        return shown(request, kept, errors.length > 0 ? { status: 422, errors } : {})
      }
      const body = bodyOf(request, kept)
      const errors = [...missing(request, kept.length > 0 || wrong.length > 0), ...wrong]
      if (errors.length === 0) errors.push(...faultsOf('stateSignature', body, fieldAt))
      if (errors.length > 0) return shown(request, kept, { status: 422, errors })
      const call = { principal: callerOf(request), idempotency: onceWithoutFile(request), agreementId: idOf(request) }
      const done = await attesting.state(call, body)
      return done.ok ? { to: here(request) } : shown(request, kept, { status: 422, errors: refusedWith(done.refusal, fieldAt) })
    })
  }
}

/** What the form says, in the words of the contract. */
function bodyOf(request: FastifyRequest, kept: readonly EvidenceFile[]): StatementBody {
  const [version = '', hash = ''] = field(request, 'text').split(' ')
  return {
    ...{ org: field(request, 'org'), version: Number(version), version_hash: hash, signed_on: dayOf(request) },
    signatory: { name: field(request, 'name'), post: field(request, 'post') },
    way: field(request, 'way') as StatementBody['way'],
    approved_elsewhere: field(request, 'approved') === 'yes',
    evidence: kept.map(({ id }) => id),
  }
}

/** The day of three fields as ISO 8601 writes it, however many digits were typed. */
function dayOf(request: FastifyRequest): string {
  const [year = '', month = '', day = ''] = ['year', 'month', 'day'].map((part) => field(request, `signed_on-${part}`))
  return `${year.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

/** What the form has not said, each beside its field. */
function missing(request: FastifyRequest, hasFile: boolean): FieldError[] {
  const isNoDay = ['year', 'month', 'day'].every((part) => field(request, `signed_on-${part}`) === '')
  const wanted: readonly (readonly [field: string, isMissing: boolean, text: string])[] = [
    ['org', field(request, 'org') === '', 'Select the party that has signed'],
    ['text', field(request, 'text') === '', 'Select the text that it signed'],
    ['name', field(request, 'name') === '', 'Enter the name of whoever signed'],
    ['post', field(request, 'post') === '', 'Enter the post of whoever signed'],
    ['signed_on', isNoDay, 'Enter the day on which it was signed'],
    ['signed_on', !isNoDay && !isDay(dayOf(request)), 'The day must be a real day, like 27 3 2026'],
    ['way', field(request, 'way') === '', 'Select how it was signed'],
    ['approved', field(request, 'approved') === '', 'Select whether its approvals were given elsewhere too'],
    ['file', !hasFile, 'Select the file that shows the signature'],
  ]
  return wanted.filter(([, isMissing]) => isMissing).map(([name, , text]) => ({ field: name, text }))
}

/** The field of the form in which a member of the body is written; empty: it has none. */
function fieldAt(pointer: string): string {
  return FIELDS[pointer] ?? (pointer.startsWith('/evidence') ? 'file' : '')
}
