const controls = /[\p{Cc}\p{Cf}]+/gu;

/** What a server or program said, fit for one line of a report: no control or formatting characters, no more than `max` characters. */
export function plainText(text: string, max = 300): string {
  const line = text
    .slice(0, max * 4)
    .replace(controls, ' ')
    .trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}
