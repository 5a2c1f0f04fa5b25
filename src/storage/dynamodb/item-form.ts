/** An attribute map as the document client takes and gives it. */
export type Attributes = Record<string, unknown>;

/**
 * One step from a form to the next. Writers set attributes one by one, so that until it is rewritten an item may be in
 * both forms at once: a step leaves alone what is in the new one, and taken twice it gives what it gave once.
 */
export type Upgrade = (item: Attributes) => Attributes;

/**
 * How the items of one kind look: the version that is written now (`itemVersion`), and the steps by which readers bring
 * older ones to it. A form must be readable by the release before it, which may still be at work, or at work again.
 */
export class ItemForm {
  /** Counts from 1. */
  readonly version: number;

  constructor(private readonly upgrades: readonly Upgrade[] = []) {
    this.version = upgrades.length + 1;
  }

  /** The item in today's form; the same object if it is in it, or in a later release's. */
  upgraded(item: Attributes): Attributes {
    const { itemVersion = 1 } = item;
    const steps = this.upgrades.slice(Number(itemVersion) - 1);
    if (steps.length === 0) return item;
    return { ...steps.reduce((older, upgrade) => upgrade(older), item), itemVersion: this.version };
  }
}
