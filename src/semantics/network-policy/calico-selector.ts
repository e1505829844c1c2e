import { everything, type LabelExpression } from './label-expression.ts';

const token = /\s*(?:(&&|\|\||==|!=|[!(){},])|'([^']*)'|"([^"]*)"|([A-Za-z0-9_./-]+))/y;

interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** Deeper nesting than anybody writes. */
const deepest = 100;

/**
 * Calico's selectors: `app == 'web' && !has(debug)`. Undefined for text that is none, or of which not every part is
 * known. Source: Calico's reference of the NetworkPolicy resource, "Selectors".
 */
export function parseCalicoSelector(text: string): LabelExpression | undefined {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (token.lastIndex < trimmed.length) {
    const found = token.exec(trimmed);
    if (found === null) return undefined;
    const quoted = found[2] ?? found[3];
    tokens.push({ text: quoted ?? found[1] ?? found[4] ?? '', quoted: quoted !== undefined });
  }
  if (tokens.length === 0) return everything;
  const parser = new Parser(tokens);
  const expression = parser.either(0);
  return parser.isAtEnd ? expression : undefined;
}

class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.at === this.tokens.length;
  }

  either(depth: number): LabelExpression | undefined {
    return this.joined('||', 'or', () => this.joined('&&', 'and', () => this.term(depth)));
  }

  private joined(sign: string, op: 'and' | 'or', part: () => LabelExpression | undefined): LabelExpression | undefined {
    const parts: LabelExpression[] = [];
    do {
      const next = part();
      if (next === undefined) return undefined;
      parts.push(next);
    } while (this.takes(sign));
    const [only] = parts;
    return parts.length === 1 ? only : { op, of: parts };
  }

  private term(depth: number): LabelExpression | undefined {
    if (depth > deepest) return undefined;
    if (this.takes('!')) {
      const of = this.term(depth + 1);
      return of === undefined ? undefined : { op: 'not', of };
    }
    if (this.takes('(')) {
      const inner = this.either(depth + 1);
      return this.takes(')') ? inner : undefined;
    }
    const key = this.word();
    if (key === undefined) return undefined;
    if (key === 'all' && this.takes('(')) return this.takes(')') ? everything : undefined;
    if (key === 'has' && this.takes('(')) {
      const label = this.word();
      return label !== undefined && this.takes(')') ? { op: 'has', key: label } : undefined;
    }
    return this.comparison(key);
  }

  private comparison(key: string): LabelExpression | undefined {
    if (this.takes('==')) return this.valued((value) => ({ op: 'in', key, values: [value] }));
    if (this.takes('!=')) return this.valued((value) => ({ op: 'not', of: { op: 'in', key, values: [value] } }));
    switch (this.word()) {
      case 'contains':
        return this.valued((text) => ({ op: 'text', key, test: 'contains', text }));
      case 'starts':
        return this.word() === 'with' ? this.valued((text) => ({ op: 'text', key, test: 'starts', text })) : undefined;
      case 'ends':
        return this.word() === 'with' ? this.valued((text) => ({ op: 'text', key, test: 'ends', text })) : undefined;
      case 'in':
        return this.listed(key);
      case 'not': {
        const of = this.word() === 'in' ? this.listed(key) : undefined;
        return of === undefined ? undefined : { op: 'not', of };
      }
      default:
        return undefined;
    }
  }

  private listed(key: string): LabelExpression | undefined {
    if (!this.takes('{')) return undefined;
    const values: string[] = [];
    while (!this.takes('}')) {
      const next = this.tokens[this.at];
      if (next?.quoted !== true) return undefined;
      values.push(next.text);
      this.at += 1;
      if (!this.takes(',') && this.tokens[this.at]?.text !== '}') return undefined;
    }
    return { op: 'in', key, values };
  }

  private valued(make: (value: string) => LabelExpression): LabelExpression | undefined {
    const next = this.tokens[this.at];
    if (next?.quoted !== true) return undefined;
    this.at += 1;
    return make(next.text);
  }

  private word(): string | undefined {
    const next = this.tokens[this.at];
    if (next === undefined || next.quoted || !/^[A-Za-z0-9_]/.test(next.text)) return undefined;
    this.at += 1;
    return next.text;
  }

  private takes(sign: string): boolean {
    const next = this.tokens[this.at];
    if (next === undefined || next.quoted || next.text !== sign) return false;
    this.at += 1;
    return true;
  }
}
