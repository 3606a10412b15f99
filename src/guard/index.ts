// Front door of the guard, and the package export `sallyport/guard`.
export type { Answer, Ask, ClassReport, Question, Report } from './ask.ts'
export { facts } from './ask.ts'
export { createCanary, createCanaryDetector, createInstructionsDetector, plant } from './checks/instructions.ts'
export { createPhraseDetector } from './checks/phrases.ts'
export { MARK, type Spotlit, spotlight } from './checks/spotlight.ts'
export { type ClassTree, classesPage, createClassTree, DATA_CLASSES, type DataClass, type Nature } from './classes.ts'
export { createSecretDetector } from './detect/secrets.ts'
export { createStructuredDetector, type StructuredOptions } from './detect/structured.ts'
export { type Detector, type DetectorStream, detect } from './detector.ts'
export { createDetectors, type DetectorOptions } from './detectors.ts'
export { createGuard, type Guard, type GuardOptions } from './guard.ts'
export { scoreRequest } from './injection/request.ts'
export { type InjectionScore, scoreInjection } from './injection/score.ts'
export { createIsolatedDetector, type IsolatedDetector, type IsolatedOptions } from './isolated.ts'
export { createListDetector, readList } from './names/list.ts'
export { createNameDetector } from './names/tagger.ts'
export { openGuard } from './open.ts'
export type { Output } from './output.ts'
export { type OwnClasses, readOwnClasses } from './own-classes.ts'
export type { PseudonymStyle } from './pseudonym.ts'
export {
  FAMILIES,
  type Family,
  html,
  junit,
  type RedteamOptions,
  type Result,
  runRedteam,
  type Summary,
  summarise,
} from './redteam/index.ts'
export { SURROGATE_CLASSES, type SurrogateClass } from './surrogate.ts'
export type { TextOptions, TextScreen } from './text.ts'
export type { MaskStyle } from './treat.ts'
export { createVault, type Source, type Vault, type VaultEntry, type VaultOptions } from './vault.ts'
export { type FoundValue, withheld } from './withheld.ts'
