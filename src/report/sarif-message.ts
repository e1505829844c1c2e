/**
 * A plain text message (SARIF 2.1.0, 3.11): braces are doubled, for single ones mark placeholders, and what would
 * read as a link, `[text](target)`, is broken up, so that no name in the input can make one.
 */
export function sarifMessage(text: string): { readonly text: string } {
  if (!/[{}\]]/.test(text)) return { text };
  return { text: text.replaceAll('{', '{{').replaceAll('}', '}}').replaceAll('](', '] (') };
}
