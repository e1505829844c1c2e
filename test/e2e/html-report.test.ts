import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeManifest } from '../../src/collect/manifests/decode.ts';
import { assembleSnapshot } from '../../src/collect/snapshot.ts';
import { controls } from '../../src/controls/registry.ts';
import { editions } from '../../src/engine/benchmark-editions.ts';
import { type Judgement, judge } from '../../src/engine/judge.ts';
import { html } from '../../src/report/html.ts';
import { junit } from '../../src/report/junit.ts';
import { Browser, chromiumAvailable } from '../browser.ts';
import { hostileJudgement } from '../hostile-judgement.ts';

/** A cluster of some 5,000 findings. */
function manyFindings(): Judgement {
  const pods = Array.from({ length: 700 }, (_, index) =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: `web-${index}`, namespace: `team-${index % 20}` },
      spec: {
        template: { spec: { hostNetwork: index % 3 === 0, containers: [{ name: 'app', image: 'app:latest' }] } },
      },
    }),
  );
  const decoded = decodeManifest(pods.join('\n---\n'), 'many.yaml');
  return judge(assembleSnapshot([decoded], '2026-11-21T00:00:00Z'), { controls });
}

describe.skipIf(!chromiumAvailable)('the HTML report in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-html-'));
  const many = manyFindings();
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.open();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  async function open(judgement: Judgement, hash = '') {
    const file = join(folder, 'report.html');
    const edition = editions.find(({ id }) => id === 'cis-1.12');
    if (edition === undefined) throw new Error('there is no CIS 1.12');
    writeFileSync(file, [...html(judgement, { benchmarks: [{ edition, platform: {}, reasons: [] }] })].join(''));
    return browser.visit(`${pathToFileURL(file).href}?${Math.random()}${hash}`);
  }

  const count = () => browser.evaluate<string>("document.getElementById('count').textContent");
  const groups = () => browser.evaluate<number>("document.querySelectorAll('.group').length");
  const set = (id: string, value: string) =>
    browser.evaluate(`(() => { const e = document.getElementById('${id}'); e.value = '${value}';
      e.dispatchEvent(new Event('input', { bubbles: true })); })()`);

  it('shows every finding, asks for nothing but its own file, and complains of nothing', async () => {
    expect(many.findings.length).toBeGreaterThan(5000);
    const { problems, requests } = await open(many);
    expect(problems).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('file:'))).toEqual([]);
    expect(requests.length).toBe(1);
    const controlsFound = new Set(many.findings.map(({ control }) => control.id)).size;
    expect(await count()).toBe(`${many.findings.length} findings in ${controlsFound} groups`);
    expect(await groups()).toBe(controlsFound);
  });

  it('filters by word, severity and namespace, and keeps the filters in the address', async () => {
    await open(many);
    await set('search', 'team-3/web-3 ');
    const inOne = many.findings.filter(({ owner }) => owner.name.startsWith('web-3') && owner.namespace === 'team-3');
    expect(await count()).toContain(`${inOne.length} of ${many.findings.length} findings`);
    await set('search', '');
    await set('namespace', ':team-7');
    const inSeven = many.findings.filter(({ owner }) => owner.namespace === 'team-7');
    expect(await count()).toContain(`${inSeven.length} of `);
    await browser.evaluate("document.querySelector('input[value=high]').click()");
    const rest = inSeven.filter(({ severity }) => severity !== 'high').length;
    expect(await count()).toContain(`${rest} of `);
    const hash = await browser.evaluate<string>('location.hash');
    expect(hash).toContain('namespace=%3Ateam-7');
    await open(many, hash);
    expect(await count()).toContain(`${rest} of `);
    await browser.evaluate("document.getElementById('clear').click()");
    expect(await count()).toContain(`${many.findings.length} findings in `);
    await set('search', 'there is nothing like it');
    expect(await browser.evaluate("document.getElementById('none').hidden")).toBe(false);
  });

  it('counts in its tiles what the other filters leave', async () => {
    await open(many);
    const tile = (severity: string) =>
      browser.evaluate<number>(`Number(document.querySelector('label.${severity} b').textContent)`);
    const counted = (severity: string, namespace?: string) =>
      many.findings.filter(
        (each) => each.severity === severity && (namespace === undefined || each.owner.namespace === namespace),
      ).length;
    expect(await tile('high')).toBe(counted('high'));
    await set('namespace', ':team-7');
    expect(await tile('high')).toBe(counted('high', 'team-7'));
    await set('search', 'there is nothing like it');
    expect(await tile('high')).toBe(0);
  });

  it('breaks no word of a fixed set, however narrow the page', async () => {
    const decoded = decodeManifest('a: [', 'a-file-with-a-long-name-that-has-no-end-in-sight/deployment.yaml');
    const chart = { file: 'charts/shop', bucket: 'unrendered', reason: 'no helm here' } as const;
    const snapshot = assembleSnapshot([decoded, { objects: [], inputs: [chart], gaps: [] }], '2026-11-21T00:00:00Z');
    for (const width of [1200, 500, 360]) {
      await browser.send('Emulation.setDeviceMetricsOverride', {
        width,
        height: 800,
        deviceScaleFactor: 1,
        mobile: false,
      });
      await open(judge(snapshot, { controls }));
      const broken = await browser.evaluate<string[]>(`[...document.querySelectorAll(
        'th:not([scope]), .evidence td:first-child, .benchmark td:first-child, .benchmark td:nth-child(n+3)')]
        .filter((cell) => { const range = document.createRange(); range.selectNodeContents(cell);
          return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1; })
        .map((cell) => cell.textContent)`);
      expect(broken).toEqual([]);
      expect(await browser.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    }
    await browser.send('Emulation.clearDeviceMetricsOverride');
  });

  it('groups by object, namespace and benchmark', async () => {
    await open(many);
    await set('grouping', 'namespace');
    expect(await groups()).toBe(20);
    await set('grouping', 'object');
    // An object is one group, with the findings of its containers.
    expect(await groups()).toBe(new Set(many.findings.map(({ owner }) => owner)).size);
    await set('grouping', 'benchmark:cis-1.12');
    expect(await groups()).toBeGreaterThan(3);
    expect(await browser.evaluate("document.querySelector('table').textContent")).toContain('5.2');
  });

  it('opens long groups in pieces, and prints them whole', async () => {
    await open(many);
    const shown = "document.querySelectorAll('.finding').length";
    const first = "document.querySelector('.group')";
    await browser.evaluate(`${first}.open = true; new Promise((done) => setTimeout(done, 100))`);
    expect(await browser.evaluate(shown)).toBe(100);
    await browser.evaluate(`${first}.querySelector('button').click()`);
    expect(await browser.evaluate(shown)).toBe(200);
    await browser.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await browser.evaluate(shown)).toBe(many.findings.length);
  });

  it('answers to a filter within a frame or two at 5,000 findings', async () => {
    await open(many);
    const times = await browser.evaluate<number[]>(`(() => {
      const search = document.getElementById('search');
      return ['w', 'we', 'web', 'web-1', 'web-12'].map((value) => {
        const begin = performance.now();
        search.value = value;
        search.dispatchEvent(new Event('input', { bubbles: true }));
        return performance.now() - begin;
      });
    })()`);
    // No timed test: only what would be felt as hanging, on any machine.
    expect(Math.max(...times)).toBeLessThan(2000);
  });

  it('runs nothing of the input', async () => {
    const { problems } = await open(hostileJudgement());
    expect(problems).toEqual([]);
    await browser.evaluate("document.getElementById('open').click(); new Promise((done) => setTimeout(done, 200))");
    expect(await browser.evaluate('typeof window.hacked')).toBe('undefined');
    expect(await browser.evaluate("document.querySelectorAll('img').length")).toBe(0);
    expect(await browser.evaluate("document.querySelector('.incomplete').textContent")).toContain('incomplete');
  });

  it('is refused a script that is not its own', async () => {
    await open(hostileJudgement());
    const blocked = await browser.evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.hacked = 1';
      document.body.append(script);
      return typeof window.hacked;
    })()`);
    expect(blocked).toBe('undefined');
  });

  it('the JUnit report is XML, whatever the input holds', async () => {
    await browser.visit('about:blank');
    const text = JSON.stringify([...junit(hostileJudgement())].join(''));
    const problems = await browser.evaluate(
      `new DOMParser().parseFromString(${text}, 'application/xml').querySelectorAll('parsererror').length`,
    );
    expect(problems).toBe(0);
  });
});
