export const ALERT_SEVERITIES = ['CRITICAL', 'WARNING'] as const;
/** CRITICAL: money or the ability to trade is at stake, somebody looks now. WARNING: somebody looks today. */
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** What an alert is about, and so what it names. */
export type AlertSubject = 'SERVICE' | 'TENANT' | 'EXCHANGE' | 'ORDER';

interface AlertEntry {
  severity: AlertSeverity;
  subject: AlertSubject;
  /** What has happened. */
  meaning: string;
  /** What the one who is called does about it. */
  runbook: string;
  /** How long alerts of the same subject are held back and counted after one was sent, ms. */
  windowMs: number;
}

const MINUTE = 60_000;

/** Every alert of the service. Codes are stable: receivers may branch on them. */
export const ALERTS = {
  EXCHANGE_DISABLED: {
    severity: 'CRITICAL',
    subject: 'EXCHANGE',
    meaning:
      'The exchange refuses us for good (credentials, permissions, address): it takes no new orders of this tenant.',
    runbook:
      'exchanges get shows why. Mend the key or the registration, see that exchanges test is content, then exchanges set-status ACTIVE.',
    windowMs: 60 * MINUTE,
  },
  EXCHANGE_ERROR: {
    severity: 'WARNING',
    subject: 'EXCHANGE',
    meaning: 'The exchange answered with something that is not understood; an order concerned is looked up.',
    runbook: "Look the code up in the exchange's documentation, and the order (details) with orders get.",
    windowMs: 15 * MINUTE,
  },
  LATE_FILL: {
    severity: 'CRITICAL',
    subject: 'ORDER',
    meaning: 'The exchange filled an order after it had ended here; the fill is booked.',
    runbook: 'orders get shows the LATE_FILL event: check the position, and hedge what was not meant to be held.',
    windowMs: 5 * MINUTE,
  },
  TRADE_RESTATED: {
    severity: 'CRITICAL',
    subject: 'ORDER',
    meaning: 'An exchange has cancelled or corrected a trade that was booked; the position has changed accordingly.',
    runbook: 'Details name the entries: check the position, and hedge what is not meant to be held.',
    windowMs: 5 * MINUTE,
  },
  FILL_NOT_BOOKED: {
    severity: 'CRITICAL',
    subject: 'EXCHANGE',
    meaning: 'The exchange told of an execution that cannot be booked: it contradicts its order or itself.',
    runbook: 'Compare the execution in the details with the exchange; until it is booked the position is wrong by it.',
    windowMs: 5 * MINUTE,
  },
  POSITION_UPDATE_FAILED: {
    severity: 'CRITICAL',
    subject: 'EXCHANGE',
    meaning: 'Changes of a position could not be stored, after several tries: until they are, it is behind.',
    runbook:
      'Check DynamoDB. What comes from the exchange is tried again by itself; a client that was refused calls again.',
    windowMs: 5 * MINUTE,
  },
  POSITION_UNPRICED: {
    severity: 'WARNING',
    subject: 'EXCHANGE',
    meaning: 'An open position has no market price; its P&L is the last that was known (unpricedSince), or none.',
    runbook: 'Check that the exchange still trades the instrument, and that its public data are reachable.',
    windowMs: 60 * MINUTE,
  },
  ORPHANED_ORDER: {
    severity: 'WARNING',
    subject: 'ORDER',
    meaning: 'An order that has not ended has no running workflow (terminated?); where details say so it was adopted.',
    runbook:
      'Within minutes the connection runs it again; find out who ended it: Cancel ends an order, Terminate does not.',
    windowMs: 15 * MINUTE,
  },
  STUCK_ORDER: {
    severity: 'CRITICAL',
    subject: 'ORDER',
    meaning: 'Nobody can say how an order stands: the exchange does not answer, or contradicts what it said before.',
    runbook: 'stuck list says what is in doubt; look at the order at the exchange, then stuck resolve.',
    windowMs: 5 * MINUTE,
  },
  STOP_UNWATCHED: {
    severity: 'CRITICAL',
    subject: 'EXCHANGE',
    meaning:
      'Stops that the service holds may miss their trigger: one has had no fresh price for a minute (aspect PRICES), or a worker watches as many as it can, and more may wait (CAPACITY).',
    runbook:
      "PRICES: see the exchange's status page and STREAM_LOST alerts; nothing fires on an old price. CAPACITY: start another exchange worker.",
    windowMs: 5 * MINUTE,
  },
  POSITION_MISMATCH: {
    severity: 'CRITICAL',
    subject: 'EXCHANGE',
    meaning: 'The exchange held more or less of an instrument than its position said; the position was adjusted.',
    runbook:
      'reconcile list says what by. An order by hand is named; otherwise find out what moved the balance, and hedge what is not meant to be held.',
    windowMs: 60 * MINUTE,
  },
  BALANCE_UNEXPLAINED: {
    severity: 'CRITICAL',
    subject: 'EXCHANGE',
    meaning: 'A balance is not what fills, fees and transfers make of it, and no one position answers for that.',
    runbook:
      "Find it among the account's movements at the exchange. Then reconcile run with --position for whose it is, or with --accept.",
    windowMs: 60 * MINUTE,
  },
  ORDER_MISMATCH: {
    severity: 'CRITICAL',
    subject: 'ORDER',
    meaning: 'An order stands otherwise at the exchange than here, and looking it up has not mended that.',
    runbook: 'Details say in what. orders explain tells its story; a live order that is ended here is cancelled there.',
    windowMs: 60 * MINUTE,
  },
  RECONCILIATION_FAILED: {
    severity: 'WARNING',
    subject: 'EXCHANGE',
    meaning: 'An account could not be compared with its exchange; the next run tries again.',
    runbook: 'Details say why. reconcile run repeats it at once.',
    windowMs: 60 * MINUTE,
  },
  RECONCILIATION_OVERDUE: {
    severity: 'WARNING',
    subject: 'EXCHANGE',
    meaning: 'An account has not been compared with its exchange for two hours: balances and books never stood still.',
    runbook:
      'Details say since when. A busy account: halt it for a minute (kill), and reconcile run. Otherwise see whether fills are booked late.',
    windowMs: 60 * MINUTE,
  },
  CONNECTION_LOST: {
    severity: 'CRITICAL',
    subject: 'EXCHANGE',
    meaning: "A worker gave up on an account's stream; another tries. Until it is back fills arrive late.",
    runbook: "Read lastError of the connection's workflow in the Temporal UI; see the exchange's status page.",
    windowMs: 15 * MINUTE,
  },
  STREAM_LOST: {
    severity: 'WARNING',
    subject: 'EXCHANGE',
    meaning: 'A stream (aspect MARKET: prices) could not be opened again and again; it is only probed now and then.',
    runbook: "The details name the address and why; see the exchange's status page. It comes back by itself.",
    windowMs: 15 * MINUTE,
  },
  SUBSCRIPTION_FAILED: {
    severity: 'WARNING',
    subject: 'EXCHANGE',
    meaning: 'The exchange refuses a subscription again and again; what it would tell does not come. It is tried on.',
    runbook:
      'The details have its words: an instrument that is gone, a permission that the key lacks, too many streams.',
    windowMs: 15 * MINUTE,
  },
  SEQUENCE_GAP: {
    severity: 'WARNING',
    subject: 'EXCHANGE',
    meaning: 'Messages are missing in the middle of a stream; it was opened anew, and what was missed is read.',
    runbook: 'Nothing to do for one. Many: the network to the exchange loses, or this process cannot keep up.',
    windowMs: 15 * MINUTE,
  },
  UNREADABLE_MESSAGE: {
    severity: 'WARNING',
    subject: 'EXCHANGE',
    meaning: 'A stream brought a message that cannot be read; it was skipped. The details show it without secrets.',
    runbook:
      'Compare it with the documentation: the exchange may have changed its format. The sweep finds missed fills.',
    windowMs: 15 * MINUTE,
  },
  STREAM_OVERFLOW: {
    severity: 'CRITICAL',
    subject: 'EXCHANGE',
    meaning: 'Stream messages waited longer than they may; the stream was dropped, and is read again from its cursor.',
    runbook: 'Something behind it is slow: look at DynamoDB, Redis, Temporal, and at the CPU of the connection worker.',
    windowMs: 15 * MINUTE,
  },
  CLOCK_SKEW: {
    severity: 'WARNING',
    subject: 'EXCHANGE',
    meaning: "This machine's clock and the exchange's are apart; requests are stamped with the exchange's time.",
    runbook: 'Check that this machine keeps its time (NTP). Deadlines and records are off by that much until then.',
    windowMs: 60 * MINUTE,
  },
  CONNECTION_POOR: {
    severity: 'WARNING',
    subject: 'EXCHANGE',
    meaning:
      'A connection to the exchange is slower, or fails more often, than the tenant wants (safeguards); aspect says which.',
    runbook: "connections shows it; see the exchange's status page, the network, and whether this machine is busy.",
    windowMs: 15 * MINUTE,
  },
  TRADING_PAUSED: {
    severity: 'CRITICAL',
    subject: 'EXCHANGE',
    meaning:
      'The connection to the exchange is so poor that nothing is sent there any more; open orders stay, cancels go on.',
    runbook:
      'connections shows what is poor. The pause ends by itself once it is good again, or with kill release; safeguards set --pause-on-poor-connection off ends pausing.',
    windowMs: 5 * MINUTE,
  },
  TRADING_RESUMED: {
    severity: 'WARNING',
    subject: 'EXCHANGE',
    meaning: 'The connection to the exchange is good again: the pause is lifted, and orders are sent again.',
    runbook: 'Nothing; halts that people have placed still stand (kill list).',
    windowMs: 5 * MINUTE,
  },
  TRADING_HALTED: {
    severity: 'CRITICAL',
    subject: 'TENANT',
    meaning: 'Somebody has halted trading: nothing in the scope of the halt is sent, what is open there is cancelled.',
    runbook: 'kill list shows who and why. When the cause is mended: kill release.',
    windowMs: 5 * MINUTE,
  },
  KILL_INCOMPLETE: {
    severity: 'CRITICAL',
    subject: 'TENANT',
    meaning: 'A kill has given up while orders in its scope are still open. The halt stands.',
    runbook:
      'Cancel them at the exchange, or repeat the kill with --halt-id; its workflow lists them (query progress).',
    windowMs: 5 * MINUTE,
  },
  PROJECTION_FAILED: {
    severity: 'WARNING',
    subject: 'SERVICE',
    meaning: 'Redis does not take orders or positions: what reads them there is behind. The records are complete.',
    runbook: 'Check that Redis runs, is reachable at REDIS_URL and has memory left.',
    windowMs: 5 * MINUTE,
  },
  AUDIT_BEHIND: {
    severity: 'CRITICAL',
    subject: 'SERVICE',
    meaning:
      'Audit records are lost or lie in old spool files that nobody ships (aspect SPOOL), or the table has taken none for a minute and they pile up (aspect TABLE).',
    runbook:
      'SPOOL: make room on the disk of AUDIT_SPOOL_DIRECTORY, or make it writable; old files of an owner that is gone are shipped by one start with AUDIT_SPOOL_OWNER set to their name up to the first ~. TABLE: check DynamoDB; what is spooled is stored once it answers.',
    windowMs: 15 * MINUTE,
  },
} as const satisfies Record<string, AlertEntry>;
export type AlertCode = keyof typeof ALERTS;
