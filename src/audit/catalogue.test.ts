// The catalogue is complete: every kind that the source writes is in it. That docs/ shows it is checked with the other pages.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FIELDS, KINDS } from './catalogue.ts'

const root = join(import.meta.dirname, '../..')

it('has every kind of event that is written anywhere', () => {
  const nouns = new Set(Object.keys(KINDS).map((kind) => kind.split('.')[0]))
  const missing = new Set<string>()
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  for (const file of sources.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
    const text = readFileSync(join(root, 'src', file), 'utf8')
    for (const [, kind = ''] of text.matchAll(/kind: '([a-z]+\.[a-z_]+)'/g)) {
      if (nouns.has(kind.split('.')[0]) && !(kind in KINDS)) missing.add(`${kind} (${file})`)
    }
  }
  expect([...missing]).toEqual([])
})

it('names every field of an event, in the order of its text', () => {
  expect(Object.keys(FIELDS)).toEqual([...Object.keys(FIELDS)].sort())
  expect(Object.values(FIELDS).every((field) => field.class !== 'content')).toBe(true)
})
