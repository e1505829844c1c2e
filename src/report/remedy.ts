import type { AnyControl } from '../controls/control.ts';

/** How a person mends what a control finds. */
export function remedyOf(control: AnyControl): readonly string[] {
  return control.remedy === '' ? [] : [sentence(capitalised(control.remedy))];
}

/** The same, and what `bulwark fix` does about it in a file. */
export function remedySentences(control: AnyControl): readonly string[] {
  const sentences = [...remedyOf(control)];
  if (control.fix !== undefined) sentences.push(fixSentences[control.fix.safety]);
  return [...sentences, ...mendSentences(control)];
}

/** What `bulwark fix` does about it on a node, and what must hold first. */
export function mendSentences({ mend }: AnyControl): readonly string[] {
  if (mend === undefined) return [];
  const first = mend.first === undefined ? [] : [sentence(`First: ${mend.first}`)];
  return [
    ...first,
    mend.safety === 'safe' ? '"bulwark fix --node" mends it.' : '"bulwark fix --node --may-break" mends it.',
  ];
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
