// One HTTP exchange with an upstream over undici's dispatch: back-pressure by pause and resume, no redirects, and an abort
// that closes the socket at once, whatever state the exchange is in.
import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { Fault } from '../core/index.ts'
import { upstreamFault } from './upstream-fault.ts'

/** Bytes that may lie unread before the socket is paused. */
const HIGH_WATER_BYTES = 256 * 1024
/** After a complete answer the end of its body is there at once, and the socket can be used again; else it is given up. */
const LINGER_MS = 500

export class Exchange implements Dispatcher.DispatchHandler {
  status = 0
  headers: IncomingHttpHeaders = {}
  /** Whether the upstream has sent anything at all, be it half a header. */
  received = false

  #controller: Dispatcher.DispatchController | undefined
  #chunks: Buffer[] = []
  #bytes = 0
  #ended = false
  #failure: Fault | undefined
  #error: Error | undefined
  #closed = false
  #left = false
  #wake: (() => void) | undefined
  readonly #closers: (() => void)[] = []

  /** `act` runs once, when the exchange has ended in any way. */
  whenClosed(act: () => void): void {
    if (this.#closed) act()
    else this.#closers.push(act)
  }

  /** Resolves when status and headers are there. */
  async head(): Promise<void> {
    while (this.status === 0) {
      if (this.#failure) throw this.#failure
      await this.#change()
    }
  }

  /** What has arrived since the last read, or undefined at the end of the body. One reader at a time. */
  async read(): Promise<Buffer[] | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#failure) throw this.#failure
      if (this.#ended) return undefined
      await this.#change()
    }
    const chunks = this.#chunks
    this.#chunks = []
    this.#bytes = 0
    if (this.#controller?.paused) this.#controller.resume()
    return chunks
  }

  /** Ends the exchange and closes its socket, also while it waits for a free connection. */
  abort(reason: Fault): void {
    if (this.#ended || this.#failure) return
    this.#fail(reason)
    this.#controller?.abort(reason)
  }

  /** No more is read. What still comes is thrown away until the body ends, or the socket is closed for not ending. */
  leave(): void {
    if (this.#closed) return
    this.#left = true
    this.#chunks = []
    if (this.#controller?.paused) this.#controller.resume()
    const timer = setTimeout(() => this.abort(new Fault('upstream_timeout')), LINGER_MS)
    this.whenClosed(() => clearTimeout(timer))
  }

  /** The transport error as undici gave it, to tell a dead idle socket from a refusal. */
  get error(): Error | undefined {
    return this.#error
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#failure) throw this.#failure // ended while it waited for a socket: nothing is sent, the socket stays good
    this.#controller = controller
  }

  onResponseStarted(): void {
    this.received = true
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return // 100 Continue and 103 Early Hints are not the answer
    this.status = status
    this.headers = headers
    this.#stir()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#left) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > HIGH_WATER_BYTES) controller.pause()
    this.#stir()
  }

  onResponseEnd(): void {
    this.#ended = true
    this.#close()
    this.#stir()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#error = error
    this.#fail(upstreamFault(error, this.status !== 0))
  }

  #fail(fault: Fault): void {
    this.#failure ??= fault
    this.#chunks = [] // what was not read before a failure is not shown after it
    this.#close()
    this.#stir()
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const act of this.#closers) act()
  }

  #stir(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
