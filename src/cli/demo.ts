import { shippedOrganisations } from '../parties/shipped-organisations.service.ts'
import { shippedCodeLists } from '../reference/reference.service.ts'
import { loadRegister } from '../register-loader.ts'
import { type Command, usage } from './command.ts'
import { dpia } from './demo/dpia.ts'
import { drafting } from './demo/drafting.ts'
import { registerImport } from './demo/register-import.ts'
import { type Demo, demoClock, openDemoSession } from './demo/session.ts'
import { signOff } from './demo/sign-off.ts'
import { startOwnService } from './own-service.ts'

/** What can be shown: each a story told over HTTP on a service of its own. */
const DEMOS: Readonly<Record<string, Demo>> = { dpia, drafting, 'register-import': registerImport, 'sign-off': signOff }
/** Those that take a file. */
const TAKES_FILE: ReadonlySet<string> = new Set(['register-import'])

/** `demo NAME`: one line an event; exit 0 only if everything went as the story says. */
export const demo: Command = async ([name = '', file, ...rest], io) => {
  const show = Object.hasOwn(DEMOS, name) ? DEMOS[name] : undefined
  if (!show || rest.length > 0 || (file !== undefined && !TAKES_FILE.has(name)))
    return usage(io, `usage: accord demo NAME, one of: ${Object.keys(DEMOS).join(', ')} [FILE]`)
  const { env, out } = io
  const time = demoClock()
  const service = await startOwnService(env, 'demo', time.clock)
  try {
    const content = { lists: shippedCodeLists(), organisations: shippedOrganisations(), agreements: [], disclosureDecisions: [] }
    await loadRegister(content, service.app.services)
    const session = openDemoSession(service, out, time)
    await show(session, file)
    const { events, decisions, surprises } = session.counts()
    out(`${events} events, ${decisions} decisions, ${surprises} surprises`)
    return surprises === 0 ? 0 : 1
  } finally {
    await service.close()
  }
}
