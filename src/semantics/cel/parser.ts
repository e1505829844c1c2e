import type { Identifier, Node } from './ast.ts';
import { CompileError, type Offset } from './error.ts';
import { type Token, tokenize } from './lexer.ts';
import { expandMacro, type MacroOptions } from './macros.ts';
import { plainInt, type Value } from './value.ts';

/** Nesting of brackets and operands, as in cel-go. */
const deepest = 250;
/** Code points, as in cel-go. */
const longest = 100_000;

/** Words that cannot be identifiers. Source: the CEL specification. */
const reserved = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

const relations: ReadonlyMap<string, string> = new Map([
  ['<', '_<_'],
  ['<=', '_<=_'],
  ['>', '_>_'],
  ['>=', '_>=_'],
  ['==', '_==_'],
  ['!=', '_!=_'],
]);
const sums: ReadonlyMap<string, string> = new Map([
  ['+', '_+_'],
  ['-', '_-_'],
]);
const products: ReadonlyMap<string, string> = new Map([
  ['*', '_*_'],
  ['/', '_/_'],
  ['%', '_%_'],
]);

export interface ParseOptions extends MacroOptions {
  /** `a.?b`, `a[?b]`, `[?a]` and `{?k: v}` (Kubernetes 1.28). */
  readonly hasOptionals: boolean;
}

/** Parses an expression. Throws a CompileError; takes time linear in its length. Source: the CEL specification. */
export function parse(text: string, options: ParseOptions): Node {
  if (text.length > longest) {
    throw new CompileError(`expression code point size exceeds limit: size: ${text.length}, limit ${longest}`, 0);
  }
  const parser = new Parser(tokenize(text), options);
  return parser.whole();
}

class Parser {
  private readonly tokens: readonly Token[];
  private readonly options: ParseOptions;
  private position = 0;
  private nesting = 0;

  constructor(tokens: readonly Token[], options: ParseOptions) {
    this.tokens = tokens;
    this.options = options;
  }

  whole(): Node {
    const node = this.expression();
    if (this.token.kind !== 'end') this.unexpected();
    return node;
  }

  private get token(): Token {
    // The last token is the end, and nothing moves past it.
    return this.tokens[this.position] as Token;
  }

  private is(symbol: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === symbol;
  }

  private take(symbol: string): boolean {
    if (!this.is(symbol)) return false;
    this.position += 1;
    return true;
  }

  private expect(symbol: string): void {
    if (!this.take(symbol)) this.unexpected(`expecting '${symbol}'`);
  }

  private unexpected(hint = ''): never {
    const { kind, text, offset } = this.token;
    const found = kind === 'end' ? '<EOF>' : text === '' ? 'a literal' : text;
    throw new CompileError(`Syntax error: unexpected '${found}'${hint === '' ? '' : `, ${hint}`}`, offset);
  }

  private expression(): Node {
    this.nesting += 1;
    if (this.nesting > deepest) this.tooDeep();
    const condition = this.logic('||');
    let node = condition;
    const { offset } = this.token;
    if (this.take('?')) {
      const yes = this.logic('||');
      this.expect(':');
      const no = this.expression();
      node = this.deep({ kind: 'conditional', condition, yes, no, offset, depth: depthOf(condition, yes, no) });
    }
    this.nesting -= 1;
    return node;
  }

  private logic(operator: '&&' | '||'): Node {
    const next = (): Node => (operator === '||' ? this.logic('&&') : this.relation());
    const first = next();
    const { offset } = this.token;
    if (!this.is(operator)) return first;
    const terms = [first];
    while (this.take(operator)) terms.push(next());
    return this.deep({ kind: 'logic', operator, terms, offset, depth: depthOf(...terms) });
  }

  private relation(): Node {
    let left = this.binary(sums, () => this.binary(products, () => this.unary()));
    for (;;) {
      const { kind, text, offset } = this.token;
      const name = kind === 'symbol' ? relations.get(text) : kind === 'identifier' && text === 'in' ? '@in' : undefined;
      if (name === undefined) return left;
      this.position += 1;
      const right = this.binary(sums, () => this.binary(products, () => this.unary()));
      left = this.call(name, undefined, [left, right], offset);
    }
  }

  private binary(operators: ReadonlyMap<string, string>, operand: () => Node): Node {
    let left = operand();
    for (;;) {
      const { kind, text, offset } = this.token;
      const name = kind === 'symbol' ? operators.get(text) : undefined;
      if (name === undefined) return left;
      this.position += 1;
      left = this.call(name, undefined, [left, operand()], offset);
    }
  }

  /** Pairs of the same sign cancel out, as in cel-go: `!!a` is `a`. */
  private unary(): Node {
    const { offset } = this.token;
    for (const [symbol, name] of [
      ['!', '!_'],
      ['-', '-_'],
    ] as const) {
      let count = 0;
      while (this.take(symbol)) count += 1;
      if (count === 0) continue;
      if (symbol === '-') {
        const negative = this.negativeLiteral(offset);
        if (negative !== undefined && count % 2 === 1) return this.member(negative);
        if (negative !== undefined) this.position -= 1;
      }
      const operand = this.member(this.primary());
      return count % 2 === 1 ? this.call(name, undefined, [operand], offset) : operand;
    }
    return this.member(this.primary());
  }

  /** The minus belongs to the number: the smallest int has no positive. */
  private negativeLiteral(offset: Offset): Node | undefined {
    const { kind, value } = this.token;
    if (kind !== 'literal' || (typeof value !== 'number' && typeof value !== 'bigint')) return undefined;
    this.position += 1;
    return { kind: 'literal', value: plainInt(-BigInt(value)), offset, depth: 1 };
  }

  private member(operand: Node): Node {
    let node = operand;
    for (;;) {
      const { offset } = this.token;
      if (this.take('.')) {
        const isOptional = this.optionalMark();
        const name = this.fieldName();
        if (!isOptional && this.is('(')) {
          if (name.isEscaped) this.unexpected();
          // Upstream, a call is where its arguments are.
          const { offset: at } = this.token;
          node = this.call(name.text, node, this.args(), at);
        } else {
          const { text: field } = name;
          const depth = node.depth + 1;
          node = this.deep({ kind: 'select', operand: node, field, isTest: false, isOptional, offset, depth });
        }
      } else if (this.take('[')) {
        const isOptional = this.optionalMark();
        const index = this.expression();
        this.expect(']');
        node = this.deep({ kind: 'index', operand: node, index, isOptional, offset, depth: depthOf(node, index) });
      } else {
        return node;
      }
    }
  }

  private optionalMark(): boolean {
    const { offset } = this.token;
    if (!this.take('?')) return false;
    if (!this.options.hasOptionals) throw new CompileError('unsupported syntax: optional values', offset, 28);
    return true;
  }

  private fieldName(): { readonly text: string; readonly isEscaped: boolean } {
    const { kind, text } = this.token;
    const isEscaped = kind === 'escaped-identifier';
    // Reserved words are fields like any other; `in`, `true`, `false` and `null` are not words but symbols.
    if (!isEscaped && (kind !== 'identifier' || ['in', 'true', 'false', 'null'].includes(text))) this.unexpected();
    this.position += 1;
    return { text, isEscaped };
  }

  private primary(): Node {
    const { kind, text, value, offset } = this.token;
    if (kind === 'literal') return this.literal(value);
    if (this.take('(')) {
      const node = this.expression();
      this.expect(')');
      return node;
    }
    if (this.take('[')) return this.list(offset);
    if (this.take('{')) return this.map(offset);
    if (this.is('.') || kind === 'identifier') {
      if (kind === 'identifier' && (text === 'true' || text === 'false')) return this.literal(text === 'true');
      if (kind === 'identifier' && text === 'null') return this.literal(null);
      return this.named();
    }
    return this.unexpected();
  }

  private literal(value: Value): Node {
    const { offset } = this.token;
    // 2^63 is read for the sake of its negative.
    if (typeof value === 'bigint' && value >= 2n ** 63n) throw new CompileError('invalid int literal', offset);
    this.position += 1;
    return { kind: 'literal', value, offset, depth: 1 };
  }

  /** An identifier, a call of a function, or a message. */
  private named(): Node {
    const { offset } = this.token;
    const dot = this.take('.') ? '.' : '';
    const { kind, text } = this.token;
    if (kind !== 'identifier' || ['in', 'true', 'false', 'null'].includes(text)) this.unexpected();
    if (reserved.has(text)) throw new CompileError(`reserved identifier: ${text}`, offset);
    this.position += 1;
    if (this.is('(')) {
      const { offset: at } = this.token;
      return this.call(dot + text, undefined, this.args(), at);
    }
    const identifier: Identifier = { kind: 'identifier', name: dot + text, offset, depth: 1 };
    this.refuseMessage(identifier);
    return identifier;
  }

  /** `a.b.C{...}`: Kubernetes has messages in mutating policies only, which is said with the whole name. */
  private refuseMessage(identifier: Identifier): void {
    let here = this.position;
    let name = identifier.name;
    for (;;) {
      const dot = this.tokens[here];
      const next = this.tokens[here + 1];
      if (dot?.kind === 'symbol' && dot.text === '{') break;
      if (dot?.kind !== 'symbol' || dot.text !== '.' || next?.kind !== 'identifier') return;
      name += `.${next.text}`;
      here += 2;
    }
    throw new CompileError(`undeclared reference to '${name}': messages cannot be made here`, identifier.offset);
  }

  private args(): readonly Node[] {
    this.expect('(');
    const args: Node[] = [];
    if (this.take(')')) return args;
    do args.push(this.expression());
    while (this.take(','));
    this.expect(')');
    return args;
  }

  private list(offset: Offset): Node {
    const items: { readonly value: Node; readonly isOptional: boolean }[] = [];
    while (!this.is(']')) {
      const isOptional = this.optionalMark();
      items.push({ value: this.expression(), isOptional });
      if (!this.take(',')) break;
    }
    this.expect(']');
    return this.deep({ kind: 'list', items, offset, depth: depthOf(...items.map(({ value }) => value)) });
  }

  private map(offset: Offset): Node {
    const entries: { readonly key: Node; readonly value: Node; readonly isOptional: boolean }[] = [];
    while (!this.is('}')) {
      const isOptional = this.optionalMark();
      const key = this.expression();
      this.expect(':');
      entries.push({ key, value: this.expression(), isOptional });
      if (!this.take(',')) break;
    }
    this.expect('}');
    const depth = depthOf(...entries.flatMap(({ key, value }) => [key, value]));
    return this.deep({ kind: 'map', entries, offset, depth });
  }

  private call(name: string, target: Node | undefined, args: readonly Node[], offset: Offset): Node {
    const depth = depthOf(...args, ...(target === undefined ? [] : [target]));
    const call = { kind: 'call', name, target, args, offset, depth } as const;
    return this.deep(expandMacro(call, this.options) ?? call);
  }

  private deep(node: Node): Node {
    if (node.depth > deepest) this.tooDeep();
    return node;
  }

  private tooDeep(): never {
    throw new CompileError(`expression recursion limit exceeded: ${deepest}`, this.token.offset);
  }
}

function depthOf(...nodes: readonly Node[]): number {
  let deepestNode = 0;
  for (const { depth } of nodes) if (depth > deepestNode) deepestNode = depth;
  return deepestNode + 1;
}
