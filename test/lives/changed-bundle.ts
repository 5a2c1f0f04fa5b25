/** Bundles as later versions of the workflows would have them: a change is made to the text of the present one. */
export const changedBundle = {
  /** An order is looked up twice whenever it is looked up. */
  looksTwice: (code: string): string => changed(code, LOOK_UP, (found) => `${found} await ${LOOK};`),
  /** The same, behind a patch. */
  looksTwicePatched: (code: string): string =>
    changed(code, LOOK_UP, (found) => `${found} if (${WORKFLOW_SDK}.patched('${PATCH_ID}')) await ${LOOK};`),
  noLookUpAfterFailedChange: (code: string): string => changed(code, /life\.lookupWanted = life\.placed/, () => '0'),
  noWatch: (code: string): string =>
    changed(code, /await \S+\.awaitTrigger\(/, () => 'await new Promise(() => undefined, '),
};

/** The patch of looksTwicePatched. */
export const PATCH_ID = 'looks-twice';

const LOOK_UP = /life\.lookupWanted = false;/;
const WORKFLOW_SDK = `__webpack_require__("./node_modules/@temporalio/workflow/lib/index.js")`;
const LOOK = `__webpack_require__("./workflows/order/activity-options.ts").exchangeActivities(exchangeOf(life)).syncOrder(placeOf(life))`;

/** @throws Error when the text that is to change is not there exactly once */
function changed(code: string, text: RegExp, replacement: (found: string) => string): string {
  const places = code.match(new RegExp(text.source, 'g')) ?? [];
  if (places.length !== 1) throw new Error(`The bundle has ${places.length} places like ${text.source}, not one.`);
  return code.replace(text, replacement);
}
