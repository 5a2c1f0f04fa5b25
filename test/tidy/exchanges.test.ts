import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const EXCHANGES = join(__dirname, '..', '..', 'src', 'exchanges');
const REQUIRED = ['index.ts', 'README.md', 'capabilities.ts', 'translate.ts', 'errors.ts', 'fixtures'];
const registry = readFileSync(join(EXCHANGES, 'registry.ts'), 'utf8');
const folders = readdirSync(EXCHANGES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test('there are exchanges to check', () => {
  expect(folders).toContain('binance');
});

test.each(folders)('%s is one folder, complete, and one line in the registry', (folder) => {
  expect(REQUIRED.filter((name) => !existsSync(join(EXCHANGES, folder, name)))).toEqual([]);
  expect(registry.split(`from './${folder}'`).length - 1).toBe(1);
});
