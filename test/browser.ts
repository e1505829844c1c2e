import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** Chromium where Debian's package puts it, or what CHROMIUM names. */
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const chromiumAvailable = existsSync(chromium);
if (!chromiumAvailable) console.warn(`no ${chromium}: tests in a browser are skipped (apt-get install chromium)`);

/** A headless Chromium with one page, driven over the DevTools protocol on a pipe of its own. */
export class Browser {
  private readonly child: ChildProcess;
  private readonly profile = mkdtempSync(join(tmpdir(), 'bulwark-chromium-'));
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private readonly listeners = new Set<(method: string, params: Record<string, unknown>) => void>();
  private session: string | undefined;
  private last = 0;

  private constructor() {
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
    this.child = spawn(chromium, [...flags, '--remote-debugging-pipe', `--user-data-dir=${this.profile}`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    let pending = '';
    (this.child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (pending + chunk).split('\0');
      pending = messages.pop() ?? '';
      for (const message of messages) this.receive(JSON.parse(message) as Message);
    });
    this.child.once('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('Chromium ended'));
    });
  }

  static async open(): Promise<Browser> {
    const browser = new Browser();
    const { targetId } = await browser.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const attach = { targetId, flatten: true };
    const { sessionId } = await browser.send<{ sessionId: string }>('Target.attachToTarget', attach);
    browser.session = sessionId;
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await browser.send(`${domain}.enable`);
    return browser;
  }

  /** Opens an address and gives what the page complained of and asked the network for until it was loaded. */
  async visit(url: string): Promise<{ readonly problems: readonly string[]; readonly requests: readonly string[] }> {
    const problems: string[] = [];
    const requests: string[] = [];
    const loaded = new Promise<void>((resolve) => {
      this.listeners.add((method, params) => {
        if (method === 'Page.loadEventFired') resolve();
        if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded') problems.push(JSON.stringify(params));
        if (method === 'Network.requestWillBeSent') requests.push((params.request as { url: string }).url);
      });
    });
    await this.send('Page.navigate', { url });
    await loaded;
    return { problems, requests };
  }

  /** The value of an expression in the page, as JSON. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.send<{ result: { value: T }; exceptionDetails?: unknown }>('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  }

  async send<T = unknown>(method: string, params: object = {}): Promise<T> {
    this.last += 1;
    const id = this.last;
    const sessionId = this.session;
    const message = JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) });
    (this.child.stdio[3] as Writable).write(`${message}\0`);
    return new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
    }) as Promise<T>;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill();
    await ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  private receive({ id, method, params, result, error }: Message): void {
    if (id === undefined) {
      for (const listen of this.listeners) listen(method ?? '', params ?? {});
      return;
    }
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}
