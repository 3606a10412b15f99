// The part of better-sqlite3's interface that is used here; the package's own types are not reachable through its exports.
declare module 'better-sqlite3-multiple-ciphers' {
  interface Statement {
    readonly reader: boolean
    all(...parameters: unknown[]): unknown[]
    run(...parameters: unknown[]): { changes: number; lastInsertRowid: number | bigint }
  }
  class Database {
    constructor(file: string, options?: { readonly?: boolean; timeout?: number })
    pragma(source: string): unknown
    prepare(sql: string): Statement
    close(): void
    readonly inTransaction: boolean
  }
  namespace Database {
    export type { Statement }
  }
  // biome-ignore lint/style/noDefaultExport: the package exports its class this way
  export default Database
}
