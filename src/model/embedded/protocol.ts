// What passes between the engine and its thread or process. Plain data only: it is copied.
import { type Delta, type Fault, type FaultCode, type FaultData, Fault as MakeFault } from '../../core/index.ts'
import type { Turn } from './engine-contract.ts'
import type { About, StartInput } from './runtime.ts'

export type Order =
  | { type: 'start'; id: number; input: StartInput }
  | { type: 'abort'; id: number }
  | { type: 'forget'; id: number; session: string }
  | { type: 'count'; id: number; input: string | readonly Turn[] }
  | { type: 'embed'; id: number; inputs: readonly string[] }
  | { type: 'clear'; id: number }

/** A Fault as data. Its cause stays on its side. */
export interface FaultNote {
  code: FaultCode
  detail?: string
  data: FaultData
}

export type Report =
  | { type: 'ready'; about: About }
  | { type: 'broken'; fault: FaultNote }
  | { type: 'deltas'; id: number; deltas: Delta[]; done: boolean }
  | { type: 'result'; id: number; value: unknown }
  | { type: 'fault'; id: number; fault: FaultNote }

export const noteOf = ({ code, detail, data }: Fault): FaultNote => ({
  code,
  ...(detail !== undefined && { detail }),
  data,
})
export const faultOf = ({ code, detail, data }: FaultNote): Fault =>
  new MakeFault(code, { ...(detail !== undefined && { detail }), data })
