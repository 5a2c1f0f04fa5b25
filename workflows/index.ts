export { order } from './order/workflow';
export { connection } from './connection/workflow';
export { feed } from './feed/workflow';
export { kill } from './kill/workflow';
export { reconciliation } from './reconciliation/workflow';
