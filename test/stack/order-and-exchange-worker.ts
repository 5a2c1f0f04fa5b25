import { runWorkerProcess } from '../../workers/process';

runWorkerProcess(['order', 'exchange']);
