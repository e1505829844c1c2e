/** How many of a list are named. */
const named = 8;

/** `"a", "b"` or `1, 2`, as Pod Security lists what breaks a check. */
const lists = /"(?:[^"\\]|\\.)*"(?:, "(?:[^"\\]|\\.)*")+|\b\d+(?:, \d+)+\b/g;

/** A text whose long lists end with how many more there are: `"a", "b" and 900 more`. */
export function withShortLists(text: string): string {
  return text.replace(lists, (list) => {
    const items = list.split(', ');
    if (items.length <= named) return list;
    return `${items.slice(0, named).join(', ')} and ${items.length - named} more`;
  });
}
