/** Jest runs the TypeScript sources directly; types are checked by `npm run types`. */
const swc = [
  '@swc/jest',
  {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' }, keepClassNames: true },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

module.exports = {
  rootDir: '..',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '\\.ts$': swc },
  modulePathIgnorePatterns: ['<rootDir>/lib/'],
  cacheDirectory: '<rootDir>/.cache/jest',
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
};
