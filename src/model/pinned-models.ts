// Models that `model get` knows by name: file, revision and digest are fixed, so that what arrives is what was looked at.

export interface PinnedModel {
  readonly name: string
  readonly about: string
  readonly url: string
  /** Hex. */
  readonly sha256: string
  readonly bytes: number
  readonly license: string
}

export const PINNED_MODELS: readonly PinnedModel[] = [
  {
    name: 'qwen3-0.6b',
    about: 'Qwen3 0.6B, Q8_0, from its makers: small, many languages',
    url: 'https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/resolve/23749fefcc72300e3a2ad315e1317431b06b590a/Qwen3-0.6B-Q8_0.gguf',
    sha256: '9465e63a22add5354d9bb4b99e90117043c7124007664907259bd16d043bb031',
    bytes: 639_446_688,
    license: 'Apache-2.0',
  },
]
