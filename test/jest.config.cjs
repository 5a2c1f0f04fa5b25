const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

// As src/platform/process-environment.ts does for the service's own processes.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const ROOT = join(__dirname, '..');
const TEST_FILES = readdirSync(__dirname, { recursive: true })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join(__dirname, name));

/** Importing test/stack/stack is how a test file asks for the stack. */
const needsStack = (file) => /from '[^']*stack\/stack'/.test(readFileSync(file, 'utf8'));

/** Jest runs the TypeScript sources directly; types are checked by `npm run types`. */
const swc = [
  '@swc/jest',
  {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' }, keepClassNames: true },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

/** Packages that are ES modules only, which Jest can't load as they are. */
const ES_MODULES = 'node_modules/(?:hyparquet|hyparquet-writer)/.*\\.js$';

/** An empty list would mean Jest's default pattern. */
const project = (displayName, files, more) => ({
  displayName,
  rootDir: ROOT,
  testEnvironment: 'node',
  testMatch: files.length > 0 ? files : ['<rootDir>/test/none'],
  transform: { '\\.ts$': swc, [ES_MODULES]: swc },
  transformIgnorePatterns: [`/node_modules/(?!hyparquet)`],
  modulePathIgnorePatterns: ['<rootDir>/lib/', '<rootDir>/.cache/'],
  cacheDirectory: '<rootDir>/.cache/jest',
  ...more,
});

module.exports = {
  rootDir: ROOT,
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
  // A worker that is stopped may take 25 s to let go of a call that hangs (workers/roles.ts).
  testTimeout: 90_000,
  reporters: ['default', '<rootDir>/test/tidy/summary-reporter.cjs'],
  projects: [
    project(
      'pure',
      TEST_FILES.filter((file) => !needsStack(file)),
      {},
    ),
    project('stack', TEST_FILES.filter(needsStack), {
      globalSetup: '<rootDir>/test/stack/global-setup.ts',
      globalTeardown: '<rootDir>/test/stack/global-teardown.ts',
    }),
  ],
};
