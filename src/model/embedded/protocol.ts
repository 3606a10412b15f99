// What passes between the engine and its thread or process. Plain data only: it is copied.
import { type Delta, type Fault, type FaultCode, type FaultData, Fault as MakeFault } from '../../core/index.ts'
import type { GenerateRequest, TokenRules, Turn } from './engine-contract.ts'

export interface StartInput {
  principal: string
  session?: string
  request: GenerateRequest
  rules: TokenRules
  /** For requests without a seed. */
  seed: number
}

export interface About {
  digest: string
  contextTokens: number
  name: string
  license?: string
  parameters: number
  fileBytes: number
}

export type Order =
  | { type: 'start'; id: number; input: StartInput }
  | { type: 'abort'; id: number }
  | { type: 'forget'; id: number; session: string }
  | { type: 'count'; id: number; input: string | readonly Turn[] }
  | { type: 'embed'; id: number; principal: string; inputs: readonly string[] }

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
