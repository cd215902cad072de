import { isIP } from 'node:net'
import { addressMatcher } from '../http/addresses.ts'

/**
 * Addresses of IPv4 that are not of the public internet (IANA IPv4 Special-Purpose Address Registry, RFC 6890): this host and network,
 * private, shared (CGNAT), loopback, link-local with the metadata services of clouds, protocol assignments, documentation, 6to4 relays,
 * benchmarks, multicast, reserved, broadcast; and the one public address that is a host's own service (Azure).
 */
const NOT_PUBLIC_4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16',
]
/** Of IPv6 only global unicast is public (RFC 4291, 2.4), so that loopback, mapped, translated, unique local and multicast ones are not. */
const GLOBAL_UNICAST = ['2000::/3']
/** Within it: protocol assignments with Teredo, documentation, and 6to4, which carries any IPv4 address (IANA IPv6 registry). */
const NOT_PUBLIC_6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const isSpecial4 = addressMatcher(NOT_PUBLIC_4)
const isGlobal6 = addressMatcher(GLOBAL_UNICAST)
const isSpecial6 = addressMatcher(NOT_PUBLIC_6)

/** Whether an address is one of the public internet; what is no address is none. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !isSpecial4(address)
  return isIP(address) === 6 && !address.includes('.') && isGlobal6(address) && !isSpecial6(address)
}
