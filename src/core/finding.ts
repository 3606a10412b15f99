// A detected span of sensitive data, what is to become of it, and where a string came from.

/** From weakest to most protective; of several answers the most protective wins. */
export const TREATMENTS = ['pass', 'pseudonym', 'mask', 'block'] as const
export type Treatment = (typeof TREATMENTS)[number]

/** Whose words a string is. Untrusted origins: tool and document. */
export type Origin = 'system' | 'caller' | 'tool' | 'document' | 'model'

export interface Finding {
  /** Data class, a path in the tree: `personal/email`, `secret/github-token`. */
  readonly class: string
  /** Half-open span in UTF-16 units of the original text. */
  readonly start: number
  readonly end: number
  /** 0 to 100. */
  readonly confidence: number
}
