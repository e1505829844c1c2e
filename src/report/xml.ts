import { visible } from './visible.ts';

/** Text of one line between tags: what is unsafe to show, and so all that XML forbids, is spelt out. */
export function xmlText(text: string): string {
  return visible(text)
    .replaceAll(nonCharacters, '\u{fffd}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** Of what XML 1.0 forbids, the two that Unicode leaves in no category that `visible` spells out. */
const nonCharacters = /[\ufffe\uffff]/g;

/** The value of an attribute, in quotes. */
export function xmlAttribute(text: string): string {
  return `"${xmlText(text).replaceAll('"', '&quot;')}"`;
}
