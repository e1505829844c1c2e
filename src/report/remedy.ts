import type { AnyControl } from '../controls/control.ts';

/** How to mend what a control finds, in sentences: its own remedy, then what `bulwark fix` does about it. */
export function remedySentences(control: AnyControl): readonly string[] {
  const sentences: string[] = [];
  if (control.remedy !== '') sentences.push(sentence(control.remedy));
  if (control.fix !== undefined) sentences.push(fixSentences[control.fix.safety]);
  return sentences;
}

const fixSentences = {
  safe: '"bulwark fix" mends it, and a working workload does not notice.',
  'may-break': '"bulwark fix" mends it, but may stop a workload that relies on it.',
} as const;

/** Text with a full stop. */
export function sentence(text: string): string {
  return /[.?:…]$/.test(text) ? text : `${text}.`;
}
