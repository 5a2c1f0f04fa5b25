/** Messages that are missing. */
export interface SequenceGap {
  stream: string;
  expected: number;
  received: number;
}

/** Follows the numbers of one connection's streams. */
export class Sequences {
  private readonly last = new Map<string, number>();

  /** The gap before this message. The first of a stream may have any number; one that comes again is no gap. */
  gapBefore({ stream, sequence }: { stream: string; sequence: number }): SequenceGap | undefined {
    const last = this.last.get(stream);
    this.last.set(stream, Math.max(last ?? sequence, sequence));
    if (last === undefined || sequence <= last + 1) return undefined;
    return { stream, expected: last + 1, received: sequence };
  }
}
