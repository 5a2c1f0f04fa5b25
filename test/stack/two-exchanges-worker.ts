import { runWorkerProcess } from '../../workers/process';
import { ROLES } from '../../workers/roles';
import { registerSecondExchange } from './renamed-binance';

registerSecondExchange();
runWorkerProcess(ROLES);
