import type { Role } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Transaction } from '../../platform/database/database.ts'
import { instantOf } from '../../platform/kernel/instant.ts'
import type { CodeLists } from '../../reference/code-lists.ts'
import type { WorkflowService } from '../../workflow/workflow.service.ts'
import type { AgreementsService } from '../agreements.service.ts'
import { presentParties } from '../model/standing.ts'
import { versionsRepository } from '../store/versions.repository.ts'
import type { ChainsService } from './chains.service.ts'

interface SamplePerson {
  readonly org: string
  readonly role: Role
  readonly sub: string
}

/** A sign-off of the demo register on its way: who opened it, and who has approved what. */
export interface SampleSignOff {
  readonly agreement: string
  readonly version: number
  readonly route: string
  readonly opened_by: SamplePerson
  readonly approved: readonly { readonly step: string; readonly by: SamplePerson }[]
}

export interface SampleSignOffsOptions {
  readonly agreements: AgreementsService
  readonly chains: Pick<ChainsService, 'open'>
  readonly workflow: Pick<WorkflowService, 'act'>
  readonly newId: () => string
  /** Whose tokens this service trusts: the sample people are of that issuer. */
  readonly issuer: string
}

/** Puts agreements of the demo register into the middle of their sign-off, as a part of loading it. */
export function sampleSignOffs({ agreements, chains, workflow, newId, issuer }: SampleSignOffsOptions) {
  const principalOf = ({ org, role, sub }: SamplePerson): Principal => ({ issuer, sub, org, roles: [role], clientId: null })
  return {
    async open(tx: Transaction, sample: SampleSignOff, { now, codes }: { readonly now: string; readonly codes: CodeLists }): Promise<void> {
      const { agreement: id, version: number, route, opened_by, approved } = sample
      const [agreement] = await agreements.read(tx, [id])
      const version = agreement?.versions.find((known) => known.version === number)
      if (!agreement || !version?.hash) throw new RangeError(`the demo register has no version ${number} of ${id} to sign`)
      const { hash } = version
      const at = instantOf(now)
      const context = { tx, agreement, principal: principalOf(opened_by), at, now, newId }
      const opened = await chains.open(context, { ...version, hash }, presentParties(agreement, at), { route, supersedes: [], codes })
      await versionsRepository(tx).signedOffIn(id, number, opened.signOff)
      for (const { step, by } of approved) {
        const approve = { type: 'approve', org: by.org, step, hash, comment: null, conditions: [] } as const
        await workflow.act(tx, { type: 'agreement', id, version: number }, approve, { principal: principalOf(by), at, now, newId })
      }
    },
  }
}
