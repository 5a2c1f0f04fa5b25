import type { StackOptions, StackPorts } from './options';
import type { Workshop } from './workshop';

/** What the definition of a part needs to know of the stack it belongs to. */
export interface PartSurvey {
  environment: StackOptions['environment'];
  /** The state directory. */
  directory: string;
  /** All chosen: none is 0 any more. */
  ports: StackPorts;
  inMemory: NonNullable<StackOptions['inMemory']>;
  nodeArguments: readonly string[];
  /** Where the part's program is downloaded or built when it is not there. */
  workshop(report: (detail: string) => void): Workshop;
}
