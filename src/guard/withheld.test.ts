import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Message, ModelRequest, Treatment } from '../core/index.ts'
import type { Ask } from './ask.ts'
import { createStructuredDetector } from './detect/structured.ts'
import { createGuard } from './guard.ts'
import { withheld } from './withheld.ts'

const guard = createGuard({ detectors: [createStructuredDetector()] })
const openVault = () => guard.openVault({ key: randomBytes(32), random: (n) => randomBytes(n), session: 's' })
const rules =
  (send: Treatment, receive: (origin: string) => Treatment): Ask =>
  ({ direction, origin }) => ({ treatment: direction === 'send' ? send : receive(origin), rules: [] })

const request = (...texts: [Message['role'], string][]): ModelRequest => ({
  action: 'chat',
  model: 'm',
  messages: texts.map(([role, text]) => ({ role, parts: [{ type: 'text', text }] })),
  inputs: [],
  params: {},
  stream: false,
})
const SAID = request(
  ['system', 'Escalate to boss@corp.example.'],
  ['user', 'I am me@home.example'],
  ['tool', '{"owner":"o\\u0064d@crm.example"}'],
)

it('what was hidden: not the callers own, tools words by the rules, what only system text held in any case', () => {
  const vault = openVault()
  const ask = (tool: Treatment) => rules('pseudonym', (origin) => (origin === 'tool' ? tool : 'pseudonym'))
  const { values } = guard.screenInput(SAID, ask('pass'), vault)
  expect(withheld(values, vault, ask('pass'))).toEqual(['boss@corp.example'])
  expect(withheld(values, vault, ask('mask'))).toEqual(['boss@corp.example', 'odd@crm.example'])
})

it('what went in clear: everything the rules would not let out again, by whom the answers screen would ask about', () => {
  const vault = openVault()
  const ask = rules('pass', (origin) => (origin === 'caller' ? 'pass' : 'mask'))
  const { values } = guard.screenInput(SAID, ask, vault)
  expect(withheld(values, vault, ask)).toEqual(['boss@corp.example', 'odd@crm.example'])
  expect(
    withheld(
      values,
      vault,
      rules('pass', () => 'pass'),
    ),
  ).toEqual([])
})

it('what was masked on the way in, should it also stand there unnoticed', () => {
  const vault = openVault()
  const ask = rules('mask', () => 'mask')
  const { values } = guard.screenInput(SAID, ask, vault)
  expect(withheld(values, vault, ask)).toEqual(['boss@corp.example', 'me@home.example', 'odd@crm.example'])
})
