import { readFileSync } from 'node:fs'
import { fastify } from 'fastify'
import { STANDING } from './pep.ts'
import { onlyPermitted } from './pre-handler.ts'

// A system of Camden's that hands placements to Hackney, each only with a permit of that moment: `node --import=tsx examples/gateway.ts`.

const { ACCORD_URL = 'http://127.0.0.1:3000', ACCORD_TOKEN = '', GATEWAY_PORT = '3917' } = process.env
const question = (name: string) => JSON.parse(readFileSync(new URL(`authzen/${name}.json`, import.meta.url), 'utf8'))
const asking = { url: ACCORD_URL, token: () => ACCORD_TOKEN, fulfils: STANDING }

const app = fastify()
app.decorateRequest('decisionId', null)
app.get('/placements/1', { preHandler: onlyPermitted(asking, () => question('permit')) }, async ({ decisionId }) => ({
  name: 'Alex Example',
  decision_id: decisionId,
}))
app.get('/placements/1/diagnosis', { preHandler: onlyPermitted(asking, () => question('deny')) }, async () => ({ diagnosis: 'never sent' }))
await app.listen({ host: '127.0.0.1', port: Number(GATEWAY_PORT) })
