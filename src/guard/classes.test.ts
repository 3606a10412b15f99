import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { classesPage, createClassTree, DATA_CLASSES } from './classes.ts'
import { createDetectors } from './detectors.ts'
import { createGuard } from './guard.ts'
import { KIND_LIMIT } from './pseudonym.ts'

it('docs/data-classes.md is what the tree prints (`sallyport guard classes --markdown`)', () => {
  expect(readFileSync(new URL('../../docs/data-classes.md', import.meta.url), 'utf8')).toBe(classesPage())
})

it('every class a detector reports is in the tree, or below one that is', () => {
  const known = new Set(DATA_CLASSES.map(({ id }) => id))
  for (const detector of createDetectors())
    for (const id of detector.classes)
      expect(known.has(id) || known.has(id.slice(0, id.lastIndexOf('/'))), id).toBe(true)
})

it('every class can have a pseudonym that is found again', () => {
  for (const { kind, angle } of DATA_CLASSES) {
    expect(kind).toMatch(/^[A-Z]{2,}$/)
    expect(kind.length).toBeLessThanOrEqual(KIND_LIMIT)
    expect(angle.length).toBeLessThanOrEqual(KIND_LIMIT)
  }
})

it('treats a class nobody declared like a secret, and one below a known class like that', () => {
  const tree = createClassTree()
  expect(tree.get('nonsense').nature).toBe('secret')
  expect(tree.get('personal/shoe-size').nature).toBe('personal')
  expect(tree.get('secret/anything').kind).toBe('SECRET')
})

it('knows every class that a detector reports: rules are asked about it, and what they do not know is denied', () => {
  const detectors = createDetectors({})
  const known = new Set(createGuard({ detectors }).tree.known.map(({ id }) => id))
  for (const { classes } of detectors) for (const id of classes) expect(known).toContain(id)
})
