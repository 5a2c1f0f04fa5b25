import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contractSchema } from './contract-schema';
import { withErrorTable } from './error-table';

/** `npm run contract`: brings what is generated of the published contract up to date, in the current directory. */
const folder = join('workflows', 'order');
const readme = join(folder, 'README.md');

writeFileSync(join(folder, 'contract.schema.json'), `${JSON.stringify(contractSchema(), null, 2)}\n`);
writeFileSync(readme, withErrorTable(readFileSync(readme, 'utf8')));
