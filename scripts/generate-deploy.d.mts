export function deployTexts(): ReadonlyMap<string, string>;
