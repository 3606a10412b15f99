// Paths that are the admin API's, also where none of its routes takes them: what is wrong there is said in its words.

const PREFIXES = ['/admin/', '/access/', '/hooks/', '/.well-known/', '/metrics', '/healthz', '/readyz']

export const isAdministered = (path: string): boolean => PREFIXES.some((prefix) => path.startsWith(prefix))
