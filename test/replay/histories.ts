import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where recorded lives are kept: one file a run, `NAME.json`, then `NAME.2.json` … */
export const HISTORIES = join(__dirname, 'histories');

const FILE_NAME = /^(?<name>[a-z0-9-]+)(?:\.\d+)?\.json$/;

export interface RecordedHistory {
  file: string;
  workflowId: string;
  /** As Temporal's own tools write it. */
  history: { events: { eventType: string; workflowExecutionStartedEventAttributes?: { workflowId: string } }[] };
}

export function nameOfRun(name: string, run: number): string {
  return run === 1 ? `${name}.json` : `${name}.${run}.json`;
}

/** The lives that have a recorded history. */
export function recordedNames(): Set<string> {
  return new Set(readdirSync(HISTORIES).flatMap((file) => FILE_NAME.exec(file)?.groups?.['name'] ?? []));
}

export function readHistories(): RecordedHistory[] {
  return readdirSync(HISTORIES)
    .filter((file) => FILE_NAME.test(file))
    .map((file) => {
      const history = JSON.parse(readFileSync(join(HISTORIES, file), 'utf8')) as RecordedHistory['history'];
      const workflowId = history.events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
      if (workflowId === undefined) throw new Error(`${file} does not begin with the start of a workflow.`);
      return { file, workflowId, history };
    });
}
