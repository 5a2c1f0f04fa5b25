import { runWorkerProcess } from './process';

runWorkerProcess(['order']);
