import { pino } from 'pino';

/** Structured logging: the fields first, then the sentence, as pino has it. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

/** Paths that are never written, whoever logs them: the second line of defence behind not logging credentials. */
const SECRET_PATHS = ['apiKey', 'apiSecret', 'passphrase', 'credentials', 'signature'].flatMap((name) => [
  name,
  `*.${name}`,
]);

/** JSON lines on stderr, so that stdout stays free for what a command prints. */
export function createLogger(name: string, level: string): Logger {
  return pino(
    { name, level, redact: { paths: SECRET_PATHS, censor: '[redacted]' } },
    pino.destination({ fd: 2, sync: true }),
  );
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLogger };
