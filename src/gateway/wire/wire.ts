// What a wire format is: it reads a request body into a ModelRequest, and writes deltas and faults in its own words.
// Formats do not know each other; everything between them is core/chat.ts.
import type { Delta, Fault, ModelRequest } from '../../core/index.ts'

export interface WriterContext {
  readonly request: ModelRequest
  /** The model as the caller named it; an upstream's own name is never shown. */
  readonly model: string
  readonly callId: string
  /** Milliseconds since 1970. */
  readonly createdMs: number
}

/** Writes one answer. Either `batch…end` (or `cut`) of a stream, or `whole` once; never both. */
export interface Writer {
  readonly contentType: string
  /** Frames of a stream for these deltas; '' if they show nothing yet. */
  batch(deltas: readonly Delta[]): string
  /** The last frames of a stream that ended well. */
  end(): string
  /** The body of an answer that is not streamed. */
  whole(deltas: readonly Delta[]): string
  /** The error frame after which a stream that had begun is closed. A stream that merely closes looks like success. */
  cut(fault: Fault): string
}

export interface FaultIds {
  readonly callId: string
  readonly decisionId?: string
}

export interface Refusal {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

/** How a family of formats renders a fault before any byte of an answer. */
export type Refuse = (fault: Fault, ids: FaultIds) => Refusal

export interface Wire {
  readonly name: string
  /** @throws Fault `malformed_request` or `unsupported_parameter`, with the field in `data.param` */
  read(body: Uint8Array): ModelRequest
  writer(context: WriterContext): Writer
  readonly refuse: Refuse
}
