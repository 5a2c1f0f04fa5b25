/** How a group is committed, in two steps: only the first keeps the next group waiting. */
export interface GroupWork<T, C, R> {
  /** Makes the group durable. Rejecting, it rejects every item of the group. */
  commit(group: T[]): Promise<C>;
  /** What follows from it, for each item in the order of the group. */
  publish(committed: C, group: T[]): Promise<R[]>;
}

export interface GroupLimits {
  groupMax: number;
  waitingMax: number;
}

interface Waiting<T, R> {
  item: T;
  resolve(result: R): void;
  reject(error: unknown): void;
}

/**
 * Commits items in groups, one group at a time: what arrives while one is under way makes up the next. So the number of
 * writes follows the speed of the store, not the number of items.
 */
export class GroupCommit<T, C, R> {
  private waiting: Waiting<T, R>[] = [];
  private running = false;

  constructor(
    private readonly work: GroupWork<T, C, R>,
    private readonly limits: GroupLimits,
    /** Called when nothing is waiting any more. */
    private readonly onIdle: () => void,
  ) {}

  get isFull(): boolean {
    return this.waiting.length >= this.limits.waitingMax;
  }

  /** Resolves with the item's result once its group is committed and published. */
  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (this.running) return;
      this.running = true;
      // Callers of the same tick go together.
      setImmediate(() => void this.run());
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, this.limits.groupMax);
      const items = group.map(({ item }) => item);
      try {
        const committed = await this.work.commit(items);
        void this.finish(group, items, committed);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.running = false;
    this.onIdle();
  }

  private async finish(group: Waiting<T, R>[], items: T[], committed: C): Promise<void> {
    try {
      const results = await this.work.publish(committed, items);
      group.forEach(({ resolve }, position) => resolve(results[position] as R));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
