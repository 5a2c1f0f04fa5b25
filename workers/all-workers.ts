import { runWorkerProcess } from './process';
import { ROLES } from './roles';

runWorkerProcess(ROLES);
