import { readerFor, writerFor } from '../../identity/permissions.ts'
import type { Principal } from '../../identity/principal.ts'
import type { Database } from '../../platform/database/database.ts'
import { withTransactionAs } from '../../platform/database/reader.ts'
import type { Clock } from '../../platform/kernel/clock.ts'
import { type OpenSection, openSectionsRepository } from './open-sections.repository.ts'

export type { OpenSection }

/** How long it is said of somebody that they have a section open, in seconds. */
const OPEN_SECONDS = 900
/** Of an agreement no more are noted: who opens others is not told of. */
const AGREEMENT_MAX = 200

export type OpenSectionsService = ReturnType<typeof openSectionsService>

/**
 * Who has which section of a draft open now. It warns and holds up nobody: whoever saves a section that changed meanwhile sees both texts.
 * Who may not read the draft is shown nothing by the database (sql/migrations/0069_open_sections.sql); callers have read the draft before.
 */
export function openSectionsService({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
  const oldest = () => new Date(clock().getTime() - OPEN_SECONDS * 1000).toISOString()
  const personOf = ({ issuer, sub: subject, org }: Principal) => ({ issuer, subject, org })

  return {
    /** Notes that the caller opened a section, under their name; answers who else has it open. */
    open: (principal: Principal, name: string, agreement: string, section: string): Promise<OpenSection[]> =>
      withTransactionAs(db, writerFor(principal), async (tx) => {
        const sections = openSectionsRepository(tx)
        await sections.note(agreement, section, { ...personOf(principal), name }, clock().toISOString(), AGREEMENT_MAX)
        const open = await sections.others(agreement, personOf(principal), oldest())
        return open.filter((one) => one.section === section)
      }),

    /** What others have open in an agreement, the newest first. */
    others: (principal: Principal, agreement: string): Promise<OpenSection[]> =>
      withTransactionAs(db, readerFor(principal), (tx) => openSectionsRepository(tx).others(agreement, personOf(principal), oldest())),

    /** The caller saved the section. */
    leave: (principal: Principal, agreement: string, section: string): Promise<void> =>
      withTransactionAs(db, writerFor(principal), (tx) => openSectionsRepository(tx).leave(agreement, section, personOf(principal))),

    /** Takes away what counts no longer. */
    forgetOld: (): Promise<void> => withTransactionAs(db, { kind: 'system' }, (tx) => openSectionsRepository(tx).forget(oldest())),
  }
}
