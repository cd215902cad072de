import type { FastifyRequest } from 'fastify'
import type { OpenSection, OpenSectionsService } from '../../agreements/drafting/open-sections.service.ts'
import type { RequestSessions } from '../entry/request-sessions.ts'
import type { DraftContext, Step } from './steps.pages.ts'

export interface OpenSectionsOptions extends Pick<RequestSessions, 'sessionOf'> {
  readonly openSections: OpenSectionsService
}

type Shown = Pick<DraftContext, 'view' | 'principal' | 'params'>

/** Who else has the section of a page open, as its page notes that it was opened, and left when it was saved. */
export function sectionsOpenNow({ openSections, sessionOf }: OpenSectionsOptions) {
  return {
    /** Notes that whoever asks opened the section; answers who else has it open. Who could not save it is not noted. */
    async opened(request: FastifyRequest, step: Step, context: Shown): Promise<readonly OpenSection[]> {
      const { principal, view, params } = context
      const live = await sessionOf(request)
      if (!live || ![view.owner_org, params['org']].includes(principal.org)) return []
      return openSections.open(principal, live.session.name, view.id, sectionOf(step, params))
    },

    left: (step: Step, { principal, view, params }: Shown): Promise<void> =>
      openSections.leave(principal, view.id, sectionOf(step, params)),
  }
}

/** Of what others have open, what a task of this address below the draft leads to. Pure. */
export function openBelow(open: readonly OpenSection[], path: string): readonly OpenSection[] {
  return open.filter(({ section }) => section === path || section.startsWith(`${path}/`))
}

function sectionOf({ path }: Pick<Step, 'path'>, params: Shown['params']): string {
  return path.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? '')
}
