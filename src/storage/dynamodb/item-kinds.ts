import { isOrderId } from '../../domain/ids';
import { AUDIT_FORM } from './audit-item';
import { CONFIG_FORM } from './exchange-configs-store';
import type { Attributes, ItemForm } from './item-form';
import { HALT_PREFIX, OTHER_CONFIGS_FROM, SAFEGUARDS_SORT_KEY } from './keys';
import { FILL_FORM } from './order-fills';
import { ORDER_FORM } from './order-item';
import { HISTORY_FORM, POSITION_FORM } from './position-item';
import { SAFEGUARDS_FORM } from './safeguards-store';
import { AUDIT_SORT_KEY, HISTORY_SORT_KEY, type TableNames } from './tables';

/** Items of one form. */
export interface ItemKind {
  form: ItemForm;
  /** Attributes of which every later write of such an item changes at least one. */
  guards: readonly string[];
}

const ORDER: ItemKind = { form: ORDER_FORM, guards: ['lifecycleVersion', 'ledgerVersion'] };
const FILL: ItemKind = { form: FILL_FORM, guards: [] };
const POSITION: ItemKind = { form: POSITION_FORM, guards: ['version'] };
const HISTORY: ItemKind = { form: HISTORY_FORM, guards: [] };
const CONFIG: ItemKind = { form: CONFIG_FORM, guards: ['updatedAt'] };
const SAFEGUARDS: ItemKind = { form: SAFEGUARDS_FORM, guards: ['version'] };
const AUDIT: ItemKind = { form: AUDIT_FORM, guards: [] };

/** The kinds of a table's items, and which one an item is of; other items have no form of ours. */
export interface TableKinds {
  kinds: readonly ItemKind[];
  kindOf(item: Attributes): ItemKind | undefined;
}

/** By the name of the table. */
export function tableKinds(names: TableNames): Record<string, TableKinds> {
  return {
    [names.exchangeConfigs]: {
      kinds: [CONFIG, SAFEGUARDS],
      kindOf: ({ exchangeId }) => {
        const key = String(exchangeId);
        if (key < OTHER_CONFIGS_FROM) return CONFIG;
        return key === SAFEGUARDS_SORT_KEY || key.startsWith(HALT_PREFIX) ? SAFEGUARDS : undefined;
      },
    },
    [names.orders]: {
      kinds: [ORDER, FILL],
      kindOf: ({ orderId }) => {
        if (isOrderId(String(orderId))) return ORDER;
        return String(orderId).includes('#fill#') ? FILL : undefined;
      },
    },
    [names.positions]: { kinds: [POSITION], kindOf: () => POSITION },
    [names.positionHistory]: {
      kinds: [HISTORY],
      kindOf: (item) => (isInstant(item[HISTORY_SORT_KEY]) ? HISTORY : undefined),
    },
    [names.auditLogs]: {
      kinds: [AUDIT],
      kindOf: (item) => (isInstant(item[AUDIT_SORT_KEY]) ? AUDIT : undefined),
    },
  };
}

/** Records by time begin with their instant; what stands beside them begins with a word. */
function isInstant(sortKey: unknown): boolean {
  return /^\d/.test(String(sortKey));
}
