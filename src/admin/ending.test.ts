// What would end on all nodes: put together of what each counts; who does not answer, or not with a count, is named.
import { expect, it } from 'vitest'
import type { CallSubject } from '../access/index.ts'
import { type PrincipalUid, uidText } from '../core/index.ts'
import { type Ending, endingOn } from './ending.ts'
import { answerNode } from './running.ts'

const subject = (type: PrincipalUid['type'], id: string): CallSubject =>
  ({ caller: { principal: { type, id } } }) as unknown as CallSubject

/** A node on which these have a call each; dana is in a group. */
function node(...subjects: CallSubject[]) {
  const count = (matches: (one: CallSubject) => boolean) => {
    const calls = subjects.filter(matches).length
    return { calls, upstreams: calls }
  }
  return {
    access: {
      leases: { count, open: () => [] },
      locks: {
        wouldStop: ({ kind, target }: { kind: string; target: string }, { caller }: CallSubject) =>
          kind === 'everything' || (kind === 'principal' && uidText(caller.principal) === target),
      },
      sessions: { flush: async () => {} },
    },
    identity: {
      entities: {
        describe: ({ id }: PrincipalUid) => ({ ancestors: new Set(id === 'dana' ? ['Group::"dev"'] : []) }),
      },
    },
  } as unknown as Parameters<typeof answerNode>[0]
}

const one = node(subject('User', 'dana'), subject('User', 'jo'))
const two = node(subject('User', 'dana'), subject('User', 'ida'))
/** Over the wire and back, as nodes ask each other. */
const asked = (other: typeof two, ending: Ending, silent: readonly { name: string; answer: unknown }[] = []) =>
  endingOn(
    {
      ...one,
      askNodes: async (question) => {
        const answer = await answerNode(other, JSON.parse(JSON.stringify(question)))
        return [{ name: 'two', answer: JSON.parse(JSON.stringify(answer)) }, ...silent]
      },
    },
    ending,
  )

it.each<[Ending, number, string[]]>([
  [{ lock: { kind: 'everything', target: '' } }, 4, ['User::"dana"', 'User::"ida"', 'User::"jo"']],
  [{ lock: { kind: 'principal', target: 'User::"dana"' } }, 2, ['User::"dana"']],
  [{ holder: 'User::"jo"' }, 1, ['User::"jo"']],
  [{ holder: 'Group::"dev"' }, 2, ['User::"dana"']],
  [{ holder: 'User::"nobody"' }, 0, []],
])('%j', async (ending, calls, principals) => {
  expect(await asked(two, ending)).toEqual({ calls, upstreams: calls, principals, uncounted: [] })
})

it('what is no count is no answer: never a smaller number without saying so', async () => {
  const wrong = [undefined, null, [], {}, { calls: '2', upstreams: 0, principals: [] }, { calls: 1, upstreams: 1 }]
  const silent = wrong.map((answer, i) => ({ name: `silent-${i}`, answer }))
  expect(await asked(two, { holder: 'User::"jo"' }, silent)).toMatchObject({
    calls: 1,
    uncounted: silent.map(({ name }) => name),
  })
})
