import { describe, expect, it } from 'vitest'
import { networksInside, parseNetworks } from './network.ts'

describe('source networks', () => {
  const networks = parseNetworks(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'])
  it.each(['10.255.0.1', '192.0.2.7', '2001:db8:1::5', '::ffff:10.1.2.3'])('includes %s', (address) => {
    expect(networks.includes(address)).toBe(true)
  })
  it.each(['11.0.0.1', '192.0.2.8', '2001:db9::1', '::1', '', 'localhost', '010.0.0.1', '10.0.0.1, 1.2.3.4'])(
    'excludes %j',
    (address) => {
      expect(networks.includes(address)).toBe(false)
    },
  )
  it.each([
    '10.0.0.0/33',
    '10.0.0/8',
    'all',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'fe80::1%eth0',
    '2001:db8::/129',
    '1.2.3.4/ 8',
  ])('refuses %j', (text) => {
    expect(() => parseNetworks([text])).toThrow('not an address or network')
  })
  it('excludes everything when the list is empty', () => {
    expect(parseNetworks([]).includes('127.0.0.1')).toBe(false)
  })
  it.each([
    [['10.1.0.0/16', '192.0.2.7'], ['10.0.0.0/8', '192.0.2.0/24'], true],
    [['10.0.0.0/8'], ['10.0.0.0/8'], true],
    [['10.0.0.0/7'], ['10.0.0.0/8'], false],
    [['10.1.0.0/16', '11.0.0.1'], ['10.0.0.0/8'], false],
    [['::ffff:10.0.0.0/20'], ['10.0.0.0/8'], false],
    [['2001:db8:1::/48'], ['2001:db8::/32'], true],
    [undefined, ['10.0.0.0/8'], false],
    [['0.0.0.0/0'], undefined, true],
    [[], ['10.0.0.0/8'], true],
    [['10.0.0.1'], [], false],
  ])('%j inside %j: %s', (inner, outer, yes) => {
    expect(networksInside(inner, outer)).toBe(yes)
  })
})
