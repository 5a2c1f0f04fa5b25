import { runWorkerProcess } from '../../../workers/process';
import { ROLES } from '../../../workers/roles';
import { type Plant, planted } from './planted-bugs';

/** A worker with the bug that its environment names. */
runWorkerProcess(ROLES, (deps) => planted(process.env['PLANT'] as Plant, deps));
