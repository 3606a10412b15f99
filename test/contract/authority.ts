// Certificates by openssl in a folder of the test: an authority, a server it vouches for, and what goes wrong with certificates.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Authority {
  /** Its own certificate, a PEM file. */
  readonly file: string
  /** Signs `name` for `alt` (`DNS:…` or `IP:…`); `notAfter` is a moment as 20200102000000Z. Returns paths of certificate and key. */
  sign(name: string, alt: string, notAfter?: string): { cert: string; key: string }
}

export function createAuthority(folder: string, name: string): Authority {
  const at = (file: string) => join(folder, `${name}-${file}`)
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe' })
  const fresh = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const ca = { cert: at('ca.pem'), key: at('ca.key') }
  openssl(...fresh, '-x509', '-days', '30', '-subj', `/CN=${name}`, '-keyout', ca.key, '-out', ca.cert)
  const config = at('ca.cnf')
  writeFileSync(at('index.txt'), '')
  writeFileSync(at('serial'), '01\n')
  writeFileSync(
    config,
    `[ca]\ndefault_ca=it\n[it]\nnew_certs_dir=${folder}\ndatabase=${at('index.txt')}\nserial=${at('serial')}\ndefault_md=sha256\n` +
      'policy=any\ncopy_extensions=copy\nunique_subject=no\n[any]\ncommonName=supplied\n',
  )
  return {
    file: ca.cert,
    sign(who, alt, notAfter = '20991231000000Z') {
      const paths = { cert: at(`${who}.pem`), key: at(`${who}.key`) }
      const request = at(`${who}.csr`)
      openssl(
        ...fresh,
        '-subj',
        `/CN=${who}`,
        '-addext',
        `subjectAltName=${alt}`,
        '-keyout',
        paths.key,
        '-out',
        request,
      )
      openssl(
        ...['ca', '-batch', '-config', config, '-cert', ca.cert, '-keyfile', ca.key, '-notext'],
        ...['-startdate', '20200101000000Z', '-enddate', notAfter, '-in', request, '-out', paths.cert],
      )
      return paths
    },
  }
}
