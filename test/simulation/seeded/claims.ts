import type { Deeds, Outcome } from './deeds';
import type { Step } from './schedule';

const OUTCOME_CHARACTERS_MAX = 400;

/** What the service answered to each step, and whether it may have. */
export class Claims {
  private readonly answered: { step: Step; outcome: Outcome }[] = [];
  private readonly unanswered = new Map<Step, string>();

  constructor(private readonly deeds: Pick<Deeds, 'wasReset' | 'wasTerminated'>) {}

  add(step: Step, outcome: Outcome): void {
    this.answered.push({ step, outcome });
  }

  addUnanswered(step: Step, error: unknown): void {
    this.unanswered.set(step, String(error));
  }

  /** What was answered must be true, and everybody who asked must have got an answer. */
  findings(): string[] {
    return [
      ...this.answered.flatMap(({ step, outcome }) => this.findingsOf(step, outcome)),
      ...[...this.unanswered].map(([step, error]) => `${JSON.stringify(step)} has no answer: ${error}`),
    ];
  }

  /** One line for each step that was answered. */
  describe(): string[] {
    return this.answered.map(({ step, outcome }) =>
      `${JSON.stringify(step)} → ${JSON.stringify(outcome)}`.slice(0, OUTCOME_CHARACTERS_MAX),
    );
  }

  private findingsOf(step: Step, outcome: Outcome): string[] {
    const order = 'order' in step ? step.order : -1;
    const what = JSON.stringify(step);
    if (step.do === 'submit' && !('answer' in outcome)) return [`${what} ended as ${JSON.stringify(outcome)}`];
    const wasInterrupted = this.deeds.wasReset.has(order) || this.deeds.wasTerminated.has(order);
    return 'aborted' in outcome && !wasInterrupted ? [`${what} was taken on and not answered`] : [];
  }
}
