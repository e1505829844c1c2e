/** A word of a shell command, its quotes taken away. */
export interface ShellWord {
  readonly text: string;
  /** For each character of the text, its place in the command. */
  readonly at: readonly number[];
  /** Where it begins and ends in the command, quotes included. */
  readonly start: number;
  readonly end: number;
  /** Whether a command begins with it. */
  readonly isFirst: boolean;
  /** Whether a variable or a command stands in the text from a character on, whose value nobody knows here. */
  isDynamic(from: number): boolean;
}

/**
 * The words of a shell script in order, as POSIX has it: quotes, escapes, comments, and the operators that end a
 * command. What is expanded stays as it is written. A quote that is never closed goes to the end.
 */
export function* shellWords(script: string): Generator<ShellWord> {
  let word = new Word(true);
  let startsCommand = true;
  let quote = '';
  for (let at = 0; at < script.length; at += 1) {
    const char = script.charAt(at);
    if (quote === "'") {
      if (char === "'") quote = word.close(at);
      // The kubelet puts variables in before any shell reads quotes.
      else word.add(char, at, char === '$' && script[at + 1] === '(');
      continue;
    }
    if (char === '\\' && at + 1 < script.length) {
      at += 1;
      if (script[at] !== '\n') word.add(script.charAt(at), at, false);
      continue;
    }
    if (char === '`' || (char === '$' && /[A-Za-z_0-9({@*#?!]/.test(script.charAt(at + 1)))) {
      word.add(char, at, true);
      continue;
    }
    if (quote === '"') {
      if (char === '"') quote = word.close(at);
      else word.add(char, at, false);
      continue;
    }
    if (char === '"' || char === "'") {
      quote = char;
      word.open(at);
      continue;
    }
    const ends = /[;&|()\n<>]/.test(char);
    if (!ends && !/\s/.test(char) && !(char === '#' && !word.isOpen)) {
      word.add(char, at, false);
      continue;
    }
    if (word.isOpen) {
      yield word;
      startsCommand = false;
    }
    if (char === '#') {
      const line = script.indexOf('\n', at);
      at = line === -1 ? script.length : line;
      startsCommand = true;
    } else if (/[;|()\n]/.test(char) || (char === '&' && !isOfRedirection(script, at))) startsCommand = true;
    word = new Word(startsCommand);
  }
  if (word.isOpen) yield word;
}

/** `2>&1`, `&>file`. */
function isOfRedirection(script: string, at: number): boolean {
  return /[<>]/.test(script.charAt(at - 1)) || script[at + 1] === '>';
}

class Word implements ShellWord {
  readonly isFirst: boolean;
  readonly at: number[] = [];
  isOpen = false;
  start = 0;
  end = 0;
  text = '';
  private lastDynamic = -1;

  constructor(isFirst: boolean) {
    this.isFirst = isFirst;
  }

  add(char: string, at: number, isDynamic: boolean): void {
    this.open(at);
    this.close(at);
    if (isDynamic) this.lastDynamic = this.at.length;
    this.text += char;
    this.at.push(at);
  }

  open(at: number): void {
    if (!this.isOpen) this.start = at;
    this.isOpen = true;
  }

  /** It ends behind a place, as far as is known; no quote is open there. */
  close(at: number): '' {
    this.end = at + 1;
    return '';
  }

  isDynamic(from: number): boolean {
    return this.lastDynamic >= from;
  }
}
