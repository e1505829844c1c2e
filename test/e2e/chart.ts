import { stringify } from 'yaml';
import type { Json, JsonObject } from '../../src/model/json.ts';

interface Token {
  readonly text: string;
  readonly isAction: boolean;
}

/**
 * As much of Helm's language as the chart uses: `if` with `else`, `range`, `with`, values, `not`, `int64`, `toYaml` with
 * `nindent`, API versions that a server has. Anything else throws.
 */
export function renderTemplate(template: string, scope: JsonObject): string {
  const tokens = tokensOf(template);
  const { text, next } = renderFrom(tokens, { at: 0, scope, dot: scope });
  if (next < tokens.length) throw new Error(`nothing is open at {{ ${tokens[next]?.text} }}`);
  return text;
}

function tokensOf(template: string): readonly Token[] {
  const tokens: Token[] = [];
  let trims = false;
  for (const part of template.split(/(\{\{.*?\}\})/)) {
    const [, before, action, after] = /^\{\{(-?)(.*?)(-?)\}\}$/.exec(part) ?? [];
    if (action === undefined) {
      tokens.push({ text: trims ? part.trimStart() : part, isAction: false });
      trims = false;
      continue;
    }
    const last = tokens.pop();
    if (last !== undefined)
      tokens.push(before === '-' && !last.isAction ? { ...last, text: last.text.trimEnd() } : last);
    tokens.push({ text: action.trim(), isAction: true });
    trims = after === '-';
  }
  return tokens;
}

interface Place {
  readonly at: number;
  readonly scope: JsonObject;
  readonly dot: Json;
}

/** Renders up to the `end` or `else` that belongs to what is open; `next` is its place. */
function renderFrom(tokens: readonly Token[], place: Place): { readonly text: string; readonly next: number } {
  let text = '';
  let at = place.at;
  for (; at < tokens.length; at += 1) {
    const token = tokens[at] as Token;
    if (!token.isAction) {
      text += token.text;
      continue;
    }
    const [, word, expression = ''] = /^(if|range|with|else|end)\b ?(.*)$/.exec(token.text) ?? [];
    if (word === 'else' || word === 'end') break;
    if (word === undefined) {
      text += printed(evaluate(token.text, place));
      continue;
    }
    const value = evaluate(expression, place);
    const dots =
      word === 'range' ? (value as readonly Json[]) : isTrue(value) ? [word === 'with' ? value : place.dot] : [];
    for (const dot of dots) text += renderFrom(tokens, { ...place, at: at + 1, dot }).text;
    let end = renderFrom(tokens, { ...place, at: at + 1 }).next;
    if (tokens[end]?.text === 'else') {
      const otherwise = renderFrom(tokens, { ...place, at: end + 1 });
      if (dots.length === 0) text += otherwise.text;
      end = otherwise.next;
    }
    if (tokens[end]?.text !== 'end') throw new Error(`{{ ${token.text} }} has no end`);
    at = end;
  }
  return { text, next: at };
}

function evaluate(expression: string, place: Place): Json {
  const [first = '', ...pipes] = expression.split('|').map((part) => part.trim());
  return pipes.reduce<Json>(
    (value, pipe) => {
      const indent = /^nindent (\d+)$/.exec(pipe)?.[1];
      if (indent !== undefined) return `\n${String(value).replace(/^(?=.)/gm, ' '.repeat(Number(indent)))}`;
      if (pipe === 'int64') return Number(value);
      throw new Error(`the pipe ${pipe} is not known here`);
    },
    termOf(first, place),
  );
}

function termOf(term: string, place: Place): Json {
  const [, has] = /^\.Capabilities\.APIVersions\.Has "([^"]+)"$/.exec(term) ?? [];
  if (has !== undefined) return (place.scope['APIVersions'] as readonly string[]).includes(has);
  const [, negated] = /^not \((.+)\)$/.exec(term) ?? [];
  if (negated !== undefined) return !isTrue(termOf(negated, place));
  const [, path] = /^toYaml (\S+)$/.exec(term) ?? [];
  if (path !== undefined) return stringify(termOf(path, place), { lineWidth: 0 }).trimEnd();
  if (term === '.') return place.dot;
  if (!/^(\.\w+)+$/.test(term)) throw new Error(`${term} is not known here`);
  return term
    .slice(1)
    .split('.')
    .reduce<Json>((value, key) => (value as JsonObject | null)?.[key] ?? null, place.scope);
}

function isTrue(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** What is not set Helm prints as `<no value>`. */
function printed(value: Json): string {
  return value === null ? '<no value>' : String(value);
}
