import type { ExchangeId } from '../domain/exchange';
import type { Clock } from '../platform/clock';
import type { Budget } from './budget';
import type { BudgetState, Demand } from './models/decision';
import { answered, charged, corrected, unusedBudget, usageOf, waitOf } from './models/decision';
import type { AcquireRequest, Answer, BudgetUsage, LaneStatus, Permit, RateStore, Verdict } from './rate-store';
import { controlKey, gatesOf } from './scopes';

interface WaitingLane {
  exchangeId: ExchangeId;
  budgetKey: string;
  count: number;
  critical: number;
  oldestAtMs: number;
  triesAtMs: number;
}

/** How one process counts alone: in tests, and while Redis is away. */
export class MemoryRateStore implements RateStore {
  private readonly states = new Map<string, BudgetState>();
  private readonly bans = new Map<string, number>();
  private readonly reserved = new Map<string, number>();
  private readonly budgets = new Map<string, Budget>();
  private readonly lanes = new Map<string, WaitingLane>();
  private lostAtMs = 0;

  /** `view` says what this process may use of a budget. */
  constructor(
    private readonly clock: Clock,
    private readonly view: (budget: Budget) => Budget = (budget) => budget,
  ) {}

  /** From now on a whole window counts as used. */
  forget(): void {
    this.states.clear();
    this.lostAtMs = this.clock.now();
  }

  bannedForMs(exchangeId: ExchangeId, gates: readonly string[]): number {
    const untils = gates.map((gate) => this.bans.get(banKey(exchangeId, gate)) ?? 0);
    return Math.max(0, Math.max(0, ...untils) - this.clock.now());
  }

  acquire(request: AcquireRequest): Promise<Verdict> {
    const { exchangeId, charges, gates, critical, lane } = request;
    const bannedForMs = this.bannedForMs(exchangeId, gates);
    if (bannedForMs > 0) return Promise.resolve({ granted: false, waitMs: bannedForMs, banned: true });
    const demands = charges.map(({ budget, cost }) => ({
      own: this.view(budget),
      demand: this.demand(budget, cost, critical),
    }));
    const waits = demands.map(({ own, demand }) => waitOf(own, this.stateOf(own), demand));
    const waitMs = Math.ceil(Math.max(0, ...waits));
    if (waitMs > 0) {
      const tight = demands[waits.indexOf(Math.max(...waits))]?.own.key ?? '';
      if (waitMs <= request.patienceMs) this.lanes.set(lane, this.laneOf(request, tight, waitMs));
      return Promise.resolve({ granted: false, waitMs, banned: false });
    }
    this.lanes.delete(lane);
    for (const { own, demand } of demands) this.states.set(own.key, charged(own, this.stateOf(own), demand));
    return Promise.resolve({ granted: true, permit: this.permit(demands) });
  }

  leave(_: ExchangeId, lane: string): Promise<void> {
    this.lanes.delete(lane);
    return Promise.resolve();
  }

  ban(exchangeId: ExchangeId, gates: readonly string[], ms: number): Promise<void> {
    const untilMs = this.clock.now() + ms;
    for (const gate of gates) {
      const key = banKey(exchangeId, gate);
      this.bans.set(key, Math.max(untilMs, this.bans.get(key) ?? 0));
    }
    return Promise.resolve();
  }

  reserve({ key }: Budget, amount: number): Promise<void> {
    this.reserved.set(key, amount);
    return Promise.resolve();
  }

  usage(exchangeId: ExchangeId, budgets: readonly Budget[]): Promise<BudgetUsage[]> {
    return Promise.resolve(
      budgets.map((budget) => {
        const own = this.view(budget);
        const demand = this.demand(budget, 1, false);
        const uses = usageOf(own, this.stateOf(own), demand);
        const waitMs = Math.ceil(waitOf(own, this.stateOf(own), demand));
        return { budget: own, uses, waitMs, bannedForMs: this.bannedForMs(exchangeId, gatesOf(budget)) };
      }),
    );
  }

  waiting(exchangeId: ExchangeId): Promise<LaneStatus[]> {
    const nowMs = this.clock.now();
    const lanes = [...this.lanes.values()].filter((lane) => lane.exchangeId === exchangeId);
    return Promise.resolve(
      lanes.map(({ budgetKey, count, critical, oldestAtMs, triesAtMs }) => {
        const triesInMs = Math.max(0, triesAtMs - nowMs);
        return { budgetKey, count, critical, oldestMs: nowMs - oldestAtMs, triesInMs };
      }),
    );
  }

  publish(budget: Budget): Promise<void> {
    this.budgets.set(budget.key, budget);
    return Promise.resolve();
  }

  published(exchangeId: ExchangeId): Promise<Budget[]> {
    return Promise.resolve([...this.budgets.values()].filter((budget) => budget.exchangeId === exchangeId));
  }

  private permit(demands: readonly { own: Budget; demand: Demand }[]): Permit {
    let released = false;
    return {
      release: ({ sent, observed = [] }: Answer) => {
        if (released) return Promise.resolve();
        released = true;
        const nowMs = this.clock.now();
        for (const { own, demand } of demands) {
          const settled = answered(own, this.stateOf(own), { cost: demand.cost, sent, nowMs });
          const seen = observed.filter(({ budgetKey }) => budgetKey === own.key);
          this.states.set(
            own.key,
            seen.reduce((state, use) => corrected(own, state, use, nowMs), settled),
          );
        }
        return Promise.resolve();
      },
    };
  }

  private laneOf({ exchangeId, waiting }: AcquireRequest, budgetKey: string, waitMs: number): WaitingLane {
    const { count, critical, oldestMs } = waiting;
    const nowMs = this.clock.now();
    return { exchangeId, budgetKey, count, critical, oldestAtMs: nowMs - oldestMs, triesAtMs: nowMs + waitMs };
  }

  private demand({ key }: Budget, cost: number, critical: boolean): Demand {
    const reservedAmount = this.reserved.get(key) ?? 0;
    return { cost, critical, reservedAmount, lostAtMs: this.lostAtMs, nowMs: this.clock.now() };
  }

  private stateOf(budget: Budget): BudgetState {
    return this.states.get(budget.key) ?? unusedBudget(budget);
  }
}

function banKey(exchangeId: ExchangeId, gate: string): string {
  return `${controlKey(exchangeId, 'BANS')}/${gate}`;
}
