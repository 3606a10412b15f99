// What is used of fflate, so that types can be checked before a newly added package is installed everywhere.
declare module 'fflate' {
  export class ZipDeflate {
    constructor(name: string, options?: { level?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 })
    push(chunk: Uint8Array, final?: boolean): void
  }
  export class Zip {
    constructor(take: (error: Error | null, chunk: Uint8Array, final: boolean) => void)
    add(file: ZipDeflate): void
    end(): void
  }
  export function unzipSync(bytes: Uint8Array): Record<string, Uint8Array>
}
