/** One condition on the workflows that a list shows. */
export type Condition = { attribute: string; is: string } | { attribute: string; isSet: true };

/** A visibility query for the workflows of which all conditions hold. Values are quoted here and nowhere else. */
export function allOf(conditions: readonly Condition[]): string {
  return conditions
    .map((condition) => {
      const name = `\`${condition.attribute}\``;
      return 'is' in condition ? `${name} = ${quoted(condition.is)}` : `${name} IS NOT NULL`;
    })
    .join(' AND ');
}

/** Within quotes, Temporal's SQL reads a backslash as an escape and two quotes as one. */
function quoted(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
