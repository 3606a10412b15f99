import { expect, it } from 'vitest'
import { createFieldRule } from './fields.ts'

const rule = createFieldRule(new Map([['customer.salary', 'finance/salary']]))

it.each([
  ['user.first_name', 'personal/person'],
  ['kunde.Nachname', 'personal/person'],
  ['client.date-de-naissance', 'personal/birth-date'],
  ['numero_securite_sociale', 'personal/national-id'],
  ['a.codice_fiscale', 'personal/national-id'],
  ['motDePasse', 'secret/password'],
  ['data.customer.salary', 'finance/salary'],
  ['product.name', undefined],
  ['salary', undefined],
])('%s is %s', (path, wanted) => {
  expect(rule(path)).toBe(wanted)
})
