// The guard without a gateway: texts scanned, treated and turned back, whole or piece by piece. The same screens and
// treatments as in a call, with the answers given by a function of the class instead of a policy.
import type { Finding, Treatment } from '../core/index.ts'
import { keep, sortOut } from './findings.ts'
import { PSEUDONYM } from './pseudonym.ts'
import type { Region } from './regions.ts'
import type { Screen } from './screen.ts'
import { standIn, type TreatmentOptions } from './stand-in.ts'
import { treatRegion } from './treat.ts'
import type { Vault } from './vault.ts'

export interface TextScreen {
  /** The next piece; returns what is settled of the result. */
  push(piece: string): string
  end(): string
}

export interface TextOptions {
  /** What becomes of a class. `block` counts as `mask`: there is no call to refuse. */
  treatment(dataClass: string): Treatment
  readonly vault: Vault
  /** Told of every finding, with offsets into the whole text. */
  onFinding?(finding: Finding): void
}

export function openText(screen: Screen, treatments: TreatmentOptions, options: TextOptions): TextScreen {
  const { vault } = options
  const stream = screen.open('guess', vault.detectors())
  return collect(stream, (region) => {
    for (const finding of sortOut(region.findings)) if (finding.class !== PSEUDONYM) options.onFinding?.(finding)
    return treatRegion(region, {
      treatment: (finding) => options.treatment(finding.class),
      replace: (dataClass, treatment, value) => standIn(dataClass, treatment, value, vault, 'caller', treatments),
      pseudonym: (text) => vault.hide(treatments.tree.get('literal'), text, 'caller'),
    })
  })
}

/** Turns every pseudonym of the vault back. */
export function openRestore(screen: Screen, vault: Vault): TextScreen {
  const stream = screen.open('guess', [...vault.detectors(), vault.respelt()])
  return collect(stream, (region) =>
    treatRegion(region, {
      treatment: () => 'pass',
      replace: (_, __, value) => value,
      pseudonym: (text) => vault.find(text)?.value,
    }),
  )
}

function collect(stream: ReturnType<Screen['open']>, treat: (region: Region) => string): TextScreen {
  let out = ''
  const sink = {
    clear: (text: string) => {
      out += text
    },
    region: (region: Region) => {
      const kept = keep(region)
      out += kept === undefined ? region.text : treat(kept)
    },
  }
  const take = () => {
    const text = out
    out = ''
    return text
  }
  return {
    push(piece) {
      stream.push(piece, sink)
      return take()
    },
    end() {
      stream.end(sink)
      return take()
    },
  }
}
