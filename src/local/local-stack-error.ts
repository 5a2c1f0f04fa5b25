/** What went wrong with the stack, as one line for a person: what, with which value, and what to do about it. */
export class LocalStackError extends Error {
  override readonly name = 'LocalStackError';
}
