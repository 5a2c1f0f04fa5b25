import type { Fault } from './errors';
import type { Emulation } from './order';
import type { OrderRequest, OrderType, TimeInForce } from './order-request';

/** The order types that an exchange has itself, each with its times in force. */
export type OfferedOrders = Partial<Record<OrderType, readonly TimeInForce[]>>;

/** How an order is brought to an exchange. */
export interface Placement {
  /** What the exchange is asked for. */
  placed: OrderRequest;
  /** What of the order the service does itself. */
  emulated: Emulation[];
  /** Nothing is sent before the market reaches the order's trigger. */
  isHeld: boolean;
}

/** What is sent when an emulated order of this type is triggered. */
const SENT_ON_TRIGGER = { STOP_LIMIT: 'LIMIT', STOP_MARKET: 'MARKET', TRAILING_STOP: 'MARKET' } as const;
type HeldType = keyof typeof SENT_ON_TRIGGER;

/**
 * As the exchange offers it where it does; else, where `emulationAllowed`, with the missing part done by the service: a
 * GTD order rests as GTC until the service cancels it at expiresAt, a stop is held until the market reaches it.
 * Otherwise the faults say what is missing.
 */
export function planPlacement(
  request: OrderRequest,
  offered: OfferedOrders,
  emulationAllowed: boolean,
): Placement | { faults: Fault[] } {
  const asAsked = { placed: request, emulated: [], isHeld: false };
  if (offers(offered, request)) return asAsked;
  const plan = emulationOf(request, offered);
  const missing = missingOffer(request, offered);
  if (plan === undefined)
    return { faults: [isHeldType(request, offered) ? missingOnTrigger(request, offered) : missing] };
  if (emulationAllowed) return plan;
  const remedy = 'the service can do it in its place once the registration allows it (exchanges update --emulation on)';
  return { faults: [{ ...missing, message: `${missing.message}; ${remedy}` }] };
}

/** What of the order the exchange has not itself, whoever else may do it. */
export function offerFaults(request: OrderRequest, offered: OfferedOrders): Fault[] {
  return offers(offered, request) ? [] : [missingOffer(request, offered)];
}

function missingOffer(request: OrderRequest, offered: OfferedOrders): Fault {
  const { exchangeId = 'the exchange', orderType, timeInForce } = request;
  const times = offered[orderType]?.join(', ');
  if (times === undefined) return { field: 'orderType', message: `${orderType} is not offered by ${exchangeId}` };
  const message = `must be one of ${times} for ${orderType} at ${exchangeId}, got ${timeInForce}`;
  return { field: 'timeInForce', message };
}

/** Why the service can't hold the order either: what it would send on the trigger is not offered. */
function missingOnTrigger(request: OrderRequest, offered: OfferedOrders): Fault {
  const { field, message } = missingOffer(sentOnTrigger(request, offered), offered);
  const { message: missing } = missingOffer(request, offered);
  return { field, message: `${missing}, and what the service would send on its trigger is not either: ${message}` };
}

/** All that the exchange lacks of the order done by the service, where that is possible. */
function emulationOf(request: OrderRequest, offered: OfferedOrders): Placement | undefined {
  const isHeld = isHeldType(request, offered);
  const sent = isHeld ? sentOnTrigger(request, offered) : request;
  const emulated: Emulation[] = isHeld ? [request.orderType as HeldType] : [];
  if (offers(offered, sent)) return { placed: sent, emulated, isHeld };
  if (sent.timeInForce !== 'GTD') return undefined;
  const { expiresAt: _, ...rest } = sent;
  const resting: OrderRequest = { ...rest, timeInForce: 'GTC' };
  return offers(offered, resting) ? { placed: resting, emulated: [...emulated, 'GTD'], isHeld } : undefined;
}

function isHeldType({ orderType }: OrderRequest, offered: OfferedOrders): boolean {
  return offered[orderType] === undefined && orderType in SENT_ON_TRIGGER;
}

/**
 * A market order never rests: however long its stop was good for, IOC names what is sent. Not for FOK, which asks for
 * all or nothing, while a market order may fill in part.
 */
function sentOnTrigger(
  { stopPrice: _stop, trailingDelta: _delta, ...request }: OrderRequest,
  offered: OfferedOrders,
): OrderRequest {
  const orderType = SENT_ON_TRIGGER[request.orderType as HeldType];
  const isKept = orderType === 'LIMIT' || request.timeInForce === 'FOK' || !offered.MARKET?.includes('IOC');
  if (isKept) return { ...request, orderType };
  const { expiresAt: _, ...rest } = request;
  return { ...rest, orderType, timeInForce: 'IOC' };
}

function offers(offered: OfferedOrders, { orderType, timeInForce }: OrderRequest): boolean {
  return offered[orderType]?.includes(timeInForce) ?? false;
}
