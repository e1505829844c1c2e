import type { AnyControl } from '../controls/control.ts';

/** How a person mends what a control finds. */
export function remedyOf(control: AnyControl): readonly string[] {
  return control.remedy === '' ? [] : [sentence(capitalised(control.remedy))];
}

/** The same, and what `bulwark fix` does about it in general: in a file, or on a node. */
export function remedySentences(control: AnyControl): readonly string[] {
  return [...remedyOf(control), ...fixSentence(control), ...mendSentences(control)];
}

/** What `bulwark fix` does about it in a manifest. */
export function fixSentence({ fix }: AnyControl): readonly string[] {
  return fix === undefined ? [] : [fixSentences[fix.safety]];
}

/** What `bulwark fix` does about it on a node whose layout it can change, and what must hold first. */
function mendSentences({ mend }: AnyControl): readonly string[] {
  if (mend === undefined) return [];
  const first = mend.first === undefined ? [] : [sentence(`First: ${mend.first}`)];
  const options = mend.safety === 'safe' ? '' : ' --may-break';
  return [...first, `"bulwark fix --node${options}" on the node (or --root DIR) mends it where a file there says it.`];
}

const fixSentences = {
  safe: '"bulwark fix" mends it, and a working workload does not notice.',
  'may-break': '"bulwark fix" mends it, but may stop a workload that relies on it.',
} as const;

/** As the beginning of a sentence. */
export function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Text with a full stop. */
export function sentence(text: string): string {
  return /[.?:…]$/.test(text) ? text : `${text}.`;
}
