// Technical text for the names tagger: manuals, lists of changes, orders to agents, reviews and program text in the words of
// ten languages, most of it without a person, some with one in the same places. `{de}` is a German word as it is written,
// `{De}` with a capital, `{DE}` in capitals, `{tech}` a word of programs, `{product}` a program; other slots as in `templates.ts`.
import { readdirSync, readFileSync } from 'node:fs'

const FOLDER = new URL('vocabulary/', import.meta.url)

const read = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8').trim().split(/\s+/)

const ALSO = 'also-names.txt'
/** Everyday and technical words by language, most frequent first; `tech`: of programs. */
export const VOCABULARY: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((file) => file !== ALSO)
    .sort()
    .map((file) => [file.replace('.txt', ''), read(file)]),
)
/** Those of them that somebody is called as well: `Feld`, `mark`. */
export const ALSO_NAMES: ReadonlySet<string> = new Set(read(ALSO))

const LANGUAGES = Object.keys(VOCABULARY).filter((language) => language !== 'tech')

export const PRODUCTS: readonly string[] =
  `Debian, Ubuntu, Fedora, Arch Linux, Alpine, CentOS, Red Hat, openSUSE, Gentoo, NixOS, Kali Linux, Raspberry Pi, FreeBSD, OpenBSD, Solaris, Android, iOS, macOS, Windows, Linux, Unix, Cygwin, Samba, Xen, Munin, Nagios, Icinga, Grafana, Prometheus, Zabbix, Postfix, Dovecot, Exim, Apache, Nginx, Caddy, Traefik, HAProxy, Envoy, Istio, Consul, Nomad, Terraform, Ansible, Puppet, Chef, Vagrant, Packer, Docker, Podman, Kubernetes, Helm, Jenkins, GitHub Actions, GitLab, Gitea, Bitbucket, Jira, Confluence, Trello, Notion, Linear, Slack, Discord, Zoom, Teams, Outlook, Gmail, Thunderbird, Firefox, Chrome, Chromium, Safari, Edge, Opera, Brave, Playwright, Puppeteer, Selenium, Cypress, Jest, Vitest, Mocha, Jasmine, Karma, Pytest, JUnit, Webpack, Vite, Rollup, Parcel, Babel, Prettier, ESLint, Biome, Husky, Lerna, Nx, Turborepo, Yarn, Bun, Deno, Node.js, Express, Fastify, Koa, Hapi, Nest, Next.js, Nuxt, Gatsby, Astro, Remix, Svelte, SvelteKit, Vue, Pinia, Vuex, React, Redux, Preact, Solid, Angular, Ember, Backbone, jQuery, Bootstrap, Tailwind, Storybook, Electron, Tauri, Ionic, Flutter, Dart, Kotlin, Swift, Rust, Cargo, Go, Python, Perl, PHP, Laravel, Symfony, Composer, Ruby, Rails, Sinatra, Django, Flask, FastAPI, Celery, Spring, Hibernate, Maven, Gradle, Scala, Akka, Clojure, Haskell, Erlang, Elixir, Phoenix, Julia, Lua, Fortran, Cobol, Pascal, Ada, Lisp, Scheme, Prolog, TypeScript, JavaScript, WebAssembly, PostgreSQL, MySQL, MariaDB, SQLite, Oracle, MSSQL, Redis, Valkey, Memcached, MongoDB, Cassandra, Kafka, RabbitMQ, Pulsar, Elasticsearch, OpenSearch, Kibana, Logstash, Fluentd, Loki, Jaeger, Zipkin, Sentry, Datadog, Splunk, Knex, Sequelize, Prisma, Drizzle, Mongoose, Hadoop, Spark, Hive, Presto, Trino, Airflow, Dagster, Jupyter, Pandas, NumPy, Keras, PyTorch, TensorFlow, LangChain, LlamaIndex, Ollama, Hugging Face, OpenAI, Anthropic, Mistral, Gemini, Llama, Qwen, Claude, Copilot, Cursor, Codex, Cline, Windsurf, Aider, Zed, Vim, Neovim, Emacs, Nano, Atom, Sublime Text, Eclipse, IntelliJ, Xcode, Plasma, Gnome, Xfce, Wayland, Qt, GTK, LibreOffice, Gimp, Inkscape, Blender, Unity, Unreal, Godot, Steam, Xbox, Nintendo, Bash, Zsh, Fish, PowerShell, Tmux, Systemd, Debconf, Aptitude, Flatpak, Snap, Homebrew, Chocolatey, Wireshark, Nmap, Metasploit, Burp Suite, OpenSSL, Let's Encrypt, Certbot, Keycloak, Vault, Okta, Auth0, Cloudflare, Netlify, Vercel, Heroku, Lambda, Bedrock, Azure, Fargate, Bluetooth, Ethernet, Unicode, Markdown, Pandoc, Sphinx, Doxygen, Swagger, Postman, Insomnia, Figma, Sketch, Photoshop, Premiere, Excel, Word, PowerPoint, Sonnet, Opus, Haiku`.split(
    ', ',
  )

/** `{w}` stands for a word of one language, `{W}` with a capital, `{UP}` in capitals. */
const WITHOUT = `
{W} {w} {w} {w} {w} {w}.
{W} {w} {w} {w} {w} {w} {w} {w} {w}. {W} {w} {w} {w} {w}.
{W} {w} {w}, {w} {w} {w} {w}; {w} {w} {w}.
{w} {w} {w} {w} {w} {w}
{w} {w} {w} ({w} {w} {w}) {w} {w}
# {W}
## {W} {w}
### {W} {w} {w}
# {W}\\n\\n{W} {w} {w} {w}.\\n\\n## {W} {W}\\n\\n- {W} {w} {w}\\n- {W} {w}
{UP}
{UP} {UP}
{UP} {UP} {w} {w}
{UP}\\n    {W} {w} {w} {w} {w}.
{W} {W}
{W} {W} {W}
{W}\\n{W} {w}\\n{W} {w} {w}
{small}.{small} {W} {w}\\n{small}.{small} {W} {w} {w}
{small}.{small}. {W} {w}
- {W} {w} {w} {w}
- **{W}**: {w} {w} {w} {w}
- **{W} {w}** {W} {w} {w}.
* {w} {w} {w} {W} {w}
{small}. {W} {w} {w}
a) {W} {w}, b) {W} {w}
B. {W} {w} {w}
{W}: {w} {w} {w}
{W} {w}: {W} {w} {w}.
{W}, {W}, {W} {w} {w}
| {W} | {W} | {W} |
| {w} | {W} {w} {w} |
--{tech}  {W} {w} {w} {w} {w}.
-{w} {w} {W} {w} {w}
\`{tech}\` {w} {w} {w} {w}
{tech} {w} {w} {w} {tech} {w}.
{W} {w} {tech} {w} {w} {w} {tech}.
{product} {w} {w} {w} {w}.
{W} {w} {product} {w} {w}.
{W} {w} {product} {w} {product} {w} {w} {w}.
{w} {w} {product} {w} {w}
{product}: {w} {w} {w}
{product} {W}
{W} {product}
- {product} {w} {w} {w}
- {w}: {w} {w} {product} {w}
({w} {w} {product})
{product}, {product} {w} {product}
{product} {version} {w} {w} {w}
# {product}
## {W} {product} {w}
{camel} {w} {w} {w} {camel} {w}.
{camel}: {w} {w} {w}
@param {camel} {w} {w} {w} {w}
@returns {w} {w} {camel}
// {w} {w} {w} {camel} {w}
/* {W} {w} {w} {w} {w} */
# {w} {w} {w} {w}
"{W} {w} {w}"
'{w} {w}'
> {W} {w} {w} {w} {w}
<{tech}>{W} {w} {w}</{tech}>
{tech}.{camel}({camel}, {camel})
{tech}: {tech}, {tech}, {w}
{w}-{w}, {w}-{w}
{W}-{w} {w} {w}
`
const WITH = `
{W} {w} {w} {full} {w} {w} {w}.
{full} {w} {w} {w} {w}.
{w} {w} {w} {full}, {w} {w}.
{w} {w} {w} {person} {w} {w}.
{w} {w} {lowername} {w} {w}
{W} {w} {w} {first} {w} {w}.
{W} {full}, {w} {w} {w} {w}.
{W} {w} {full} {w} {w} {full}.
{w} {full} {w} {w}
{w} {w} {lowername} {w} {w} {w}
{W}: {full}
{w}: {full}
{W}: {full}, {full}
{W} {w}: {full}
- {W} {w} {w} ({full})
- {full}: {w} {w} {w}
- {full} ({w} {w})
* {w} {w} {w} {full}
# {W}\\n\\n- {full}\\n- {full}
## {full}
{UP}\\n    {full}
{UP}\\n{W} {w} {w} {full} {w} {full}.
{full} <{email}>
{W} {w} {full} <{email}>
{product} {w} {w} {full}.
{full} {w} {product} {w} {w}.
| {full} | {W} | {w} |
| {W} | {full} |
// {w} {w} {full}
"{w}": "{full}"
{w} = "{full}"
{first}, {w} {w} {w} {w}?
{W} {first}, {w} {w} {w}.
@{tech} {full}
{small}. {full}, {w} {w}
> {full} {w}:
`
const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.replaceAll('\\n', '\n'))

const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1)
const inLanguage = (template: string, language: string) =>
  template
    .replaceAll('{w}', `{${language}}`)
    .replaceAll('{W}', `{${capital(language)}}`)
    .replaceAll('{UP}', `{${language.toUpperCase()}}`)
const inAll = (text: string) => LANGUAGES.flatMap((language) => lines(text).map((line) => inLanguage(line, language)))

/** Scripts without capitals around Latin words, what agents are told, reviews, commits and program text. */
const FREE = `
{product} は{product} で動作します。
{product} のインストール方法と{tech} の設定
{product} をインストールすると、{tech} ユーザが作成されます。
{product} パッケージ、{product} サーバ
{W} の設定
{camel} が{camel} を返します。
{product} 管理者ハンドブック
{product} 是一个开源软件。
安装 {product} 之前请先阅读文档。
{product} 软件包和 {tech} 命令
使用 {product} 和 {product} 构建
{camel} 返回 {camel} 的值
{W} 支持 {W} 与 {UP}
{product} 패키지를 설치합니다.
{product}에서 {camel}을 사용하세요.
{product} Code, {product} Desktop and {product} CLI
You are {product} Code, an agent that edits files.
{product} Code is available in the terminal and in the IDE.
{product} Agent SDK, {product} API, {product} Server, {product} Client
The {product} extension for {product}
{product} {small}, {product} {small}.{small} and {product} Pro
powered by {product} {dec}
npm install {tech} {tech}
npx {tech} {tech} --{tech}
pnpm add -D {tech}
npx {product}
pip install {tech}; cargo add {tech}; go get {tech}
Edit, Write, Read, Bash, Grep, Glob and Task are tools.
Use the Edit tool instead of Write. Use Read before Edit.
Prefer Grep over Bash. Never call Edit twice.
# Tone\\n\\nBe brief. Avoid emojis.
# Tone and style\\nAnswer in Markdown.
Hello doc, hello page, hello there
hello world, hello again, hello everybody
Hi there, hi all, hi folks, hey team
Dear maintainer, dear reviewer, dear all
{UP} {UP} {UP}
{CONST}: {w} {w} {w}
set {CONST} to {small}
if {camel}.{camel} then {camel}
nit: {w} {w} {camel}
nit: prefer {camel} over {camel}
LGTM, {w} {w} {w}
feat({tech}): {w} {w} {w}
fix({tech}): {w} {camel} {w}
chore: bump {tech} from {version} to {version}
BREAKING CHANGE: {w} {camel} {w}
Added {camel} to {camel}
Fixes {camel} in {product}
Migrate {product} to {product}
Deprecate {camel}; use {camel}
{W} {product} {w} {product} tests
type {camel} = Omit<{camel}, '{camel}'>
interface {camel} extends Pick<{camel}, {camel}> {}
export function {camel}<T extends {camel}>({camel}: T, {camel}?: {camel}): Partial<T>
{camel}: {camel} | {camel} | null
{camel}?: ({camel}: {camel}) => void;
const { {camel}, {camel} } = {camel}
static {camel} {camel}(struct {camel} *{camel}, int {camel})
aria-{w}, aria-{tech}, data-{w}
{w}.{tech}, {w}.{tech}
{w}-{w}.{tech}, {made}.{tech}, {w}.{small}.{tech}
[{w}-{w}](docs/{w}/{w}-{w}.{tech})
/etc/{little}.conf, /usr/bin/{little}, /var/log/{little}.log
{little}(1), {little}(8), {little}(3)
{w} {w} {little}(5) {w} {w}
apt install {little} lib{little}-{w}
systemctl restart {little}
{little} -{letter} {w} --{little}={w}
[-{letter} {w}] [--{little}] {w}
$ {little} {w} {w}
# {little} {w} {little}
the {little} package, the {little} command and the {little} daemon
\`{little}\` {w} {w} \`{made}\`
{made} {version}, {made} {dec}
{camel}?: {made}<{tech} | {tech} | undefined>;
{camel}: {made};
class {made} extends {made} {
import { {made}, {made} } from '{tech}'
new {made}({camel}).{camel}()
{made}.{camel}({little})
<{made} {camel}={ {camel} } />
{made}Exception in {made}.{camel}
{little} を使った{made} の設定
{little} 是用于 {w} 的工具
{made} v{version} {w} {w}
@{little}/{little}, {little}/{little}
drwxr-xr-x {small} root root {num} {little}
User={little}, Group={little}
{little}:x:{num}:{num}::/home/{little}:/bin/sh
{tech}(1), {tech}(8), {tech}(5)
GNU {product} {version}
`
const FREE_WITH = `
{full} さんが{product} を書きました。
作者: {full}
{full} 编写了 {product}。
作者：{full}
请联系 {full}。
我是{full}，{product} 用户。
客户 {full} 的 {product} 账号
{full} 先生和 {full} 女士
{full} 様、{product} の件です。
メンテナは {full} です。
{product} 관리자 {full} 님
{product} was written by {full} and {full}.
This manual page was written by {full} for the {product} project.
Translation by {full}
Dieses Handbuch wurde von {full} übersetzt.
Die deutsche Übersetzung stammt von {full} <{email}>.
Traduit par {full} et {full}
Traducción de {full}
Vertaling: {full}
Signed-off-by: {full} <{email}>
Co-authored-by: {full} <{email}>
Acked-by: {full}
by {full}
(c) {year} {full}
{camel} by {full} and {full}
Copyright {year}-{year} {full} and contributors
Thanks {first}! {w} {w} {w}
@{tech}: thanks, {first}
Kudos to {full} ({product})
Hello {first}, {w} {w} {w}.
Hey {first}, can you {w} {w} {camel}?
hi {lowername}, {w} {w} {w}
{camel} was added by {full}
{product} maintainer {full} {w} {w} {w}
Hallo {first}, {De} {de} {de}.
Bonjour {first}, {fr} {fr}.
Claude {last} {w} {w}.
Ada {last}, Julia {last} and Ruby {last}
`
const english = (line: string) => inLanguage(line, 'en')

export const TECHNICAL: readonly string[] = inAll(WITHOUT)
export const TECHNICAL_FREE: readonly string[] = lines(FREE).map(english)
export const TECHNICAL_NAMED: readonly string[] = inAll(WITH)
export const TECHNICAL_NAMED_FREE: readonly string[] = lines(FREE_WITH).map(english)

/** German puts two nouns together and makes a third that no list has. */
const NOUNS = VOCABULARY.de!.filter((word) => /^\p{Lu}\p{Ll}{3,}$/u.test(word) && !ALSO_NAMES.has(word))
const COMPOUND_SHARE = 0.15

/** A word by how frequent it is: those at the front of the list come most. `draw` is in [0, 1). */
export const wordOf = (words: readonly string[], draw: number): string => words[Math.floor(words.length * draw * draw)]!

/** Slots for the words of every language. */
export function wordSlots(next: () => number): Record<string, readonly [type: string, value: () => string]> {
  const slots: Record<string, readonly [string, () => string]> = {
    product: ['', () => PRODUCTS[Math.floor(PRODUCTS.length * next())]!],
  }
  const noun = () => wordOf(NOUNS, next())
  for (const [language, words] of Object.entries(VOCABULARY)) {
    const word = () =>
      language === 'de' && next() < COMPOUND_SHARE ? noun() + noun().toLowerCase() : wordOf(words, next())
    slots[language] = ['', word]
    slots[capital(language)] = ['', () => capital(word())]
    slots[language.toUpperCase()] = ['', () => word().toUpperCase()]
  }
  return slots
}
