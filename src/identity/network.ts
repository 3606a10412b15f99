// Source networks of a key in CIDR notation, IPv4 and IPv6. An IPv4 address that arrives mapped (`::ffff:10.0.0.1`)
// counts as the IPv4 address it is.
import { BlockList, isIP } from 'node:net'
import { Fault } from '../core/index.ts'

export interface Networks {
  readonly texts: readonly string[]
  includes(address: string): boolean
}

const refuse = (text: string): never => {
  throw new Fault('validation_failed', {
    detail: `"${text.slice(0, 64)}" is not an address or network such as 10.0.0.0/8 or 2001:db8::/32.`,
    data: { param: 'networks' },
  })
}

/** One CIDR block or single address. A zone (`%eth0`) means something else on every machine and is refused. */
function parse(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0 || address.includes('%')) refuse(text)
  const most = version === 4 ? 32 : 128
  if (prefix !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(prefix)) refuse(text)
  const bits = prefix === undefined ? most : Number(prefix)
  if (bits > most) refuse(text)
  return { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** @throws Fault `validation_failed` for a text that is no network */
export function parseNetworks(texts: readonly string[]): Networks {
  const list = new BlockList()
  for (const text of texts) {
    const { address, bits, family } = parse(text)
    list.addSubnet(address, bits, family)
  }
  return {
    texts,
    includes(address) {
      const version = isIP(address)
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}

/** Whether every block of one list lies within a block of the other; a missing list lets through everything. */
export function networksInside(inner: readonly string[] | undefined, outer: readonly string[] | undefined): boolean {
  if (outer === undefined) return true
  const blocks = outer.map((text) => ({ ...parse(text), ...parseNetworks([text]) }))
  return (
    inner?.map(parse).every((one) =>
      // Blocks lie within one another or apart: the first address tells, where neither is the larger one.
      blocks.some(({ family, bits, includes }) => family === one.family && bits <= one.bits && includes(one.address)),
    ) ?? false
  )
}
