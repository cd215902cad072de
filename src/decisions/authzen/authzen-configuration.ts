/** Addresses of the AuthZEN operations, as they stand in its metadata. */
const ENDPOINTS = {
  access_evaluation_endpoint: '/access/v1/evaluation',
  access_evaluations_endpoint: '/access/v1/evaluations',
  search_subject_endpoint: '/access/v1/search/subject',
  search_resource_endpoint: '/access/v1/search/resource',
  search_action_endpoint: '/access/v1/search/action',
  access_request_endpoint: '/access/v1/requests',
} as const

/** Capabilities of drafts of AuthZEN that are offered. */
const CAPABILITIES = ['urn:openid:authzen:capability:access-request']

/**
 * What a client finds out about this service (Authorization API 1.0, section 9). The identifier is the public origin without a slash at its
 * end, byte for byte what the well-known address is made of; nothing is derived from the headers of a request. Pure.
 */
export function authzenConfiguration({ origin }: URL) {
  return {
    policy_decision_point: origin,
    ...(Object.fromEntries(Object.entries(ENDPOINTS).map(([name, path]) => [name, `${origin}${path}`])) as Record<
      keyof typeof ENDPOINTS,
      string
    >),
    capabilities: CAPABILITIES,
    supported_obligations: ['custom'],
  }
}
