import { createHash } from 'node:crypto'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import type { DocumentsService } from '../../agreements/texts/documents.service.ts'
import type { HistoryService } from '../../agreements/texts/history.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { versionIn } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { ACT_LINKS } from './acts.pages.ts'

export interface AgreementPagesOptions {
  readonly drafting: Pick<DraftingService, 'read'>
  readonly documents: Pick<DocumentsService, 'print'>
  readonly signOffs: Pick<SignOffsService, 'list'>
  readonly history: Pick<HistoryService, 'state' | 'closed'>
}

/** An agreement with its parties, flows, versions and signatures. */
export function agreementPages({ drafting, documents, signOffs, history }: AgreementPagesOptions) {
  return ({ page, file }: Web): void => {
    page('/agreements/:id', 'getAgreement', async (request) => {
      const { id } = request.params as { readonly id: string }
      const principal = callerOf(request)
      const { outcome: agreement } = orThrow(await drafting.read(principal, id, undefined))
      const found = await signOffs.list(principal, { subjectType: 'agreement', subject: id }, { before: null, limit: 5 })
      const { commands, parties } = orThrow(await history.state(principal, id, undefined))
      const closed = orThrow(await history.closed(principal, id))
      const isSuspended = agreement.suspensions.some(({ to }) => to === null)
      const acts = ACT_LINKS.filter(([act]) => commands.includes(act) && (act !== 'lift' || isSuspended)).map(([act, words]) => ({
        act,
        words,
      }))
      const number = agreement.governing_version ?? agreement.draft_version ?? agreement.versions.at(-1)?.version
      const version = agreement.versions.find((one) => one.version === number) ?? agreement.versions.at(-1)
      return {
        template: 'agreements/agreement.njk',
        title: agreement.title,
        data: {
          agreement,
          version,
          acts,
          attested: parties.filter(({ standing }) => standing === 'ATTESTED').map(({ org }) => org),
          // Why a link is not there: for each act that has one.
          closed: ACT_LINKS.flatMap(([act, words]) => closed.filter((one) => one.act === act).map((one) => ({ ...one, words }))),
          present: parties.filter(({ standing }) => standing !== 'LEFT' && standing !== 'ENDED').length,
          sharing: parties.filter(({ in_force }) => in_force).length,
          versions: agreement.versions.toReversed(),
          mayAmend: commands.includes('amend'),
          signOffs: found.signOffs,
          signatures: agreement.signatures.filter((one) => one.version === version?.version),
        },
      }
    })
    // The text as it is signed: the page that the API prints, with its own policy.
    file('/agreements/:id/versions/:version/text', 'printAgreementVersion', async (request, reply) => {
      const { id, version } = request.params as { readonly id: string; readonly version: string }
      const html = orThrow(await documents.print(callerOf(request), id, versionIn(version)))
      return reply.header('content-security-policy', printPolicy(html)).type('text/html; charset=utf-8').send(html)
    })
  }
}

/** What a printed text may load: the style that stands in it and nothing else. */
function printPolicy(html: string): string {
  const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(html) ?? []
  const digest = createHash('sha256').update(style).digest('base64')
  return `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}
