import tseslint from 'typescript-eslint';

const named = { selector: 'ExportAllDeclaration', message: 'name what you export' };
const rawDecimal = { name: 'decimal.js', message: 'the one configured Decimal is in src/domain/decimal.ts' };
// Flat config replaces a rule's options, it does not merge them: one array serves every layer that is behind the seams.
const seams = [
  named,
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'time comes from src/platform/clock.ts',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'time comes from src/platform/clock.ts',
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'randomness comes from src/platform/random.ts',
  },
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message:
      'the environment is read by the entry points in workers/, src/cli/main.ts, src/local/main.ts and src/simulator/main.ts only',
  },
  {
    selector: "CallExpression[callee.name='parseFloat']",
    message: 'prices and quantities are decimals (src/domain/decimal.ts)',
  },
];

export default tseslint.config(
  {
    files: ['{src,workflows,activities,workers,test}/**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { project: '../tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error', // an async update validator is silently ignored by Temporal
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { allowDefaultCaseForExhaustiveSwitch: false, considerDefaultExhaustiveForUnions: false },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      eqeqeq: 'error',
      'no-restricted-imports': ['error', { paths: [rawDecimal] }],
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
      'no-restricted-syntax': ['error', named],
    },
  },
  {
    files: ['{src,activities}/**/*.ts'],
    ignores: ['src/platform/**', 'src/{cli,local,simulator}/main.ts'],
    rules: { 'no-restricted-syntax': ['error', ...seams] },
  },
  { files: ['src/domain/decimal.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
