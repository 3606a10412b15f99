// The thread in which sampled decisions are asked again of the Cedar library.
import { parentPort } from 'node:worker_threads'
import { prepareOracle } from './oracle.ts'
import type { OracleQuestion } from './oracle-question.ts'

export type OracleTask =
  | { readonly kind: 'rules'; readonly texts: Readonly<Record<string, string>> }
  | { readonly kind: 'ask'; readonly id: number; readonly question: OracleQuestion }

let ask: ReturnType<typeof prepareOracle> | undefined

parentPort?.on('message', (task: OracleTask) => {
  if (task.kind === 'rules') ask = prepareOracle('shadow', task.texts)
  else parentPort?.postMessage({ id: task.id, answer: ask?.(task.question) })
})
