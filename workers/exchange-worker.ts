import { runWorkerProcess } from './process';

runWorkerProcess(['exchange']);
