import { setTimeout as pause } from 'node:timers/promises';
import { LIVE_STATUSES, type Order } from '../../../src/domain/order';
import { booksOf } from '../../stack/books';
import { auditAccount, type OurBooks } from '../auditor';
import type { Desk } from '../desk';
import { isLive } from '../expected-status';
import type { Supervisor } from '../supervisor';
import { Claims } from './claims';
import { Deeds } from './deeds';
import { MARKETS } from './orders';
import { type Schedule, type Step, TROUBLE_MS } from './schedule';

/** Longer than the slowest recovery on a busy machine; what settles is not kept waiting. */
const SETTLED_WITHIN_MS = 120_000;
/** Trouble ends when everybody has an answer, and no later than this. */
const TROUBLE_MS_MAX = 20_000;
const LOOK_PAUSE_MS = 400;
/** Steps that follow an answer wait for it no longer. */
const ANSWER_MS = 8_000;

export interface Verdict {
  seed: number;
  seconds: number;
  placements: number;
  fills: number;
  /** How many requests and events were harmed. */
  harmed: number;
  /** What differs, one sentence each; empty: clean. */
  findings: string[];
}

/** One seed: its schedule carried out on a tenant of its own, then everything compared. */
export class SeededRun {
  private readonly deeds: Deeds;
  private isBeyondMending = false;
  private readonly claims: Claims;

  constructor(
    private readonly desk: Desk,
    private readonly supervisor: Pick<Supervisor, 'end' | 'polling'>,
    private readonly schedule: Schedule,
  ) {
    this.deeds = new Deeds(desk, supervisor, schedule);
    this.claims = new Claims(this.deeds);
  }

  async run(): Promise<Verdict> {
    const startedMs = Date.now();
    for (const { symbol, price } of MARKETS) await this.desk.admin.setPrice(symbol, price);
    await this.untilSubscribed();
    const rules = await Promise.all(this.schedule.faults.map((rule) => this.desk.admin.addFault(this.own(rule))));
    const done = this.makeTrouble();
    await Promise.race([Promise.all([done, pause(TROUBLE_MS)]), unheld(TROUBLE_MS_MAX)]);
    const harmed = (await this.desk.admin.faults()).filter(({ id }) => rules.includes(id));
    await Promise.all(rules.map((id) => this.desk.admin.clearFaults(id)));
    this.deeds.giveUpAtMs = Date.now() + SETTLED_WITHIN_MS;
    await done;
    await this.supervisor.polling();
    const unreconciled = this.schedule.reconciles ? await this.reconcile() : [];
    // What was lost of orders that have ended is found when the stream is opened anew, as it is once a day at least.
    await this.desk.admin.dropStreams(`key-${this.desk.tenantId}`);
    const open = await this.settled(() => this.openFindings());
    if (open.length === 0) await this.endAll();
    const findings = open.length > 0 ? open : await this.settled(() => this.endFindings());
    const { orders, fills } = await this.desk.audit();
    return {
      seed: this.schedule.seed,
      seconds: (Date.now() - startedMs) / 1_000,
      placements: orders,
      fills,
      harmed: harmed.reduce((sum, { hits }) => sum + hits, 0),
      findings: [...findings, ...unreconciled, ...this.claims.findings()],
    };
  }

  private async reconcile(): Promise<string[]> {
    try {
      await this.desk.manager.reconcileOrders(this.desk.tenantId, 'BINANCE');
      return [];
    } catch (error) {
      return [`the account could not be reconciled: ${String(error)}`];
    }
  }

  /** What came of each deed, for whoever looks into a failure. */
  describeOutcomes(): string[] {
    return this.claims.describe();
  }

  private own<R extends Schedule['faults'][number]>(rule: R): R {
    return { ...rule, match: { ...rule.match, apiKey: `key-${this.desk.tenantId}` } };
  }

  private async untilSubscribed(): Promise<void> {
    await this.settled(async () => {
      const state = await this.desk.admin.state();
      return state.subscriptions > 0 ? [] : ['the stream is not open'];
    });
  }

  /** Resolves when every step has its answer. */
  private async makeTrouble(): Promise<void> {
    const submits = this.schedule.steps.flatMap((step) => (step.do === 'submit' ? [step] : []));
    const submitted = new Map(submits.map((step) => [step.order, this.begin(step, undefined)]));
    const answered = (order: number): Promise<unknown> | undefined => submitted.get(order)?.then(({ end }) => end);
    const others = this.schedule.steps.filter((step) => step.do !== 'submit');
    const begun = [
      ...submitted.values(),
      ...others.map((step) => {
        const isToFollow = step.follows === true && 'order' in step;
        return this.begin(step, isToFollow ? Promise.race([answered(step.order), unheld(ANSWER_MS)]) : undefined);
      }),
    ];
    await Promise.all(begun.map(async (step) => (await step).end));
  }

  /** Resolves when the step was begun. Its end is handed back inside an object, since a promise would be waited for. */
  private async begin(step: Step, after: Promise<unknown> | undefined): Promise<{ end: Promise<void> }> {
    await after;
    await pause(step.atMs);
    return { end: this.carryOut(step) };
  }

  private async carryOut(step: Step): Promise<void> {
    try {
      this.claims.add(step, await this.deeds.carryOut(step));
    } catch (error) {
      this.claims.addUnanswered(step, error);
    }
  }

  /** Looks until nothing differs any more, or until it should long have come right. */
  private async settled(look: () => Promise<string[]>): Promise<string[]> {
    const giveUpAtMs = Date.now() + SETTLED_WITHIN_MS;
    for (;;) {
      const findings = await look().catch((error: unknown) => [`A look failed: ${String(error)}`]);
      if (findings.length === 0 || this.isBeyondMending || Date.now() > giveUpAtMs) return findings;
      await pause(LOOK_PAUSE_MS);
    }
  }

  /** Orders may be open, but nothing may be in doubt. */
  private async openFindings(): Promise<string[]> {
    const books = await booksOf(this.desk.services, this.desk.tenantId);
    const audit = auditAccount(await this.desk.admin.state(), this.desk.tenantId, books);
    const { findings } = audit;
    this.isBeyondMending = audit.isBeyondMending;
    if (findings.length > 0) return findings;
    const doubts = await Promise.all(books.orders.map(({ order }) => this.doubtsOf(order)));
    return [...this.missingRecords(books), ...doubts.flat()];
  }

  private async endFindings(): Promise<string[]> {
    const findings = await this.openFindings();
    if (findings.length > 0) return findings;
    const { orders } = await booksOf(this.desk.services, this.desk.tenantId);
    const open = orders.filter(({ order }) => isOpen(order));
    return open.map(({ order }) => `order ${order.orderId} is ${order.status}, though all were ended`);
  }

  private missingRecords(books: OurBooks): string[] {
    const known = new Set(books.orders.map(({ order }) => order.orderId));
    return this.deeds.inputs.flatMap((input, order) =>
      input === undefined || known.has(this.deeds.orderIdOf(order)) ? [] : [`order ${order} has no record`],
    );
  }

  private async doubtsOf(order: Order): Promise<string[]> {
    const { orderId, tenantId, status, stuckSince } = order;
    const what = `order ${orderId} (${this.numberOf(orderId)})`;
    const record = await this.desk.services.orders.get(tenantId, orderId);
    const running = await this.desk.workflowOf(orderId).describe();
    const isRunning = running.status.name === 'RUNNING';
    // An order that has ended at the exchange needs nobody: its workflow is not run again.
    const isTerminated = running.status.name === 'TERMINATED' && this.deeds.wasTerminated.has(this.numberOf(orderId));
    return [
      ...(status === 'PENDING' ? [`${what} is still PENDING`] : []),
      ...(stuckSince === undefined ? [] : [`${what} is stuck since ${stuckSince}`]),
      ...(record?.state.lifecycle.amendment === undefined ? [] : [`${what} has a change of unknown end`]),
      ...(isRunning === isOpen(order) ? [] : [`${what} is ${status}, its workflow is ${running.status.name}`]),
      ...(isRunning || isTerminated || running.status.name === 'COMPLETED'
        ? []
        : [`the workflow of ${what} is ${running.status.name}`]),
      ...(isTerminated ? [] : await this.viewFindings(order)),
    ];
  }

  /** The workflow's own word against the record. One that has closed hears of no late fill. */
  private async viewFindings({ orderId, ...record }: Order): Promise<string[]> {
    if (record.events.some(({ type }) => type === 'LATE_FILL')) return [];
    const view = await this.desk.workflowOf(orderId).query<Order>('state');
    const fields = ['status', 'filledQuantity', 'quantity', 'price', 'stopPrice', 'exchangeOrderId'] as const;
    return fields
      .filter((field) => view[field] !== record[field])
      .map((field) => `order ${orderId}: ${field} is ${view[field]} in its workflow, ${record[field]} in its record`);
  }

  /** Half of what rests is filled; all that is open then is cancelled. */
  private async endAll(): Promise<void> {
    const { orders } = await booksOf(this.desk.services, this.desk.tenantId);
    const open = orders.map(({ order }) => order).filter(isOpen);
    const { orders: atExchange } = await this.desk.admin.state();
    const resting = atExchange.filter((view) => isLive(view) && view.accountId === this.desk.tenantId);
    for (const { symbol, orderId, working } of resting.filter((_, index) => index % 2 === 0)) {
      if (working) await this.desk.admin.fill({ symbol, orderId });
    }
    await Promise.all(open.map(({ orderId }) => this.desk.manager.cancelOrder(this.desk.tenantId, orderId)));
  }

  private numberOf(orderId: string): number {
    return this.schedule.orders.findIndex((_, order) => this.deeds.orderIdOf(order) === orderId);
  }
}

/** A pause that keeps no process alive. */
function unheld(ms: number): Promise<unknown> {
  return pause(ms, undefined, { ref: false });
}

function isOpen({ status }: Order): boolean {
  return LIVE_STATUSES.some((live) => live === status);
}
