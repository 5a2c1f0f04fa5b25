/**
 * Reads that many ask for at once, as few as keep each answer fresh: who asks while a read is under way shares the next
 * one with the others, so that nobody is answered from before they asked.
 */
export class SharedReads<T> {
  private readonly underWay = new Map<string, Promise<T>>();
  private readonly next = new Map<string, Promise<T>>();

  read(key: string, read: () => Promise<T>): Promise<T> {
    const before = this.underWay.get(key);
    if (before === undefined) return this.begin(key, read);
    const waiting = this.next.get(key);
    if (waiting !== undefined) return waiting;
    const begin = (): Promise<T> => {
      this.next.delete(key);
      return this.begin(key, read);
    };
    const next = before.then(begin, begin);
    this.next.set(key, next);
    return next;
  }

  private begin(key: string, read: () => Promise<T>): Promise<T> {
    const reading = read().finally(() => this.underWay.delete(key));
    this.underWay.set(key, reading);
    return reading;
  }
}
