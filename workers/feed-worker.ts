import { runWorkerProcess } from './process';

runWorkerProcess(['feed']);
