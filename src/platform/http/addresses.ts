import { BlockList, isIP } from 'node:net'

/** Whether an address is one of those named: each is an address or a network in CIDR form. Anything that is no address is none of them. */
export function addressMatcher(named: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const one of named) {
    const { address, bits, family } = parsed(one)
    list.addSubnet(address, bits, family)
  }
  return (address) => {
    const plain = unmapped(address)
    const family = familyOf(plain)
    return family !== undefined && list.check(plain, family)
  }
}

/** Whether a text names an address or a network (`10.0.0.1`, `10.0.0.0/8`, `fd00::/8`). */
export function isAddressOrNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const most = { 4: 32, 6: 128 }[isIP(address)]
  return most !== undefined && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
}

/** An IPv4 address as it is written alone, where it came mapped into IPv6 (RFC 4291, 2.5.5.2). */
function unmapped(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice('::ffff:'.length) : address
}

/** Whose an address is, for counting: an IPv4 address alone, of an IPv6 address the network of one subscriber (/64, RFC 6177). */
export function subscriberOf(address: string): string {
  const plain = unmapped(address)
  if (isIP(plain) !== 6) return plain
  const [head = [], tail] = plain.split('::').map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = tail ? Array(8 - head.length - tail.length).fill('0') : []
  return [...head, ...zeros, ...(tail ?? [])]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

function parsed(text: string): { readonly address: string; readonly bits: number; readonly family: 'ipv4' | 'ipv6' } {
  const [address = '', bits] = text.split('/')
  const family = familyOf(address)
  if (!family) throw new Error('not an address or a network')
  return { address, bits: bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family }
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  return ({ 4: 'ipv4', 6: 'ipv6' } as const)[isIP(address) as 4 | 6]
}
