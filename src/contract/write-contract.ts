import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withAlertTable } from './alert-table';
import { withCapabilityTable } from './capability-table';
import { contractSchema } from './contract-schema';
import { withErrorTable } from './error-table';

/** `npm run contract`: brings what is generated of the published contract up to date, in the current directory. */
const folder = join('workflows', 'order');

writeFileSync(join(folder, 'contract.schema.json'), `${JSON.stringify(contractSchema(), null, 2)}\n`);
rewrite(join(folder, 'README.md'), withErrorTable);
rewrite(join('src', 'alerts', 'README.md'), withAlertTable);
rewrite(join('src', 'exchanges', 'README.md'), withCapabilityTable);

function rewrite(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}
