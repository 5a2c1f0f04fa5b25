import type { SubmitMeasures } from '../../src/metrics/metrics';

/** For tests that are not about what is measured. */
export const silentMeasures: SubmitMeasures = { sending() {} };
