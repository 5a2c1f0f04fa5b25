/** A refusal as Binance sends it: HTTP status, and `{code, msg}` as the body. */
export class BinanceError extends Error {
  override readonly name = 'BinanceError';

  constructor(
    readonly status: number,
    readonly code: number,
    readonly msg: string,
    readonly detail: { readonly retryAfterSeconds?: number; readonly data?: object } = {},
  ) {
    super(`${code} ${msg}`);
  }

  body(): object {
    return { code: this.code, msg: this.msg, ...(this.detail.data !== undefined && { data: this.detail.data }) };
  }
}

/** Texts from errors.md of binance-spot-api-docs (read 2026-07). */
export const errors = {
  unauthorizedKeyFormat: () => new BinanceError(401, -2014, 'API-key format invalid.'),
  rejectedKey: () => new BinanceError(401, -2015, 'Invalid API-key, IP, or permissions for action.'),
  invalidSignature: () => new BinanceError(400, -1022, 'Signature for this request is not valid.'),
  outsideRecvWindow: () => new BinanceError(400, -1021, 'Timestamp for this request is outside of the recvWindow.'),
  aheadOfServer: () =>
    new BinanceError(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."),
  mandatory: (name: string) =>
    new BinanceError(400, -1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`),
  eitherMandatory: (one: string, other: string) =>
    new BinanceError(400, -1102, `Param '${one}' or '${other}' must be sent, but both were empty/null!`),
  tooGreat: (name: string, limit: number) =>
    new BinanceError(400, -1102, `'${name}' contains unexpected value. Cannot be greater than ${limit}.`),
  illegalCharacters: (name: string, legal: string) =>
    new BinanceError(400, -1100, `Illegal characters found in parameter '${name}'; legal range is '${legal}'.`),
  duplicateValues: () => new BinanceError(400, -1101, 'Duplicate values for a parameter detected.'),
  tooManyParameters: (expected: number, received: number) =>
    new BinanceError(400, -1101, `Too many parameters; expected '${expected}' and received '${received}'.`),
  unreadParameters: (read: number, sent: number) =>
    new BinanceError(
      400,
      -1104,
      `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent}'.`,
    ),
  emptyParameter: (name: string) => new BinanceError(400, -1105, `Parameter '${name}' was empty.`),
  notRequired: (name: string) => new BinanceError(400, -1106, `Parameter '${name}' sent when not required.`),
  badPrecision: (name: string) => new BinanceError(400, -1111, `Parameter '${name}' has too much precision.`),
  invalidTimeInForce: () => new BinanceError(400, -1115, 'Invalid timeInForce.'),
  invalidOrderType: () => new BinanceError(400, -1116, 'Invalid orderType.'),
  invalidSide: () => new BinanceError(400, -1117, 'Invalid side.'),
  invalidSymbol: () => new BinanceError(400, -1121, 'Invalid symbol.'),
  intervalTooLong: (days: number) => new BinanceError(400, -4047, `Time interval must be within 0-${days} days`),
  lookupTooLong: (hours: number) =>
    new BinanceError(400, -1127, `More than ${hours} hours between startTime and endTime.`),
  badCombination: () => new BinanceError(400, -1128, 'Combination of optional parameters invalid.'),
  invalidData: (name: string) => new BinanceError(400, -1130, `Data sent for parameter '${name}' is not valid.`),
  strategyTypeTooLow: () => new BinanceError(400, -1134, '`strategyType` was less than 1000000.'),
  invalidCancelRestrictions: () => new BinanceError(400, -1145, 'Invalid cancelRestrictions'),
  filter: (filter: string) => new BinanceError(400, -1013, `Filter failure: ${filter}`),
  stpModeNotAllowed: () =>
    new BinanceError(400, -1013, 'This symbol does not allow the specified self-trade prevention mode.'),
  orderRejected: (msg: string) => new BinanceError(400, -2010, msg),
  cancelRejected: (msg: string) => new BinanceError(400, -2011, msg),
  amendRejected: (msg: string) => new BinanceError(400, -2038, msg),
  orderDoesNotExist: () => new BinanceError(400, -2013, 'Order does not exist.'),
  orderArchived: () =>
    new BinanceError(
      400,
      -2026,
      'Order was canceled or expired with no executed qty over 90 days ago and has been archived.',
    ),
  tooManyOrders: (limit: number, per: string, retryAfterSeconds: number) =>
    new BinanceError(429, -1015, `Too many new orders; current limit is ${limit} orders per ${per}.`, {
      retryAfterSeconds,
    }),
  tooMuchWeight: (limit: number, retryAfterSeconds: number) =>
    new BinanceError(
      429,
      -1003,
      `Too much request weight used; current limit is ${limit} request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.`,
      { retryAfterSeconds },
    ),
  tooManyRequests: (retryAfterSeconds: number) =>
    new BinanceError(429, -1003, 'Too many requests queued.', { retryAfterSeconds }),
  banned: (untilMs: number, retryAfterSeconds: number) =>
    new BinanceError(
      418,
      -1003,
      `Way too much request weight used; IP banned until ${untilMs}. Please use WebSocket Streams for live updates to avoid bans.`,
      { retryAfterSeconds },
    ),
} as const;
