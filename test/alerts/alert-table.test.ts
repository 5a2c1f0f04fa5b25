import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALERTS } from '../../src/alerts/alert-table';
import { withAlertTable } from '../../src/contract/alert-table';

const ROOT = join(__dirname, '..', '..');
const RAISED = /\braise\(\{\s*code: '(?<code>[A-Z_]+)'/g;
const EXPECTED = /\bcode: '(?<code>[A-Z_]+)'/g;

function codesIn(folders: readonly string[], pattern: RegExp): Set<string> {
  const files = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(ROOT, folder, name)),
  );
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(({ groups }) => groups?.['code'] ?? '')));
}

test('every alert of the table is raised somewhere, and nothing else is', () => {
  expect([...codesIn(['src', 'activities'], RAISED)].sort()).toEqual(Object.keys(ALERTS).sort());
});

test('every alert of the table is expected by a test of what raises it', () => {
  const folders = ['test/activities', 'test/connections', 'test/integration', 'test/properties', 'test/storage'];
  const expected = codesIn(folders, EXPECTED);
  expect(Object.keys(ALERTS).filter((code) => !expected.has(code))).toEqual([]);
});

test('the published table of alerts is the one that the code has (npm run contract)', () => {
  const readme = readFileSync(join(ROOT, 'src', 'alerts', 'README.md'), 'utf8');
  expect(withAlertTable(readme)).toBe(readme);
});
