import type { FastifyRequest } from 'fastify'
import type { AgreementView } from '../../agreements/agreement-view.ts'
import type { DraftingService } from '../../agreements/drafting/drafting.service.ts'
import { isInvited } from '../../agreements/model/standing.ts'
import type { DocumentsService } from '../../agreements/texts/documents.service.ts'
import type { HistoryService } from '../../agreements/texts/history.service.ts'
import { PRINT_POLICY } from '../../agreements/texts/printed-html.ts'
import type { ReviewingService } from '../../assessments/made/reviewing.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import { orThrow } from '../../platform/kernel/refusal.ts'
import type { SignOffsService } from '../../workflow/sign-offs.service.ts'
import { versionIn } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { ACT_LINKS } from './acts.pages.ts'
import { joiningOf } from './own-part.ts'

export interface AgreementPagesOptions {
  readonly drafting: Pick<DraftingService, 'read'>
  readonly documents: Pick<DocumentsService, 'print'>
  readonly signOffs: Pick<SignOffsService, 'list' | 'read'>
  readonly reviewing: Pick<ReviewingService, 'read'>
  readonly history: Pick<HistoryService, 'state' | 'closed'>
}

/** An agreement on pages of its own: its summary with what may be done, its parties, its flows, and its texts. */
export function agreementPages({ drafting, documents, signOffs, reviewing, history }: AgreementPagesOptions) {
  async function read(request: FastifyRequest) {
    const { id } = request.params as { readonly id: string }
    const principal = callerOf(request)
    const { outcome: agreement } = orThrow(await drafting.read(principal, id, undefined))
    return { id, principal, agreement, version: shownOf(agreement) }
  }

  return ({ page, file }: Web): void => {
    page('/agreements/:id', 'getAgreement', async (request) => {
      const { id, principal, agreement, version } = await read(request)
      const found = await signOffs.list(principal, { subjectType: 'agreement', subject: id }, { before: null, limit: 5 })
      const { commands, parties } = orThrow(await history.state(principal, id, undefined))
      const unsigned = agreement.status === 'ACTIVE' ? parties.filter(({ standing }) => isInvited(standing)).map(({ org }) => org) : []
      const isJoining = unsigned.includes(principal.org) && version !== undefined
      const closed = orThrow(await history.closed(principal, id))
      const isSuspended = agreement.suspensions.some(({ to }) => to === null)
      const acts = ACT_LINKS.filter(([act]) => commands.includes(act) && (act !== 'lift' || isSuspended)).map(([act, words]) => ({
        act,
        words,
      }))
      return {
        template: 'agreements/agreement.njk',
        title: agreement.title,
        data: {
          ...{ agreement, version, acts, signOffs: found.signOffs, mayAmend: commands.includes('amend'), unsigned },
          joining: isJoining ? await joiningOf({ signOffs, reviewing }, principal, agreement, version.version) : null,
          // Why a link is not there: for each act that has one.
          closed: ACT_LINKS.flatMap(([act, words]) => closed.filter((one) => one.act === act).map((one) => ({ ...one, words }))),
          present: parties.filter(({ standing }) => standing !== 'LEFT' && standing !== 'ENDED').length,
          sharing: parties.filter(({ in_force }) => in_force).length,
        },
      }
    })
    page('/agreements/:id/parties', 'getAgreement', async (request) => {
      const { id, principal, agreement, version } = await read(request)
      const { parties } = orThrow(await history.state(principal, id, undefined))
      return {
        template: 'agreements/parties.njk',
        title: `Parties to ${id}`,
        data: {
          ...{ agreement, version },
          signatures: agreement.signatures.filter((one) => one.version === version?.version),
          attested: parties.filter(({ standing }) => standing === 'ATTESTED').map(({ org }) => org),
          invited: agreement.status === 'ACTIVE' ? parties.filter(({ standing }) => standing === 'INVITED').map(({ org }) => org) : [],
        },
      }
    })
    page('/agreements/:id/flows', 'getAgreement', async (request) => {
      const { id, agreement, version } = await read(request)
      return { template: 'agreements/flows.njk', title: `Data and flows of ${id}`, data: { agreement, version } }
    })
    page('/agreements/:id/documents', 'getAgreement', async (request) => {
      const { id, agreement } = await read(request)
      return {
        template: 'agreements/documents.njk',
        title: `Documents of ${id}`,
        data: { agreement, versions: agreement.versions.toReversed() },
      }
    })
    // The text as it is signed: the page that the API prints, with its own policy.
    file('/agreements/:id/versions/:version/text', 'printAgreementVersion', async (request, reply) => {
      const { id, version } = request.params as { readonly id: string; readonly version: string }
      const html = orThrow(await documents.print(callerOf(request), id, versionIn(version)))
      return reply.header('content-security-policy', PRINT_POLICY).type('text/html; charset=utf-8').send(html)
    })
  }
}

/** The version that the pages show: the text that counts, else the draft, else the newest. */
function shownOf({ governing_version, draft_version, versions }: AgreementView) {
  const number = governing_version ?? draft_version
  return versions.find(({ version }) => version === number) ?? versions.at(-1)
}
