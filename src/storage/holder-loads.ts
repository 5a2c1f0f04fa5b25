/** How many connections each worker holds, as they tell each other. Neither call throws. */
export interface HolderLoads {
  report(holder: string, connections: number): Promise<void>;
  forget(holder: string): Promise<void>;
  /** Of workers that have told lately; undefined when it can't be read. */
  list(): Promise<ReadonlyMap<string, number> | undefined>;
}
