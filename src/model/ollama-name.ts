// Names of models as Ollama takes them. Several spellings mean the same model there, so a question about one of them must be
// a question about the model.
const OWN_PLACE = /^(?:https?:\/\/)?(?:registry\.ollama\.ai\/)?(?:library\/)?/

/** The one name behind every spelling: case, Ollama's own registry, `library` and the tag `latest` go without saying. */
export function plainName(name: string): string {
  const bare = name.toLowerCase().replace(OWN_PLACE, '')
  return bare.slice(bare.lastIndexOf('/') + 1).includes(':') ? bare : `${bare}:latest`
}
