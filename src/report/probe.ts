import { compareSeverity } from '../model/severity.ts';
import type { Exposure, ProbeResult } from '../semantics/probe/result.ts';
import { isWeighty, type ProbeReport, probeCounts } from './probe-summary.ts';
import { sentence } from './remedy.ts';
import type { ReportOptions } from './report-format.ts';
import { type Page, pageOf } from './terminal-page.ts';
import { padEnd, textWidth, wrap } from './text-width.ts';
import { visible, visibleShort } from './visible.ts';

/**
 * The report of a probe for a person: a block a host, a line a listener. What is exposed comes first, with why and how
 * to mend it; closed ports share a line.
 */
export function* probeTerminal(report: ProbeReport, options: ReportOptions): Generator<string> {
  const page = pageOf(options);
  for (const [host, results] of byHost(report.results)) yield `${hostBlock(host, results, page).join('\n')}\n\n`;
  for (const note of report.notes) yield `${wrap(visible(sentence(note)), { width: page.width }).join('\n')}\n`;
  yield `${wrap(probeCounts(report), { width: page.width }).join('\n')}\n`;
}

function byHost(results: readonly ProbeResult[]): ReadonlyMap<string, readonly ProbeResult[]> {
  const hosts = new Map<string, ProbeResult[]>();
  for (const result of results) {
    const { host } = result.observation.target;
    const known = hosts.get(host);
    if (known === undefined) hosts.set(host, [result]);
    else known.push(result);
  }
  return hosts;
}

const verdictOrder = { exposed: 0, unknown: 1, public: 2, secure: 3, closed: 4 } as const;

function hostBlock(host: string, results: readonly ProbeResult[], page: Page): string[] {
  const [first] = results;
  const { address, target } = first?.observation ?? {};
  const names = [
    ...(target?.node === undefined ? [] : [`node ${target.node}`]),
    ...(address === undefined || address === host ? [] : [address]),
  ];
  const heading = `${visible(host)}${names.length === 0 ? '' : ` (${visible(names.join(', '))})`}`;
  const lines = [page.style.strong(heading)];
  const reason = sharedReason(results);
  if (reason !== undefined) return [...lines, ...wrap(reason, { width: page.width, lead: '  unknown   ' })];
  const sorted = [...results].sort(compareResults);
  const reasons = new Set<string>();
  for (const result of sorted) if (!isWithoutListener(result)) lines.push(...listenerLines(result, { page, reasons }));
  return [...lines, ...closedLines(sorted, page)];
}

/** Where nothing was looked at for one reason, it is said once. */
function sharedReason(results: readonly ProbeResult[]): string | undefined {
  const [first, ...others] = results;
  if (first === undefined || first.verdict !== 'unknown' || first.observation.reach === 'open') return undefined;
  return others.every(({ sentence: text }) => text === first.sentence) ? visible(first.sentence) : undefined;
}

function compareResults(a: ProbeResult, b: ProbeResult): number {
  const byVerdict = verdictOrder[a.verdict] - verdictOrder[b.verdict];
  const [x, y] = [a.exposures[0], b.exposures[0]];
  const bySeverity = x === undefined || y === undefined ? 0 : compareSeverity(y.severity, x.severity);
  return byVerdict || bySeverity || a.observation.target.port - b.observation.target.port;
}

const longestText = 600;

interface BlockContext {
  readonly page: Page;
  /** Why something is bad is said once a host. */
  readonly reasons: Set<string>;
}

function listenerLines(result: ProbeResult, { page, reasons }: BlockContext): string[] {
  const { width, style, detail } = page;
  const { exposures, verdict, comparison, observation } = result;
  const [worst, ...others] = exposures;
  const word = worst === undefined ? verdict : worst.severity.toUpperCase();
  const lead = `  ${padEnd(word, 8)}  ${padEnd(String(observation.target.port), 5)}  `;
  const [first = '', ...rest] = wrap(headline(result), { width, lead });
  const shown = worst === undefined ? mildWord(word, page) : style.severity(worst.severity, word);
  const indent = ' '.repeat(textWidth(lead));
  const under = (label: string, content: string): string[] =>
    wrap(visibleShort(content, 2 * longestText), { width: Math.min(width, 120), lead: `${indent}${label}` });
  const advice = ({ why, remedy, references }: Exposure): string[] => {
    const isKnown = reasons.has(why) && detail === 'short';
    reasons.add(why);
    const fix = `${sentence(remedy)}${benchmarkText(references)}`;
    return [...(isKnown ? [] : under('Why  ', sentence(why))), ...under('Fix  ', fix)];
  };
  const lines = [`  ${shown}${first.slice(2 + word.length)}`, ...rest];
  if (worst !== undefined && isWeighty(worst, detail)) lines.push(...advice(worst));
  for (const other of others) {
    const also = capital(`${other.severity}: ${other.message}`);
    lines.push(...under('', also));
    if (isWeighty(other, detail)) lines.push(...advice(other));
  }
  if (comparison !== undefined) lines.push(...under('', capital(comparison)));
  const tls = detail === 'full' ? tlsText(result) : undefined;
  if (tls !== undefined) lines.push(...under('', tls).map(style.faint));
  return lines;
}

/** Who is let in comes first, also where only the TLS is bad. */
function headline({ name, exposures, sentence: standing }: ProbeResult): string {
  const [worst] = exposures;
  const parts = worst === undefined ? [standing] : aboutAccess(worst) ? [worst.message] : [standing, worst.message];
  return `${name} ${visibleShort(parts.join('; '), longestText)}`;
}

function aboutAccess({ id }: Exposure): boolean {
  return id !== 'weak-tls' && id !== 'certificate' && id !== 'unverified' && id !== 'no-authorization';
}

/** ` (CIS 1.12: 4.2.1, 4.2.2)`; the rows of the guides are for programs. */
function benchmarkText(references: readonly string[]): string {
  const rows = references.flatMap((reference) => /^cis-1\.12:(.+)$/.exec(reference)?.[1] ?? []);
  return rows.length === 0 ? '' : ` (CIS 1.12: ${rows.join(', ')})`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function mildWord(word: string, { style }: Page): string {
  return word === 'secure' ? style.good(word) : word === 'unknown' ? style.strong(word) : style.faint(word);
}

function tlsText({ observation: { tls, target } }: ProbeResult): string | undefined {
  if (tls === undefined) return undefined;
  const versions = (['1.0', '1.1', '1.2', '1.3'] as const).filter((version) => tls.versions[version] === 'accepted');
  const [leaf] = tls.chain;
  const asks = {
    required: 'client certificate required',
    asked: 'client certificate asked for',
    'not-asked': '',
    unknown: '',
  };
  return [
    `TLS ${versions.length === 0 ? 'of an unknown version' : versions.join(', ')}`,
    asks[tls.clientCertificate],
    leaf === undefined
      ? ''
      : `certificate ${leaf.subject} of ${leaf.selfSigned ? 'itself' : leaf.issuer}, ${leaf.key}, until ${leaf.notAfter.slice(0, 10)}`,
    leaf === undefined
      ? ''
      : `for ${leaf.sans.join(', ')}${leaf.sanCount > leaf.sans.length ? ` and ${leaf.sanCount - leaf.sans.length} more` : ''}`,
    tls.verified === undefined ? '' : tls.verified.ok ? 'verifies' : `does not verify: ${tls.verified.reason}`,
    target.origin === 'usual port' || target.origin === 'named' ? '' : `port from ${target.origin}`,
  ]
    .filter((part) => part !== '')
    .join('; ');
}

/** Closed, or not looked at: there is nothing to say of the single port. */
function isWithoutListener({ observation: { reach } }: ProbeResult): boolean {
  return reach !== 'open' && reach !== 'unresolved';
}

/** Ports without a listener, by what came back. */
function closedLines(results: readonly ProbeResult[], { width, style }: Page): string[] {
  const groups = new Map<string, { readonly word: string; readonly ports: number[] }>();
  for (const result of results) {
    const { verdict, sentence: text, observation } = result;
    if (!isWithoutListener(result)) continue;
    const { port } = observation.target;
    const known = groups.get(text);
    if (known === undefined) groups.set(text, { word: verdict, ports: [port] });
    else known.ports.push(port);
  }
  return [...groups].flatMap(([text, { word, ports }]) =>
    wrap(`${ports.join(', ')} (${visible(text)})`, { width, lead: `  ${padEnd(word, 8)}  ` }).map(style.faint),
  );
}
