// Certificates for tests of TLS: two authorities, servers and clients they vouch for, and one that has expired. From 2020 to 2099 for
// `localhost`; the keys are public by being here, and the authorities have none any more.
import { fileURLToPath } from 'node:url'

const at = (file: string) => fileURLToPath(new URL(`certificates/${file}`, import.meta.url))
const pair = (name: string) => ({ cert: at(`${name}.pem`), key: at(`${name}.key`) })

/** Paths of PEM files. */
export const CERTIFICATES = {
  ours: at('ours.pem'),
  other: at('other.pem'),
  /** Of servers: signed by ours, by ours until February 2020, and by the other authority. */
  servers: { good: pair('server'), expired: pair('expired'), foreign: pair('foreign') },
  /** Of clients: signed by ours, and by the other. */
  client: pair('holder'),
  stranger: pair('stranger'),
}
