/** At so many waiting messages the socket is no longer read, and at half of them it is again. */
export const WAITING_MAX = 1_000;

export interface InboxParts {
  /** Handles one message; the next one waits for the promise. */
  handle(message: unknown, text: string): void | Promise<void>;
  onFull(): void;
  onRoom(): void;
  /** Handling failed. */
  onFailure(error: unknown, text: string): void;
}

/**
 * Messages in the order of arrival, one after the other, also when one of them has to wait. What is handled at once
 * costs no promise: streams bring tens of thousands a second.
 */
export class Inbox {
  private readonly waiting: { message: unknown; text: string }[] = [];
  private isBusy = false;
  private full = false;

  constructor(private readonly parts: InboxParts) {}

  /** From onFull to onRoom. */
  get isFull(): boolean {
    return this.full;
  }

  push(message: unknown, text: string): void {
    if (this.isBusy) {
      this.waiting.push({ message, text });
      if (this.waiting.length >= WAITING_MAX && !this.full) {
        this.full = true;
        this.parts.onFull();
      }
      return;
    }
    const work = this.handle(message, text);
    if (work !== undefined) void this.workOff(work);
  }

  private handle(message: unknown, text: string): Promise<void> | undefined {
    try {
      const work = this.parts.handle(message, text);
      return work?.catch((error: unknown) => this.parts.onFailure(error, text));
    } catch (error) {
      this.parts.onFailure(error, text);
      return undefined;
    }
  }

  private async workOff(first: Promise<void>): Promise<void> {
    this.isBusy = true;
    await first;
    let next = this.waiting.splice(0);
    while (next.length > 0) {
      for (const { message, text } of next) await this.handle(message, text);
      this.makeRoom();
      next = this.waiting.splice(0);
    }
    this.isBusy = false;
  }

  private makeRoom(): void {
    if (!this.full || this.waiting.length > WAITING_MAX / 2) return;
    this.full = false;
    this.parts.onRoom();
  }
}
