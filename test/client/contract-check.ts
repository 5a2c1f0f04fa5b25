import Ajv from 'ajv/dist/2020';
import { contractSchema } from '../../src/contract/contract-schema';

const schema = { ...contractSchema(), $id: 'contract' };
const ajv = new Ajv({ validateFormats: false, allErrors: true }).addSchema(schema);

/** What keeps a value from being the contract's message of that name; empty: nothing. */
export function contractFaults(message: string, value: unknown): string[] {
  const validate = ajv.getSchema(`contract#/$defs/${message}`);
  if (validate === undefined) throw new Error(`The contract has no ${message}.`);
  void validate(JSON.parse(JSON.stringify(value)));
  return (validate.errors ?? []).map(({ instancePath, message: fault }) => `${instancePath} ${fault}`);
}
