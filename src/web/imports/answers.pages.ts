import type { FastifyRequest } from 'fastify'
import type { SentAnswer } from '../../agreements/register-import/answers.ts'
import type { ImportsService } from '../../agreements/register-import/imports.service.ts'
import type { Once } from '../../commands/once.service.ts'
import { callerOf } from '../../identity/identity.plugin.ts'
import type { GroupsService } from '../../parties/groups.service.ts'
import { boxes, chosen, faultsOf, field, once as keyOf, type Page, type Redirect, refusedWith } from '../forms.pages.ts'
import type { Web } from '../web.plugin.ts'
import { importIn, opened, stateSeen } from './opened.ts'
import { ANSWER_LISTS, ANSWER_WORDS, fieldName, UNSTATED } from './words.ts'

export interface AnswersPagesOptions {
  readonly imports: Pick<ImportsService, 'read' | 'map'>
  readonly groups: Pick<GroupsService, 'list'>
  readonly once: Once
}

/** So many names, and so many other cells, are asked on one page; the next follow once these are answered. */
const ASKED_AT_ONCE = 20
/** How the choices of the form are written that are no code. */
const LEFT_OUT = '-'

/** What a register asks: whom names of partners stand for, and what words mean that nobody could read. Each is answered once. */
export function answersPages({ imports, groups, once }: AnswersPagesOptions) {
  async function shown(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const found = await opened(imports, request)
    const partners = found.open_partners.slice(0, ASKED_AT_ONCE)
    const questions = found.questions.slice(0, ASKED_AT_ONCE)
    return {
      ...{ template: 'imports/answers.njk', title: 'What your register leaves open' },
      ...over,
      data: {
        ...{
          found,
          here: `/imports/${found.id}`,
          partners,
          questions,
          groups: await groups.list(),
          words: ANSWER_WORDS,
          lists: ANSWER_LISTS,
        },
        ...{ unstated: UNSTATED, names: Object.fromEntries(questions.map((one) => [one.field, fieldName(one.field)])) },
        more: found.open_partners_total + found.questions_total - partners.length - questions.length,
        form: request.body ?? {},
      },
    }
  }

  async function newBody(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const found = await opened(imports, request)
    const text = field(request, 'text') || chosen(request, 'text')
    return {
      ...{ template: 'imports/body.njk', title: 'Propose a new organisation' },
      ...over,
      data: { found, here: `/imports/${found.id}`, text, form: { legal_name: text, ...(request.body as object | undefined) } },
    }
  }

  async function several(request: FastifyRequest, over: Partial<Page> = {}): Promise<Page> {
    const found = await opened(imports, request)
    const text = field(request, 'text') || chosen(request, 'text')
    const known = found.open_partners.find((one) => one.text === text)?.orgs ?? []
    return {
      ...{ template: 'imports/several.njk', title: 'Which organisations does a name stand for?' },
      ...over,
      data: { found, here: `/imports/${found.id}`, text, orgs: request.body === undefined ? known : boxes(request, 'orgs') },
    }
  }

  const send = async (request: FastifyRequest, answers: readonly SentAnswer[]) => {
    const principal = callerOf(request)
    return once(principal, keyOf(request), () => imports.map(principal, importIn(request), { answers }, stateSeen(request)))
  }

  return ({ page, form }: Web): void => {
    page('/imports/:id/answers', 'mapImport', (request) => shown(request))
    form('/imports/:id/answers', 'mapImport', async (request): Promise<Page | Redirect> => {
      const given = sentAnswers(request)
      const answers = given.map(({ answer }) => answer)
      const fieldAt = (pointer: string) => given.find(({ answer }, place) => isAbout(pointer, answer, place))?.field ?? ''
      if (answers.length === 0) return shown(request, { status: 422, errors: [{ field: '', text: 'Answer at least one question' }] })
      const errors = faultsOf('mapImport', { answers }, fieldAt)
      if (errors.length > 0) return shown(request, { status: 422, errors })
      const done = await send(request, answers)
      if (!done.ok) return shown(request, { status: 422, errors: refusedWith(done.refusal, fieldAt) })
      const { open_partners_total: partners, questions_total: others } = done.value.outcome
      return { to: `/imports/${importIn(request)}${partners + others > 0 ? '/answers' : ''}` }
    })
    page('/imports/:id/answers/several', 'mapImport', (request) => several(request))
    form('/imports/:id/answers/several', 'mapImport', async (request): Promise<Page | Redirect> => {
      const answers = [
        { field: 'partners', text: boxes(request, 'text')[0] ?? '', answer: { organisations: [...boxes(request, 'orgs')] } },
      ] as const
      if (answers[0].answer.organisations.length === 0)
        return several(request, { status: 422, errors: [{ field: 'orgs', text: 'Select the organisations that the name stands for' }] })
      const errors = faultsOf('mapImport', { answers }, () => 'orgs')
      if (errors.length > 0) return several(request, { status: 422, errors })
      const done = await send(request, answers)
      if (!done.ok) return several(request, { status: 422, errors: refusedWith(done.refusal, () => 'orgs') })
      return { to: `/imports/${importIn(request)}/answers` }
    })
    page('/imports/:id/answers/organisation', 'mapImport', (request) => newBody(request))
    form('/imports/:id/answers/organisation', 'mapImport', async (request): Promise<Page | Redirect> => {
      const organisation = { legal_name: field(request, 'legal_name'), type: field(request, 'type') }
      const note = field(request, 'note')
      const answer = { create: { organisation, ...(note === '' ? {} : { note }) } }
      const answers = [{ field: 'partners', text: field(request, 'text'), answer }] as const
      const missing = [
        ...(organisation.legal_name === '' ? [{ field: 'legal_name', text: 'Enter the name of the organisation in law' }] : []),
        ...(organisation.type === '' ? [{ field: 'type', text: 'Select what kind of organisation it is' }] : []),
      ]
      const fieldAt = (pointer: string) => ['legal_name', 'type', 'note'].find((name) => pointer.endsWith(`/${name}`)) ?? ''
      const errors = missing.length > 0 ? missing : faultsOf('mapImport', { answers }, fieldAt)
      if (errors.length > 0) return newBody(request, { status: 422, errors })
      const done = await send(request, answers)
      if (!done.ok) return newBody(request, { status: 422, errors: refusedWith(done.refusal, fieldAt) })
      return { to: `/imports/${importIn(request)}/answers` }
    })
  }
}

/** What was said of each question of the form; what was left open is asked again. */
function sentAnswers(request: FastifyRequest): { readonly field: string; readonly answer: SentAnswer }[] {
  const places = Array.from({ length: 2 * ASKED_AT_ONCE }, (_, place) => `a${place}`)
  return places.flatMap((name) => {
    const [said = '', ...more] = boxes(request, name).filter((one) => one !== '')
    if (said === '') return []
    // What a cell says is taken as it was shown, with its blanks.
    const text = boxes(request, `${name}-text`)[0] ?? ''
    const about = { field: field(request, `${name}-field`), text } as Pick<SentAnswer, 'field' | 'text'>
    return [{ field: name, answer: { ...about, answer: about.field === 'partners' ? partnerOf(said) : codesOf(said, more) } }]
  })
}

function codesOf(said: string, more: readonly string[]): SentAnswer['answer'] {
  if (said === LEFT_OUT) return null
  return more.length > 0 ? [said, ...more] : said
}

/** Whom a choice names: `org` and codes, `group` and its code, or nobody. */
function partnerOf(said: string): SentAnswer['answer'] {
  const [kind, ...codes] = said.split(' ')
  if (kind === 'group') return { group: codes[0] ?? '' }
  return kind === 'org' ? { organisations: codes } : null
}

/** Whether a pointer leads to an answer: by its place, or as a service names it, by what it is about. */
function isAbout(pointer: string, { field: about, text }: SentAnswer, place: number): boolean {
  const escaped = text.replaceAll('~', '~0').replaceAll('/', '~1')
  return pointer === `/answers/${about}` || pointer === `/partners/${escaped}` || `${pointer}/`.startsWith(`/answers/${place}/`)
}
