import { runWorkerProcess } from './process';

runWorkerProcess(['connection']);
