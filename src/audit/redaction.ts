/** What stands in a record where a secret stood. */
export const REDACTED = '[redacted]';

/** Shorter secrets would be found by chance inside other texts: those are only replaced where they are the whole text. */
const PART_LENGTH_MIN = 6;
const DEPTH_MAX = 30;

/** Names of fields, headers and parameters whose value is a secret or a signature, letters and digits only. */
const SECRET_NAME =
  /signature|secret|passphrase|password|apikey|accesskey|privatekey|listenkey|accesstoken|refreshtoken|authorization|jwt|cookie|^token$|sign$/;
/** FIX tags: Signature, RawData (Coinbase: the logon's signature), Password, NewPassword, EncryptedPassword(s). */
const SECRET_TAGS: ReadonlySet<string> = new Set(['89', '96', '554', '925', '1402', '1404']);
/** `"name": "value"`, `name=value` and the like, up to where the value ends. */
const NAMED_VALUE = /((?:["']?)([\w-]{1,64})(?:["']?)\s{0,8}[:=]\s{0,8}["']?)[^"'\s,&}]+/g;
const SOH = '\u0001';

/** Takes secrets out of plain data by the names of fields and by value, wherever a value stands. */
export interface Redactor {
  /** A copy without secrets. What is found under a secret name is a secret from then on, for this redactor. */
  redact(data: unknown): unknown;
  text(text: string): string;
  /** A raw message, JSON or not. */
  raw(text: string): string;
  /** A raw FIX message; all but its secret values stays as it is. */
  fix(raw: string): string;
}

/** Makes a redactor for each entry. `secrets`: values known beforehand, such as an account's credentials. */
export function redactors(secrets: readonly string[] = []): () => Redactor {
  const forms = secrets.filter((secret) => secret !== '').flatMap(formsOf);
  return () => redactor(new Set(forms));
}

function redactor(known: Set<string>): Redactor {
  function text(given: string): string {
    let clean = given;
    for (const secret of known) {
      if (clean === secret) return REDACTED;
      if (secret.length >= PART_LENGTH_MIN) clean = clean.replaceAll(secret, REDACTED);
    }
    return clean;
  }

  function byValue(data: unknown, depth = 0): unknown {
    if (depth > DEPTH_MAX) return '[too deep]';
    if (typeof data === 'string') return text(data);
    if (Array.isArray(data)) return data.map((item) => byValue(item, depth + 1));
    if (typeof data !== 'object' || data === null) return data;
    const fields = Object.entries(data).map(([name, value]) => [text(name), byValue(value, depth + 1)]);
    return Object.fromEntries(fields) as unknown;
  }

  /** Two passes, since a secret may be repeated under a harmless name before its own. */
  function redact(data: unknown): unknown {
    return byValue(byName(data, (secret) => formsOf(secret).forEach((form) => known.add(form))));
  }

  function fix(raw: string): string {
    const fields = raw.split(SOH).map((field) => {
      const [tag = ''] = field.split('=', 1);
      return SECRET_TAGS.has(tag) ? `${tag}=${REDACTED}` : text(field);
    });
    return fields.join(SOH);
  }

  function raw(given: string): string {
    try {
      return JSON.stringify(redact(JSON.parse(given)));
    } catch {
      return text(withoutNamed(given));
    }
  }

  return { redact, text, raw, fix };
}

/** Of what is no JSON, the values that stand behind a secret name. */
function withoutNamed(given: string): string {
  return given.replace(NAMED_VALUE, (all, before: string, name: string) =>
    isSecretName(name) ? `${before}${REDACTED}` : all,
  );
}

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.toLowerCase().replace(/[^a-z0-9]/g, ''));
}

function byName(data: unknown, learn: (secret: string) => void, depth = 0): unknown {
  if (depth > DEPTH_MAX || typeof data !== 'object' || data === null) return data;
  if (Array.isArray(data)) return data.map((item) => byName(item, learn, depth + 1));
  const fields = Object.entries(data).map(([name, value]: [string, unknown]) => {
    if (!isSecretName(name)) return [name, byName(value, learn, depth + 1)];
    if (typeof value === 'string' && value.length >= PART_LENGTH_MIN) learn(value);
    return [name, REDACTED];
  });
  return Object.fromEntries(fields) as unknown;
}

/** The ways in which a value may stand in a request: as it is, in an address or a form, in a Basic header, in JSON. */
function formsOf(secret: string): string[] {
  const inForm = new URLSearchParams({ secret }).toString().slice('secret='.length);
  const base64 = Buffer.from(secret, 'utf8').toString('base64');
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, encodeURIComponent(secret), inForm, base64, base64.replace(/=+$/, ''), inJson];
}
