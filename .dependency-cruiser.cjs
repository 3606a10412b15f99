// The direction of imports (docs: ARCHITECTURE.md). A higher layer may import a lower one, never the reverse;
// rooms of one layer do not know each other; a room is entered through its index.ts only.
const LAYERS = [
  ['core'],
  ['config', 'store'],
  ['identity', 'policy', 'access', 'guard', 'limits', 'audit', 'model', 'notify', 'metrics'],
  ['gateway', 'admin'],
  ['http'],
  ['app'],
  ['cli'],
  ['main\\.ts'],
]
const path = (name) => (name.endsWith('.ts') ? `^src/${name}$` : `^src/${name}/`)

const upward = LAYERS.slice(0, -1).flatMap((rooms, level) =>
  rooms.map((room) => ({
    name: `direction-${room.replace('\\.ts', '')}`,
    severity: 'error',
    comment: `${room} may import only lower layers and itself`,
    from: { path: path(room), pathNot: '\\.test\\.ts$' },
    to: {
      path: LAYERS.slice(level).flat().filter((other) => other !== room).map(path),
    },
  })),
)

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'front-door',
      severity: 'error',
      comment: 'enter a room through its index.ts',
      from: { path: '^src/([^/]+)' },
      to: { path: '^src/([^/]+)/(?!index\\.ts$)', pathNot: ['^src/$1/', '^src/admin/contract\\.ts$'] },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'http-framework',
      severity: 'error',
      comment: 'only http/ knows the HTTP framework',
      from: { path: '^src/', pathNot: '^src/http/' },
      to: { path: 'node_modules/fastify' },
    },
    {
      name: 'no-dev-dependency',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}
