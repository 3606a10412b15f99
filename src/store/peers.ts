// What nodes ask one another: a question goes to all of them by a notification, the answers lie in a table until they are read.
// For what only the node itself knows and nobody decides by, as a list of what it runs; who does not answer is named.
import { randomUUID } from 'node:crypto'
import type { Clock } from '../core/index.ts'
import type { Feed, NodeSelf } from './feed.ts'
import type { Nodes } from './nodes.ts'
import type { Store } from './store.ts'

export interface NodeAnswer {
  readonly name: string
  /** Undefined if it did not answer in time. */
  readonly answer: unknown
}

export interface Peers {
  /** Every other node that still runs calls, with its answer; those of these names are not asked. */
  ask(question: object, without: ReadonlySet<string>, withinMs: number): Promise<NodeAnswer[]>
  /** What this node answers. */
  answer(answer: (question: object) => unknown): void
}

export interface PeerDeps {
  readonly store: Store
  readonly feed: Pick<Feed, 'hear' | 'send'>
  readonly nodes: Pick<Nodes, 'list'>
  readonly clock: Clock
  readonly node: Pick<NodeSelf, 'id'>
  readonly report: (error: unknown) => void
}

interface Message {
  readonly id: string
  readonly from: string
  readonly question: object
}

/** Milliseconds between two looks for answers. */
const LOOK_MS = 5
/** An answer that came too late is removed with a later one. */
const KEEP_MS = 60_000

export function createPeers({ store, feed, nodes, clock, node, report }: PeerDeps): Peers {
  const alone = store.dialect === 'sqlite'

  const collect = async (id: string, wanted: number, withinMs: number): Promise<Map<string, unknown>> => {
    const since = clock.monotonic()
    for (;;) {
      const rows = await store.db
        .selectFrom('node_answer')
        .select(['node', 'answer'])
        .where('question', '=', id)
        .execute()
      if (rows.length >= wanted || clock.monotonic() - since >= withinMs)
        return new Map(rows.map(({ node, answer }) => [node, JSON.parse(answer)]))
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  return {
    async ask(question, without, withinMs) {
      if (alone) return []
      const others = (await nodes.list()).filter(
        ({ self, name, silentMs, closesAfterMs }) => !self && !without.has(name) && silentMs < closesAfterMs,
      )
      if (others.length === 0) return []
      const id = randomUUID()
      await feed.send(JSON.stringify({ id, from: node.id, question } satisfies Message))
      const answers = await collect(id, others.length, withinMs)
      await store.transaction(async (trx) => {
        await trx
          .deleteFrom('node_answer')
          .where((on) => on.or([on('question', '=', id), on('at', '<', clock.now() - KEEP_MS)]))
          .execute()
      })
      return others.map((one) => ({ name: one.name, answer: answers.get(one.id) }))
    },
    answer(answer) {
      const tell = async ({ id, from, question }: Message): Promise<void> => {
        if (from === node.id) return
        const text = JSON.stringify(await answer(question))
        await store.transaction(async (trx) => {
          const row = { question: id, node: node.id, answer: text, at: clock.now() }
          await trx.insertInto('node_answer').values(row).execute()
        })
      }
      // Whoever asked says that this node did not answer; why not is in its own log.
      feed.hear((message) => void (async () => tell(JSON.parse(message) as Message))().catch(report))
    },
  }
}
