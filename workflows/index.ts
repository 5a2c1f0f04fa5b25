export { order } from './order/workflow';
