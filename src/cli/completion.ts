// Completion for shells: a few lines for each, which ask this program what may come next; so there is one answer for all, from
// the table of commands, and it is never older than the program.
import type { Command, CommandSpec, Flag } from './command.ts'
import { usage } from './failure.ts'
import { printOne, printRows } from './io.ts'

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_sallyport() {
  local word=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=($(compgen -W "$(sallyport completion next -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "$word"))
}
complete -o default -F _sallyport sallyport
`,
  zsh: `#compdef sallyport
_sallyport() {
  local -a next
  next=(\${(f)"$(sallyport completion next -- \${words[2,CURRENT-1]} 2>/dev/null)"})
  if (( \${#next} )); then compadd -a next; else _files; fi
}
compdef _sallyport sallyport
`,
  fish: `function __sallyport_next
  set -l words (commandline -opc)
  sallyport completion next -- $words[2..-1] 2>/dev/null
end
complete -c sallyport -a '(__sallyport_next)'
`,
  pwsh: `Register-ArgumentCompleter -Native -CommandName sallyport -ScriptBlock {
  param($word, $ast)
  $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($word) { $words = @($words | Select-Object -SkipLast 1) }
  sallyport completion next '--' @words 2>$null | Where-Object { $_ -like "$word*" } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`,
}

export interface Table {
  readonly commands: readonly CommandSpec[]
  readonly commonFlagsOf: (spec: CommandSpec) => readonly Flag[]
}

/** Words that may stand behind these: commands, then flags. Of arguments, and values of flags, nothing is known. */
export async function nextWords({ commands, commonFlagsOf }: Table, words: readonly string[]): Promise<string[]> {
  const [first, second] = words
  const spec = commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first)
  if (spec) {
    const flags = [...(spec.flags ?? []), ...((await spec.moreFlags?.()) ?? []), ...commonFlagsOf(spec)].map(
      ({ flag }) => flag.split(' '),
    )
    if (flags.some(([name, value]) => name === words.at(-1) && value?.startsWith('<'))) return []
    const open = flags.filter(([name = '', value]) => value?.endsWith('...>') || !words.includes(name))
    return [...new Set(open.map(([name = '']) => name))]
  }
  if (words.length > 1) return []
  const begun = commands.filter(({ name }) => first === undefined || name.startsWith(`${first} `))
  return [...new Set(begun.map(({ name }) => name.split(' ')[words.length] ?? ''))]
}

export const completion =
  (table: Table): Command =>
  async ({ io, args, flags: { json } }) => {
    const [shell = '', ...words] = args
    if (shell === 'next') {
      const rows = (await nextWords(table, words)).map((word) => ({ word }))
      printRows(io, rows, [{ field: 'word' }], { json: json as string })
      return 0
    }
    const script = words.length === 0 && Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined
    if (script === undefined)
      throw usage(
        `No completion is known for "${args.join(' ')}"`,
        `sallyport completion ${Object.keys(SCRIPTS).join('|')}`,
      )
    if (json) printOne(io, { shell, script }, { json: json as string })
    else io.out(script)
    return 0
  }
