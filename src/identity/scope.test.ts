import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Scopes } from '../core/index.ts'
import { checkOrigins, scopesInside, withinScopes } from './scope.ts'

describe('scopes', () => {
  it('missing does not narrow, empty permits nothing', () => {
    expect(withinScopes(undefined, 'chat', { model: 'm' })).toBe(true)
    expect(withinScopes({}, 'chat', { model: 'm' })).toBe(true)
    expect(withinScopes({ actions: [] }, 'chat', { model: 'm' })).toBe(false)
    expect(withinScopes({ models: [] }, 'chat', { model: 'm' })).toBe(false)
  })
  it('takes an action by its own name or by its group', () => {
    expect(withinScopes({ actions: ['use'] }, 'chat', { groups: ['use'], model: 'm' })).toBe(true)
    expect(withinScopes({ actions: ['use'] }, 'pull', { groups: ['manage'], model: 'm' })).toBe(false)
  })
  it('a key for certain models administers nothing', () => {
    expect(withinScopes({ models: ['m'] }, 'issueKey')).toBe(false)
  })
  it('whatever a narrower key may, the wider key may', () => {
    const list = fc.option(fc.subarray(['a', 'b', 'c']), { nil: undefined })
    const scopes = fc
      .record({ actions: list, models: list })
      .map(({ actions, models }): Scopes => ({ ...(actions && { actions }), ...(models && { models }) }))
    fc.assert(
      fc.property(
        scopes,
        scopes,
        fc.constantFrom('a', 'b', 'c'),
        fc.constantFrom('a', 'b', 'c', undefined),
        (i, o, a, m) => {
          const options = m === undefined ? {} : { model: m }
          return !scopesInside(i, o) || !withinScopes(i, a, options) || withinScopes(o, a, options)
        },
      ),
      { seed: 5, numRuns: 2000 },
    )
  })
  it('checks origins', () => {
    const good = ['https://app.example', 'chrome-extension://abc', 'http://localhost:5173', 'http://[::1]:80801']
    expect(checkOrigins(good)).toHaveLength(4)
    const lists = ['https://a, https://b', 'https://a https://b', '*', 'https://*.example', 'null', 'https://é.example']
    const unsent = ['https://a.example/', 'https://A.example', 'https://a@b', 'https://a:443', 'http://a:80', 'file://']
    for (const bad of [...lists, ...unsent]) expect(() => checkOrigins([bad])).toThrow('is not an origin')
  })
})
