/**
 * The line (from 1, within `text`) where a document shows that it is the source of a template rather than YAML;
 * undefined where it is YAML, whose values may well hold templates for somebody else: Argo parameters, Prometheus
 * annotations, a ConfigMap's script.
 *
 * - `{{` where a node begins, or `{%` outside quotes, is structure: no YAML reader gives it a meaning.
 * - Inside a plain scalar it is a template, save what Kubernetes tools themselves fill in later: any placeholder in a
 *   custom resource that is no Helm action, and Argo's names anywhere.
 * - Inside quotes only Helm's own values and functions count.
 * - Comments and block scalars never count.
 */
export function templateLine(text: string): number | undefined {
  if (!text.includes('{{') && !text.includes('{%')) return undefined;
  const scan = new TemplateScan(customGroup.test(text));
  let line = 0;
  let start = 0;
  while (start <= text.length) {
    let end = text.indexOf('\n', start);
    if (end === -1) end = text.length;
    line += 1;
    if (scan.line(text, start, end)) return line;
    start = end + 1;
  }
  return undefined;
}

/** An API group of somebody else's: it has a dot and is not under k8s.io. */
const customGroup = /^"?apiVersion"?:[ \t]*["']?(?![^\s"'/]*k8s\.io\/)[^\s"'/]+\.[^\s"'/]+\//m;

const helmRoot = /^-?\s*(?:\(?\s*\$?\.(?:Values|Release|Chart|Capabilities|Files|Template|Subcharts)\b)/;
const helmCall =
  /^-?\s*(?:include|template|tpl|toYaml|fromYaml|define|lookup|required|nindent|default)\s|\b\$?\.(?:Values|Release|Chart|Capabilities)\.|\|\s*(?:quote|nindent|indent|toYaml|default)\b/;
const goKeyword = /^(?:-|\s*(?:if|else|end|range|with|define|block|template|include|toYaml|tpl|\/\*)\b)/;
const argoName =
  /^\s*(?:=|(?:inputs|outputs|workflow|steps|tasks|item|pod|node|retries|lastRetry|cronworkflow|args|params|context)\b)/;

class TemplateScan {
  private readonly isCustom: boolean;
  /** Lines indented more than this belong to a block scalar. */
  private block: number | undefined;
  /** The quote of a scalar that goes on over several lines. */
  private quote = '';
  private flow = 0;

  constructor(isCustom: boolean) {
    this.isCustom = isCustom;
  }

  /** True where the line shows a template. */
  line(text: string, start: number, end: number): boolean {
    let at = start;
    while (at < end && (text[at] === ' ' || text[at] === '\t')) at += 1;
    const blank = at >= end || text[at] === '\r';
    if (this.block !== undefined) {
      if (blank || at - start > this.block) return false;
      this.block = undefined;
    }
    if (blank) return false;
    /** Column of the key or dash that a block scalar on this line would belong to. */
    let parent = -1;
    let column = at - start;
    let nodeStart = true;
    while (at < end) {
      if (this.quote !== '') {
        const close = quoteEnd(text, at, end, this.quote);
        const stop = close === -1 ? end : close;
        if (quotedTemplate(text, at, stop)) return true;
        at = stop + 1;
        if (close === -1) return false;
        this.quote = '';
        nodeStart = false;
        continue;
      }
      const char = text[at] as string;
      const next = at + 1 < end ? (text[at + 1] as string) : '\n';
      if (char === '#' && (at === start || text.charCodeAt(at - 1) <= 0x20)) return false;
      if (char === '{' && next === '%') return true;
      if (char === '{' && next === '{' && this.action(text, at, end, nodeStart)) return true;
      if (char === '{' && next === '{') {
        const close = text.indexOf('}}', at);
        at = close === -1 || close >= end ? end : close + 2;
        continue;
      }
      if (nodeStart) {
        if (char === '"' || char === "'") {
          this.quote = char;
          at += 1;
          continue;
        }
        if (
          (char === '|' || char === '>') &&
          this.flow === 0 &&
          blockHeader.test(text.slice(at, Math.min(end, at + 80)))
        ) {
          this.block = parent;
          return false;
        }
        if (char === '{' || char === '[') {
          this.flow += 1;
          at += 1;
          continue;
        }
        if ((char === '-' || char === '?') && isBlank(next)) {
          parent = column = at - start;
          at += 1;
          while (at < end && text[at] === ' ') at += 1;
          column = at - start;
          continue;
        }
        if ((char === '&' || char === '!') && !isBlank(next)) {
          while (at < end && !isBlank(text[at] as string)) at += 1;
          continue;
        }
      }
      if (char === ':' && (isBlank(next) || (this.flow > 0 && text[at - 1] === '"'))) {
        parent = column;
        nodeStart = true;
      } else if (this.flow > 0 && char === ',') nodeStart = true;
      else if (this.flow > 0 && (char === '}' || char === ']')) {
        this.flow -= 1;
        nodeStart = false;
      } else if (char !== ' ' && char !== '\t') nodeStart = false;
      at += 1;
    }
    return false;
  }

  /** Whether the `{{` at `at`, outside quotes, makes the document a template. */
  private action(text: string, at: number, end: number, nodeStart: boolean): boolean {
    if (nodeStart) return true;
    const inner = actionText(text, at, end);
    if (helmRoot.test(inner) || helmCall.test(inner) || goKeyword.test(inner)) return true;
    return !this.isCustom && !argoName.test(inner);
  }
}

const blockHeader = /^[|>][-+0-9]{0,2}[ \t]*(?:#.*)?\r?$/;

function quotedTemplate(text: string, start: number, end: number): boolean {
  let at = text.indexOf('{{', start);
  while (at !== -1 && at < end) {
    // A quote inside the action ends the YAML scalar, not the action.
    const inner = actionText(text, at, text.length);
    if (helmRoot.test(inner) || helmCall.test(inner)) return true;
    at = text.indexOf('{{', at + 2);
  }
  return false;
}

/** The first characters inside an action: enough to know it by. */
function actionText(text: string, at: number, end: number): string {
  const inner = text.slice(at + 2, Math.min(end, at + 160));
  const close = inner.indexOf('}}');
  return close === -1 ? inner : inner.slice(0, close);
}

function quoteEnd(text: string, from: number, end: number, quote: string): number {
  for (let at = from; at < end; at += 1) {
    if (quote === '"' && text[at] === '\\') at += 1;
    else if (text[at] === quote) {
      if (quote === "'" && text[at + 1] === "'") at += 1;
      else return at;
    }
  }
  return -1;
}

function isBlank(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r';
}
