import { shippedOrganisations } from '../parties/parties.service.ts'
import { shippedCodeLists } from '../reference/reference.service.ts'
import { loadRegister } from '../register-loader.ts'
import { type Command, usage } from './command.ts'
import { drafting } from './demo/drafting.ts'
import { registerImport } from './demo/register-import.ts'
import { openStage, type Play } from './demo/stage.ts'
import { startOwnService } from './own-service.ts'

/** What can be shown: each a story told over HTTP on a service of its own. */
const PLAYS: Readonly<Record<string, Play>> = { drafting, 'register-import': registerImport }
/** Those that take a file. */
const TAKES_FILE: ReadonlySet<string> = new Set(['register-import'])

/** `demo NAME`: one line an event; exit 0 only if everything went as the story says. */
export const demo: Command = async ([name = '', file, ...rest], io) => {
  const play = Object.hasOwn(PLAYS, name) ? PLAYS[name] : undefined
  if (!play || rest.length > 0 || (file !== undefined && !TAKES_FILE.has(name)))
    return usage(io, `usage: accord demo NAME, one of: ${Object.keys(PLAYS).join(', ')} [FILE]`)
  const { env, out } = io
  const service = await startOwnService(env, 'demo')
  try {
    const content = { lists: shippedCodeLists(), organisations: shippedOrganisations(), agreements: [], disclosureDecisions: [] }
    await loadRegister(content, service.app.services)
    const stage = openStage(service, out)
    await play(stage, file)
    const { events, decisions, surprises } = stage.counts()
    out(`${events} events, ${decisions} decisions, ${surprises} surprises`)
    return surprises === 0 ? 0 : 1
  } finally {
    await service.close()
  }
}
