// What is to be stopped again, newest first.
export type Closers = (() => Promise<void>)[]
