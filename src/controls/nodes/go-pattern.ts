/** Longer patterns than these are no one's. */
const maxLength = 200;

/** A group that repeats and is repeated: JavaScript may try for ever what Go does in one go. */
const nested = /[*+}][^()]*\)[*+{?]|\)[*+}]?\)[*+{]/;

/**
 * Whether a list of Go regular expressions between commas, as `kubectl proxy` takes them, matches a text anywhere;
 * undefined where that cannot be told: a pattern that JavaScript does not know, or might not finish.
 */
export function goPatternsMatch(list: string, text: string): boolean | undefined {
  let isUntold = false;
  for (const pattern of list.split(',')) {
    const matches = goPatternMatches(pattern, text);
    if (matches === true) return true;
    if (matches === undefined) isUntold = true;
  }
  return isUntold ? undefined : false;
}

function goPatternMatches(pattern: string, text: string): boolean | undefined {
  if (pattern.length > maxLength || nested.test(pattern) || text.length > maxLength) return undefined;
  // Go's flags for the whole pattern, of which `i` is the one that matters here.
  const [, flags = '', rest = pattern] = /^\(\?([imsU]+)\)([\s\S]*)$/.exec(pattern) ?? [];
  // Go takes `^*`, which people write for "anything", as nothing at all; JavaScript takes it as an error.
  const known = rest.replaceAll('^*', '').replaceAll('\\A', '^').replaceAll('\\z', '$').replaceAll('(?P<', '(?<');
  try {
    return new RegExp(known, flags.includes('i') ? 'i' : '').test(text);
  } catch {
    return undefined;
  }
}
