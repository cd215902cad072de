import { readFileSync } from 'node:fs'
import type { LightMyRequestResponse } from 'fastify'
import type { TestCaller, TestService } from './service.ts'

/** An example of the documentation. */
const exampleOf = (name: string) => JSON.parse(readFileSync(new URL(`../../examples/authzen/${name}.json`, import.meta.url), 'utf8'))

export const PERMITTED = exampleOf('permit')
export const DENIED = exampleOf('deny')
export const CAMDEN: TestCaller = { org: 'LBC_CAMDEN', clientId: 'camden-client' }

type Payload = string | Buffer | object | undefined
type Headers = Readonly<Record<string, string>>

/** Sends AuthZEN calls as Camden's client. */
export function authzenClient(service: TestService) {
  const post = async (
    path: string,
    payload: Payload,
    headers: Headers = {},
    caller: TestCaller = CAMDEN,
  ): Promise<LightMyRequestResponse> =>
    service.inject({
      method: 'POST',
      url: `/access/v1/${path}`,
      headers: { ...(await service.as(caller)), 'content-type': 'application/json', ...headers },
      ...(payload === undefined
        ? {}
        : { payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload) }),
    })
  return {
    post,
    evaluation: (payload: Payload, headers?: Headers, caller?: TestCaller) => post('evaluation', payload, headers, caller),
    evaluations: (payload: Payload, headers?: Headers, caller?: TestCaller) => post('evaluations', payload, headers, caller),
    search: (kind: 'subject' | 'resource' | 'action', payload: Payload, headers?: Headers, caller?: TestCaller) =>
      post(`search/${kind}`, payload, headers, caller),
  }
}
