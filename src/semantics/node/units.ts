import type { ComponentArgument } from '../../model/node-component.ts';

/** One file of a unit: the unit itself, or a drop-in. */
export interface UnitText {
  readonly path: string;
  readonly text: string;
}

export interface UnitCommand {
  /** The words of `ExecStart=`, variables expanded, the program first. */
  readonly words: readonly ComponentArgument[];
  readonly env: Readonly<Record<string, string>>;
}

interface Assignment {
  readonly key: string;
  readonly value: string;
  readonly path: string;
  readonly line: number;
  /** Of a value that goes on on further lines: where in it each of them begins. */
  readonly continued: readonly { readonly at: number; readonly line: number }[];
}

/**
 * What `ExecStart=` comes to of a unit and its drop-ins, given in the order in which systemd reads them
 * (systemd.unit(5), systemd.service(5), systemd.exec(5)): an empty assignment resets a list, `Environment=` is
 * overridden by `EnvironmentFile=`, later files override earlier ones, `$NAME` as a word of its own is split at white
 * space and `${NAME}` is not. Undefined where nothing is started.
 */
export function resolveUnit(
  files: readonly UnitText[],
  readFile: (path: string) => string | undefined,
): UnitCommand | undefined {
  let command: Assignment | undefined;
  let variables: Assignment[] = [];
  let variableFiles: Assignment[] = [];
  for (const file of files) {
    for (const assignment of serviceLines(file)) {
      const isReset = assignment.value === '';
      if (assignment.key === 'ExecStart') command = isReset ? undefined : (command ?? assignment);
      else if (assignment.key === 'Environment') variables = isReset ? [] : [...variables, assignment];
      else if (assignment.key === 'EnvironmentFile') variableFiles = isReset ? [] : [...variableFiles, assignment];
    }
  }
  if (command === undefined) return undefined;
  const env = new Map<string, Value>();
  for (const assignment of variables) {
    for (const { text, place } of placedWords(assignment)) setVariable(env, text, place);
  }
  for (const { value } of variableFiles) {
    const path = value.replace(/^-/, '');
    for (const { name, value: text, line } of readVariables(readFile(path) ?? '')) {
      env.set(name, { text, where: path, line });
    }
  }
  const words = expandWords(placedWords(command), env);
  const [program, ...rest] = words;
  if (program === undefined) return undefined;
  const named = { ...program, text: program.text.replace(/^[-@:+!|]+/, '') };
  return {
    words: [named, ...rest],
    env: Object.fromEntries([...env].map(([name, { text }]) => [name, text])),
  };
}

/** The files of variables that a unit and its drop-ins name, for a collector: those reset later too. */
export function variableFilesOf(text: string): string[] {
  return serviceLines({ path: '', text })
    .filter(({ key, value }) => key === 'EnvironmentFile' && value !== '')
    .map(({ value }) => value.replace(/^-/, ''));
}

interface Place {
  readonly where: string;
  readonly line: number;
}

interface Value extends Place {
  readonly text: string;
}

function setVariable(env: Map<string, Value>, word: string, place: Place): void {
  const equals = word.indexOf('=');
  if (equals > 0) env.set(word.slice(0, equals), { ...place, text: word.slice(equals + 1) });
}

/** Assignments of the `[Service]` section, continued lines joined, with the lines that each is on. */
function serviceLines({ path, text }: UnitText): Assignment[] {
  const found: Assignment[] = [];
  let section = '';
  let open: { text: string; line: number; continued: { at: number; line: number }[] } | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '').trimEnd();
    // A comment between continued lines is left out of them, as systemd.syntax(7) says.
    if (/^\s*[#;]/.test(line)) continue;
    const continues = line.endsWith('\\');
    const content = continues ? line.slice(0, -1) : line;
    if (open === undefined) open = { text: content, line: index + 1, continued: [] };
    else {
      open.continued.push({ at: open.text.length, line: index + 1 });
      open.text += ` ${content.trim()}`;
    }
    if (continues) continue;
    const { text: whole, line: first, continued } = open;
    open = undefined;
    const header = /^\s*\[([^\]]*)\]\s*$/.exec(whole);
    if (header !== null) section = header[1] ?? '';
    const equals = whole.indexOf('=');
    if (header !== null || section !== 'Service' || equals === -1) continue;
    const value = whole.slice(equals + 1);
    const before = equals + 1 + value.length - value.trimStart().length;
    found.push({
      key: whole.slice(0, equals).trim(),
      value: value.trim(),
      path,
      line: first,
      continued: continued.map((each) => ({ ...each, at: each.at - before })),
    });
  }
  return found;
}

const word = /(?:"(?:[^"\\]|\\[\s\S])*"?|'(?:[^'\\]|\\[\s\S])*'?|\\[\s\S]|[^\s"'\\])+/g;

/** Words with quotes and backslashes taken out, as systemd splits a command line. */
function splitWords(text: string): string[] {
  return [...text.matchAll(word)].map(([raw]) => unquote(raw));
}

interface PlacedWord {
  readonly text: string;
  readonly place: Place;
}

/** The words of a value, each with the line that it begins on. */
function placedWords({ value, path, line, continued }: Assignment): PlacedWord[] {
  const words: PlacedWord[] = [];
  let passed = 0;
  for (const { 0: raw, index } of value.matchAll(word)) {
    while ((continued[passed]?.at ?? Number.POSITIVE_INFINITY) <= index) passed += 1;
    words.push({ text: unquote(raw), place: { where: path, line: continued[passed - 1]?.line ?? line } });
  }
  return words;
}

function unquote(raw: string): string {
  return raw.replace(
    /"((?:[^"\\]|\\[\s\S])*)"?|'((?:[^'\\]|\\[\s\S])*)'?|\\([\s\S])/g,
    (_, double, single, escaped) => {
      if (escaped !== undefined) return escaped;
      return String(double ?? single ?? '').replace(/\\([\s\S])/g, '$1');
    },
  );
}

function expandWords(words: readonly PlacedWord[], env: ReadonlyMap<string, Value>): ComponentArgument[] {
  const expanded: ComponentArgument[] = [];
  for (const { text: written, place } of words) {
    const [, alone] = /^\$([A-Za-z_]\w*)$/.exec(written) ?? [];
    if (alone !== undefined) {
      const value = env.get(alone);
      for (const part of splitWords(value?.text ?? '')) {
        expanded.push({ text: part, where: value?.where ?? place.where, line: value?.line ?? place.line });
      }
      continue;
    }
    const text = written.replace(/\$\$|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)/g, (whole, braced, bare) => {
      if (whole === '$$') return '$';
      return braced !== undefined ? (env.get(braced)?.text ?? '') : bare !== undefined ? whole : '';
    });
    expanded.push({ text, ...place });
  }
  return expanded;
}

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/** `NAME=value` lines of a file as `EnvironmentFile=` reads it: quotes go, a backslash joins lines. */
function readVariables(text: string): Variable[] {
  const variables: Variable[] = [];
  let open: { text: string; line: number } | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '');
    if (open === undefined && /^\s*(?:[#;]|$)/.test(line)) continue;
    const continues = line.endsWith('\\');
    const content = continues ? line.slice(0, -1) : line;
    if (open === undefined) open = { text: content, line: index + 1 };
    else open.text += content;
    if (continues) continue;
    const equals = open.text.indexOf('=');
    const name = open.text.slice(0, equals).trim();
    if (equals > 0 && /^[A-Za-z_]\w*$/.test(name)) {
      variables.push({ name, value: unquote(open.text.slice(equals + 1).trim()), line: open.line });
    }
    open = undefined;
  }
  return variables;
}
